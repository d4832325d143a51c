import { GripVertical, Search } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useMemo, useRef, useState } from 'react';
import { stringifyJson } from '#shared/json.ts';
import { nodeName } from '#shared/node-name.ts';
import type { NodeTypeInfo } from '#shared/node-type.ts';
import { KeyHint } from '../../ui/chip.tsx';
import { onceDrawn } from '../../ui/focus.tsx';
import { ProblemList } from '../../ui/problem-list.tsx';
import { draggedType } from '../canvas/dragged.ts';
import { useEditor, useEditorState, useFlow } from '../context.ts';
import { captionOf } from '../describe.ts';
import { findNode } from '../document.ts';
import { goToProblem } from '../gestures.ts';
import { NodeTile } from '../icons.tsx';
import { topological } from '../order.ts';
import { addOf } from '../picker.tsx';
import { rankTypes, remember } from '../search.ts';
import type { Panel } from '../store.ts';
import styles from './side-panel.module.css';

const tabs: { panel: Panel; label: string }[] = [
  { panel: 'add', label: 'Add' },
  { panel: 'outline', label: 'Outline' },
  { panel: 'problems', label: 'Problems' },
];

/** The left panel: node types to add, the outline, and what is wrong with the draft. */
export function SidePanel() {
  const editor = useEditor();
  const panel = useEditorState((state) => state.panel);
  const problems = useEditorState((state) => state.problems.length);
  const walk = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0) return;
    const next = tabs[(tabs.findIndex((tab) => tab.panel === panel) + step + tabs.length) % tabs.length];
    if (next) editor.set({ panel: next.panel });
    onceDrawn(() => document.getElementById(`tab-${next?.panel}`)?.focus());
  };
  return (
    <aside className={styles.side} aria-label="Add, outline and problems" data-pane>
      <div className={styles.tabs} role="tablist" aria-label="Left panel" onKeyDown={walk}>
        {tabs.map((tab) => (
          <button
            key={tab.panel}
            id={`tab-${tab.panel}`}
            type="button"
            role="tab"
            aria-selected={panel === tab.panel}
            aria-controls="side-panel"
            tabIndex={panel === tab.panel ? 0 : -1}
            className={styles.tab}
            onClick={() => editor.set({ panel: tab.panel })}
          >
            {tab.label}
            {tab.panel === 'problems' && problems > 0 && <span className={styles.count}>{problems}</span>}
          </button>
        ))}
      </div>
      <div id="side-panel" role="tabpanel" aria-labelledby={`tab-${panel}`} className={styles.panel}>
        {panel === 'add' ? <Palette /> : panel === 'outline' ? <Outline /> : <Problems />}
      </div>
    </aside>
  );
}

function Palette() {
  const [query, setQuery] = useState('');
  const catalog = useEditorState((state) => state.catalog);
  const groups = useMemo(() => {
    const found = rankTypes(catalog.types, query);
    const inOrder = query === '' ? catalog.types : found;
    const of = (keep: (type: NodeTypeInfo) => boolean) => inOrder.filter(keep);
    return [
      { title: 'Sources', types: of((type) => type.kind === 'source' && !type.custom) },
      { title: 'Transforms', types: of((type) => type.kind === 'transform' && !type.custom) },
      { title: 'Sinks', types: of((type) => type.kind === 'sink' && !type.custom) },
      { title: 'Custom', types: of((type) => type.custom === true) },
    ].filter((group) => group.types.length > 0);
  }, [catalog, query]);
  const list = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState<string>();
  const all = groups.flatMap((group) => group.types.map(({ type }) => type));
  const stop = all.includes(at ?? '') ? at : all[0];
  // The list is one tab stop, so that the canvas is near; the arrows move in it.
  const walk = (event: KeyboardEvent): void => {
    const here = all.indexOf((event.target as HTMLElement).dataset.type ?? '');
    const to = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = all[Math.max(0, Math.min(all.length - 1, to))] ?? '';
    list.current?.querySelector<HTMLElement>(`[data-type="${CSS.escape(next)}"]`)?.focus();
  };
  return (
    <>
      <div className={styles.search}>
        <Search size={16} aria-hidden="true" />
        <input
          type="search"
          aria-label="Search nodes"
          placeholder="Search nodes"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
          onKeyDown={(event) => event.key === 'ArrowDown' && walk(event)}
        />
        <KeyHint>A</KeyHint>
      </div>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the keys are those of the buttons in it. */}
      <div ref={list} className={styles.scroll} onKeyDown={walk}>
        {groups.map((group) => (
          <section key={group.title} aria-label={group.title}>
            <h3 className={styles.heading}>
              {group.title}
              <span>{group.types.length}</span>
            </h3>
            <ul>
              {group.types.map((type) => (
                <li key={type.type}>
                  <PaletteItem type={type} stop={type.type === stop} onFocus={() => setAt(type.type)} />
                </li>
              ))}
            </ul>
          </section>
        ))}
        {groups.length === 0 && (
          <p className={styles.none}>
            No node is called “{query}”. A developer can build one: a node type is one file in the folder <code>MILLRACE_NODES</code>.
          </p>
        )}
        {catalog.failures.map((failure) => (
          <p key={failure.file} className={styles.failure} title={failure.message}>
            {failure.file} gave no node type: {failure.message}
          </p>
        ))}
      </div>
    </>
  );
}

