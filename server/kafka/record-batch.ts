import type { Headers } from '#shared/message.ts';
import { crc32c } from './crc32c.ts';

/** What a record batch needs of a record; the caller's objects are only read. */
export interface BatchRecord {
  key: Uint8Array | string | null;
  value: Uint8Array | string | null;
  headers?: Headers;
  /** ms since 1970. */
  timestamp?: number;
}

export interface BatchOptions {
  /** -1n and -1 for a producer that is not idempotent. */
  producerId: bigint;
  producerEpoch: number;
  firstSequence: number;
  transactional: boolean;
  /** Timestamp of records that have none, ms since 1970. */
  now: number;
}

/** Bytes of a batch before its first record. */
export const batchHeaderBytes = 61;
const transactionalBit = 16;

const bytesOf = (data: Uint8Array | string): number => (typeof data === 'string' ? Buffer.byteLength(data) : data.length);

/** Bytes of a signed 32-bit number as a zigzag varint (protobuf's encoding, which Kafka's records use). */
function sizeOfVarint(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  if (zigzag < 0x80) return 1;
  if (zigzag < 0x4000) return 2;
  if (zigzag < 0x200000) return 3;
  return zigzag < 0x10000000 ? 4 : 5;
}

const isInt32 = (value: number): boolean => (value | 0) === value;

function sizeOfVarlong(value: number): number {
  if (isInt32(value)) return sizeOfVarint(value);
  let rest = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n));
  let size = 1;
  for (; rest >= 0x80n; rest >>= 7n) size++;
  return size;
}

function writeVarint(target: Buffer, at: number, value: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  let next = at;
  for (; rest >= 0x80; rest >>>= 7) target[next++] = (rest & 0x7f) | 0x80;
  target[next++] = rest;
  return next;
}

function writeVarlong(target: Buffer, at: number, value: number): number {
  if (isInt32(value)) return writeVarint(target, at, value);
  let rest = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n));
  let next = at;
  for (; rest >= 0x80n; rest >>= 7n) target[next++] = Number(rest & 0x7fn) | 0x80;
  target[next++] = Number(rest);
  return next;
}

/** Writes a length as a varint, then the bytes; -1 stands for null. */
function writeSized(target: Buffer, at: number, data: Uint8Array | string | null, size: number): number {
  const next = writeVarint(target, at, size);
  if (data === null) return next;
  if (typeof data === 'string') target.write(data, next, size, 'utf8');
  else target.set(data, next);
  return next + size;
}

/** An upper bound of the bytes that a record takes in a batch. */
export function recordBytes(record: BatchRecord): number {
  let size = 32;
  if (record.key !== null) size += bytesOf(record.key);
  if (record.value !== null) size += bytesOf(record.value);
  if (record.headers) for (const name in record.headers) size += 10 + Buffer.byteLength(name) + bytesOf(record.headers[name] ?? '');
  return size;
}

/**
 * Encodes records as one record batch of format 2, uncompressed, at base offset 0 (the broker sets the real one).
 * Source: Kafka's "Record Batch" in its message format documentation. Two passes over the records: sizes, then bytes,
 * into one buffer of exact size.
 */
export function encodeBatch(records: readonly BatchRecord[], options: BatchOptions): Buffer {
  const count = records.length;
  if (count === 0) throw new RangeError('A record batch holds at least one record.');
  const base = Math.trunc(records[0]?.timestamp ?? options.now);
  let newest = base;
  const keySizes = new Int32Array(count);
  const valueSizes = new Int32Array(count);
  const bodySizes = new Int32Array(count);
  let total = batchHeaderBytes;
  for (let index = 0; index < count; index++) {
    const record = records[index] as BatchRecord;
    const timestamp = Math.trunc(record.timestamp ?? options.now);
    if (timestamp > newest) newest = timestamp;
    const keySize = record.key === null ? -1 : bytesOf(record.key);
    const valueSize = record.value === null ? -1 : bytesOf(record.value);
    let headerCount = 0;
    let body = 1 + sizeOfVarlong(timestamp - base) + sizeOfVarint(index);
    body += sizeOfVarint(keySize) + Math.max(keySize, 0) + sizeOfVarint(valueSize) + Math.max(valueSize, 0);
    if (record.headers) {
      for (const name in record.headers) {
        headerCount++;
        const nameSize = Buffer.byteLength(name);
        const size = bytesOf(record.headers[name] ?? '');
        body += sizeOfVarint(nameSize) + nameSize + sizeOfVarint(size) + size;
      }
    }
    body += sizeOfVarint(headerCount);
    keySizes[index] = keySize;
    valueSizes[index] = valueSize;
    bodySizes[index] = body;
    total += sizeOfVarint(body) + body;
  }

  const batch = Buffer.allocUnsafe(total);
  batch.writeBigInt64BE(0n, 0);
  batch.writeInt32BE(total - 12, 8);
  batch.writeInt32BE(-1, 12);
  batch[16] = 2;
  batch.writeInt16BE(options.transactional ? transactionalBit : 0, 21);
  batch.writeInt32BE(count - 1, 23);
  batch.writeBigInt64BE(BigInt(base), 27);
  batch.writeBigInt64BE(BigInt(newest), 35);
  batch.writeBigInt64BE(options.producerId, 43);
  batch.writeInt16BE(options.producerEpoch, 51);
  batch.writeInt32BE(options.firstSequence, 53);
  batch.writeInt32BE(count, 57);

  let at = batchHeaderBytes;
  for (let index = 0; index < count; index++) {
    const record = records[index] as BatchRecord;
    at = writeVarint(batch, at, bodySizes[index] as number);
    batch[at++] = 0;
    at = writeVarlong(batch, at, Math.trunc(record.timestamp ?? options.now) - base);
    at = writeVarint(batch, at, index);
    at = writeSized(batch, at, record.key, keySizes[index] as number);
    at = writeSized(batch, at, record.value, valueSizes[index] as number);
    const { headers } = record;
    if (!headers) {
      batch[at++] = 0;
      continue;
    }
    const names = Object.keys(headers);
    at = writeVarint(batch, at, names.length);
    for (const name of names) {
      const data = headers[name] ?? '';
      at = writeSized(batch, at, name, Buffer.byteLength(name));
      at = writeSized(batch, at, data, bytesOf(data));
    }
  }
  batch.writeUInt32BE(crc32c(batch, 21), 17);
  return batch;
}

/** Writes producer id, epoch and first sequence into an encoded batch and renews its checksum. */
export function stampBatch(batch: Buffer, producerId: bigint, producerEpoch: number, firstSequence: number): void {
  batch.writeBigInt64BE(producerId, 43);
  batch.writeInt16BE(producerEpoch, 51);
  batch.writeInt32BE(firstSequence, 53);
  batch.writeUInt32BE(crc32c(batch, 21), 17);
}
