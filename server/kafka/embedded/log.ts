import { fstatSync, mkdirSync, readdirSync, readFileSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from './files.ts';
import {
  type Aborted,
  checkSequence,
  createProducerState,
  firstOpenOffset,
  forgetOld,
  type ProducerEntry,
  type ProducerState,
  rememberBatch,
  rememberMarker,
} from './producer-state.ts';
import { type BatchHeader, controlBatch, controlType, type IncomingBatch, place, readHeader, stampAppendTime } from './record-batch.ts';
import {
  appendBytes,
  closeSegment,
  cutTail,
  indexBatch,
  openSegment,
  recoverSegment,
  removeSegment,
  type Segment,
  type SparseIndex,
  sealSegment,
} from './segment.ts';
import type { LogConfig } from './topic-config.ts';

/** The log of one partition: segments in order, the last one open for writing. */
export interface Log {
  readonly topic: string;
  readonly partition: number;
  readonly dir: string;
  /** The topic's settings; replaced when they are altered. */
  config: LogConfig;
  segments: Segment[];
  /** First offset that may be read. */
  startOffset: number;
  /** Offset the next record gets. */
  endOffset: number;
  /** Records below it may be read; the same as `endOffset` unless every write waits for the disk. */
  highWatermark: number;
  state: ProducerState;
  /** Called once when something new can be read. */
  waiters: Set<() => void>;
  /** Offset up to which the log has been compacted since the start of the broker. */
  compactedTo: number;
  /** Set when the partition is deleted: nothing is written any more. */
  gone: boolean;
}

/** The only leader epoch there is: one broker, never replaced. */
export const LEADER_EPOCH = 0;

/** What a clean stop leaves behind, so that the next start need not read the log. */
export interface LogCheckpoint {
  start: number;
  end: number;
  segments: { base: number; size: number; maxTimestamp: number; firstTimestamp: number; index: SparseIndex }[];
  producers: [number, ProducerEntry][];
  open: [number, number][];
  aborted: Aborted[];
}

const SEGMENT_FILE = /^(\d{20})\.log$/;

/** Files of a log folder: the bases of its segments in order, after removing what an unfinished compaction left. */
function listSegments(dir: string): number[] {
  const bases: number[] = [];
  for (const name of readdirSync(dir)) {
    const match = SEGMENT_FILE.exec(name);
    if (match) bases.push(Number(match[1]));
    else if (name.endsWith('.clean') || name.endsWith('.new')) unlinkSync(join(dir, name));
  }
  return bases.sort((a, b) => a - b);
}

function readStart(dir: string): number {
  try {
    return Number(readFileSync(join(dir, 'start'), 'utf8')) || 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}

/**
 * Opens a partition's log and makes it whole: a torn end is cut off, what producers did is learnt from the batches.
 * With a matching checkpoint nothing is read. `warn` gets a sentence for every loss or repair.
 */
export function openLog(
  place: { dir: string; topic: string; partition: number },
  config: LogConfig,
  checkpoint: LogCheckpoint | undefined,
  warn: (sentence: string) => void,
): Log {
  mkdirSync(place.dir, { recursive: true });
  const log: Log = {
    ...place,
    config,
    segments: [],
    startOffset: readStart(place.dir),
    endOffset: 0,
    highWatermark: 0,
    state: createProducerState(),
    waiters: new Set(),
    compactedTo: 0,
    gone: false,
  };
  const bases = listSegments(place.dir);
  if (!checkpoint || !restore(log, checkpoint, bases)) scan(log, bases, warn);
  if (log.segments.length === 0) log.segments.push(openSegment(place.dir, log.startOffset));
  log.startOffset = Math.max(log.startOffset, log.segments[0]?.base ?? 0);
  log.endOffset = Math.max(log.endOffset, log.segments.at(-1)?.base ?? 0, log.startOffset);
  log.highWatermark = log.endOffset;
  return log;
}

function restore(log: Log, checkpoint: LogCheckpoint, bases: number[]): boolean {
  if (checkpoint.segments.length !== bases.length || checkpoint.segments.some((kept, i) => kept.base !== bases[i])) return false;
  const segments: Segment[] = [];
  let matches = true;
  for (const kept of checkpoint.segments) {
    const segment = openSegment(log.dir, kept.base);
    if (fstatSync(segment.fd).size !== kept.size) matches = false;
    segments.push({ ...segment, ...kept });
  }
  for (const segment of matches ? segments.slice(0, -1) : segments) closeSegment(segment);
  if (!matches) return false;
  log.segments = segments;
  log.startOffset = checkpoint.start;
  log.endOffset = checkpoint.end;
  log.state = { producers: new Map(checkpoint.producers), open: new Map(checkpoint.open), aborted: checkpoint.aborted };
  return true;
}

function scan(log: Log, bases: number[], warn: (sentence: string) => void): void {
  for (const [i, base] of bases.entries()) {
    const segment = openSegment(log.dir, base);
    if (base < log.endOffset) {
      // Left over from a compaction that merged this file into an earlier one and was interrupted before deleting it.
      removeSegment(segment);
      continue;
    }
    const last = i === bases.length - 1;
    const lost = recoverSegment(segment, (header, bytes) => {
      learn(log, header, bytes);
      log.endOffset = header.lastOffset + 1;
    });
    if (lost > 0 && last) {
      cutTail(segment);
      warn(`Cut ${lost} bytes of an unfinished write off the end of ${segment.path}; the log goes on at offset ${log.endOffset}.`);
    } else if (lost > 0) {
      warn(`${lost} bytes of ${segment.path} are damaged and are passed over; restore the file from a backup to get them back.`);
    }
    if (!last) closeSegment(segment);
    log.segments.push(segment);
  }
}

function learn(log: Log, header: BatchHeader, bytes: Buffer): void {
  if (!header.control) {
    rememberBatch(log.state, header, header.maxTimestamp);
    return;
  }
  const committed = controlType(bytes);
  if (committed !== undefined) rememberMarker(log.state, header, committed);
}

/** What a clean stop writes down of a log. */
export function checkpointOf(log: Log): LogCheckpoint {
  return {
    start: log.startOffset,
    end: log.endOffset,
    segments: log.segments.map(({ base, size, maxTimestamp, firstTimestamp, index }) => ({
      base,
      size,
      maxTimestamp,
      firstTimestamp,
      index,
    })),
    producers: [...log.state.producers],
    open: [...log.state.open],
    aborted: log.state.aborted,
  };
}

/** Closes the files. With `sync` everything written is on the disk itself before. */
export function closeLog(log: Log, sync = false): void {
  for (const segment of log.segments) {
    if (sync) sealSegment(segment);
    else closeSegment(segment);
  }
}

/** The segment that is written to. */
export function activeSegment(log: Log): Segment {
  const segment = log.segments.at(-1);
  if (!segment) throw new Error(`The log of ${log.topic}-${log.partition} has no segment.`);
  return segment;
}

/** Closes the open segment and begins a new one at the end offset. Does nothing while the open one is empty. */
export function roll(log: Log): void {
  const active = activeSegment(log);
  if (active.size === 0) return;
  const next = openSegment(log.dir, log.endOffset);
  try {
    sealSegment(active);
  } catch (error) {
    removeSegment(next);
    throw error;
  }
  log.segments.push(next);
}

function makeRoom(log: Log, size: number, time: number): void {
  const active = activeSegment(log);
  if (active.size === 0) return;
  const full = active.size + size > log.config.segmentBytes;
  const old = time - active.firstTimestamp > log.config.segmentMs;
  if (full || old || log.endOffset - active.base > 0x7ffffff0) roll(log);
}

function write(log: Log, bytes: Buffer, header: BatchHeader): void {
  const segment = activeSegment(log);
  const position = segment.size;
  appendBytes(segment, [bytes]);
  indexBatch(segment, header, position);
  log.endOffset = header.lastOffset + 1;
}

/** Where a batch stands after an append. */
export interface Appended {
  baseOffset: number;
  /** The broker's time when the topic asks for it, else -1. */
  appendTime: number;
}

/**
 * Appends a producer's batch, or finds that it already stands there. Nothing is remembered unless it was written.
 * Throws a ProtocolError for a wrong epoch or sequence, any other error when the disk refuses.
 */
export function appendBatch(log: Log, batch: IncomingBatch, now: number): Appended {
  const stamp = log.config.appendTime;
  if (batch.header.producerId >= 0) {
    const twin = checkSequence(log.state, batch.header);
    if (twin) return { baseOffset: twin.offset, appendTime: stamp ? twin.time : -1 };
  }
  const time = stamp ? now : batch.header.maxTimestamp;
  makeRoom(log, batch.bytes.length, time);
  place(batch.bytes, log.endOffset, LEADER_EPOCH);
  if (stamp) stampAppendTime(batch.bytes, now);
  const header = readHeader(batch.bytes, 0);
  write(log, batch.bytes, header);
  rememberBatch(log.state, header, time);
  return { baseOffset: header.baseOffset, appendTime: stamp ? now : -1 };
}

/** Ends a producer's transaction in this partition. */
export function appendMarker(log: Log, producer: { id: number; epoch: number }, committed: boolean, now: number): void {
  const bytes = controlBatch(producer.id, producer.epoch, committed, now);
  makeRoom(log, bytes.length, now);
  place(bytes, log.endOffset, LEADER_EPOCH);
  const header = readHeader(bytes, 0);
  write(log, bytes, header);
  rememberMarker(log.state, header, committed);
}

/** Wakes everybody who waits for something to read. */
export function wake(log: Log): void {
  const waiters = [...log.waiters];
  log.waiters.clear();
  for (const waiter of waiters) waiter();
}

/** Readers who want only committed records see offsets below this one. */
export function lastStableOffset(log: Log): number {
  return Math.min(firstOpenOffset(log.state) ?? log.highWatermark, log.highWatermark);
}

/** Deletes whole closed segments that end at or below `offset`. Returns how many. */
export function dropBelow(log: Log, offset: number): number {
  let dropped = 0;
  while (log.segments.length > 1 && (log.segments[1]?.base ?? Number.POSITIVE_INFINITY) <= offset) {
    const segment = log.segments.shift();
    if (!segment) break;
    removeSegment(segment);
    dropped++;
  }
  return dropped;
}

/** Moves the log's start to `offset`, for good, and deletes what lies wholly below it. */
export function moveStart(log: Log, offset: number): void {
  if (offset <= log.startOffset) return;
  replaceFile(join(log.dir, 'start'), String(offset));
  log.startOffset = offset;
  dropBelow(log, offset);
  forgetOld(log.state, log.startOffset, Date.now());
}
