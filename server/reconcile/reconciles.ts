import { randomUUID } from 'node:crypto';
import type { Plan } from '#shared/plan.ts';
import { ListError } from '#shared/reconcile/list.ts';
import type { Backfill, ReconcileReport, ReconcileSpec } from '#shared/reconcile.ts';
import type { BackfillRequest } from '#shared/reconcile-schemas.ts';
import { MessageError } from '../sdk.ts';
import { StoreError } from '../store/store-error.ts';
import { runBackfill } from './backfill.ts';
import { type ReconcileDeps, ReconcileRefused, sinkOf, sourceOf } from './deps.ts';
import { compareSink, holdingsOf } from './sink-run.ts';
import { compareSource, createListKeeper, type ListKeeper, takePoll, takeUpload, whyNoBackfill } from './source-run.ts';

/** Compares sources with the log and the log with sinks, and writes what was missing. */
export interface Reconciles {
  /**
   * Starts a comparison; it goes on in the background. An uploaded list is read to its end first. Rejects with
   * ReconcileRefused where it cannot be made, and `busy` where something of this flow is under way.
   * @param schedule what starts it, where no person does
   */
  start(
    flow: string,
    spec: ReconcileSpec,
    who: string,
    upload?: AsyncIterable<Uint8Array>,
    schedule?: ReconcileReport['schedule'],
  ): Promise<ReconcileReport>;
  /** Resolves if such a comparison can be made. Rejects with ReconcileRefused. */
  check(flow: string, spec: ReconcileSpec): Promise<void>;
  /** The report when the comparison has ended, and its backfill if one is under way. Rejects with a StoreError `unknown`. */
  ended(flow: string, id: string): Promise<ReconcileReport>;
  /** As it stands now. Rejects with a StoreError `unknown`. */
  get(flow: string, id: string): Promise<ReconcileReport>;
  /** Newest first. */
  list(flow: string): Promise<ReconcileReport[]>;
  /** Ends the comparison or its backfill; what is done stays. */
  stop(flow: string, id: string): Promise<ReconcileReport>;
  /** Starts to write what is missing. Rejects with ReconcileRefused. */
  backfill(flow: string, id: string, request: BackfillRequest, who: string): Promise<ReconcileReport>;
  close(): Promise<void>;
}

interface Running {
  report: ReconcileReport;
  ending: AbortController;
  done: Promise<void>;
}

/** Each holds the ids of its list in memory. */
const mostRunning = 3;
const saveEveryMs = 1000;

