import { Hourglass } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { ReleaseFirst, ReleaseRun } from '#shared/parked.ts';
import { api } from '../api.ts';
import { useNow } from '../clock.ts';
import { exact, plural } from '../format.ts';
import { useMay } from '../session.ts';
import { Button } from '../ui/button.tsx';
import { ErrorState } from '../ui/states.tsx';
import { tellFailure } from '../ui/tell.ts';
import styles from './parked-section.module.css';
import { nameOf, type ParkedRow, ParkedTable } from './parked-table.tsx';
import { type ParkedSink, ReleaseDialog } from './release-dialog.tsx';
import { ReleaseProgress } from './release-progress.tsx';
import { usePoll } from './use-poll.ts';

type Run = ReleaseRun & { flow: string };

/** For how long the end of a release of all keys is told, in ms; longer where keys were left. */
const toldMs = 10 * 60_000;
const leftToldMs = 24 * 3_600_000;

function isTold({ flow, sink, state, endedAt = 0, failed }: Run, keys: readonly ParkedRow[], now: number): boolean {
  const leftSome = (state !== 'done' || failed > 0) && keys.some((key) => key.flow === flow && key.sink === sink);
  return state === 'running' || now - endedAt < (leftSome ? leftToldMs : toldMs);
}

/** Keys that wait at a sink behind a message that failed: why, since when, and how they go on. Nothing where none waits. */
export function ParkedSection({ flows, names }: { flows: readonly string[]; names: ReadonlyMap<string, string> }) {
  const now = useNow();
  const may = useMay('analyst');
  const [going, setGoing] = useState(false);
  const [ordered, setOrdered] = useState<ReadonlyMap<string, number>>(new Map());
  const [open, setOpen] = useState<ParkedSink>();
  const { data, error, reload } = usePoll(
    async (): Promise<{ keys: ParkedRow[]; runs: Run[] }> => {
      const all = await Promise.all(
        flows.map(async (flow) => {
          const [keys, runs] = await Promise.all([api.parkedKeys(flow), api.releases(flow)]);
          return { keys: keys.map((one) => ({ ...one, flow })), runs: runs.map((one) => ({ ...one, flow })) };
        }),
      );
      const found = {
        keys: all.flatMap(({ keys }) => keys).sort((a, b) => a.since - b.since),
        runs: all.flatMap(({ runs }) => runs),
      };
      setGoing(found.runs.some(({ state }) => state === 'running') || found.keys.some(({ releasing }) => releasing));
      return found;
    },
    flows.join(' '),
    going || ordered.size > 0 ? 1000 : 5000,
  );
  // Ordered, until the key is gone or has failed again.
  const busy = new Set(
    (data?.keys ?? []).flatMap((one) => {
      const attempts = ordered.get(nameOf(one));
      return attempts !== undefined && one.attempts <= attempts ? [nameOf(one)] : [];
    }),
  );
  const isOver = data !== undefined && ordered.size > 0 && busy.size === 0;
  useEffect(() => {
    if (isOver) setOrdered(new Map());
  }, [isOver]);
  if (error !== undefined && data === undefined)
    return (
      <section className={styles.section} aria-label="Parked keys">
        <ErrorState what="The parked keys could not be loaded" error={error} onRetry={reload} />
      </section>
    );
  if (data === undefined) return null;
  const runs = data.runs.filter((run) => isTold(run, data.keys, now));
  if (data.keys.length === 0 && runs.length === 0) return null;
  const release = (one: ParkedRow, first: ReleaseFirst): void => {
    setOrdered((before) => new Map([...before].filter(([name]) => busy.has(name))).set(nameOf(one), one.attempts));
    api.releaseKey(one.flow, { sink: one.sink, failed: one.failed, first }).then(reload, (reason: unknown) => {
      setOrdered((before) => new Map([...before].filter(([name]) => name !== nameOf(one))));
      tellFailure(`${one.key} was not released`, reason);
    });
  };
  const stop = ({ flow, sink }: Run): void => {
    api.stopRelease(flow, sink).then(reload, (reason: unknown) => {
      tellFailure('It was not stopped', reason);
    });
  };
  const isRunning = ({ flow, sink }: ParkedSink): boolean =>
    runs.some((run) => run.flow === flow && run.sink === sink && run.state === 'running');
  const places = new Set(data.keys.map(({ flow, sink }) => `${flow} ${sink}`));
  const place = flows.length === 1 && places.size === 1 ? ` at ${data.keys[0]?.sinkName}` : '';
  const sinks = sinksOf(data.keys).filter((one) => one.keys > 1 && !isRunning(one));
  return (
    <section className={styles.section} aria-label="Parked keys">
      <div className={styles.head}>
        <h2 className={styles.heading}>
          <Hourglass size={16} aria-hidden="true" />
          {data.keys.length === 0
            ? 'No key is parked any more'
            : `${plural(data.keys.length, 'parked key')}${place}: later messages of ${data.keys.length === 1 ? 'this key' : 'these keys'} wait, in order`}
        </h2>
        {sinks.map((one) => (
          <Button
            key={`${one.flow} ${one.sink}`}
            size="small"
            disabled={!may}
            title={may ? undefined : 'Releasing keys needs the role analyst'}
            onClick={() => setOpen(one)}
          >
            Release all {exact(one.keys)} at {one.sinkName}…
          </Button>
        ))}
      </div>
      {runs.map((run) => (
        <ReleaseProgress key={`${run.flow} ${run.sink}`} run={run} now={now} onStop={may ? () => stop(run) : undefined} />
      ))}
      {data.keys.length > 0 && (
        <ParkedTable rows={data.keys} names={flows.length > 1 ? names : new Map()} now={now} may={may} busy={busy} onRelease={release} />
      )}
      {open && <ReleaseDialog at={open} onClose={() => setOpen(undefined)} onStarted={reload} />}
    </section>
  );
}

function sinksOf(keys: readonly ParkedRow[]): ParkedSink[] {
  const sinks = new Map<string, ParkedSink>();
  for (const { flow, sink, sinkName, count } of keys) {
    const name = `${flow} ${sink}`;
    const { keys: known = 0, messages = 0 } = sinks.get(name) ?? {};
    sinks.set(name, { flow, sink, sinkName, keys: known + 1, messages: messages + count + 1 });
  }
  return [...sinks.values()];
}
