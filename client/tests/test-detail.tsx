import { CircleCheckBig, Play } from 'lucide-react';
import { useState } from 'react';
import { useStore } from 'zustand';
import type { FlowTestInfo, FlowTestRecord } from '#shared/flow-test/listing.ts';
import { stringifyJson } from '#shared/json.ts';
import { api } from '../api.ts';
import { useEditorState, useFlow } from '../editor/context.ts';
import { plural } from '../format.ts';
import { useLoad } from '../load.ts';
import { Button } from '../ui/button.tsx';
import frame from '../ui/drawer-panel.module.css';
import { JsonView } from '../ui/json-view.tsx';
import { Segments } from '../ui/segments.tsx';
import { ErrorState, Skeleton } from '../ui/states.tsx';
import { StatusBadge } from '../ui/status.tsx';
import { ReasonDialog } from './reason-dialog.tsx';
import { ResultDetail } from './result-detail.tsx';
import type { TestBench } from './test-bench.ts';
import { TestForm } from './test-form.tsx';
import styles from './tests-panel.module.css';
import { stateLooks, type TestState } from './verdict.ts';

type Look = 'result' | 'expected' | 'messages';

/** One test: its result on this draft, what it expects (to be edited), and the messages that enter. */
export function TestDetail({ bench, test, state }: { bench: TestBench; test: FlowTestInfo; state: TestState }) {
  const flow = useFlow();
  const readOnly = useEditorState((all) => all.readOnly);
  const ran = useStore(bench, (all) => all.results.get(test.id));
  const [look, setLook] = useState<Look>('result');
  const [accepting, setAccepting] = useState(false);
  const loaded = useLoad(() => api.flowTest(flow.id, test.id), `${flow.id} ${test.id} ${test.revision}`);
  const { level, word } = stateLooks[state];
  const failed = state === 'failed' && ran !== undefined;
  return (
    <div className={frame.detail}>
      <div className={`${frame.detailHead} ${styles.detailHead}`}>
        <StatusBadge level={level}>{word}</StatusBadge>
        <h3 className={styles.detailTitle} title={test.name}>
          {test.name}
        </h3>
        {failed && (
          <Button
            size="small"
            icon={<CircleCheckBig size={14} />}
            disabled={readOnly !== undefined}
            title={readOnly}
            onClick={() => setAccepting(true)}
          >
            Accept the new result…
          </Button>
        )}
        <Button
          size="small"
          icon={<Play size={14} />}
          busy={state === 'running'}
          disabled={readOnly !== undefined}
          title={readOnly}
          onClick={() => void bench.run(flow, [test.id])}
        >
          Run
        </Button>
        <Segments
          label="What of the test is shown"
          options={[
            { value: 'result', label: 'Result' },
            { value: 'expected', label: 'Expected' },
            { value: 'messages', label: 'Messages', count: test.samples },
          ]}
          value={look}
          onChange={setLook}
        />
      </div>
      <div className={`${frame.detailBody} ${styles.detailBody}`}>
        {look === 'result' ? (
          ran ? (
            <>
              {state === 'stale' && (
                <p className={styles.stale}>This result is of an earlier draft. Run the test to see how it stands now.</p>
              )}
              <ResultDetail result={ran.result} />
            </>
          ) : (
            <p className={styles.stale}>Not run on this draft yet.</p>
          )
        ) : loaded.data === undefined ? (
          loaded.error !== undefined ? (
            <ErrorState what="The test could not be read" error={loaded.error} onRetry={loaded.reload} />
          ) : (
            <Skeleton height={60} />
          )
        ) : look === 'expected' ? (
          <TestForm key={loaded.data.revision} bench={bench} record={loaded.data} readOnly={readOnly !== undefined} />
        ) : (
          <Messages record={loaded.data} />
        )}
      </div>
      {accepting && ran && (
        <ReasonDialog
          title={`Accept the new result of “${test.name}”`}
          label="Why is the new result right?"
          help="The reason stands in the file of the test and in the audit trail, for whoever reviews it."
          action="Accept the new result"
          onClose={() => setAccepting(false)}
          onConfirm={async (reason) => {
            const saved = await api.acceptFlowTest(flow.id, test.id, { reason, flow });
            await bench.load();
            void bench.run(flow, [saved.id]);
          }}
        >
          <ResultDetail result={ran.result} />
        </ReasonDialog>
      )}
    </div>
  );
}

function Messages({ record }: { record: FlowTestRecord }) {
  const [at, setAt] = useState(0);
  const { samples, accepted = [] } = record.test;
  const sample = samples[Math.min(at, samples.length - 1)];
  return (
    <div className={styles.messages}>
      {samples.length > 1 && (
        <ul className={styles.steps} aria-label="Messages that enter">
          {samples.map((one, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a message is its place.
            <li key={index}>
              <button type="button" aria-pressed={index === at} onClick={() => setAt(index)}>
                {one.name ?? `Message ${index + 1}`}
              </button>
            </li>
          ))}
        </ul>
      )}
      {sample && (
        <div>
          <p className={styles.facts}>
            {[sample.origin ?? sample.topic ?? sample.node, sample.at, sample.key === null ? 'no key' : sample.key && `key ${sample.key}`]
              .filter(Boolean)
              .join(' · ')}
          </p>
          <JsonView
            text={sample.encoding === undefined ? (stringifyJson(sample.value) ?? 'null') : String(sample.value)}
            look={sample.encoding === undefined ? 'pretty' : 'raw'}
            label="Value"
          />
        </div>
      )}
      {accepted.length > 0 && (
        <details className={styles.accepted}>
          <summary>{plural(accepted.length, 'new result')} accepted so far</summary>
          <ul>
            {accepted.toReversed().map(({ at: when, by, reason }) => (
              <li key={when}>
                {by}, {new Date(when).toLocaleString()}: “{reason}”
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}
