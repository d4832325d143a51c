import { randomBytes } from 'node:crypto';
import type { Plan } from '#shared/plan.ts';
import { type Replay, type ReplayPlan, type ReplaySpec, type ReplayState, unexplained } from '#shared/replay.ts';
import { addGone, goneAhead, goneOf } from './gone.ts';
import { startReplayThread, type ThreadEnd } from './host.ts';
import { keepGoing, messageOf, surely, watchThread } from './keep.ts';
import { planOf, type ReplayOptions } from './options.ts';
import { makePlan, type Planned, sampleOf } from './planner.ts';
import type { FromThread, RunInput } from './protocol.ts';
import { transformOf } from './range.ts';
import { ReplayRefused, type Replays } from './replays.ts';
import { prepareReplay, replayGroup, replayStage, tidyReplay } from './run-kafka.ts';
import type { Stretch } from './stretches.ts';
import { committedSums, noSums, type Sums, withSums } from './sums.ts';
import { takeItems } from './take-items.ts';
import { agesOf, volumeOf } from './volume.ts';

/** What the engine keeps beside a replay. */
interface Work {
  stretches: Stretch[];
  /** When its plan was begun, ms since 1970. */
  plannedAt?: number;
  /** Of one to real sinks: it has taken the items of its range. */
  holds?: boolean;
}

/** A replay whose thread is to run, or runs. */
interface Run {
  replay: Replay;
  /** Set when somebody wants it to end: what it is to be then. */
  wanted?: 'paused' | 'stopped';
  /** Ends the thread, when there is one. */
  stop(): void;
  setRate(perSecond: number): void;
  over: Promise<void>;
}

const planKeptMs = 15 * 60_000;
/** Each has a thread with memory of its own. */
const mostRunning = 4;
const mostPlanning = 2;
/** So many retries and replays of a flow are looked at, newest first. */
const mostOthers = 1000;
const ended: readonly ReplayState[] = ['done', 'stopped', 'failed'];

