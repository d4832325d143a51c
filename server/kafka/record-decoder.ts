import { isUtf8 } from 'node:buffer';
import type { Headers } from '#shared/message.ts';
import { compressionNames, decompress } from './codecs.ts';
import { crc32c } from './crc32c.ts';
import type { KafkaRecord } from './port.ts';
import { batchHeaderBytes } from './record-batch.ts';

/** A transaction of `producerId` that was aborted and began at `firstOffset`; as a Fetch answer lists them. */
export interface AbortedTransaction {
  producerId: bigint;
  firstOffset: bigint;
}

export interface DecodeOptions {
  topic: string;
  partition: number;
  /** Records below are left out: a batch may begin before the offset that was asked for. */
  from: bigint;
  /** Leaves out records of these transactions; undefined shows everything. */
  aborted?: readonly AbortedTransaction[];
}

export interface Decoded {
  records: KafkaRecord[];
  /** Offset after the last whole batch, control records and gaps of compaction included; `from` when there was none. */
  next: bigint;
}

/** A batch that cannot be read; the message names topic, partition and offset. */
export class UnreadableBatch extends Error {
  override readonly name = 'UnreadableBatch';
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  constructor(topic: string, partition: number, offset: bigint, why: string, cause?: unknown) {
    super(`The record batch at ${topic}/${partition}/${offset} cannot be read: ${why}. Move the group's offset past it to go on.`, {
      cause,
    });
    this.topic = topic;
    this.partition = partition;
    this.offset = offset;
  }
}

const controlBit = 32;
const transactionalBit = 16;
const logAppendTimeBit = 8;
const emptyHeaders: Headers = Object.freeze({});

/**
 * Decodes what a Fetch answer holds for one partition: whole batches of format 2; a cut-off last one is left for the
 * next fetch. Values and keys are views of the given bytes. Rejects with UnreadableBatch.
 */
export async function decodeBatches(bytes: Buffer, options: DecodeOptions): Promise<Decoded> {
  const { topic, partition, from } = options;
  const records: KafkaRecord[] = [];
  const waiting = options.aborted ? [...options.aborted].sort((a, b) => Number(a.firstOffset - b.firstOffset)) : undefined;
  const abortedNow = new Set<bigint>();
  let next = from;
  for (let at = 0; at + 17 <= bytes.length; ) {
    const base = bytes.readBigInt64BE(at);
    const end = at + 12 + bytes.readInt32BE(at + 8);
    const fail = (why: string, cause?: unknown) => new UnreadableBatch(topic, partition, base, why, cause);
    if (bytes[at + 16] !== 2) throw fail(`its format is ${bytes[at + 16]}, from before Kafka 0.11`);
    if (end > bytes.length) break;
    if (end < at + batchHeaderBytes) throw fail('its length is wrong');
    if (bytes.readUInt32BE(at + 17) !== crc32c(bytes, at + 21, end)) throw fail('its checksum is wrong');
    const attributes = bytes.readInt16BE(at + 21);
    const last = base + BigInt(bytes.readInt32BE(at + 23));
    const producerId = bytes.readBigInt64BE(at + 43);
    if (waiting) while (waiting[0] && waiting[0].firstOffset <= last) abortedNow.add((waiting.shift() as AbortedTransaction).producerId);
    if (attributes & controlBit) {
      if (isAbortMarker(bytes, at, end)) abortedNow.delete(producerId);
    } else if (last >= from && !(attributes & transactionalBit && abortedNow.has(producerId))) {
      const codec = attributes & 7;
      let body: Buffer;
      try {
        body = await decompress(codec, bytes.subarray(at + batchHeaderBytes, end));
      } catch (error) {
        throw fail(`its ${compressionNames[codec] ?? 'unknown'} compression does not open`, error);
      }
      const maxTimestamp = attributes & logAppendTimeBit ? Number(bytes.readBigInt64BE(at + 35)) : undefined;
      const baseTimestamp = Number(bytes.readBigInt64BE(at + 27));
      const count = bytes.readInt32BE(at + 57);
      try {
        readRecords(body, count, { topic, partition, from, base, baseTimestamp, maxTimestamp }, records);
      } catch (error) {
        throw fail('its records are malformed', error);
      }
    }
    if (last >= next) next = last + 1n;
    at = end;
  }
  return { records, next };
}

/** A control record's key is version and type, both INT16; type 0 is an abort. */
function isAbortMarker(bytes: Buffer, at: number, end: number): boolean {
  const cursor = { at: at + batchHeaderBytes };
  readVarint(bytes, cursor);
  cursor.at++;
  readVarlong(bytes, cursor);
  readVarint(bytes, cursor);
  const keySize = readVarint(bytes, cursor);
  return keySize >= 4 && cursor.at + 4 <= end && bytes.readInt16BE(cursor.at + 2) === 0;
}

interface Frame {
  topic: string;
  partition: number;
  from: bigint;
  base: bigint;
  baseTimestamp: number;
  maxTimestamp: number | undefined;
}

function readRecords(body: Buffer, count: number, frame: Frame, records: KafkaRecord[]): void {
  const { topic, partition, from, base } = frame;
  const cursor = { at: 0 };
  for (let index = 0; index < count; index++) {
    const size = readVarint(body, cursor);
    const end = cursor.at + size;
    if (size < 0 || end > body.length) throw new RangeError('a record ends beyond its batch');
    cursor.at++;
    const timestamp = frame.maxTimestamp ?? frame.baseTimestamp + readVarlong(body, cursor);
    if (frame.maxTimestamp !== undefined) readVarlong(body, cursor);
    const offset = base + BigInt(readVarint(body, cursor));
    const key = readSized(body, cursor);
    const value = readSized(body, cursor);
    const headerCount = readVarint(body, cursor);
    const headers = headerCount > 0 ? readHeaders(body, cursor, headerCount) : emptyHeaders;
    cursor.at = end;
    if (offset >= from) records.push({ topic, partition, offset, key, value, headers, timestamp });
  }
}

function readHeaders(body: Buffer, cursor: { at: number }, count: number): Headers {
  const headers: Headers = {};
  for (let index = 0; index < count; index++) {
    const name = readSized(body, cursor)?.toString('utf8') ?? '';
    const data = readSized(body, cursor);
    const value = data === null ? '' : isUtf8(data) ? data.toString('utf8') : data;
    if (name === '__proto__') Object.defineProperty(headers, name, { value, enumerable: true, writable: true, configurable: true });
    else headers[name] = value;
  }
  return headers;
}

function readSized(body: Buffer, cursor: { at: number }): Buffer | null {
  const size = readVarint(body, cursor);
  if (size < 0) return null;
  const start = cursor.at;
  cursor.at += size;
  if (cursor.at > body.length) throw new RangeError('a field ends beyond its batch');
  return body.subarray(start, cursor.at);
}

function readVarint(body: Buffer, cursor: { at: number }): number {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = body[cursor.at++];
    if (byte === undefined) throw new RangeError('a number ends beyond its batch');
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
  }
  throw new RangeError('a number is longer than 32 bits');
}

function readVarlong(body: Buffer, cursor: { at: number }): number {
  const start = cursor.at;
  let length = 0;
  for (;;) {
    const byte = body[start + length++];
    if (byte === undefined || length > 10) throw new RangeError('a number ends beyond its batch');
    if (byte < 0x80) break;
  }
  if (length <= 4) return readVarint(body, cursor);
  let value = 0n;
  for (let index = 0; index < length; index++) value |= BigInt((body[start + index] as number) & 0x7f) << BigInt(7 * index);
  cursor.at = start + length;
  return Number((value >> 1n) ^ -(value & 1n));
}
