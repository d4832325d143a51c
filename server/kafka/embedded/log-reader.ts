import { recordsOf } from './compression.ts';
import type { Log } from './log.ts';
import { type BatchHeader, HEADER, readHeader } from './record-batch.ts';
import { floorEntry, readSegment, type Segment, walkBatches } from './segment.ts';

/** Reading a partition's log by offset and by time. */

/** Read on top of what was asked for: an index entry may lie this far before the wanted offset. */
const READ_AHEAD = 32_768;

function segmentAt(log: Log, offset: number): number {
  return floorEntry(
    log.segments.map((segment) => segment.base),
    offset,
  );
}

/** Bytes that can be read from `offset` on below `upTo`; an estimate that is never 0 when there is something. */
export function bytesAvailable(log: Log, offset: number, upTo: number): number {
  if (offset >= upTo) return 0;
  const first = segmentAt(log, offset);
  let total = 0;
  for (const segment of log.segments.slice(first)) total += segment.size;
  const segment = log.segments[first];
  if (segment) total -= segment.index.positions[floorEntry(segment.index.offsets, offset)] ?? 0;
  return Math.max(1, total);
}

/**
 * Whole batches from the one that holds `offset` on, below `upTo`, at most `maxBytes`.
 * With `atLeastOne` a single larger batch is given, so that a reader never gets stuck.
 */
export function readLog(log: Log, offset: number, maxBytes: number, upTo: number, atLeastOne: boolean): Buffer {
  for (let i = segmentAt(log, offset); i < log.segments.length; i++) {
    const segment = log.segments[i];
    if (!segment || segment.base >= upTo) break;
    const found = readFrom(segment, offset, maxBytes, upTo, atLeastOne);
    if (found) return found;
  }
  return Buffer.alloc(0);
}

/** Undefined when the segment holds nothing at or after the offset: compaction leaves such gaps. */
function readFrom(segment: Segment, offset: number, maxBytes: number, upTo: number, atLeastOne: boolean): Buffer | undefined {
  let position = segment.index.positions[floorEntry(segment.index.offsets, offset)] ?? 0;
  while (position + HEADER <= segment.size) {
    const chunk = readSegment(segment, position, maxBytes + READ_AHEAD);
    if (chunk.length < HEADER) return undefined;
    let from = -1;
    let to = 0;
    let at = 0;
    while (at + HEADER <= chunk.length) {
      const header = readHeader(chunk, at);
      const end = at + header.size;
      if (header.baseOffset >= upTo) return from < 0 ? Buffer.alloc(0) : chunk.subarray(from, to);
      if (header.lastOffset >= offset) {
        if (from < 0) from = at;
        if (end - from > maxBytes || end > chunk.length) {
          if (to > 0) return chunk.subarray(from, to);
          return atLeastOne ? readSegment(segment, position + at, header.size) : Buffer.alloc(0);
        }
        to = end;
      }
      at = end;
    }
    if (from >= 0) return chunk.subarray(from, to);
    position += at;
  }
  return undefined;
}

/** First record at or after a time, below `upTo`. */
export function offsetForTime(log: Log, time: number, upTo: number): { offset: number; timestamp: number } | undefined {
  for (const segment of log.segments) {
    if (segment.maxTimestamp < time) continue;
    const stretch = segment.index.times.findIndex((newest) => newest >= time);
    if (stretch < 0) continue;
    for (const { header, bytes } of walkBatches(segment, segment.index.positions[stretch] ?? 0)) {
      if (header.maxTimestamp < time || header.lastOffset < log.startOffset) continue;
      if (header.baseOffset >= upTo) return undefined;
      const found = recordForTime(header, bytes, time, log.startOffset);
      if (found && found.offset < upTo) return found;
    }
  }
  return undefined;
}

function recordForTime(header: BatchHeader, bytes: Buffer, time: number, start: number): { offset: number; timestamp: number } | undefined {
  const appendTime = (header.attributes & 0x08) !== 0;
  const records = recordsOf(header, bytes);
  // A codec that cannot be read here: the batch's first offset is the nearest one that misses nothing.
  if (!records || appendTime) return { offset: Math.max(header.baseOffset, start), timestamp: header.maxTimestamp };
  for (const record of records) {
    const timestamp = header.baseTimestamp + record.timestampDelta;
    const offset = header.baseOffset + record.offsetDelta;
    if (timestamp >= time && offset >= start) return { offset, timestamp };
  }
  return undefined;
}

/** The newest timestamp and the offset where it stands (the batch's last record); undefined for an empty log. */
export function newestTimestamp(log: Log): { offset: number; timestamp: number } | undefined {
  let best: { offset: number; timestamp: number } | undefined;
  const time = Math.max(...log.segments.map((segment) => segment.maxTimestamp));
  for (const segment of log.segments) {
    if (time < 0 || segment.maxTimestamp !== time) continue;
    best = offsetForTime(log, time, log.highWatermark);
    break;
  }
  return best;
}
