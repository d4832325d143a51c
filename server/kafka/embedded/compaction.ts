import { closeSync, fsyncSync, openSync, renameSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { compress, recordsOf } from './compression.ts';
import { syncFolder } from './files.ts';
import { type Log, lastStableOffset } from './log.ts';
import { mergeSmall } from './merge.ts';
import { type BatchHeader, controlType, type RawRecord, readHeader, writeBatch } from './record-batch.ts';
import { indexBatch, type Met, type Segment, walkBatches } from './segment.ts';

/**
 * Keeps the newest record of each key in closed segments. Offsets never change.
 * Kept besides: tombstones for `delete.retention.ms`, the last record of each producer's last batch (its sequence numbers are
 * learnt from it after a crash), and batches in a codec that cannot be read here. Records of aborted transactions go.
 */

/** Bytes of keys held in memory at once; a larger log is compacted in several rounds. */
const MAX_KEY_BYTES = 64 * 1_048_576;
/** Batches handled before others get their turn. */
const PAUSE_EVERY = 200;

const pause = () => new Promise((resolve) => setImmediate(resolve));

interface Range {
  segments: Segment[];
  /** First offset that was not looked at. */
  end: number;
}

/**
 * Closed segments that lie wholly below the last stable offset and are old enough. Behind them there is always a segment with
 * records: a log that ended in a gap would let readers at its end ask for ever for records that never come.
 */
function cleanable(log: Log, now: number): Range {
  const stable = lastStableOffset(log);
  const segments: Segment[] = [];
  let end = log.startOffset;
  const lastWithRecords = log.segments.findLastIndex((segment) => segment.size > 0);
  for (const [i, segment] of log.segments.slice(0, Math.max(0, lastWithRecords)).entries()) {
    const next = log.segments[i + 1]?.base ?? log.endOffset;
    if (next > stable || segment.maxTimestamp > now - log.config.minCompactionLagMs) break;
    segments.push(segment);
    end = next;
  }
  return { segments, end };
}

function isDirty(log: Log, range: Range): boolean {
  let dirty = 0;
  let total = 0;
  for (const segment of range.segments) {
    total += segment.size;
    if (segment.base >= log.compactedTo) dirty += segment.size;
  }
  return dirty > 0 && dirty / total >= log.config.minDirtyRatio;
}

/** Whether a data batch belongs to an aborted transaction. */
function isAborted(log: Log, header: BatchHeader): boolean {
  if (!header.transactional || header.control) return false;
  return log.state.aborted.some(
    (entry) => entry.producerId === header.producerId && entry.first <= header.baseOffset && entry.last > header.baseOffset,
  );
}

interface Plan {
  /** Newest offset of each key. */
  newest: Map<string, number>;
  /** Offset after the last that was looked at. */
  end: number;
}

async function survey(log: Log, range: Range): Promise<Plan> {
  const newest = new Map<string, number>();
  let bytes = 0;
  let end = log.startOffset;
  for (const [i, segment] of range.segments.entries()) {
    let count = 0;
    for (const { header, bytes: batch } of walkBatches(segment)) {
      if (++count % PAUSE_EVERY === 0) await pause();
      if (header.control || isAborted(log, header)) continue;
      for (const record of recordsOf(header, batch) ?? []) {
        if (record.key === null) continue;
        const key = record.key.toString('latin1');
        if (!newest.has(key)) bytes += key.length + 32;
        newest.set(key, header.baseOffset + record.offsetDelta);
      }
    }
    end = range.segments[i + 1]?.base ?? range.end;
    if (bytes > MAX_KEY_BYTES) break;
  }
  return { newest, end };
}

/** A marker matters while records of its transaction are there: without it they would look like an open transaction. */
function isNeeded(log: Log, met: Met, horizon: number, open: Set<number>): boolean {
  const { header, bytes } = met;
  const hasRecords = open.delete(header.producerId);
  if (hasRecords || controlType(bytes) === undefined || header.maxTimestamp > horizon) return true;
  return log.state.aborted.some((entry) => entry.last === header.baseOffset);
}

/** What is left of a batch. `open` holds the producers with records kept since their last marker. */
function shrink(log: Log, met: Met, plan: Plan, horizon: number, open: Set<number>): Buffer | undefined {
  const { header } = met;
  if (header.control) return isNeeded(log, met, horizon, open) ? met.bytes : undefined;
  if (isAborted(log, header)) return undefined;
  const rest = thin(log, met, plan, horizon);
  if (rest && header.transactional) open.add(header.producerId);
  return rest;
}

function thin(log: Log, { header, bytes }: Met, plan: Plan, horizon: number): Buffer | undefined {
  const records = recordsOf(header, bytes);
  if (!records) return bytes;
  const lastOfProducer = log.state.producers.get(header.producerId)?.recent.at(-1)?.offset === header.baseOffset;
  const kept: RawRecord[] = [];
  for (const record of records) {
    const offset = header.baseOffset + record.offsetDelta;
    const newest = record.key !== null && plan.newest.get(record.key.toString('latin1')) === offset;
    const expired = record.valueIsNull && header.maxTimestamp < horizon;
    if ((newest && !expired) || (lastOfProducer && offset === header.lastOffset)) kept.push(record);
  }
  if (kept.length === header.count) return bytes;
  if (kept.length === 0) return undefined;
  return writeBatch({ ...header, count: kept.length }, compress(header.attributes, Buffer.concat(kept.map((record) => record.bytes))));
}

/** Rewrites one segment; true when it got smaller. A crash leaves the old or the new file, never a mixture. */
async function rewrite(log: Log, segment: Segment, plan: Plan, horizon: number, open: Set<number>): Promise<boolean> {
  const path = `${segment.path}.clean`;
  const next: Segment = {
    ...segment,
    path,
    fd: -1,
    size: 0,
    maxTimestamp: -1,
    firstTimestamp: -1,
    index: { offsets: [], positions: [], times: [] },
  };
  const fd = openSync(path, 'w');
  try {
    let count = 0;
    for (const met of walkBatches(segment)) {
      if (++count % PAUSE_EVERY === 0) await pause();
      const batch = shrink(log, met, plan, horizon, open);
      if (!batch) continue;
      indexBatch(next, readHeader(batch, 0), next.size);
      let done = 0;
      while (done < batch.length) done += writeSync(fd, batch, done);
      next.size += batch.length;
    }
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  if (log.gone || !log.segments.includes(segment) || next.size >= segment.size) {
    unlinkSync(path);
    return false;
  }
  renameSync(path, segment.path);
  syncFolder(log.dir);
  Object.assign(segment, { size: next.size, maxTimestamp: next.maxTimestamp, firstTimestamp: next.firstTimestamp, index: next.index });
  return true;
}

/** Deletes segments that became empty, except the first: its name is where the log begins. */
function dropEmpty(log: Log): void {
  for (const segment of log.segments.slice(1, -1)) {
    if (segment.size > 0) continue;
    log.segments.splice(log.segments.indexOf(segment), 1);
    unlinkSync(segment.path);
  }
}

/** One round of compaction, when enough has come since the last. Returns the bytes it freed. */
export async function compact(log: Log, now: number): Promise<number> {
  const range = cleanable(log, now);
  if (!isDirty(log, range)) return 0;
  const plan = await survey(log, range);
  const horizon = now - log.config.deleteRetentionMs;
  const before = range.segments.reduce((sum, segment) => sum + statSync(segment.path).size, 0);
  const open = new Set<number>();
  let after = 0;
  for (const segment of range.segments) {
    if (log.gone || segment.base >= plan.end) break;
    await rewrite(log, segment, plan, horizon, open);
    after += segment.size;
  }
  log.compactedTo = plan.end;
  if (!log.gone) {
    dropEmpty(log);
    mergeSmall(log);
  }
  return before - after;
}
