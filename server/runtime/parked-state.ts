import { type Headers, header } from '#shared/message.ts';
import type { KafkaRecord, OutRecord } from '../kafka/port.ts';
import { baseId } from './sink-message.ts';

/** Why a key is parked, as it stands in the topic. */
interface ParkedMark {
  since: number;
  /** Offset of the message that failed; the others behind it were never tried. */
  failed: string;
  code: string;
  message: string;
  /** Name of the failed output, origin and index: a retry of it is known again by that. */
  id: string;
  origin: string;
  /** How often one of its messages has failed since it is parked, from 1. */
  attempts?: number;
}

/** One parked key of one partition. */
export interface Parked extends ParkedMark {
  key: Uint8Array;
  /** Offsets in the sink's topic of the failed message and those behind it, in order. */
  waiting: string[];
}

/** Parked keys of one partition, by the base64 of the key. */
export type ParkedKeys = Map<string, Parked>;

const absent = 'millrace-parked-null';
const markPrefix = 'k ';
const messagePrefix = 'm ';

export function keyName(key: Uint8Array): string {
  return Buffer.from(key).toString('base64');
}

/**
 * Takes one record of a parked topic into the state. Records come in the order of the log, also after compaction, so
 * the messages of a key come in the order of their offsets.
 */
export function fold(keys: ParkedKeys, record: Pick<KafkaRecord, 'key' | 'value'>): void {
  if (record.key === null) return;
  const text = Buffer.from(record.key).toString('utf8');
  if (text.startsWith(markPrefix)) {
    const name = text.slice(markPrefix.length);
    const known = keys.get(name);
    if (record.value === null) {
      keys.delete(name);
      return;
    }
    const mark = JSON.parse(Buffer.from(record.value).toString('utf8')) as ParkedMark;
    keys.set(name, { ...mark, key: Buffer.from(name, 'base64'), waiting: known?.waiting ?? [] });
    return;
  }
  const place = placeOf(text);
  if (place === undefined) return;
  let parked = keys.get(place.name);
  if (parked === undefined) {
    // Its mark follows in the same transaction; compaction may have moved it behind.
    if (record.value === null) return;
    parked = { key: Buffer.from(place.name, 'base64'), waiting: [], since: 0, failed: '', code: '', message: '', id: '', origin: '' };
    keys.set(place.name, parked);
  }
  const { waiting } = parked;
  if (record.value === null) {
    const at = waiting.indexOf(place.offset);
    if (at !== -1) waiting.splice(at, 1);
    return;
  }
  const last = waiting.at(-1);
  if (last === undefined || BigInt(last) < BigInt(place.offset)) waiting.push(place.offset);
  else if (!waiting.includes(place.offset)) insert(waiting, place.offset);
}

/** What a key's mark says of the message that failed. */
export function markOf(record: KafkaRecord, failure: { code: string; message: string }): Omit<ParkedMark, 'since'> {
  const origin = record.headers[header.origin];
  return {
    failed: String(record.offset),
    code: failure.code,
    message: failure.message.slice(0, 2000),
    id: baseId(record),
    origin: typeof origin === 'string' ? origin : `${record.topic}/${record.partition}/${record.offset}`,
  };
}

/** The record that says that a key is parked, or that it is no more. */
export function markRecord(topic: string, partition: number, name: string, mark: ParkedMark | undefined): OutRecord {
  const { since, failed, code, message, id, origin, attempts } = mark ?? {};
  const value = mark && JSON.stringify({ since, failed, code, message, id, origin, attempts });
  return { topic, partition, key: `${markPrefix}${name}`, value: value ?? null };
}

/** The record that keeps a message of a parked key. `failed`: it stands first because it failed; counts as one attempt. */
export function messageRecord(topic: string, name: string, record: KafkaRecord, failed: boolean): OutRecord {
  const headers: Headers = { ...record.headers };
  // Kafka would take a record without a value for a deletion.
  if (record.value === null) headers[absent] = '1';
  if (failed) headers[header.errorAttempt] = String(Number(headers[header.errorAttempt] ?? 0) + 1);
  return {
    topic,
    partition: record.partition,
    key: messageKey(name, String(record.offset)),
    value: record.value ?? '',
    headers,
    timestamp: record.timestamp,
  };
}

/** The record that drops a message which waits no more. */
export function doneRecord(topic: string, partition: number, name: string, offset: string): OutRecord {
  return { topic, partition, key: messageKey(name, offset), value: null };
}

/** The message as it stood in the sink's topic; undefined for a record that is not a message of this key. */
export function restore(record: KafkaRecord, name: string, topic: string): KafkaRecord | undefined {
  if (record.key === null || record.value === null) return undefined;
  const place = placeOf(Buffer.from(record.key).toString('utf8'));
  if (place?.name !== name) return undefined;
  const { [absent]: empty, ...headers } = record.headers;
  return {
    topic,
    partition: record.partition,
    offset: BigInt(place.offset),
    key: Buffer.from(name, 'base64'),
    value: empty === undefined ? record.value : null,
    headers,
    timestamp: record.timestamp,
  };
}

function messageKey(name: string, offset: string): string {
  return `${messagePrefix}${name} ${offset}`;
}

function placeOf(text: string): { name: string; offset: string } | undefined {
  if (!text.startsWith(messagePrefix)) return undefined;
  const space = text.lastIndexOf(' ');
  return { name: text.slice(messagePrefix.length, space), offset: text.slice(space + 1) };
}

/** Compaction keeps the newest record of a message, so one that failed again may come behind later ones. */
function insert(waiting: string[], offset: string): void {
  const value = BigInt(offset);
  let at = waiting.length;
  while (at > 0 && BigInt(waiting[at - 1] as string) > value) at--;
  waiting.splice(at, 0, offset);
}
