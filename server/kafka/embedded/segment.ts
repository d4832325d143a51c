import { closeSync, fdatasyncSync, fstatSync, ftruncateSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type BatchHeader, batchSize, HEADER, isSound, readHeader } from './record-batch.ts';

/**
 * One file of a partition's log: whole record batches behind each other, named by the offset it begins with.
 * The file of the open (last) segment stays open; closed ones are opened for each read.
 */

/** Bytes of log for which the index keeps one entry. */
const INDEX_STEP = 16_384;
/** Bytes read at once while scanning. */
const SCAN_CHUNK = 1_048_576;

/** Where stretches of a segment begin, and the newest timestamp in each. */
export interface SparseIndex {
  offsets: number[];
  positions: number[];
  times: number[];
}

/** A segment as the log knows it. */
export interface Segment {
  readonly base: number;
  readonly path: string;
  /** Open file, or -1 for a closed segment. */
  fd: number;
  /** Bytes of whole batches; the file is no longer than this. */
  size: number;
  /** Newest record timestamp; -1 while empty. */
  maxTimestamp: number;
  /** Timestamp of the first batch; -1 while empty. */
  firstTimestamp: number;
  index: SparseIndex;
  /** A refused write left bytes behind `size` that could not be cut off yet. */
  torn: boolean;
}

/** File name of the segment that begins at `base`. */
export function segmentName(base: number): string {
  return `${String(base).padStart(20, '0')}.log`;
}

/** Opens or makes the segment of a folder; its contents are not looked at. */
export function openSegment(dir: string, base: number): Segment {
  const path = join(dir, segmentName(base));
  const fd = openSync(path, 'a+');
  return { base, path, fd, size: 0, maxTimestamp: -1, firstTimestamp: -1, index: { offsets: [], positions: [], times: [] }, torn: false };
}

/** Closes the file; the segment stays readable. */
export function closeSegment(segment: Segment): void {
  if (segment.fd < 0) return;
  closeSync(segment.fd);
  segment.fd = -1;
}

/** Makes the segment's bytes survive a power cut, then closes the file. */
export function sealSegment(segment: Segment): void {
  if (segment.fd >= 0) fdatasyncSync(segment.fd);
  closeSegment(segment);
}

/** Deletes the file. */
export function removeSegment(segment: Segment): void {
  closeSegment(segment);
  unlinkSync(segment.path);
}

/** Enters a batch that stands at `position` into the index. */
export function indexBatch(segment: Segment, header: BatchHeader, position: number): void {
  const { offsets, positions, times } = segment.index;
  const last = positions.length - 1;
  if (last < 0 || position - (positions[last] ?? 0) >= INDEX_STEP) {
    offsets.push(header.baseOffset);
    positions.push(position);
    times.push(header.maxTimestamp);
  } else if (header.maxTimestamp > (times[last] ?? -1)) times[last] = header.maxTimestamp;
  if (header.maxTimestamp > segment.maxTimestamp) segment.maxTimestamp = header.maxTimestamp;
  if (segment.firstTimestamp < 0) segment.firstTimestamp = header.maxTimestamp;
}

/** Writes batches at the end, all or nothing: when the disk refuses, the file is cut back and the error thrown. */
export function appendBytes(segment: Segment, parts: readonly Buffer[]): void {
  const before = segment.size;
  if (segment.torn) cutTail(segment);
  try {
    for (const part of parts) {
      let done = 0;
      while (done < part.length) done += writeSync(segment.fd, part, done, part.length - done);
      segment.size += part.length;
    }
  } catch (error) {
    segment.size = before;
    segment.torn = true;
    cutTail(segment);
    throw error;
  }
}

/** Bytes `position` to at most `position + length` of the segment. */
export function readSegment(segment: Segment, position: number, length: number): Buffer {
  const fd = segment.fd >= 0 ? segment.fd : openSync(segment.path, 'r');
  try {
    const buffer = Buffer.allocUnsafeSlow(Math.max(0, Math.min(length, segment.size - position)));
    let filled = 0;
    while (filled < buffer.length) {
      const count = readSync(fd, buffer, filled, buffer.length - filled, position + filled);
      if (count === 0) break;
      filled += count;
    }
    return filled === buffer.length ? buffer : buffer.subarray(0, filled);
  } finally {
    if (segment.fd < 0) closeSync(fd);
  }
}

/** Last index entry whose value is not above `wanted`; 0 when all are. */
export function floorEntry(values: readonly number[], wanted: number): number {
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((values[middle] ?? 0) <= wanted) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** A batch met while walking a segment. `bytes` reach from its start to the end of what was read, at least the header. */
export interface Met {
  header: BatchHeader;
  position: number;
  /** The whole batch. */
  bytes: Buffer;
}

/** Walks whole batches from `position` on, reading ahead in large steps. Stops at the end or at bytes that are no batch. */
export function* walkBatches(segment: Segment, position = 0): Generator<Met> {
  let chunk: Buffer = Buffer.alloc(0);
  let chunkAt = position;
  let at = position;
  while (at + HEADER <= segment.size) {
    if (at + HEADER > chunkAt + chunk.length) {
      chunk = readSegment(segment, at, SCAN_CHUNK);
      chunkAt = at;
      if (chunk.length < HEADER) return;
    }
    const size = batchSize(chunk, at - chunkAt);
    if (size === undefined || at + size > segment.size) return;
    if (at + size > chunkAt + chunk.length) {
      chunk = readSegment(segment, at, Math.max(size, SCAN_CHUNK));
      chunkAt = at;
      if (chunk.length < size) return;
    }
    const bytes = chunk.subarray(at - chunkAt, at - chunkAt + size);
    yield { header: readHeader(bytes, 0), position: at, bytes };
    at += size;
  }
}

/**
 * Reads a segment after an unclean end: checks every batch, rebuilds the index, tells `visit` of each.
 * Returns how many bytes at the end are not whole, sound batches; the segment's size leaves them out.
 */
export function recoverSegment(segment: Segment, visit: (header: BatchHeader, bytes: Buffer) => void): number {
  const fileSize = fstatSync(segment.fd).size;
  segment.size = fileSize;
  let sound = 0;
  let next = segment.base;
  for (const { header, position, bytes } of walkBatches(segment)) {
    if (!isSound(bytes, 0, header.size) || header.baseOffset < next || header.lastOffset < header.baseOffset) break;
    indexBatch(segment, header, position);
    visit(header, bytes);
    next = header.lastOffset + 1;
    sound = position + header.size;
  }
  segment.size = sound;
  return fileSize - sound;
}

/** Cuts the file to the segment's size. */
export function cutTail(segment: Segment): void {
  ftruncateSync(segment.fd, segment.size);
  segment.torn = false;
}
