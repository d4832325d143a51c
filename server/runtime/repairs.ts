import { header } from '#shared/message.ts';
import type { Plan } from '#shared/plan.ts';
import { type Repair, repairsTopic } from '#shared/replay.ts';
import type { KafkaRecord, OutRecord } from '../kafka/port.ts';

/** The topic of repairs: the last word on every item that was ever retried. */
export const repairsSpec = { name: repairsTopic, partitions: 4, config: { 'cleanup.policy': 'compact' } };

/** What the header of a retry says: its id, and who started it. */
export function retryHeader(id: string, who: string): string {
  return `${id}@${who}`;
}

/** Tells the inbox that a sink has what a retry made; undefined for what no retry made. */
export function solvedBy(record: KafkaRecord, plan: Pick<Plan, 'flow' | 'version'>, at: number): OutRecord | undefined {
  const { [header.item]: item, [header.retry]: by } = record.headers;
  const attempt = attemptOf(record);
  if (typeof item !== 'string' || typeof by !== 'string' || attempt === undefined) return undefined;
  const [retry = '', ...who] = by.split('@');
  const repair: Repair = { flow: plan.flow, item, outcome: 'solved', attempt, retry, version: plan.version, who: who.join('@'), at };
  return { topic: repairsTopic, key: item, value: JSON.stringify(repair) };
}

/** Which attempt a retry's output is: its index is `<index>~<attempt>`. */
export function attemptOf({ headers }: Pick<KafkaRecord, 'headers'>): number | undefined {
  const { [header.item]: item, [header.index]: index } = headers;
  const match = typeof item === 'string' && typeof index === 'string' ? /~(\d+)$/.exec(index) : null;
  return match ? Number(match[1]) : undefined;
}
