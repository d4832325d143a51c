import { FlaskConical, Play, Square, X } from 'lucide-react';
import { useEffect, useMemo, useRef } from 'react';
import { useStore } from 'zustand';
import type { Flow } from '#shared/flow.ts';
import { useEditor, useEditorState, useFlow } from '../editor/context.ts';
import { sameLogic } from '../editor/document.ts';
import { plural } from '../format.ts';
import { useTrial, useTrialState } from '../try/trial-store.ts';
import { Button, IconButton } from '../ui/button.tsx';
import frame from '../ui/drawer-panel.module.css';
import { describeError, EmptyState, ErrorState, SkeletonRows } from '../ui/states.tsx';
import { Notice } from '../ui/status.tsx';
import { SaveAsTestButton } from './save-test.tsx';
import { type Ran, type TestBench, useBench } from './test-bench.ts';
import { TestDetail } from './test-detail.tsx';
import { TestList } from './test-list.tsx';
import styles from './tests-panel.module.css';
import type { TestState } from './verdict.ts';

/** ms that the hands must rest before an edit runs the tests again. */
const restMs = 800;

/**
 * The tests of a flow in its editor: each with its state on the draft as it is on screen, what failed with the fields
 * expected and actual, and the ways to run, edit and delete them.
 */
export function TestsPanel({ onClose }: { onClose: () => void }) {
  const flow = useFlow();
  const stored = useEditorState((state) => state.record.flow);
  const readOnly = useEditorState((state) => state.readOnly);
  const { bench, state, error, tests, running, runError, auto, chosen } = useBench(flow.id, stored);
  const states = useTestStates(bench, flow);
  useRunOnEdits(bench, auto);
  const shown = tests.find(({ id }) => id === chosen) ?? tests[0];
  const failed = [...states.values()].filter((one) => one === 'failed').length;
  const passed = [...states.values()].filter((one) => one === 'passed').length;
  return (
    <section className={`${frame.panel} ${styles.panel}`} aria-label="Tests">
      <header className={frame.head}>
        <h2 className={frame.title}>Tests</h2>
        <span className={frame.facts} role="status">
          {running
            ? `running, ${running.done} of ${running.all} done`
            : tests.length === 0
              ? 'what must hold before this flow goes live'
              : sentenceOf(tests.length, passed, failed)}
        </span>
        {tests.length > 0 && (
          <label className={styles.auto} title="Runs the tests a moment after each edit">
            <input type="checkbox" checked={auto} onChange={(event) => bench.setState({ auto: event.target.checked })} />
            Run on edits
          </label>
        )}
        <SaveLastTry small />
        {running ? (
          <Button size="small" icon={<Square size={12} />} onClick={() => bench.stop()}>
            Stop
          </Button>
        ) : (
          <Button
            size="small"
            icon={<Play size={14} />}
            disabled={tests.length === 0 || readOnly !== undefined}
            title={readOnly}
            onClick={() => void bench.run(flow)}
          >
            Run all
          </Button>
        )}
        <IconButton label="Close the tests" size="small" onClick={onClose}>
          <X size={16} />
        </IconButton>
      </header>
      {runError !== undefined && (
        <div className={styles.notice}>
          <Notice level="error" title="The tests could not be run">
            {describeError(runError).message}
          </Notice>
        </div>
      )}
      {state === 'failed' && tests.length === 0 ? (
        <ErrorState what="The tests could not be read" error={error} onRetry={() => void bench.load(stored)} />
      ) : state === 'loading' && tests.length === 0 ? (
        <SkeletonRows rows={4} height={44} label="Reading the tests" />
      ) : tests.length === 0 ? (
        <EmptyState icon={<FlaskConical size={24} />} title="No tests yet" actions={<SaveLastTry />}>
          A test keeps messages and what must come of them. It runs while you edit, in CI, and before every deploy.
        </EmptyState>
      ) : (
        <div className={`${frame.split} ${styles.split}`}>
          <TestList bench={bench} tests={tests} states={states} chosen={shown?.id} />
          {shown && <TestDetail key={shown.id} bench={bench} test={shown} state={states.get(shown.id) ?? 'not-run'} />}
        </div>
      )}
    </section>
  );
}

function sentenceOf(all: number, passed: number, failed: number): string {
  const open = all - passed - failed;
  const parts = [
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(passed > 0 ? [`${passed} passed`] : []),
    ...(open > 0 ? [`${open} not run on this draft`] : []),
  ];
  return `${plural(all, 'test')}: ${parts.join(', ')}`;
}

/** The state of each test on the document that is on screen. */
export function useTestStates(bench: TestBench, flow: Flow): ReadonlyMap<string, TestState> {
  const tests = useStore(bench, (state) => state.tests);
  const results = useStore(bench, (state) => state.results);
  const now = useStore(bench, (state) => state.running?.now);
  return useMemo(() => {
    // Results of one run are about one document, so it is compared once.
    const same = new Map<Flow, boolean>();
    const holds = (ran: Ran): boolean => {
      const known = same.get(ran.flow) ?? sameLogic(ran.flow, flow);
      same.set(ran.flow, known);
      return known;
    };
    return new Map(
      tests.map(({ id, revision }): [string, TestState] => {
        const ran = results.get(id);
        if (now?.has(id)) return [id, 'running'];
        if (!ran) return [id, 'not-run'];
        return [id, ran.revision === revision && holds(ran) ? ran.result.state : 'stale'];
      }),
    );
  }, [tests, results, now, flow]);
}

/** Runs the tests a moment after each edit of the logic, while there are some and the draft has no errors. */
function useRunOnEdits(bench: TestBench, auto: boolean): void {
  const editor = useEditor();
  const flow = useFlow();
  const ran = useRef(flow);
  useEffect(() => {
    if (!auto || sameLogic(ran.current, flow)) return;
    const timer = setTimeout(() => {
      const { problems, readOnly } = editor.getState();
      if (readOnly !== undefined || bench.getState().tests.length === 0 || problems.some(({ severity }) => severity === 'error')) return;
      ran.current = flow;
      void bench.run(flow);
    }, restMs);
    return () => clearTimeout(timer);
  }, [editor, bench, auto, flow]);
}

/** Saves the last Try of this editor as a test; without one it begins a Try. */
function SaveLastTry({ small = false }: { small?: boolean }) {
  const editor = useEditor();
  const trial = useTrial();
  const tried = useTrialState((state) => state.tried);
  const readOnly = useEditorState((state) => state.readOnly);
  const { calls, now, seed } = trial.getState();
  if (tried === undefined || tried.samples.length === 0) {
    if (small) return null;
    return (
      <Button
        look="filled"
        icon={<FlaskConical size={14} />}
        disabled={readOnly !== undefined}
        title={readOnly}
        onClick={() => editor.set({ trying: { turn: (editor.getState().trying?.turn ?? 0) + 1 }, drawer: { kind: 'try' } })}
      >
        Try with samples first
      </Button>
    );
  }
  return (
    <SaveAsTestButton
      flow={tried.flow.id}
      document={tried.flow}
      source={{ samples: [...tried.samples], calls: { ...calls }, seed, ...(now !== undefined && { now }) }}
      name={`Last Try, ${plural(tried.samples.length, 'message')}`}
      label={small ? 'Save last Try' : 'Save the last Try as a test'}
      size={small ? 'small' : 'medium'}
    />
  );
}