/** Opens the replays, and lets those go on that ran when the server ended. */
export async function openReplays(options: ReplayOptions): Promise<Replays> {
  const { store, kafka, log } = options;
  const runs = new Map<string, Run>();
  const listeners = new Set<(replay: Replay) => void>();
  const plans = new Map<string, Planned & { plannedAt: number; at: number }>();
  const closing = new AbortController();
  let underWay = 0;

  const tell = (replay: Replay) => {
    for (const listener of listeners) listener(replay);
  };

  /** Plans take threads, too: one who cannot have one now is told so at once. */
  async function planning<T>(work: () => Promise<T>): Promise<T> {
    if (underWay >= mostPlanning) throw new Error('Two plans of replays are being made already. Try again in a moment.');
    underWay++;
    try {
      return await work();
    } finally {
      underWay--;
    }
  }

  function mayRun(): void {
    if (runs.size >= mostRunning) throw new Error(`${mostRunning} replays are running already. Wait until one has ended, or pause one.`);
  }

  async function planned(spec: ReplaySpec, signal: AbortSignal): Promise<Planned & { plannedAt: number }> {
    const plannedAt = Date.now();
    const made = await planning(() => makePlan(options, spec, AbortSignal.any([signal, closing.signal])));
    for (const [key, { at }] of plans) if (Date.now() - at > planKeptMs) plans.delete(key);
    plans.set(keyOf(spec), { at: Date.now(), plannedAt, ...made });
    return { ...made, plannedAt };
  }

  async function start(spec: ReplaySpec, confirm: number | undefined, who: string): Promise<Replay> {
    mayRun();
    const known = plans.get(keyOf(spec));
    const { plan, stretches, total, counted, plannedAt } =
      known && Date.now() - known.at < planKeptMs ? known : await planned(spec, closing.signal);
    const problems = refusalsOf({ ...plan, spec }, confirm);
    if (problems.length > 0) throw new ReplayRefused(problems);
    const replay: Replay = {
      id: randomBytes(5).toString('hex'),
      spec,
      state: 'starting',
      startedBy: who,
      startedAt: Date.now(),
      total,
      counted,
      ...blank(),
    };
    await store.replays.add(replay, JSON.stringify({ stretches, plannedAt } satisfies Work));
    plans.delete(keyOf(spec));
    tell(replay);
    run(replay);
    return replay;
  }

  /** Keeps a thread going until the replay is over, or somebody wants it to pause. */
  function run(replay: Replay): void {
    const ending = new AbortController();
    const mine: Run = { replay, stop: () => ending.abort(), setRate: () => undefined, over: Promise.resolve() };
    runs.set(replay.id, mine);
    const { flow } = replay.spec;
    const kept = {
      what: `replay ${replay.id}`,
      ending: ending.signal,
      closing: closing.signal,
      thread: () => oneThread(mine, ending.signal),
      far: () => mine.replay.balance.read,
      again(message: string) {
        mine.replay = { ...mine.replay, reason: `It goes on by itself after: ${message}` };
        tell(mine.replay);
      },
      log: (level: 'info' | 'warn' | 'error', message: string) => log(level, message, { flow }),
    };
    const end = (state: ReplayState, why?: string) => surely(() => settle(mine, state, why), kept);
    mine.over = keepGoing(kept)
      .then((how) => {
        if (how.how === 'closed') return;
        if (how.how === 'wanted') return end(mine.wanted ?? 'paused');
        if (how.how === 'done') return end('done');
        if (how.how === 'paused') return end('paused', how.reason);
        // What fails again and again may pass another day; what cannot pass has failed.
        return end(how.how === 'vain' ? 'paused' : 'failed', how.message);
      })
      .finally(() => runs.delete(replay.id));
  }

  async function oneThread(mine: Run, ending: AbortSignal): Promise<ThreadEnd> {
    const { id, spec, startedAt } = mine.replay;
    const { stretches } = JSON.parse(await store.replays.work(id)) as Work;
    const plan = await planOf(options, spec.flow, spec.version);
    await prepareReplay(options, { id, spec, plan, stretches });
    const holds = spec.target === 'real' ? await hold(mine, plan, AbortSignal.any([ending, closing.signal])) : undefined;
    const sums = await committedSums(kafka, spec.flow, replayStage(id), startedAt, ending);
    if (ending.aborted) return { how: 'stopped' };
    const { reason: _reason, ...rest } = mine.replay;
    mine.replay = { ...withSums(rest, sums), state: 'running' };
    await store.replays.put(mine.replay);
    tell(mine.replay);
    const input: RunInput = {
      kind: 'replay',
      id,
      who: mine.replay.startedBy,
      spec: mine.replay.spec,
      plan,
      stretches,
      ...(holds && { holds }),
      masks: (await store.samples.masks(spec.flow)).masks,
      sums,
      examples: mine.replay.compared?.examples.length ?? 0,
      kafka: options.settings,
      nodeFolders: options.nodeFolders,
      secrets: await options.secrets(),
      filesFolder: options.filesFolder,
      bindings: options.bindings,
      allowPrivate: options.allowPrivate,
    };
    const pace = paceOf(sums.balance.read);
    let dirty = false;
    const thread = startReplayThread(input, (message: FromThread) => {
      if (message.type === 'log') return log(message.level, message.message, { flow: spec.flow, replay: id });
      if (message.type !== 'committed') return;
      const { compared } = mine.replay;
      const next = withSums(mine.replay, message.sums);
      if (next.compared) next.compared.examples = [...(compared?.examples ?? []), ...message.examples].slice(0, 20);
      mine.replay = { ...next, ...pace(next.balance.read, next.total) };
      dirty = true;
    });
    mine.setRate = (perSecond) => thread.tell({ type: 'rate', perSecond });
    const save = () => {
      if (!dirty) return undefined;
      dirty = false;
      tell(mine.replay);
      return store.replays
        .put(mine.replay)
        .catch((error: unknown) => log('warn', `A replay's progress was not kept: ${messageOf(error)}`, { flow: spec.flow }));
    };
    return watchThread(thread, { ending, closing: closing.signal, save }).finally(() => {
      mine.setRate = () => undefined;
    });
  }

  /** Takes the items of its range before its first thread; says what it holds, and who may have sent others since its plan. */
  async function hold(mine: Run, plan: Plan, over: AbortSignal): Promise<NonNullable<RunInput['holds']>> {
    const { id, spec, startedAt } = mine.replay;
    const work = JSON.parse(await store.replays.work(id)) as Work;
    if (work.holds !== true) {
      await takeItems({ kafka, claims: store.claims }, { id, spec, topic: plan.deadLetterTopic, stretches: work.stretches }, over);
      await store.replays.put(mine.replay, JSON.stringify({ ...work, holds: true } satisfies Work));
    }
    const since = work.plannedAt ?? startedAt;
    const all = [...(await store.retries.list(spec.flow, mostOthers)), ...(await store.replays.list(spec.flow, mostOthers))];
    const others = all.filter((one) => one.id !== id && (one.endedAt ?? since) >= since).map((one) => one.id);
    return { items: await store.claims.of(id), others };
  }

  /** Writes how it ended, with the sums that the ledger has. */
  async function settle(mine: Run, state: ReplayState, why?: string): Promise<void> {
    const { rate: _rate, leftSeconds: _left, reason: _reason, gone: _gone, ...rest } = mine.replay;
    const sums: Sums = await committedSums(kafka, rest.spec.flow, replayStage(rest.id), rest.startedAt);
    const open = unexplained(sums.balance);
    const isOver = ended.includes(state);
    const gone = await goneFor(rest.id, rest.spec, sums, rest.total);
    const notes = [
      ...(why === undefined ? [] : [why]),
      ...(open === 0 ? [] : [`The balance does not close: ${open} messages are unexplained. This is a fault of Millrace.`]),
      ...(isOver && sums.left > 0 ? [leftOut(sums.left)] : []),
      ...(state === 'stopped' && cutShort(rest, sums) ? [olderStates] : []),
    ];
    const next: Replay = {
      ...withSums(rest, sums),
      state,
      ...(gone && { gone }),
      ...(isOver && { endedAt: Date.now() }),
      ...(state === 'done' && { total: sums.balance.read + (gone?.messages ?? 0) }),
      ...(notes.length > 0 && { reason: notes.join(' ') }),
    };
    await store.replays.put(next);
    if (isOver) await store.claims.release(next.id);
    // Told last: from here on others may take its items.
    mine.replay = next;
    tell(next);
    if (isOver) await tidyReplay(options, next, transformTopics(await store.replays.work(next.id)));
  }

  /** What retention has taken: what the replay came upon, and what it would have, had it gone on. */
  async function goneFor(id: string, { flow }: ReplaySpec, { gone, balance }: Sums, total: number): Promise<Replay['gone']> {
    const { stretches } = JSON.parse(await store.replays.work(id)) as Work;
    const parts = [...gone];
    const admin = kafka.admin();
    try {
      for (const part of await goneAhead(admin, { group: replayGroup(flow, id), stretches }, Date.now())) addGone(parts, part);
      const kept = new Map<string, number>();
      for (const topic of new Set(parts.map((part) => part.topic))) {
        const { oldest } = await agesOf(kafka, topic, (await admin.offsets(topic)) ?? []);
        if (oldest !== undefined) kept.set(topic, oldest);
      }
      return goneOf(parts, total - balance.read, kept);
    } finally {
      await admin.close();
    }
  }

  /** The replay as it is now, whether it runs or not. */
  async function now(id: string): Promise<Replay> {
    return runs.get(id)?.replay ?? (await store.replays.get(id));
  }

  async function want(id: string, what: 'paused' | 'stopped'): Promise<Replay> {
    const mine = runs.get(id);
    if (mine) {
      if (what === 'stopped' || mine.wanted === undefined) mine.wanted = what;
      mine.stop();
      await mine.over;
      return store.replays.get(id);
    }
    const replay = await store.replays.get(id);
    if (ended.includes(replay.state) || replay.state === what) return replay;
    const idle: Run = { replay, stop: () => undefined, setRate: () => undefined, over: Promise.resolve() };
    await settle(idle, what);
    return idle.replay;
  }

  for (const replay of await store.replays.inState(['starting', 'running'])) run(replay);

  return {
    plan: async (spec, signal) => (await planned(spec, signal)).plan,
    sample: (spec, messages, signal) => planning(() => sampleOf(options, spec, messages, AbortSignal.any([signal, closing.signal]))),
    start,
    get: now,
    async list(flow) {
      return (await store.replays.list(flow, 200)).map((replay) => runs.get(replay.id)?.replay ?? replay);
    },
    pause: (id) => want(id, 'paused'),
    stop: (id) => want(id, 'stopped'),
    async resume(id) {
      const replay = await now(id);
      if (replay.state !== 'paused' || runs.has(id)) return replay;
      mayRun();
      const { reason: _reason, ...rest } = replay;
      const next: Replay = { ...rest, state: 'starting' };
      await store.replays.put(next);
      run(next);
      return next;
    },
    async setRate(id, perSecond) {
      const mine = runs.get(id);
      const replay = mine?.replay ?? (await store.replays.get(id));
      const next: Replay = { ...replay, spec: { ...replay.spec, perSecond } };
      if (mine) {
        mine.replay = next;
        mine.setRate(perSecond);
      }
      await store.replays.put(next);
      return next;
    },
    async volume(flow, since, until, buckets) {
      if (!(until > since)) throw new Error('The end of the time must be after its beginning.');
      const current = await store.deployments.current(flow);
      const topics = current === undefined ? [] : transformOf(current.plan).inputs.map(({ topic }) => topic);
      return volumeOf(kafka, [...new Set(topics)], since, until, buckets);
    },
    onChanged(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      closing.abort(new Error('The server is ending.'));
      await Promise.allSettled([...runs.values()].map(({ over }) => over));
    },
  };
}

