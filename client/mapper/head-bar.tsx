import { Menu } from '@mantine/core';
import { FileSpreadsheet, LayoutTemplate, MoreHorizontal, Redo2, Undo2, WandSparkles, X } from 'lucide-react';
import { nodeName } from '#shared/node-name.ts';
import { action, perform } from '../editor/actions.ts';
import { useEditor, useEditorState, useFlow } from '../editor/context.ts';
import { findNode } from '../editor/document.ts';
import { showChord } from '../editor/keys.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { MenuDropdown } from '../ui/menu.tsx';
import { Segments } from '../ui/segments.tsx';
import { useMapper, useMapperState } from './context.ts';
import styles from './head-bar.module.css';
import type { MapperMode } from './mapper-store.ts';
import { wayThrough } from './neighbours.ts';
import { SampleSwitcher } from './sample-switcher.tsx';

const modes: readonly { value: MapperMode; label: string }[] = [
  { value: 'rows', label: 'Rows' },
  { value: 'split', label: 'Split' },
  { value: 'code', label: 'Code' },
];

/** What is mapped to what, and everything that concerns the whole mapping. */
export function HeadBar({ onClose }: { onClose: () => void }) {
  const mapper = useMapper();
  const mode = useMapperState((state) => state.mode);
  const readOnly = useEditorState((state) => state.readOnly);
  const flow = useFlow();
  const types = useEditorState((state) => state.types);
  const { before, after } = wayThrough(flow, mapper.node, 1);
  const here = findNode(flow, mapper.node);
  const from = before.at(-1)?.node;
  const to = after[0]?.node;
  const name = (node: typeof from) => (node === undefined ? undefined : nodeName(node, types));
  const title = [name(from) ?? 'message', name(to) ?? (here === undefined ? 'result' : nodeName(here, types))].join(' → ');
  return (
    <div className={styles.bar}>
      <h2 className={styles.title} title={`Map: ${title}`}>
        <span className={styles.word}>Map:</span> {title}
      </h2>
      {mapper.field !== 'expression' && <span className={styles.word}>{mapper.field}</span>}
      <span className={styles.gap} />
      <Button
        size="small"
        icon={<WandSparkles size={14} aria-hidden="true" />}
        disabled={readOnly !== undefined}
        title={readOnly ?? 'Proposes fields for the rows; nothing is applied before you look at it (Shift+A)'}
        onClick={() => mapper.set({ open: { kind: 'auto-map' } })}
      >
        Auto-map
      </Button>
      <HistoryButton id="undo" />
      <HistoryButton id="redo" />
      <Segments label="How the mapping is shown" options={modes} value={mode} onChange={(value) => mapper.set({ mode: value })} />
      <SampleSwitcher />
      <Menu position="bottom-end" width={232}>
        <Menu.Target>
          <IconButton label="More about this mapping" size="small">
            <MoreHorizontal size={16} />
          </IconButton>
        </Menu.Target>
        <MenuDropdown>
          <Menu.Item leftSection={<LayoutTemplate size={16} />} onClick={() => mapper.set({ open: { kind: 'target-shape' } })}>
            What the target should be…
          </Menu.Item>
          <Menu.Item leftSection={<FileSpreadsheet size={16} />} onClick={() => mapper.set({ open: { kind: 'sheet' } })}>
            Mapping as a sheet…
          </Menu.Item>
        </MenuDropdown>
      </Menu>
      <IconButton label="Close the mapper" title="Back to the canvas (Esc)" size="small" onClick={onClose}>
        <X size={16} />
      </IconButton>
    </div>
  );
}

function HistoryButton({ id }: { id: 'undo' | 'redo' }) {
  const editor = useEditor();
  const step = useEditorState((state) => (id === 'undo' ? state.history.past.at(-1)?.label : state.history.future[0]?.label));
  const { label, keys } = action(id);
  const words = step === undefined ? label : `${label}: ${step}`;
  return (
    <IconButton
      label={words}
      title={`${words} (${showChord(keys[0] ?? '')})`}
      size="small"
      disabled={step === undefined}
      onClick={() => perform(editor, id)}
    >
      {id === 'undo' ? <Undo2 size={16} /> : <Redo2 size={16} />}
    </IconButton>
  );
}
