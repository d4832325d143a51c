import { createHash, randomUUID } from 'node:crypto';
import type { KeptRelease, ParkedKey, ReleaseFirst, ReleaseKey, ReleaseRun } from '#shared/parked.ts';
import type { Plan } from '#shared/plan.ts';
import { backoffMs, wait } from './backoff.ts';
import type { ParkedKeyList } from './parked-keys.ts';

/** Releases all keys of a sink, some at a time; one run per sink. A run goes on after a restart of the server. */
export interface ReleaseRuns {
  /** Begins; undefined where one of this sink runs already. The keys are released in this order. */
  start(
    flow: string,
    ask: { sink: string; sinkName: string; first: ReleaseFirst; who: string },
    keys: readonly ParkedKey[],
  ): Promise<ReleaseRun | undefined>;
  /** The newest run of each sink of a flow. */
  list(flow: string): Promise<ReleaseRun[]>;
  /** Orders no further key; undefined where none runs. Resolves when that is kept. */
  stop(flow: string, sink: string, who: string): Promise<ReleaseRun | undefined>;
  /** What runs goes on when it is opened again. */
  close(): Promise<void>;
}

/** Where runs are kept. */
interface ReleaseRunKeep {
  add(kept: KeptRelease, keys: readonly ReleaseKey[]): Promise<void>;
  put(kept: KeptRelease, changed: readonly ReleaseKey[]): Promise<void>;
  end(kept: KeptRelease): Promise<void>;
  newest(flow: string): Promise<KeptRelease[]>;
  running(): Promise<KeptRelease[]>;
  keys(id: string): Promise<ReleaseKey[]>;
}

export interface ReleaseRunsOptions {
  parked: Pick<ParkedKeyList, 'list' | 'release'>;
  keep: ReleaseRunKeep;
  /** The plan of a flow that runs; undefined when it does not. */
  planOf(flow: string): Promise<Plan | undefined>;
  /** A run has come to its end, and nobody stopped it. */
  ended(flow: string, run: ReleaseRun): void;
  trouble(message: string): void;
  pollMs?: number;
}

/** A run that has not ended, or whose end is not kept yet. */
interface Live extends KeptRelease {
  keys: readonly ReleaseKey[];
  /** Keys whose state is not kept yet. */
  dirty: Set<ReleaseKey>;
  /** Ordered keys of which it is not sure that their order stands in Kafka: it is given again, and done once. */
  unsure: Set<ReleaseKey>;
  ending: AbortController;
  /** Writes to where it is kept, one after the other. */
  written: Promise<void>;
  over: Promise<void>;
}

/** Keys that are on their way at once: each holds up the others of its partition while it is delivered. */
const atOnce = 8;
/** A system that has refused so many in a row is not ready. */
const failuresInARow = 5;
const pollEveryMs = 500;

