import { noCounts } from '#shared/canary.ts';
import type { FlowStatus } from '#shared/events.ts';
import type { HandoverPlace } from '#shared/handover.ts';
import type { VersionCounts } from '#shared/ledger.ts';
import type { Plan } from '#shared/plan.ts';
import type { WorkerInput } from './protocol.ts';
import type { DeployResult } from './runtime.ts';
import type { FlowTotals } from './totals.ts';

/** The partitions that change hands: where the old version ended in each. */
export function placesOf(ended: DeployResult['barrier'], old: Plan, next: Plan): HandoverPlace[] {
  const stages = new Map(old.stages.flatMap((stage) => (stage.kind === 'ingest' ? [] : [[stage.group, stage.id] as const])));
  const reads = new Set(
    next.stages.flatMap((stage) => {
      if (stage.kind === 'ingest') return [];
      return (stage.kind === 'transform' ? stage.inputs : [stage.input]).map(({ topic }) => `${stage.group} ${topic}`);
    }),
  );
  return ended.flatMap(({ group, topic, partition, offset }): HandoverPlace[] => {
    if (BigInt(offset) < 0n) return [];
    const ends = !reads.has(`${group} ${topic}`);
    return [{ stage: stages.get(group) ?? group, group, topic, partition, barrier: offset, waiting: 0, ...(ends && { ends }) }];
  });
}

/** How a canary and the version beside it do. */
export function canaryOf(
  canary: NonNullable<WorkerInput['canary']>,
  plan: Plan,
  counted: FlowTotals['canary'],
): NonNullable<FlowStatus['canary']> {
  const { since, share } = canary;
  const { version } = canary.plan;
  const counts: Pick<NonNullable<FlowTotals['canary']>, 'versions' | 'at'> = counted?.since === since ? counted : { versions: {}, at: 0 };
  const of = (which: number): VersionCounts => counts.versions[which] ?? noCounts;
  return { version, base: plan.version, share, since, counts: { base: of(plan.version), canary: of(version) }, countedAt: counts.at };
}