const olderStates =
  'It was stopped before its end: a key with messages on both sides of that place is back at an older state in the sinks until its later messages are replayed, too.';

/** What is said of messages that were left to others. */
function leftOut(messages: number): string {
  return `${messages} of the skipped messages were left to a retry or another replay, which had their dead letters or has sent them since the plan. What is still open of them is in the inbox.`;
}

/** Whether something reached the real sinks, and something else did not. */
function cutShort({ spec, total }: Pick<Replay, 'spec' | 'total'>, { balance, outputs }: Sums): boolean {
  return spec.target === 'real' && balance.read < total && Object.values(outputs).some((count) => count > 0);
}

function transformTopics(work: string): string[] {
  return [...new Set((JSON.parse(work) as Work).stretches.map(({ topic }) => topic))];
}

/** What decides what a plan says; name, reason and rate do not. */
function keyOf({ name: _name, reason: _reason, perSecond: _rate, pauseAtErrorShare: _share, ...spec }: ReplaySpec): string {
  return JSON.stringify(spec);
}

/** Why a plan may not be started as it is. */
export function refusalsOf(plan: ReplayPlan, confirm: number | undefined): ReplayPlan['problems'] {
  const problems = plan.problems.filter(({ severity }) => severity === 'error');
  if (plan.needsReason && (plan.spec.reason ?? '').trim() === '') {
    const sinks = plan.sinks.filter(({ unsafe }) => unsafe).map(({ sentence }) => sentence);
    const message = ['This replay needs a reason, which is kept with it.', ...sinks].join(' ');
    problems.push({ code: 'replay/reason', severity: 'error', message, field: 'reason' });
  }
  if (plan.confirm !== undefined && confirm !== plan.confirm) {
    const message =
      confirm === undefined
        ? `Type the number of messages, ${plan.confirm}, to start this replay.`
        : `The number that was typed, ${confirm}, is not that of the plan, which is ${plan.confirm}. Look at the plan again.`;
    problems.push({ code: 'replay/confirm', severity: 'error', message, field: 'confirm' });
  }
  return problems;
}

function blank(): Pick<Replay, 'balance' | 'outputs' | 'failures'> {
  const { balance, outputs, failures } = noSums();
  return { balance, outputs, failures };
}

/** Messages per second over the last seconds, and how long the rest takes. */
function paceOf(first: number) {
  const marks: [number, number][] = [[Date.now(), first]];
  return (read: number, total: number): Pick<Replay, 'rate' | 'leftSeconds'> => {
    const at = Date.now();
    marks.push([at, read]);
    while (marks.length > 2 && at - (marks[0]?.[0] ?? at) > 10_000) marks.shift();
    const [since, before] = marks[0] ?? [at, read];
    const rate = at > since ? Math.round(((read - before) / (at - since)) * 1000) : 0;
    return rate > 0 ? { rate, leftSeconds: Math.max(0, Math.round((total - read) / rate)) } : {};
  };
}
