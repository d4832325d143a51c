import { crc32c } from './crc32c.ts';
import { ERROR, ProtocolError } from './protocol/errors.ts';
import { int64At, putInt64 } from './protocol/wire.ts';

/**
 * Kafka's record batch, format 2, the unit of the log: 61 bytes of header, then records.
 * Base offset (bytes 0 to 7) and leader epoch (12 to 15) lie outside the checksum, so a broker sets them without touching the rest.
 */

/** Size of a batch's header in bytes. */
export const HEADER = 61;
/** Bytes before the part that `length` counts: base offset and length itself. */
export const PREFIX = 12;

const AT = {
  length: 8,
  leaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastDelta: 23,
  baseTime: 27,
  maxTime: 35,
  producerId: 43,
  epoch: 51,
  sequence: 53,
  count: 57,
};

/** What a batch's header says. */
export interface BatchHeader {
  baseOffset: number;
  lastOffset: number;
  /** Whole size in bytes, header included. */
  size: number;
  attributes: number;
  baseTimestamp: number;
  maxTimestamp: number;
  /** -1 without idempotence. */
  producerId: number;
  producerEpoch: number;
  baseSequence: number;
  lastSequence: number;
  /** Number of records. */
  count: number;
  transactional: boolean;
  control: boolean;
}

/** Sequence numbers run from 0 to 2^31 - 1 and begin again at 0. */
export function addSequence(sequence: number, steps: number): number {
  return (sequence + steps) % 2_147_483_648;
}

/** Size of the batch that begins at `at`, or undefined when the header's length cannot be right. */
export function batchSize(buffer: Buffer, at: number): number | undefined {
  const length = buffer.readInt32BE(at + AT.length);
  return length >= HEADER - PREFIX ? length + PREFIX : undefined;
}

/** Reads the header at `at`; at least 61 bytes must be there. */
export function readHeader(buffer: Buffer, at: number): BatchHeader {
  const baseOffset = int64At(buffer, at);
  const attributes = buffer.readInt16BE(at + AT.attributes);
  const lastDelta = buffer.readInt32BE(at + AT.lastDelta);
  const baseSequence = buffer.readInt32BE(at + AT.sequence);
  return {
    baseOffset,
    lastOffset: baseOffset + lastDelta,
    size: buffer.readInt32BE(at + AT.length) + PREFIX,
    attributes,
    baseTimestamp: int64At(buffer, at + AT.baseTime),
    maxTimestamp: int64At(buffer, at + AT.maxTime),
    producerId: int64At(buffer, at + AT.producerId),
    producerEpoch: buffer.readInt16BE(at + AT.epoch),
    baseSequence,
    lastSequence: baseSequence < 0 ? -1 : addSequence(baseSequence, lastDelta),
    count: buffer.readInt32BE(at + AT.count),
    transactional: (attributes & 0x10) !== 0,
    control: (attributes & 0x20) !== 0,
  };
}

/** True when a batch in format 2 with a right checksum stands at `at`, wholly inside the buffer. */
export function isSound(buffer: Buffer, at: number, size: number): boolean {
  if (buffer[at + AT.magic] !== 2) return false;
  return buffer.readUInt32BE(at + AT.crc) === crc32c(buffer, at + AT.attributes, at + size);
}

/** A batch as a producer sent it, cut out of its request. */
export interface IncomingBatch {
  bytes: Buffer;
  header: BatchHeader;
}

/**
 * Reads what a producer sent for one partition: exactly one batch, as the protocol demands from Produce 3 on.
 * Throws a ProtocolError: wrong format, damaged, too large for `maxBytes`, or a shape only brokers may write.
 */
export function readIncoming(records: Buffer, maxBytes: number): IncomingBatch {
  if (records.length === 0) throw new ProtocolError(ERROR.invalidRecord, 'The request carries no records for this partition.');
  if (records.length < HEADER) throw new ProtocolError(ERROR.corruptMessage, 'A record batch is cut short.');
  if (records[AT.magic] !== 2) {
    throw new ProtocolError(ERROR.unsupportedForMessageFormat, 'Only record batches of format 2 are accepted (Kafka 0.11 and later).');
  }
  const size = batchSize(records, 0);
  if (size === undefined || size > records.length) throw new ProtocolError(ERROR.corruptMessage, 'A record batch has a wrong length.');
  if (size < records.length) throw new ProtocolError(ERROR.invalidRecord, 'A request carries one record batch per partition, no more.');
  if (size > maxBytes) {
    throw new ProtocolError(
      ERROR.messageTooLarge,
      `The record batch has ${size} bytes; max.message.bytes of the topic allows ${maxBytes}.`,
    );
  }
  if (!isSound(records, 0, size)) throw new ProtocolError(ERROR.corruptMessage, 'The checksum of a record batch does not match.');
  const header = readHeader(records, 0);
  if (header.count <= 0 || header.lastOffset - header.baseOffset !== header.count - 1) {
    throw new ProtocolError(ERROR.invalidRecord, 'The record count of a batch does not match its offsets.');
  }
  if (header.control) throw new ProtocolError(ERROR.invalidRecord, 'Only the broker writes control records.');
  if (header.producerId >= 0 && header.baseSequence < 0)
    throw new ProtocolError(ERROR.invalidRecord, 'An idempotent batch needs a sequence number.');
  return { bytes: records, header };
}