/** Opens the releases, and lets those go on that ran when the server ended. */
export async function openReleaseRuns(options: ReleaseRunsOptions): Promise<ReleaseRuns> {
  const { parked, keep, planOf, pollMs = pollEveryMs } = options;
  const live = new Map<string, Live>();
  const closing = new AbortController();

  const keptOf = ({ id, flow, run, inARow }: Live): KeptRelease => ({ id, flow, run: { ...run }, inARow });

  function write(mine: Live, work: () => Promise<void>): Promise<void> {
    const done = mine.written.then(work);
    mine.written = done.catch(() => undefined);
    return done;
  }

  /** Keeps what has changed of the keys, and the counts with it. */
  function save(mine: Live): Promise<void> {
    return write(mine, async () => {
      if (mine.dirty.size === 0) return;
      const changed = [...mine.dirty];
      mine.dirty.clear();
      try {
        await keep.put(keptOf(mine), changed);
      } catch (error) {
        for (const key of changed) mine.dirty.add(key);
        throw error;
      }
    });
  }

  function set(mine: Live, key: ReleaseKey, state: ReleaseKey['state']): void {
    key.state = state;
    mine.dirty.add(key);
    if (state === 'ordered') return;
    mine.unsure.delete(key);
    mine.inARow = state === 'failed' ? mine.inARow + 1 : 0;
    if (state === 'failed') mine.run.failed++;
    else mine.run.through++;
  }

  /** What has become of the keys that were ordered; the sentence of the last that failed again. */
  function settle(mine: Live, now: ReadonlyMap<string, ParkedKey>): string | undefined {
    let last: string | undefined;
    for (const key of mine.keys) {
      if (key.state !== 'ordered') continue;
      const found = now.get(nameOf(key));
      if (found?.since !== key.since) set(mine, key, 'through');
      else if (found.attempts > key.attempts) {
        last = found.message;
        set(mine, key, 'failed');
      } else if (found.releasing) mine.unsure.delete(key);
    }
    return last;
  }

  /** Chooses the next keys. They are kept as ordered before any order is given, so that none of them is ever forgotten. */
  function choose(mine: Live, now: ReadonlyMap<string, ParkedKey>): void {
    let under = mine.keys.filter(({ state }) => state === 'ordered').length;
    for (const key of mine.keys) {
      if (under >= atOnce || mine.inARow >= failuresInARow) return;
      if (key.state !== 'waiting') continue;
      const found = now.get(nameOf(key));
      // Somebody else has released it meanwhile.
      if (found?.since !== key.since) set(mine, key, 'through');
      else {
        key.attempts = found.attempts;
        set(mine, key, 'ordered');
        mine.unsure.add(key);
        under++;
      }
    }
  }

  /** One look. True when the run has come to its end. */
  async function step(mine: Live, last: { message: string }): Promise<boolean> {
    const { run } = mine;
    const signal = mine.ending.signal;
    const plan = await planOf(mine.flow);
    if (signal.aborted) return false;
    if (plan === undefined) return end(run, 'failed', 'The flow does not run any more. Deploy it, then release the rest.');
    if (!plan.stages.some((stage) => stage.kind === 'deliver' && stage.node.id === run.sink))
      return end(run, 'failed', `The running version has no sink “${run.sinkName}”. Deploy one that has it, then release the rest.`);
    const now = new Map(
      (await parked.list(plan, signal)).flatMap((key) => (key.sink === run.sink ? [[nameOf(placeOf(key)), key] as const] : [])),
    );
    if (signal.aborted) return false;
    last.message = settle(mine, now) ?? last.message;
    choose(mine, now);
    await save(mine);
    for (const key of mine.unsure) {
      const found = now.get(nameOf(key));
      if (signal.aborted) return false;
      if (found !== undefined) await parked.release(plan, found, run.first, run.startedBy);
      mine.unsure.delete(key);
    }
    if (signal.aborted) return false;
    delete run.reason;
    if (mine.keys.some(({ state }) => state === 'ordered')) return false;
    if (mine.keys.every(({ state }) => state !== 'waiting')) return end(run, 'done');
    return end(run, 'stopped', `${failuresInARow} keys in a row failed again${last.message === '' ? '' : `: ${last.message}`}`);
  }

  async function go(mine: Live): Promise<void> {
    const { run } = mine;
    const signal = mine.ending.signal;
    const last = { message: '' };
    await mine.written;
    for (let trouble = 0; !signal.aborted; ) {
      try {
        if (await step(mine, last)) return await finish(mine);
        trouble = 0;
        await wait(pollMs, signal);
      } catch (error) {
        if (signal.aborted) return;
        run.reason = `It goes on by itself after: ${error instanceof Error ? error.message : String(error)}`;
        await wait(backoffMs(trouble++, 500, 10_000), signal);
      }
    }
  }

  const writeEnd = async (mine: Live): Promise<void> => {
    await write(mine, () => keep.end(keptOf(mine)));
    live.delete(nameOfRun(mine.flow, mine.run.sink));
  };

  /** Keeps the end, however long that takes. */
  async function finish(mine: Live): Promise<void> {
    for (let attempt = 0; !closing.signal.aborted; attempt++) {
      try {
        await writeEnd(mine);
        if (!mine.ending.signal.aborted) options.ended(mine.flow, { ...mine.run });
        return;
      } catch (error) {
        options.trouble(`The end of a release at ${mine.run.sinkName} is not kept yet: ${String(error)}`);
        await wait(backoffMs(attempt, 500, 10_000), closing.signal);
      }
    }
  }

  function liven(kept: KeptRelease, keys: readonly ReleaseKey[], written: Promise<void>): Live {
    const count = (state: ReleaseKey['state']): number => keys.filter((key) => key.state === state).length;
    Object.assign(kept.run, { through: count('through'), failed: count('failed') });
    const unsure = new Set(keys.filter(({ state }) => state === 'ordered'));
    const ending = new AbortController();
    const mine: Live = { ...kept, keys, dirty: new Set(), unsure, ending, written, over: Promise.resolve() };
    live.set(nameOfRun(kept.flow, kept.run.sink), mine);
    return mine;
  }

  for (const kept of await keep.running()) {
    const mine = liven(kept, await keep.keys(kept.id), Promise.resolve());
    mine.over = go(mine);
  }

  return {
    async start(flow, { sink, sinkName, first, who }, keys) {
      const before = live.get(nameOfRun(flow, sink));
      if (before !== undefined && before.run.state !== 'running') {
        // It has ended, and a moment later that is kept.
        await before.over;
        await before.written;
      }
      if (live.has(nameOfRun(flow, sink))) return undefined;
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
      const places = keys.map((key, ordinal): ReleaseKey => ({ ordinal, ...placeOf(key), attempts: key.attempts, state: 'waiting' }));
      const kept: KeptRelease = { id: randomUUID(), flow, run, inARow: 0 };
      const added = keep.add({ ...kept, run: { ...run } }, places);
      const mine = liven(
        kept,
        places,
        added.catch(() => undefined),
      );
      try {
        await added;
      } catch (error) {
        live.delete(nameOfRun(flow, sink));
        throw error;
      }
      mine.over = go(mine);
      return { ...run };
    },
    async list(flow) {
      const all = await keep.newest(flow);
      return all.map(({ id, run }) => {
        const mine = live.get(nameOfRun(flow, run.sink));
        return mine?.id === id ? { ...mine.run } : run;
      });
    },
    async stop(flow, sink, who) {
      const mine = live.get(nameOfRun(flow, sink));
      if (mine?.run.state !== 'running') return undefined;
      end(mine.run, 'stopped', `Stopped by ${who}.`);
      mine.ending.abort();
      try {
        await writeEnd(mine);
      } catch (error) {
        mine.over = Promise.all([mine.over, finish(mine)]).then(() => undefined);
        throw error;
      }
      return { ...mine.run };
    },
    async close() {
      closing.abort();
      const all = [...live.values()];
      for (const { ending } of all) ending.abort();
      await Promise.all(all.map(({ over }) => over));
      await Promise.all(all.map(({ written }) => written));
    },
  };
}

/** Says how it ended; always true. */
function end(run: ReleaseRun, state: ReleaseRun['state'], reason?: string): true {
  run.state = state;
  run.endedAt = Date.now();
  delete run.reason;
  if (reason !== undefined) run.reason = reason;
  return true;
}

function placeOf({ partition, key, encoding, since }: ParkedKey): Pick<ReleaseKey, 'partition' | 'hash' | 'since'> {
  return { partition, hash: createHash('sha256').update(Buffer.from(key, encoding)).digest('hex'), since };
}

const nameOf = ({ partition, hash }: Pick<ReleaseKey, 'partition' | 'hash'>): string => `${partition} ${hash}`;

const nameOfRun = (flow: string, sink: string): string => `${flow}/${sink}`;
