import type { ParkedKey, ReleaseFirst, ReleaseRun } from '#shared/parked.ts';
import type { Plan } from '#shared/plan.ts';
import { backoffMs, wait } from './backoff.ts';
import type { ParkedKeyList } from './parked-keys.ts';

/** Releases all keys of a sink, some at a time; one run per sink. */
export interface ReleaseRuns {
  /** Begins; undefined where one of this sink runs already. The keys are released in this order. */
  start(
    flow: string,
    ask: { sink: string; sinkName: string; first: ReleaseFirst; who: string },
    keys: readonly ParkedKey[],
  ): ReleaseRun | undefined;
  /** The newest run of each sink of a flow since the server was started. */
  list(flow: string): ReleaseRun[];
  /** Orders no further key; undefined where none runs. */
  stop(flow: string, sink: string, who: string): ReleaseRun | undefined;
  close(): Promise<void>;
}

export interface ReleaseRunsOptions {
  parked: Pick<ParkedKeyList, 'list' | 'release'>;
  /** The plan of a flow that runs; undefined when it does not. */
  planOf(flow: string): Promise<Plan | undefined>;
  pollMs?: number;
}

/** Keys that are on their way at once: each holds up the others of its partition while it is delivered. */
const atOnce = 8;
/** A system that has refused so many in a row is not ready. */
const failuresInARow = 5;
const pollEveryMs = 500;

export function openReleaseRuns({ parked, planOf, pollMs = pollEveryMs }: ReleaseRunsOptions): ReleaseRuns {
  const runs = new Map<string, { run: ReleaseRun; stop: AbortController; done: Promise<void> }>();

  async function release(flow: string, run: ReleaseRun, keys: readonly ParkedKey[], signal: AbortSignal): Promise<void> {
    const under = new Map<string, ParkedKey>();
    let next = 0;
    let inARow = 0;
    let last = '';
    for (let trouble = 0; !signal.aborted; ) {
      try {
        const plan = await planOf(flow);
        if (plan === undefined) return end(run, 'The flow does not run any more. Deploy it, then release the rest.');
        while (under.size < atOnce && next < keys.length && inARow < failuresInARow && !signal.aborted) {
          const key = keys[next] as ParkedKey;
          // It was parked when it was asked for; an order for what is not parked so any more does nothing.
          await parked.release(plan, key, run.first, run.startedBy);
          under.set(nameOf(key), key);
          next++;
        }
        if (under.size === 0) return end(run, next < keys.length ? `${failuresInARow} keys in a row failed again: ${last}` : undefined);
        await wait(pollMs, signal);
        if (signal.aborted) return;
        const now = new Map((await parked.list(plan, signal)).map((key) => [nameOf(key), key]));
        for (const [name, before] of under) {
          const found = now.get(name);
          if (found === undefined) {
            run.through++;
            inARow = 0;
          } else if (found.attempts > before.attempts) {
            run.failed++;
            inARow++;
            last = found.message;
          } else continue;
          under.delete(name);
        }
        trouble = 0;
        delete run.reason;
      } catch (error) {
        if (signal.aborted) return;
        run.reason = `It waits for Kafka: ${error instanceof Error ? error.message : String(error)}`;
        await wait(backoffMs(trouble++, 500, 10_000), signal);
      }
    }
  }

  return {
    start(flow, { sink, sinkName, first, who }, keys) {
      const place = `${flow}/${sink}`;
      if (runs.get(place)?.run.state === 'running') return undefined;
      const run: ReleaseRun = {
        sink,
        sinkName,
        first,
        startedBy: who,
        startedAt: Date.now(),
        state: 'running',
        keys: keys.length,
        messages: keys.reduce((sum, { count }) => sum + count + 1, 0),
        through: 0,
        failed: 0,
      };
      const stop = new AbortController();
      runs.set(place, { run, stop, done: release(flow, run, keys, stop.signal) });
      return { ...run };
    },
    list: (flow) => [...runs].flatMap(([place, { run }]) => (place.startsWith(`${flow}/`) ? [{ ...run }] : [])),
    stop(flow, sink, who) {
      const found = runs.get(`${flow}/${sink}`);
      if (found?.run.state !== 'running') return undefined;
      found.stop.abort();
      end(found.run, `Stopped by ${who}.`);
      return { ...found.run };
    },
    async close() {
      for (const { stop } of runs.values()) stop.abort();
      await Promise.all([...runs.values()].map(({ done }) => done));
    },
  };
}

function end(run: ReleaseRun, reason: string | undefined): void {
  run.state = reason === undefined ? 'done' : 'stopped';
  run.endedAt = Date.now();
  delete run.reason;
  if (reason !== undefined) run.reason = reason;
}

function nameOf({ sink, partition, key, encoding }: ParkedKey): string {
  return JSON.stringify([sink, partition, encoding, key]);
}
