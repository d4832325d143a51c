import { EyeOff, Pen, Trash2 } from 'lucide-react';
import { type KeyboardEvent, useRef, useState } from 'react';
import type { SavedSample } from '#shared/sample.ts';
import { useNow } from '../clock.ts';
import { useEditor, useEditorState } from '../editor/context.ts';
import { ago, bytes, fullTime, plural } from '../format.ts';
import { useTrial, useTrialState } from '../try/trial-store.ts';
import { IconButton } from '../ui/button.tsx';
import frame from '../ui/drawer-panel.module.css';
import { onceDrawn } from '../ui/focus.tsx';
import { describeError } from '../ui/states.tsx';
import { offerUndo } from '../ui/undo-toast.tsx';
import { originInWords } from './describe.ts';
import styles from './samples-panel.module.css';
import { useTopicNames } from './use-topic-names.ts';
import type { Workspace } from './workspace.ts';

/** The samples as a list: whether each takes part in Try, its name, where it came from, its age and size. */
export function SampleList({
  workspace,
  samples,
  chosen,
  onChoose,
}: {
  workspace: Workspace;
  samples: readonly SavedSample[];
  chosen: string | undefined;
  onChoose: (id: string) => void;
}) {
  const trial = useTrial();
  const left = useTrialState((state) => state.left);
  const readOnly = useEditorState((state) => state.readOnly) !== undefined;
  const [renaming, setRenaming] = useState<string>();
  const list = useRef<HTMLUListElement>(null);
  const editor = useEditor();
  const remove = (sample: SavedSample) =>
    offerUndo({
      id: `sample-${sample.id}`,
      title: `Deleted “${sample.name}”`,
      removal: workspace.remove(sample, (error) =>
        editor.say(`“${sample.name}” was not deleted: ${describeError(error).message}`, 'refused'),
      ),
    });
  const names = new Map(samples.map(({ id, name }) => [id, name]));
  const now = useNow();
  const topicName = useTopicNames();
  const focus = (id: string | undefined, what: 'sample' | 'tick' = 'sample') =>
    onceDrawn(() => list.current?.querySelector<HTMLElement>(`[data-${what}="${CSS.escape(id ?? '')}"]`)?.focus());
  // Tab stops only at the chosen sample's line; the arrows go from line to line.
  const press = (event: KeyboardEvent, sample: SavedSample, index: number, what: 'sample' | 'tick') => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    const next = samples[index + step];
    if (step !== 0 && next) {
      onChoose(next.id);
      focus(next.id, what);
    } else if (event.key === 'F2' && !readOnly) setRenaming(sample.id);
    else if (event.key === 'Delete' && !readOnly) {
      focus((samples[index + 1] ?? samples[index - 1])?.id);
      remove(sample);
    } else if (step === 0) return;
    event.preventDefault();
    event.stopPropagation();
  };
  const toggle = (id: string, part: boolean) => {
    const next = new Set(left);
    if (part) next.delete(id);
    else next.add(id);
    trial.set({ left: next });
  };
  return (
    <ul className={frame.list} ref={list} aria-label="Samples in the order in which they were taken">
      {samples.map((sample, index) => (
        <li key={sample.id} className={`${frame.row} ${styles.row}`} data-chosen={sample.id === chosen}>
          <label className={styles.tick} title="Takes part in Try">
            <input
              type="checkbox"
              aria-label={`${sample.name} takes part in Try`}
              data-tick={sample.id}
              tabIndex={sample.id === chosen ? 0 : -1}
              onKeyDown={(event) => press(event, sample, index, 'tick')}
              checked={!left.has(sample.id)}
              onChange={(event) => toggle(sample.id, event.target.checked)}
            />
          </label>
          {renaming === sample.id ? (
            <Rename
              workspace={workspace}
              sample={sample}
              onDone={() => {
                setRenaming(undefined);
                focus(sample.id);
              }}
            />
          ) : (
            <button
              type="button"
              className={`${frame.open} ${styles.open}`}
              data-sample={sample.id}
              tabIndex={sample.id === chosen ? 0 : -1}
              aria-pressed={sample.id === chosen}
              onClick={() => onChoose(sample.id)}
              onDoubleClick={() => !readOnly && setRenaming(sample.id)}
              onKeyDown={(event) => press(event, sample, index, 'sample')}
            >
              <span className={styles.name}>
                <span>{sample.name}</span>
                {sample.masked > 0 && (
                  <span className={styles.masked} title={`${plural(sample.masked, 'place')} masked before it was stored`}>
                    <EyeOff size={12} aria-hidden="true" />
                    {sample.masked} masked
                  </span>
                )}
              </span>
              <span className={frame.about} title={`Taken ${fullTime(sample.createdAt)} by ${sample.createdBy}`}>
                {originInWords(sample.origin, (id) => names.get(id), topicName)} · taken {ago(Date.parse(sample.createdAt), now)} ·{' '}
                {bytes(sample.size)}
              </span>
            </button>
          )}
          <span className={frame.tools}>
            <IconButton
              label={`Rename ${sample.name}`}
              title="Rename (F2)"
              size="small"
              tabIndex={sample.id === chosen ? 0 : -1}
              disabled={readOnly}
              onClick={() => setRenaming(sample.id)}
            >
              <Pen size={14} />
            </IconButton>
            <IconButton
              label={`Delete ${sample.name}`}
              title="Delete (Del)"
              size="small"
              tabIndex={sample.id === chosen ? 0 : -1}
              disabled={readOnly}
              onClick={() => remove(sample)}
            >
              <Trash2 size={14} />
            </IconButton>
          </span>
        </li>
      ))}
    </ul>
  );
}

function Rename({ workspace, sample, onDone }: { workspace: Workspace; sample: SavedSample; onDone: () => void }) {
  const editor = useEditor();
  const [name, setName] = useState(sample.name);
  const over = useRef(false);
  const finish = (keep: boolean) => {
    if (over.current) return;
    over.current = true;
    const text = name.trim();
    if (keep && text !== '' && text !== sample.name)
      workspace
        .rename(sample.id, text)
        .catch((error: unknown) => editor.say(`The name was not kept: ${describeError(error).message}`, 'refused'));
    onDone();
  };
  return (
    <input
      className={styles.rename}
      aria-label="Name of the sample"
      // biome-ignore lint/a11y/noAutofocus: the person asked to type a name.
      autoFocus
      maxLength={200}
      value={name}
      onFocus={(event) => event.currentTarget.select()}
      onChange={(event) => setName(event.target.value)}
      onBlur={() => finish(true)}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== 'Escape') return;
        event.stopPropagation();
        event.preventDefault();
        finish(event.key === 'Enter');
      }}
    />
  );
}