function PaletteItem({ type, stop, onFocus }: { type: NodeTypeInfo; stop: boolean; onFocus: () => void }) {
  const editor = useEditor();
  const readOnly = useEditorState((state) => state.readOnly);
  const add = () => {
    remember(type.type);
    const { nodes } = editor.selection();
    const after = nodes.length === 1 ? nodes[0] : undefined;
    addOf(editor, after === undefined ? { kind: 'add' } : { kind: 'add', after: { node: after } }, type);
    // What is added is then set up.
    editor.set({ inspector: true });
  };
  return (
    <button
      type="button"
      className={styles.item}
      draggable={readOnly === undefined}
      disabled={readOnly !== undefined}
      title={readOnly ?? type.summary}
      data-type={type.type}
      tabIndex={stop ? 0 : -1}
      onFocus={onFocus}
      onClick={add}
      onDragStart={(event) => {
        event.dataTransfer.setData(draggedType, type.type);
        event.dataTransfer.effectAllowed = 'copy';
      }}
    >
      <NodeTile look={type.look} icon={type.icon} size={22} />
      <span className={styles.itemName}>{type.title}</span>
      <GripVertical size={14} className={styles.grip} aria-hidden="true" />
    </button>
  );
}

function Outline() {
  const editor = useEditor();
  const flow = useFlow();
  const types = useEditorState((state) => state.types);
  const problems = useEditorState((state) => state.problems);
  const chosen = useEditorState((state) => state.history.present.selection.nodes);
  const [query, setQuery] = useState('');
  const nodes = useMemo(() => topological(flow), [flow]);
  const words = query.toLowerCase();
  const shown = nodes.filter(
    (node) =>
      words === '' ||
      `${nodeName(node, types)} ${captionOf(types.get(node.type))} ${stringifyJson(node.config)}`.toLowerCase().includes(words),
  );
  const open = (id: string) => {
    editor.select({ nodes: [id] });
    editor.set({ inspector: true });
    editor.getState().view?.reveal(id);
  };
  const walk = (event: KeyboardEvent<HTMLElement>) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const items = [...event.currentTarget.querySelectorAll<HTMLElement>('[role="treeitem"]')];
    items[Math.max(0, Math.min(items.length - 1, items.indexOf(document.activeElement as HTMLElement) + step))]?.focus();
  };
  return (
    <>
      <div className={styles.search}>
        <Search size={16} aria-hidden="true" />
        <input
          type="search"
          aria-label="Search in this flow"
          placeholder="Names, settings"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
      </div>
      <div className={styles.scroll} role="tree" aria-label="Nodes in the order of the messages" tabIndex={-1} onKeyDown={walk}>
        {shown.map((node, index) => {
          const type = types.get(node.type);
          const mine = problems.filter((problem) => problem.node === node.id);
          return (
            <button
              key={node.id}
              type="button"
              role="treeitem"
              aria-selected={chosen.includes(node.id)}
              tabIndex={index === 0 || chosen.includes(node.id) ? 0 : -1}
              className={[styles.item, chosen.includes(node.id) ? styles.chosen : ''].join(' ')}
              onClick={() => open(node.id)}
            >
              <NodeTile look={type?.look ?? 'custom'} icon={type?.icon ?? 'problem'} size={22} />
              <span className={styles.itemName}>{nodeName(node, types)}</span>
              {mine.length > 0 && (
                <span
                  className={mine.some((problem) => problem.severity === 'error') ? styles.errors : styles.warnings}
                  title={mine.map((problem) => problem.message).join('\n')}
                >
                  {mine.length}
                </span>
              )}
            </button>
          );
        })}
        {flow.nodes.length === 0 && <p className={styles.none}>Nothing is on the canvas yet.</p>}
        {flow.nodes.length > 0 && shown.length === 0 && <p className={styles.none}>No node has “{query}” in its name or settings.</p>}
      </div>
    </>
  );
}

function Problems(): ReactNode {
  const editor = useEditor();
  const problems = useEditorState((state) => state.problems);
  const types = useEditorState((state) => state.types);
  const flow = useFlow();
  if (problems.length === 0) return <p className={styles.none}>No problems in the draft. It can be deployed.</p>;
  return (
    <div className={[styles.scroll, styles.problems].join(' ')}>
      <ProblemList
        problems={problems}
        nameOf={(id) => {
          const node = findNode(flow, id);
          return node && nodeName(node, types);
        }}
        onOpen={(problem) => goToProblem(editor, problems.indexOf(problem))}
      />
    </div>
  );
}
