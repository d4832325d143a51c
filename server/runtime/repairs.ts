import { type Headers, header } from '#shared/message.ts';
import type { Plan } from '#shared/plan.ts';
import { type Repair, repairsTopic } from '#shared/replay.ts';
import type { KafkaRecord, OutRecord } from '../kafka/port.ts';

/** The topic of repairs: the last word on every item that was ever retried. */
export const repairsSpec = { name: repairsTopic, partitions: 4, config: { 'cleanup.policy': 'compact' } };

/** Headers without what a retry or a replay has written about itself. */
export function withoutRetry(headers: Headers): Headers {
  const { [header.item]: _item, [header.retry]: _retry, [header.mends]: _mends, [header.replay]: _replay, ...rest } = headers;
  return rest;
}

/** What the header of a retry says: its id, and who started it. */
export function retryHeader(id: string, who: string): string {
  return `${id}@${who}`;
}

/** What the header of a replay says of a message with an open item: which attempt it is, and who started it. */
export function mendsHeader(attempt: number, who: string): string {
  return `${attempt}@${who}`;
}

/** A word about an item, as a record. */
export function repairRecord(repair: Repair): OutRecord {
  return { topic: repairsTopic, key: repair.item, value: JSON.stringify(repair) };
}

/** Tells the inbox that a sink has what a retry or a replay made; undefined for what stands for no item. */
export function solvedBy(record: KafkaRecord, { flow, version }: Pick<Plan, 'flow' | 'version'>, at: number): OutRecord | undefined {
  const { [header.item]: item, [header.retry]: by, [header.mends]: mends, [header.replay]: replay } = record.headers;
  const attempt = attemptOf(record);
  if (typeof item !== 'string' || attempt === undefined) return undefined;
  if (typeof by === 'string') {
    const [retry = '', ...who] = by.split('@');
    return repairRecord({ flow, item, outcome: 'solved', attempt, retry, version, who: who.join('@'), at });
  }
  if (typeof mends !== 'string' || typeof replay !== 'string') return undefined;
  const who = mends.slice(mends.indexOf('@') + 1);
  return repairRecord({ flow, item, outcome: 'solved', attempt, retry: '', replay, version, who, at });
}

/** Which attempt at an item an output is: a retry writes it behind the index, `<index>~<attempt>`, a replay into a header of its own. */
export function attemptOf({ headers }: Pick<KafkaRecord, 'headers'>): number | undefined {
  const { [header.item]: item, [header.index]: index, [header.mends]: mends } = headers;
  if (typeof item !== 'string') return undefined;
  const match = typeof mends === 'string' ? /^(\d+)@/.exec(mends) : typeof index === 'string' ? /~(\d+)$/.exec(index) : null;
  return match ? Number(match[1]) : undefined;
}
