import { randomUUID } from 'node:crypto';
import { followingTime, nextTime, specAt } from '#shared/reconcile/schedule-times.ts';
import type { ReconcileReport } from '#shared/reconcile.ts';
import type { ReconcileSchedule, ScheduleInput, ScheduleProgress, ShownSchedule } from '#shared/reconcile-schedule.ts';
import type { Store } from '../store/store.ts';
import { StoreError } from '../store/store-error.ts';
import { ReconcileRefused } from './deps.ts';
import type { Reconciles } from './reconciles.ts';

/** Comparisons that repeat themselves. */
export interface ReconcileSchedules {
  /** In the order in which they were made. */
  list(flow: string): Promise<ShownSchedule[]>;
  /** Rejects with ReconcileRefused where there are too many, or the comparison cannot be made. */
  add(flow: string, input: ScheduleInput, who: string): Promise<ShownSchedule>;
  /**
   * Sets its name, times, period and the way to the list; where it compares stays. Other times begin with their next one, also while
   * it runs. Rejects with ReconcileRefused.
   */
  change(flow: string, id: string, input: ScheduleInput, who: string): Promise<ShownSchedule>;
  /** One that goes on again begins with its next time; what was due meanwhile is left out. */
  pause(flow: string, id: string, paused: boolean): Promise<ShownSchedule>;
  /** Compares now, as if it were due, beside its times. Rejects with ReconcileRefused. */
  run(flow: string, id: string): Promise<ReconcileReport>;
  /** What it found stays. */
  remove(flow: string, id: string): Promise<ReconcileSchedule>;
  /** Begins no more; resolves when what is under way has ended, which closing the comparisons brings about. */
  close(): Promise<void>;
}

export interface ScheduleOptions {
  store: Store;
  reconciles: Pick<Reconciles, 'start' | 'ended' | 'check'>;
  clock(): number;
  log(level: 'info' | 'warn' | 'error', message: string): void;
}

/** The clock may be set, so it is looked at no less often. */
const lookEveryMs = 30_000;
/** When something of the flow is under way. */
const busyEveryMs = 2000;
/** Of one flow. */
const most = 20;
/** So often one time is begun: more often it seems to be what ends the server. */
const mostAttempts = 3;

