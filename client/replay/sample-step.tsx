import { CirclePlus, Equal, type LucideIcon, OctagonAlert, PenLine } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { Link } from 'react-router';
import { parseJson } from '#shared/json.ts';
import type { ReplaySample, ReplaySpec } from '#shared/replay.ts';
import { api } from '../api.ts';
import { plural } from '../format.ts';
import { tracePath } from '../trace/trace-path.ts';
import { differenceRows } from '../try/difference.ts';
import { DifferenceTable } from '../try/difference-table.tsx';
import { Button } from '../ui/button.tsx';
import { ErrorState } from '../ui/states.tsx';
import { StatusBadge } from '../ui/status.tsx';
import styles from './replay-page.module.css';
import { Step } from './step.tsx';

const count = 200;

/** A dry run over some messages of the range, compared with what was made of them then. Nothing is written. */
export function SampleStep({
  locked,
  spec,
  nameOf,
  may,
}: {
  locked: string | undefined;
  spec: ReplaySpec | undefined;
  nameOf: (node: string) => string;
  may: boolean;
}) {
  const key = spec === undefined ? '' : JSON.stringify({ ...spec, name: '', perSecond: 0, target: '' });
  const [state, setState] = useState<{ key: string; sample?: ReplaySample; error?: unknown; running?: AbortController }>({ key });
  const control = useRef<AbortController>(undefined);
  useEffect(() => () => control.current?.abort(), []);
  const mine = state.key === key ? state : undefined;
  const run = (): void => {
    if (spec === undefined) return;
    control.current?.abort();
    const running = new AbortController();
    control.current = running;
    setState({ key, running });
    api.sampleReplay(spec, count, { signal: running.signal }).then(
      (sample) => !running.signal.aborted && setState({ key, sample }),
      (error: unknown) => !running.signal.aborted && setState({ key, error }),
    );
  };
  const stop = (): void => {
    control.current?.abort();
    setState({ key });
  };
  return (
    <Step
      number={4}
      title="Dry run"
      locked={locked}
      aside={mine?.sample && `${plural(mine.sample.messages, 'message')} run, nothing written`}
    >
      <div className={styles.line}>
        <p className={styles.quiet}>
          Runs up to {count} of the messages and compares with what stands in the sinks’ topics. Nothing is written.
        </p>
        {mine?.running === undefined ? (
          <Button onClick={run} disabled={!may} title={may ? undefined : 'Your role may look but not run it. Ask an analyst.'}>
            {mine?.sample === undefined ? `Run ${count} messages dry` : 'Run again'}
          </Button>
        ) : (
          <Button onClick={stop}>Stop the dry run</Button>
        )}
      </div>
      {mine?.running !== undefined && (
        <p className={styles.quiet} role="status">
          Running…
        </p>
      )}
      {mine?.error !== undefined && <ErrorState what="The dry run did not work" error={mine.error} onRetry={run} />}
      {mine?.sample !== undefined && <SampleResult flow={spec?.flow ?? ''} sample={mine.sample} nameOf={nameOf} />}
    </Step>
  );
}

const classes: {
  field: 'same' | 'changed' | 'failing' | 'fresh';
  word: string;
  icon: LucideIcon;
  level: 'ok' | 'info' | 'error' | 'warning';
}[] = [
  { field: 'same', word: 'the same as then', icon: Equal, level: 'ok' },
  { field: 'changed', word: 'changed', icon: PenLine, level: 'warning' },
  { field: 'fresh', word: 'made now, nothing there', icon: CirclePlus, level: 'info' },
  { field: 'failing', word: 'failing', icon: OctagonAlert, level: 'error' },
];

/** How what was run differs from what stood there: counts, and examples field by field. */
export function SampleResult({
  flow,
  sample,
  nameOf,
}: {
  flow: string;
  sample: Omit<ReplaySample, 'messages'>;
  nameOf: (node: string) => string;
}) {
  return (
    <>
      <ul className={styles.counts} aria-label="How the results differ">
        {classes.map(({ field, word, icon: Icon, level }) => (
          <li key={field} data-class={field}>
            <StatusBadge level={sample[field] === 0 ? 'off' : level} icon={<Icon size={14} aria-hidden="true" />}>
              {sample[field]} {word}
            </StatusBadge>
          </li>
        ))}
      </ul>
      {sample.examples.length > 0 && (
        <ul className={styles.examples} aria-label="Examples">
          {sample.examples.slice(0, 20).map((example) => (
            <li key={`${example.origin} ${example.sink} ${example.class}`}>
              <Example flow={flow} example={example} nameOf={nameOf} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function Example({ flow, example, nameOf }: { flow: string; example: ReplaySample['examples'][number]; nameOf: (node: string) => string }) {
  const look = classes.find(({ field }) => field === example.class);
  const Icon = look?.icon ?? Equal;
  const rows = example.error === undefined ? differenceRows(valueIn(example.before), valueIn(example.after)) : [];
  const changed = rows.filter(({ kind }) => kind !== 'same');
  return (
    <details className={styles.example} open={example.error !== undefined}>
      <summary>
        <StatusBadge level={look?.level ?? 'info'} icon={<Icon size={14} aria-hidden="true" />}>
          {look?.word ?? example.class}
        </StatusBadge>
        <span className={styles.who}>
          {example.key === null ? example.origin : `key ${example.key}`} → {nameOf(example.sink)}
        </span>
        <span className={styles.quiet}>
          {example.error === undefined
            ? example.class === 'changed'
              ? changed
                  .map(({ path }) => path || 'value')
                  .slice(0, 4)
                  .join(', ')
              : ''
            : example.error.message}
        </span>
      </summary>
      {example.error !== undefined && (
        <p className={styles.quiet}>
          At {nameOf(example.error.node)} <code>{example.error.code}</code>
        </p>
      )}
      {example.error === undefined && (
        <DifferenceTable
          rows={(example.class === 'changed' ? changed : rows).slice(0, 40).map((row) => ({ ...row, of: 'value' as const }))}
          all={rows.length}
        />
      )}
      <Link to={tracePath(flow, example.origin)}>Trace this message</Link>
    </details>
  );
}

/** Text that is no JSON is compared as text. */
function valueIn(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}