/** Gives a batch its place in the log. Changes `bytes`. */
export function place(bytes: Buffer, baseOffset: number, leaderEpoch: number): void {
  putInt64(bytes, baseOffset, 0);
  bytes.writeInt32BE(leaderEpoch, AT.leaderEpoch);
}

/** Stamps the broker's time on a batch (message.timestamp.type=LogAppendTime) and renews the checksum. Changes `bytes`. */
export function stampAppendTime(bytes: Buffer, time: number): void {
  bytes.writeInt16BE(bytes.readInt16BE(AT.attributes) | 0x08, AT.attributes);
  putInt64(bytes, time, AT.maxTime);
  seal(bytes);
}

function seal(bytes: Buffer): void {
  bytes.writeUInt32BE(crc32c(bytes, AT.attributes, bytes.length), AT.crc);
}

/** Fields of a batch that this broker writes itself. */
export interface BatchFields {
  baseOffset: number;
  lastOffset: number;
  attributes: number;
  baseTimestamp: number;
  maxTimestamp: number;
  producerId: number;
  producerEpoch: number;
  baseSequence: number;
  count: number;
}

/** A whole batch of the given header and encoded records (already compressed, if the attributes say so). */
export function writeBatch(fields: BatchFields, body: Buffer): Buffer {
  const bytes = Buffer.alloc(HEADER + body.length);
  putInt64(bytes, fields.baseOffset, 0);
  bytes.writeInt32BE(bytes.length - PREFIX, AT.length);
  bytes.writeInt8(2, AT.magic);
  bytes.writeInt16BE(fields.attributes, AT.attributes);
  bytes.writeInt32BE(fields.lastOffset - fields.baseOffset, AT.lastDelta);
  putInt64(bytes, fields.baseTimestamp, AT.baseTime);
  putInt64(bytes, fields.maxTimestamp, AT.maxTime);
  putInt64(bytes, fields.producerId, AT.producerId);
  bytes.writeInt16BE(fields.producerEpoch, AT.epoch);
  bytes.writeInt32BE(fields.baseSequence, AT.sequence);
  bytes.writeInt32BE(fields.count, AT.count);
  body.copy(bytes, HEADER);
  seal(bytes);
  return bytes;
}

/** The control batch that ends a producer's transaction in one partition, as Kafka writes it. Its offset is given on append. */
export function controlBatch(producerId: number, producerEpoch: number, committed: boolean, time: number): Buffer {
  // One record: length 16, attributes 0, timestamp delta 0, offset delta 0, key (version 0, type), value (version 0, coordinator epoch 0), no headers.
  const body = Buffer.from([32, 0, 0, 0, 8, 0, 0, 0, committed ? 1 : 0, 12, 0, 0, 0, 0, 0, 0, 0]);
  return writeBatch(
    {
      baseOffset: 0,
      lastOffset: 0,
      attributes: 0x30,
      baseTimestamp: time,
      maxTimestamp: time,
      producerId,
      producerEpoch,
      baseSequence: -1,
      count: 1,
    },
    body,
  );
}

/** Whether a control batch commits (true) or aborts (false); undefined for other control types. */
export function controlType(batch: Buffer): boolean | undefined {
  const key = firstKey(batch);
  const type = key && key.length >= 4 ? key.readInt16BE(2) : -1;
  return type === 1 ? true : type === 0 ? false : undefined;
}

function firstKey(batch: Buffer): Buffer | null {
  for (const record of readRecords(batch.subarray(HEADER), 1)) return record.key;
  return null;
}

/** One record inside a batch's uncompressed body. */
export interface RawRecord {
  /** The record with its leading length, as it stands. */
  bytes: Buffer;
  timestampDelta: number;
  offsetDelta: number;
  key: Buffer | null;
  /** True for a tombstone. */
  valueIsNull: boolean;
}

/** Walks the records of an uncompressed body. Throws a RangeError when the body is damaged. */
export function* readRecords(body: Buffer, count: number): Generator<RawRecord> {
  let at = 0;
  function varint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 10; i++) {
      const byte = body.readUInt8(at++);
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
      scale *= 128;
    }
    throw new RangeError('A varint in a record is too long.');
  }
  for (let i = 0; i < count; i++) {
    const start = at;
    const length = varint();
    const end = at + length;
    if (length < 0 || end > body.length) throw new RangeError('A record is longer than its batch.');
    at += 1;
    const timestampDelta = varint();
    const offsetDelta = varint();
    const keyLength = varint();
    const key = keyLength < 0 ? null : body.subarray(at, at + keyLength);
    at += Math.max(0, keyLength);
    const valueIsNull = varint() < 0;
    at = end;
    yield { bytes: body.subarray(start, end), timestampDelta, offsetDelta, key, valueIsNull };
  }
}
