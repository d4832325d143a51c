/**
 * Kafka's primitive types on the wire. A reader walks one request; a writer collects one response.
 * 64-bit numbers are JavaScript numbers: offsets, times and producer ids stay far below 2^53.
 */

/** A request could not be read: it is cut short or holds an impossible length. */
export class MalformedRequest extends Error {
  override readonly name = 'MalformedRequest';
}

/** A position in a request. `flexible` says that lengths are compact and structures end with tagged fields (KIP-482). */
export interface Reader {
  buffer: Buffer;
  position: number;
  flexible: boolean;
}

/** Bytes of a response so far: finished chunks and the one being filled. */
export interface Writer {
  chunks: Buffer[];
  current: Buffer;
  position: number;
  flexible: boolean;
}

/** A reader at the start of `buffer`. */
export function createReader(buffer: Buffer, flexible = false): Reader {
  return { buffer, position: 0, flexible };
}

function take(reader: Reader, size: number): number {
  const start = reader.position;
  if (size < 0 || start + size > reader.buffer.length) {
    throw new MalformedRequest(`The request ends at byte ${reader.buffer.length}, but ${size} more bytes are needed from byte ${start}.`);
  }
  reader.position = start + size;
  return start;
}

/** Reads one signed byte. */
export function readInt8(reader: Reader): number {
  return reader.buffer.readInt8(take(reader, 1));
}

/** Reads a big-endian 16-bit number. */
export function readInt16(reader: Reader): number {
  return reader.buffer.readInt16BE(take(reader, 2));
}

/** Reads a big-endian 32-bit number. */
export function readInt32(reader: Reader): number {
  return reader.buffer.readInt32BE(take(reader, 4));
}

/** Reads a big-endian 64-bit number; beyond 2^53 it loses precision. */
export function readInt64(reader: Reader): number {
  return int64At(reader.buffer, take(reader, 8));
}

/** The 64-bit number at `position`. */
export function int64At(buffer: Buffer, position: number): number {
  return buffer.readInt32BE(position) * 4_294_967_296 + buffer.readUInt32BE(position + 4);
}

/** Puts a 64-bit number at `position`. */
export function putInt64(buffer: Buffer, value: number, position: number): void {
  buffer.writeInt32BE(Math.floor(value / 4_294_967_296), position);
  buffer.writeUInt32BE(value >>> 0, position + 4);
}

/** Reads an unsigned varint of at most 32 bits. */
export function readUnsignedVarint(reader: Reader): number {
  let value = 0;
  for (let shift = 0; shift <= 28; shift += 7) {
    const byte = reader.buffer[take(reader, 1)] ?? 0;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value >>> 0;
  }
  throw new MalformedRequest(`A varint longer than five bytes stands at byte ${reader.position}.`);
}

/** Length of a string, bytes or array field; -1 stands for null. */
function readLength(reader: Reader, short: boolean): number {
  if (reader.flexible) return readUnsignedVarint(reader) - 1;
  return short ? readInt16(reader) : readInt32(reader);
}

/** Reads a string; null when the length says so. */
export function readString(reader: Reader): string | null {
  const length = readLength(reader, true);
  if (length < 0) return null;
  const start = take(reader, length);
  return reader.buffer.toString('utf8', start, start + length);
}

/** Reads bytes as a view on the request; null when the length says so. */
export function readBytes(reader: Reader): Buffer | null {
  const length = readLength(reader, false);
  if (length < 0) return null;
  const start = take(reader, length);
  return reader.buffer.subarray(start, start + length);
}

/** Reads the length of an array, -1 for null; refuses one that the rest of the request cannot hold. */
export function readArrayLength(reader: Reader): number {
  const length = readLength(reader, false);
  if (length > reader.buffer.length - reader.position) {
    throw new MalformedRequest(`An array of ${length} elements cannot fit in the ${reader.buffer.length - reader.position} bytes left.`);
  }
  return length;
}

