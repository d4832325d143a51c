import { Play, Trash2 } from 'lucide-react';
import { type KeyboardEvent, useRef } from 'react';
import type { FlowTestInfo } from '#shared/flow-test/listing.ts';
import { useNow } from '../clock.ts';
import { useEditor, useEditorState, useFlow } from '../editor/context.ts';
import { ago, fullTime, plural } from '../format.ts';
import { IconButton } from '../ui/button.tsx';
import frame from '../ui/drawer-panel.module.css';
import { onceDrawn } from '../ui/focus.tsx';
import { describeError } from '../ui/states.tsx';
import { StatusIcon } from '../ui/status.tsx';
import { offerUndo } from '../ui/undo-toast.tsx';
import type { TestBench } from './test-bench.ts';
import styles from './tests-panel.module.css';
import { stateLooks, type TestState } from './verdict.ts';

/** The tests as a list: state as icon and word, name, age of the result; arrows walk, Delete removes. */
export function TestList({
  bench,
  tests,
  states,
  chosen,
}: {
  bench: TestBench;
  tests: readonly FlowTestInfo[];
  states: ReadonlyMap<string, TestState>;
  chosen: string | undefined;
}) {
  const flow = useFlow();
  const readOnly = useEditorState((state) => state.readOnly) !== undefined;
  const list = useRef<HTMLUListElement>(null);
  const editor = useEditor();
  const remove = (test: FlowTestInfo) =>
    offerUndo({
      id: `test-${test.id}`,
      title: `Deleted the test “${test.name}”`,
      removal: bench.remove(test, (error) => editor.say(`“${test.name}” was not deleted: ${describeError(error).message}`, 'refused')),
    });
  const now = useNow();
  const { results } = bench.getState();
  const focus = (id: string | undefined) =>
    onceDrawn(() => list.current?.querySelector<HTMLElement>(`[data-test="${CSS.escape(id ?? '')}"]`)?.focus());
  const press = (event: KeyboardEvent, test: FlowTestInfo, index: number) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    const next = tests[index + step];
    if (step !== 0 && next) {
      bench.choose(next.id);
      focus(next.id);
    } else if (event.key === 'Delete' && !readOnly) {
      focus((tests[index + 1] ?? tests[index - 1])?.id);
      remove(test);
    } else if (step === 0) return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <ul className={frame.list} ref={list} aria-label="Tests by name">
      {tests.map((test, index) => {
        const state = states.get(test.id) ?? 'not-run';
        const { level, word } = stateLooks[state];
        const ran = results.get(test.id);
        return (
          <li key={test.id} className={`${frame.row} ${styles.row}`} data-chosen={test.id === chosen} data-state={state}>
            <button
              type="button"
              className={`${frame.open} ${styles.open}`}
              data-test={test.id}
              aria-pressed={test.id === chosen}
              onClick={() => bench.choose(test.id)}
              onKeyDown={(event) => press(event, test, index)}
            >
              <StatusIcon level={level} />
              <span className={styles.name} title={test.name}>
                {test.name}
              </span>
              <span className={`${frame.about} ${styles.about}`}>
                {word}
                {ran && state !== 'running' && (
                  <>
                    {', '}
                    <span title={fullTime(Date.parse(ran.at))}>{ago(Date.parse(ran.at), now)}</span>
                  </>
                )}
                {', '}
                {plural(test.samples, 'message')}
              </span>
            </button>
            <span className={frame.tools}>
              <IconButton
                label={`Run ${test.name}`}
                size="small"
                disabled={readOnly || state === 'running'}
                onClick={() => void bench.run(flow, [test.id])}
              >
                <Play size={14} />
              </IconButton>
              <IconButton label={`Delete ${test.name}`} size="small" disabled={readOnly} onClick={() => remove(test)}>
                <Trash2 size={14} />
              </IconButton>
            </span>
          </li>
        );
      })}
    </ul>
  );
}
