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

/** What the header of a retry says: its id, and who started it. Read by {@link triedBy}. */
export function retryHeader(id: string, who: string): string {
  return `${id}@${who}`;
}

/** What the header of a replay says of a message with an open item: which attempt it is, and who started it. Read by {@link triedBy}. */
export function mendsHeader(attempt: number, who: string): string {
  return `${attempt}@${who}`;
}

/** By what a message with an item was sent again: a retry or a replay, by id, and who started it. */
export interface Tried {
  by: 'retry' | 'replay';
  id: string;
  who: string;
  /** Which attempt, where the headers say so: outputs do, and dead letters of a replay. */
  attempt?: number;
}

/** Reads what a retry or a replay has written about itself; undefined for what neither has sent again. Never throws. */
export function triedBy(headers: Headers): Tried | undefined {
  const { [header.retry]: retry, [header.mends]: mends, [header.replay]: replay, [header.index]: index } = headers;
  const one = signed(retry);
  if (one) {
    // A retry writes it behind the index, `<index>~<attempt>`.
    const match = typeof index === 'string' ? /~(\d+)$/.exec(index) : null;
    return { by: 'retry', id: one.what, who: one.who, ...(match && { attempt: Number(match[1]) }) };
  }
  const other = signed(mends);
  if (other === undefined || typeof replay !== 'string' || replay === '') return undefined;
  return { by: 'replay', id: replay, who: other.who, ...(/^\d+$/.test(other.what) && { attempt: Number(other.what) }) };
}

/** A header `<what>@<who>`; a name may have an @ of its own. */
function signed(text: Headers[string] | undefined): { what: string; who: string } | undefined {
  const match = typeof text === 'string' ? /^([^@]+)@(.*)$/s.exec(text) : null;
  return match ? { what: match[1] ?? '', who: match[2] ?? '' } : undefined;
}

/** A word about an item, as a record. */
export function repairRecord(repair: Repair): OutRecord {
  return { topic: repairsTopic, key: repair.item, value: JSON.stringify(repair) };
}

/** Tells the inbox that a sink has what a retry or a replay made; undefined for what stands for no item. */
export function solvedBy(record: KafkaRecord, { flow, version }: Pick<Plan, 'flow' | 'version'>, at: number): OutRecord | undefined {
  const { [header.item]: item } = record.headers;
  const tried = triedBy(record.headers);
  if (typeof item !== 'string' || tried?.attempt === undefined) return undefined;
  const { by, id, who, attempt } = tried;
  const from = by === 'retry' ? { retry: id } : { retry: '', replay: id };
  return repairRecord({ flow, item, outcome: 'solved', attempt, ...from, version, who, at });
}

/** Which attempt at an item a message is that a retry or a replay has sent. */
export function attemptOf({ headers }: Pick<KafkaRecord, 'headers'>): number | undefined {
  return typeof headers[header.item] === 'string' ? triedBy(headers)?.attempt : undefined;
}
