import { CircleCheck, CircleDashed, FlaskConical, OctagonAlert, RotateCw, Square, X } from 'lucide-react';
import { useEffect, useMemo } from 'react';
import { useNow } from '../clock.ts';
import { useEditor, useEditorState } from '../editor/context.ts';
import { ago, duration, fullTime, plural } from '../format.ts';
import { SaveAsTestButton } from '../tests/save-test.tsx';
import { Button } from '../ui/button.tsx';
import { coverageOf, coverageSentence } from './coverage.ts';
import styles from './ribbon.module.css';
import { useTrial, useTrialState } from './trial-store.ts';

/** Over the canvas while it is in Try: that nothing is written, what was tried, how far the samples come, and the way back. */
export function TryRibbon() {
  const editor = useEditor();
  const trial = useTrial();
  const state = useTrialState((all) => all.state);
  const tried = useTrialState((all) => all.tried);
  const stale = useTrialState((all) => all.stale);
  const now = useNow();
  return (
    <section className={styles.ribbon} aria-label="Try">
      <strong className={styles.flag}>
        <FlaskConical size={16} aria-hidden="true" />
        Try – nothing is written
      </strong>
      <span className={styles.facts} role="status">
        {state === 'running' ? (
          'Trying the draft…'
        ) : state === 'failed' ? (
          <span className={styles.failure}>The draft could not be tried</span>
        ) : state === 'stopped' ? (
          'Stopped'
        ) : tried ? (
          <>
            {plural(tried.result.inputs.length, 'sample')} · {duration(tried.result.ms)}{' '}
            <span className={styles.age} title={fullTime(tried.at)}>
              · {stale ? 'before the last change' : ago(tried.at, now)}
            </span>
          </>
        ) : (
          'No sample takes part yet'
        )}
      </span>
      <Reach />
      <span className={styles.tools}>
        <SaveTest />
        {state === 'running' ? (
          <Button size="small" icon={<Square size={12} />} onClick={() => trial.stop()}>
            Stop
          </Button>
        ) : (
          <Button
            size="small"
            icon={<RotateCw size={14} />}
            onClick={() => trial.run()}
            title="Runs by itself after each change (Ctrl+Enter)"
          >
            Run again
          </Button>
        )}
        <Button
          size="small"
          icon={<X size={14} />}
          onClick={() => {
            editor.set({ trying: undefined });
            editor.getState().view?.takeFocus();
          }}
          title="Back to the live flow (Esc)"
        >
          Leave Try
        </Button>
      </span>
    </section>
  );
}

/** Makes a test of what was tried, with the very settings of the Try. */
function SaveTest() {
  const editor = useEditor();
  const tried = useTrialState((all) => all.tried);
  const stale = useTrialState((all) => all.stale);
  const calls = useTrialState((all) => all.calls);
  const now = useTrialState((all) => all.now);
  const seed = useTrialState((all) => all.seed);
  if (!tried || tried.result.records.length === 0) return null;
  return (
    <SaveAsTestButton
      flow={tried.flow.id}
      document={tried.flow}
      disabled={stale}
      source={{ samples: [...tried.samples], seed, calls: { ...calls }, ...(now !== undefined && { now }) }}
      onSaved={() => editor.set({ drawer: { kind: 'tests' } })}
    />
  );
}

function Reach() {
  const editor = useEditor();
  const types = useEditorState((state) => state.types);
  const tried = useTrialState((all) => all.tried);
  const coverage = useMemo(
    () => (tried && tried.result.records.length > 0 ? coverageOf(tried.flow, types, tried.result) : undefined),
    [tried, types],
  );
  const errors = tried?.result.problems.filter(({ severity }) => severity === 'error') ?? [];
  const stopped = errors.find(({ code }) => code === 'try/stopped');
  if (errors.length > 0) {
    return (
      <span className={styles.coverage}>
        <OctagonAlert size={14} className={styles.failure} aria-hidden="true" />
        <span title={stopped?.message}>{stopped?.message ?? `${plural(errors.length, 'error')} in the draft, so nothing was run`}</span>
      </span>
    );
  }
  if (!coverage) return <span className={styles.coverage} />;
  const whole = coverage.reached === coverage.nodes && coverage.branches.length === 0;
  const sentence = coverageSentence(coverage);
  return (
    <span className={styles.coverage}>
      {whole ? <CircleCheck size={14} aria-hidden="true" /> : <CircleDashed size={14} aria-hidden="true" />}
      <span title={sentence}>{sentence}</span>
      {!whole && (
        <button type="button" className={styles.add} onClick={() => editor.set({ drawer: { kind: 'samples' } })}>
          Add a sample for it
        </button>
      )}
    </span>
  );
}

/** The striped frame that tells Try from the live flow at a glance; it takes no clicks. */
export function TryFrame() {
  const editor = useEditor();
  // The panel takes room from the canvas, which knows it a frame later; all of the flow should still be seen.
  useEffect(() => {
    let frame = requestAnimationFrame(() => {
      frame = requestAnimationFrame(() => editor.getState().view?.fit());
    });
    return () => cancelAnimationFrame(frame);
  }, [editor]);
  return <div className={styles.frame} aria-hidden="true" data-testid="try-frame" />;
}
