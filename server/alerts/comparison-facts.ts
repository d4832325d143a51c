import type { ComparisonFact } from '#shared/alert/facts.ts';
import type { ReconcileSchedule } from '#shared/reconcile-schedule.ts';
import type { Store } from '../store/store.ts';

type Known = Pick<Store, 'reconcileSchedules' | 'reconciles'>;

/** How the scheduled comparisons of all flows stand; those that are paused say nothing. */
export async function comparisonFacts(store: Known): Promise<(ComparisonFact & { flow: string })[]> {
  const schedules = await store.reconcileSchedules.list();
  return Promise.all(schedules.filter(({ paused }) => !paused).map((schedule) => factOf(store, schedule)));
}

async function factOf(store: Known, schedule: ReconcileSchedule): Promise<ComparisonFact & { flow: string }> {
  const { id, flow, name, what, progress } = schedule;
  const report = (await store.reconciles.some(progress.lastDone === undefined ? [] : [progress.lastDone]))[0];
  const { last } = progress;
  return {
    flow,
    schedule: id,
    name,
    node: what.node,
    side: what.kind,
    ...(report !== undefined && { result: { report: report.id, counts: report.counts } }),
    ...(last?.state === 'failed' && { failed: { reason: last.reason ?? 'it failed', report: last.report } }),
  };
}
