import { isUtf8 } from 'node:buffer';
import { causeId } from '#shared/inbox/fingerprint.ts';
import { type FailedRow, rowAt } from '#shared/inbox/rule.ts';
import { titleOf } from '#shared/inbox/title.ts';
import { formatPosition, type Headers, header } from '#shared/message.ts';
import type { Repair } from '#shared/replay.ts';
import type { KafkaRecord } from '../kafka/port.ts';
import type { FollowedLetter } from '../store/inbox-follow.ts';

/** Looks up the row of an expression of a published version; undefined where there is none. */
export type RowLookup = (flow: string, version: number, node: string, position: number) => Promise<FailedRow | undefined>;

const keyLength = 200;

/** What the inbox keeps of a dead letter; undefined for a record that is none. Never throws for what stands in it. */
export async function letterOf(record: KafkaRecord, rowOf: RowLookup): Promise<FollowedLetter | undefined> {
  const { headers } = record;
  const code = headerText(headers, header.errorCode);
  const [flow = '', version = '0'] = headerText(headers, header.flow).split('@');
  if (code === '' || flow === '') return undefined;
  const position = formatPosition({ topic: record.topic, partition: record.partition, offset: String(record.offset) });
  const node = headerText(headers, header.errorNode);
  const message = headerText(headers, header.errorMessage);
  const at = Date.parse(headerText(headers, header.errorAt));
  const attempt = Number(headerText(headers, header.errorAttempt));
  const row = await placeOf(headers, flow, Number(version) || 0, node, rowOf);
  const failed = { code, message, place: row };
  return {
    item: headerText(headers, header.item) || position,
    position,
    flow,
    cause: causeId({ flow, node, code, row, message }),
    node,
    stage: headerText(headers, header.errorStage),
    code,
    version: Number.isSafeInteger(Number(version)) ? Number(version) : 0,
    origin: headerText(headers, header.origin),
    key: record.key === null ? null : keyText(record.key),
    bytes: record.value?.byteLength ?? 0,
    attempt: Number.isSafeInteger(attempt) && attempt > 0 ? attempt : 1,
    at: Number.isFinite(at) ? at : record.timestamp,
    place: row,
    title: withoutNul(titleOf(failed)),
  };
}

async function placeOf(headers: Headers, flow: string, version: number, node: string, rowOf: RowLookup): Promise<string> {
  const field = headerText(headers, header.errorField);
  if (field !== '') return withoutNul(field);
  const position = headerText(headers, header.errorPosition);
  if (!/^\d+$/.test(position)) return '';
  return withoutNul((await rowOf(flow, version, node, Number(position)))?.place ?? '');
}

/** Reads a record of the repairs; undefined for a tombstone and for what is none. */
export function repairOf(record: KafkaRecord): Repair | undefined {
  if (record.value === null) return undefined;
  let read: Partial<Repair>;
  try {
    read = JSON.parse(Buffer.from(record.value).toString('utf8')) as Partial<Repair>;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const { flow, item, outcome, attempt, retry, replay, version, who, at } = read;
  if (typeof item !== 'string' || typeof flow !== 'string' || (outcome !== 'sent' && outcome !== 'solved')) return undefined;
  return {
    flow,
    item,
    outcome,
    attempt: attempt ?? 2,
    retry: retry ?? '',
    ...(replay && { replay }),
    version: version ?? 0,
    who: who ?? '',
    at: at ?? record.timestamp,
  };
}

/** A header as text; '' where it is missing. */
export function headerText(headers: Headers, name: string): string {
  const value = headers[name];
  if (value === undefined) return '';
  return withoutNul(typeof value === 'string' ? value : Buffer.from(value).toString('utf8'));
}

function keyText(key: Uint8Array): string {
  const text = isUtf8(key) ? Buffer.from(key).toString('utf8') : Buffer.from(key).toString('base64');
  return withoutNul(text.length > keyLength ? `${text.slice(0, keyLength - 1)}…` : text);
}

/** PostgreSQL keeps no NUL. */
function withoutNul(text: string): string {
  return text.replaceAll('\0', '�');
}

/** Makes the look-up of rows: versions never change, so each expression is read once. */
export function createRowLookup(expressionOf: (flow: string, version: number, node: string) => Promise<string | undefined>): RowLookup {
  const rows = new Map<string, Promise<FailedRow | undefined>>();
  return (flow, version, node, position) => {
    const name = JSON.stringify([flow, version, node, position]);
    let row = rows.get(name);
    if (row === undefined) {
      row = expressionOf(flow, version, node).then((text) => (text === undefined ? undefined : rowAt(text, position)));
      if (rows.size >= 1000) rows.clear();
      rows.set(name, row);
      row.catch(() => rows.delete(name));
    }
    return row;
  };
}