/** Opens reconciling; what was under way when the server ended has ended. */
export async function openReconciling(deps: ReconcileDeps): Promise<Reconciles> {
  const { store } = deps;
  const running = new Map<string, Running>();
  const now = Date.now();
  for (const report of await store.reconciles.endRunning('The server ended while it ran. Start it again.', now)) {
    const counts = await store.reconciles.counts(report.id);
    const begun = report.backfill as Backfill;
    const backfill: Backfill = {
      ...begun,
      // The report is a moment old, what is kept of the things is not.
      written: Math.max(0, begun.total - (counts.missing ?? 0) - begun.arrived),
      state: 'failed',
      endedAt: now,
      reason:
        'The server ended while it ran, so a few more may be written. Start it again: what was written is found in the log and not written twice.',
    };
    await store.reconciles.put({ ...report, backfill, counts: { ...report.counts, ...counts, missing: counts.missing ?? 0 } });
  }

  async function planOf(flow: string): Promise<Plan> {
    const deployment = await store.deployments.current(flow);
    if (!deployment) throw new ReconcileRefused('The flow was never deployed, so there is no log to compare with.');
    return deployment.plan;
  }

  function requireRoom(flow: string): void {
    const mine = [...running.values()].find(({ report }) => report.flow === flow);
    if (mine)
      throw new ReconcileRefused('Another comparison or backfill of this flow is under way. Wait for its end, or stop it.', { busy: true });
    if (running.size >= mostRunning)
      throw new ReconcileRefused(`${mostRunning} comparisons are under way. Wait for the end of one.`, { busy: true });
  }

  async function get(flow: string, id: string): Promise<ReconcileReport> {
    const report = running.get(id)?.report ?? (await store.reconciles.get(id));
    if (report.flow !== flow) throw new StoreError('unknown', 'This flow has no such comparison.');
    return structuredClone(report);
  }

  /** Runs work in the background and keeps the report while it goes on. */
  function run(
    report: ReconcileReport,
    work: (signal: AbortSignal) => Promise<void>,
    end: (error: unknown, stopped: boolean) => void,
  ): void {
    const ending = new AbortController();
    const timer = setInterval(() => void store.reconciles.put(report).catch(() => undefined), saveEveryMs);
    const done = (async () => {
      let failure: unknown;
      try {
        await work(ending.signal);
      } catch (error) {
        failure = error;
      }
      clearInterval(timer);
      end(failure, ending.signal.aborted);
      try {
        report.counts = { ...(await store.reconciles.counts(report.id)), ...extraOf(report) };
        await store.reconciles.put(report);
      } catch (error) {
        deps.log('error', `The report of a comparison could not be kept: ${sentenceOf(error)}`);
      }
      running.delete(report.id);
    })();
    running.set(report.id, { report, ending, done });
  }

  async function compare(report: ReconcileReport, plan: Plan, keeper: ListKeeper | undefined, signal: AbortSignal): Promise<void> {
    const admin = deps.kafka.admin();
    try {
      const { spec } = report;
      if (spec.kind === 'sink') await compareSink(deps, admin, report, plan, sinkOf(plan, spec.node), signal);
      else {
        const list = keeper ?? createListKeeper(deps, report);
        if (keeper === undefined) await takePoll(deps, list, spec, signal);
        await compareSource(deps, admin, report, sourceOf(plan, spec.node), list, signal);
      }
    } finally {
      await admin.close();
    }
  }

  function requirePossible(plan: Plan, spec: ReconcileSpec): void {
    if (spec.since >= spec.until) throw new ReconcileRefused('The period ends before it begins.');
    if (spec.kind === 'sink') holdingsOf(deps, sinkOf(plan, spec.node));
    else sourceOf(plan, spec.node);
  }

  return {
    async start(flow, spec, who, upload, schedule) {
      const plan = await planOf(flow);
      requireRoom(flow);
      requirePossible(plan, spec);
      const report: ReconcileReport = {
        id: randomUUID(),
        flow,
        spec,
        state: 'running',
        startedBy: who,
        startedAt: Date.now(),
        listed: 0,
        scanned: 0,
        total: 0,
        matched: 0,
        counts: {},
        backfillable: false,
        notes: [],
        ...(schedule !== undefined && { schedule }),
      };
      await store.reconciles.put(report);
      let keeper: ListKeeper | undefined;
      try {
        if (upload !== undefined && spec.kind === 'source' && spec.list.from === 'upload') {
          keeper = createListKeeper(deps, report);
          await takeUpload(keeper, report, spec.list.idField, upload);
        }
        // Another may have begun meanwhile; from here to the run nothing waits.
        requireRoom(flow);
      } catch (error) {
        await store.reconciles.remove(report.id);
        if (error instanceof ListError || error instanceof RangeError) throw new ReconcileRefused(error.message, { cause: error });
        throw error;
      }
      run(
        report,
        (signal) => compare(report, plan, keeper, signal),
        (error, stopped) => {
          report.endedAt = Date.now();
          report.state = stopped ? 'stopped' : error === undefined ? 'done' : 'failed';
          if (error !== undefined && !stopped) report.reason = sentenceOf(error);
        },
      );
      return structuredClone(report);
    },

    async check(flow, spec) {
      requirePossible(await planOf(flow), spec);
    },

    get,

    async ended(flow, id) {
      await running.get(id)?.done;
      return get(flow, id);
    },

    async list(flow) {
      return (await store.reconciles.list(flow)).map((report) => structuredClone(running.get(report.id)?.report ?? report));
    },

    async stop(flow, id) {
      const mine = running.get(id);
      if (mine && mine.report.flow === flow) {
        mine.ending.abort(new Error('stopped'));
        await mine.done;
      }
      return get(flow, id);
    },

    async backfill(flow, id, request, who) {
      const report = await get(flow, id);
      requireRoom(flow);
      const { spec } = report;
      if (spec.kind !== 'source') throw new ReconcileRefused('What is missing at a sink is mended by a replay.');
      if (report.state !== 'done')
        throw new ReconcileRefused('The comparison did not come to its end, so it is not known what is missing. Run it again.');
      const plan = await planOf(flow);
      const source = sourceOf(plan, spec.node);
      const why = whyNoBackfill(deps, source);
      if (why !== undefined) throw new ReconcileRefused(why);
      const total = report.counts.missing ?? 0;
      if (total === 0) throw new ReconcileRefused('Nothing is missing any more.');
      // Another may have begun meanwhile; from here to the run nothing waits.
      requireRoom(flow);
      const backfill: Backfill = { state: 'running', who, startedAt: Date.now(), total, written: 0, arrived: 0, failed: 0 };
      report.backfill = backfill;
      run(
        report,
        async (signal) => {
          // Before anything is written, so that a server that is killed finds it at its next start.
          await store.reconciles.put(report);
          const admin = deps.kafka.admin();
          try {
            await runBackfill(deps, admin, report, { plan, source }, request, backfill, signal);
          } finally {
            await admin.close();
          }
        },
        (error, stopped) => {
          backfill.endedAt = Date.now();
          backfill.state = stopped ? 'stopped' : error === undefined ? 'done' : 'failed';
          if (error !== undefined && !stopped) backfill.reason = sentenceOf(error);
          const words = `${backfill.written} written, ${backfill.arrived} had arrived, ${backfill.failed} failed, of ${total}, ${backfill.state}`;
          void store.audit
            .add({ who, action: 'reconcile/backfill-end', flow, detail: words })
            .catch((cause: unknown) => deps.log('error', sentenceOf(cause)));
        },
      );
      return structuredClone(report);
    },

    async close() {
      for (const { ending } of running.values()) ending.abort(new Error('the server ends'));
      await Promise.all([...running.values()].map(({ done }) => done));
    },
  };
}

/** Of extra ones only a part is named; their count is known. */
function extraOf({ counts }: ReconcileReport): { extra?: number } {
  return counts.extra === undefined ? {} : { extra: counts.extra };
}

function sentenceOf(error: unknown): string {
  if (error instanceof ReconcileRefused || error instanceof MessageError || error instanceof Error) return error.message;
  return String(error);
}