/** Reads a UUID in its usual 36-letter spelling. */
export function readUuid(reader: Reader): string {
  const start = take(reader, 16);
  const hex = reader.buffer.toString('hex', start, start + 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Passes over tagged fields, none of which this broker needs. */
export function skipTags(reader: Reader): void {
  const count = readUnsignedVarint(reader);
  for (let i = 0; i < count; i++) {
    readUnsignedVarint(reader);
    take(reader, readUnsignedVarint(reader));
  }
}

const CHUNK = 512;
/** Byte strings at least this long are handed on without a copy. */
const NO_COPY = 4096;

/** An empty writer. */
export function createWriter(flexible = false): Writer {
  return { chunks: [], current: Buffer.allocUnsafe(CHUNK), position: 0, flexible };
}

function room(writer: Writer, size: number): number {
  if (writer.position + size > writer.current.length) {
    if (writer.position > 0) writer.chunks.push(writer.current.subarray(0, writer.position));
    writer.current = Buffer.allocUnsafe(Math.max(size, Math.min(writer.current.length * 2, 65_536)));
    writer.position = 0;
  }
  const start = writer.position;
  writer.position += size;
  return start;
}

/** All bytes written, in order. The writer is not used afterwards. */
export function finish(writer: Writer): Buffer[] {
  if (writer.position > 0) writer.chunks.push(writer.current.subarray(0, writer.position));
  return writer.chunks;
}

/** Writes one signed byte. */
export function writeInt8(writer: Writer, value: number): void {
  const at = room(writer, 1);
  writer.current.writeInt8(value, at);
}

/** Writes a big-endian 16-bit number. */
export function writeInt16(writer: Writer, value: number): void {
  const at = room(writer, 2);
  writer.current.writeInt16BE(value, at);
}

/** Writes a big-endian 32-bit number. */
export function writeInt32(writer: Writer, value: number): void {
  const at = room(writer, 4);
  writer.current.writeInt32BE(value, at);
}

/** Writes a big-endian 64-bit number. */
export function writeInt64(writer: Writer, value: number): void {
  const at = room(writer, 8);
  putInt64(writer.current, value, at);
}

/** Writes an unsigned varint. */
export function writeUnsignedVarint(writer: Writer, value: number): void {
  let rest = value >>> 0;
  while (rest >= 0x80) {
    const at = room(writer, 1);
    writer.current[at] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  const at = room(writer, 1);
  writer.current[at] = rest;
}

function writeLength(writer: Writer, length: number, short: boolean): void {
  if (writer.flexible) writeUnsignedVarint(writer, length + 1);
  else if (short) writeInt16(writer, length);
  else writeInt32(writer, length);
}

/** Writes a string or null. */
export function writeString(writer: Writer, value: string | null): void {
  if (value === null) {
    writeLength(writer, -1, true);
    return;
  }
  const size = Buffer.byteLength(value);
  writeLength(writer, size, true);
  const at = room(writer, size);
  writer.current.write(value, at, 'utf8');
}

/** Writes bytes or null; long ones by reference, so they must not change afterwards. */
export function writeBytes(writer: Writer, value: readonly Buffer[] | Buffer | null): void {
  if (value === null) {
    writeLength(writer, -1, false);
    return;
  }
  const parts = Buffer.isBuffer(value) ? [value] : value;
  writeLength(
    writer,
    parts.reduce((sum, part) => sum + part.length, 0),
    false,
  );
  for (const part of parts) {
    if (part.length < NO_COPY) {
      const at = room(writer, part.length);
      part.copy(writer.current, at);
      continue;
    }
    if (writer.position > 0) writer.chunks.push(writer.current.subarray(0, writer.position));
    writer.chunks.push(part);
    writer.current = writer.current.subarray(writer.position);
    writer.position = 0;
  }
}

/** Writes the length of an array, or null for -1. */
export function writeArrayLength(writer: Writer, length: number): void {
  writeLength(writer, length, false);
}

/** Writes a UUID from its usual spelling. */
export function writeUuid(writer: Writer, value: string): void {
  const at = room(writer, 16);
  writer.current.write(value.replaceAll('-', ''), at, 'hex');
}