/** Opens the schedules and keeps to them; what was due while the server was down is made up for. */
export function openSchedules(options: ScheduleOptions): ReconcileSchedules {
  const { store, reconciles, clock } = options;
  /** Schedules that run, or are about to. */
  const busy = new Map<string, Promise<void>>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** After another comparison was in the way. */
  let retry: ReturnType<typeof setTimeout> | undefined;
  let looking: Promise<void> = Promise.resolve();
  let closed = false;

  async function of(flow: string, id: string): Promise<ReconcileSchedule> {
    const schedule = await store.reconcileSchedules.get(id);
    if (schedule.flow !== flow) throw new StoreError('unknown', 'This flow has no such schedule.');
    return schedule;
  }

  async function shown(schedule: ReconcileSchedule): Promise<ShownSchedule> {
    const { lastDone } = schedule.progress;
    const [result] = await store.reconciles.some(lastDone === undefined ? [] : [lastDone]);
    return { ...schedule, running: busy.has(schedule.id), ...(result !== undefined && { result }) };
  }

  /** Compares for one time and says how it went; undefined when the server ends first. */
  async function compare(
    schedule: ReconcileSchedule,
    tick: number,
    report: ReconcileReport,
  ): Promise<Pick<ScheduleProgress, 'last' | 'lastDone'> | undefined> {
    const { state, reason } = await reconciles.ended(report.flow, report.id);
    if (closed || state === 'running') return undefined;
    const { lastDone } = schedule.progress;
    const kept = state === 'done' ? report.id : lastDone;
    return {
      last: { tick, endedAt: clock(), state, ...(reason !== undefined && { reason }), report: report.id },
      ...(kept !== undefined && { lastDone: kept }),
    };
  }

  function start(schedule: ReconcileSchedule, tick: number): Promise<ReconcileReport> {
    const { id, flow, name, createdBy, changedBy } = schedule;
    return reconciles.start(flow, specAt(schedule, tick), changedBy ?? createdBy, undefined, { id, name });
  }

  /**
   * Runs what is due. Its time counts as done only when the comparison has ended: a server that is killed begins it again.
   * False: something else of the flow is under way, so later.
   */
  async function runDue(id: string): Promise<boolean> {
    const schedule = await still(id);
    if (schedule === undefined || schedule.paused || schedule.next > clock()) return true;
    const { next: tick, progress } = schedule;
    const keep = (next: number, change: Partial<ScheduleProgress>): Promise<void> =>
      store.reconcileSchedules.setProgress(id, { from: tick, to: next }, { ...progress, ...change });
    const after = (change: Partial<ScheduleProgress>): Promise<void> =>
      keep(followingTime(schedule, tick, clock()), { ...change, attempts: 0 });
    const failed = async (reason: string): Promise<boolean> => {
      await after({ last: { tick, endedAt: clock(), state: 'failed', reason } });
      return true;
    };
    if (progress.attempts >= mostAttempts)
      return failed(`The server ended ${mostAttempts} times while it ran. Compare a shorter period, or give the server more memory.`);
    await keep(tick, { attempts: progress.attempts + 1 });
    let report: ReconcileReport;
    try {
      if (closed) throw new ReconcileRefused('The server ends.', { busy: true });
      report = await start(schedule, tick);
    } catch (error) {
      if (!(error instanceof ReconcileRefused && error.busy)) return failed(error instanceof Error ? error.message : String(error));
      await keep(tick, {});
      return false;
    }
    const done = await compare(schedule, tick, report);
    // A server that ends in order has not tried in vain.
    await (done === undefined ? keep(tick, {}) : after(done));
    return true;
  }

  async function still(id: string): Promise<ReconcileSchedule | undefined> {
    return (await store.reconcileSchedules.list()).find((schedule) => schedule.id === id);
  }

  /** One at a time of each schedule. `work` says whether the next time can be looked for at once. */
  function occupy(id: string, work: () => Promise<boolean>): void {
    const done = work()
      .catch((error: unknown) => {
        options.log('error', `A scheduled comparison was not kept: ${String(error)}`);
        return false;
      })
      .then((goOn) => {
        busy.delete(id);
        if (goOn) look();
        else if (!closed) {
          clearTimeout(retry);
          retry = setTimeout(look, busyEveryMs);
        }
      });
    busy.set(id, done);
  }

  async function lookOnce(): Promise<number> {
    let wait = lookEveryMs;
    if (closed) return wait;
    for (const { id, paused, next } of await store.reconcileSchedules.list()) {
      if (paused || busy.has(id) || closed) continue;
      const left = next - clock();
      if (left <= 0) occupy(id, () => runDue(id));
      else wait = Math.min(wait, left);
    }
    return wait;
  }

  /** Looks now; one look after the other. */
  function look(): void {
    if (closed) return;
    clearTimeout(timer);
    looking = looking
      .then(lookOnce)
      .catch((error: unknown) => {
        options.log('error', `Scheduled comparisons could not be looked at: ${String(error)}`);
        return lookEveryMs;
      })
      .then((wait) => {
        clearTimeout(timer);
        if (!closed) timer = setTimeout(look, wait);
      });
  }
  look();

  return {
    async list(flow) {
      return Promise.all((await store.reconcileSchedules.list(flow)).map(shown));
    },
    async add(flow, input, who) {
      if ((await store.reconcileSchedules.list(flow)).length >= most)
        throw new ReconcileRefused(`A flow has at most ${most} schedules. Delete one that is not needed.`);
      await reconciles.check(flow, specAt(input, clock()));
      const now = clock();
      const schedule: ReconcileSchedule = {
        ...input,
        id: randomUUID(),
        flow,
        createdBy: who,
        createdAt: now,
        paused: false,
        next: nextTime(input, now),
        progress: { attempts: 0 },
      };
      await store.reconcileSchedules.add(schedule);
      look();
      return shown(schedule);
    },
    async change(flow, id, input, who) {
      const { what, times, zone, createdBy } = await of(flow, id);
      if (input.what.kind !== what.kind || input.what.node !== what.node)
        throw new ReconcileRefused(
          'A schedule stays with its source or sink, which its results are about. Add another schedule for another one.',
        );
      const now = clock();
      await reconciles.check(flow, specAt(input, now));
      const isMoved = JSON.stringify([input.times, input.zone]) !== JSON.stringify([times, zone]);
      const definition = { ...input, createdBy, changedBy: who, changedAt: now };
      await store.reconcileSchedules.change(id, definition, isMoved ? nextTime(input, now) : undefined);
      look();
      return shown(await of(flow, id));
    },
    async pause(flow, id, paused) {
      const schedule = await of(flow, id);
      if (schedule.paused !== paused)
        await store.reconcileSchedules.setPaused(id, paused, paused ? undefined : nextTime(schedule, clock()));
      look();
      return shown(await of(flow, id));
    },
    async run(flow, id) {
      const schedule = await of(flow, id);
      if (busy.has(id)) throw new ReconcileRefused('It is under way already.');
      const tick = clock();
      let begun: (report: ReconcileReport) => void = () => undefined;
      let refused: (error: unknown) => void = () => undefined;
      const answer = new Promise<ReconcileReport>((resolve, reject) => {
        begun = resolve;
        refused = reject;
      });
      occupy(id, async () => {
        let report: ReconcileReport;
        try {
          report = await start(schedule, tick);
        } catch (error) {
          refused(error);
          return true;
        }
        begun(report);
        const done = await compare(schedule, tick, report);
        const now = await still(id);
        if (done !== undefined && now !== undefined)
          await store.reconcileSchedules.setProgress(id, { from: now.next, to: now.next }, { ...now.progress, ...done });
        return true;
      });
      return answer;
    },
    async remove(flow, id) {
      const schedule = await of(flow, id);
      await store.reconcileSchedules.remove(id);
      return schedule;
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      clearTimeout(retry);
      await looking;
      await Promise.all(busy.values());
    },
  };
}
