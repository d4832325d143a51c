import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { syncFolder } from './files.ts';
import type { Log } from './log.ts';
import { readSegment, removeSegment, type Segment } from './segment.ts';

/** Offsets in one segment may differ by no more than 31 bits can hold. */
const MAX_SPAN = 0x7fffffff;

/** Neighbouring segments that fit into one together; the open segment is never among them. */
function nextRun(log: Log): Segment[] | undefined {
  const closed = log.segments.slice(0, -1);
  for (const [start, first] of closed.entries()) {
    const run = [first];
    let size = first.size;
    for (const segment of closed.slice(start + 1)) {
      const end = log.segments[log.segments.indexOf(segment) + 1]?.base ?? log.endOffset;
      if (segment.base >= log.compactedTo || size + segment.size > log.config.segmentBytes || end - first.base > MAX_SPAN) break;
      run.push(segment);
      size += segment.size;
    }
    if (run.length > 1) return run;
  }
  return undefined;
}

function mergeRun(log: Log, run: readonly Segment[]): void {
  const [first, ...others] = run;
  if (!first) return;
  const path = `${first.path}.clean`;
  const fd = openSync(path, 'w');
  const merged = { size: 0, maxTimestamp: -1, firstTimestamp: -1, index: { offsets: [], positions: [], times: [] } as Segment['index'] };
  try {
    for (const segment of run) {
      const bytes = readSegment(segment, 0, segment.size);
      let done = 0;
      while (done < bytes.length) done += writeSync(fd, bytes, done);
      merged.index.offsets.push(...segment.index.offsets);
      merged.index.positions.push(...segment.index.positions.map((position) => position + merged.size));
      merged.index.times.push(...segment.index.times);
      merged.size += segment.size;
      merged.maxTimestamp = Math.max(merged.maxTimestamp, segment.maxTimestamp);
      if (merged.firstTimestamp < 0) merged.firstTimestamp = segment.firstTimestamp;
    }
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  // After a crash between these steps the others still lie there, in rising order; the next start sees that their offsets
  // stand in the merged file already and deletes them.
  renameSync(path, first.path);
  syncFolder(log.dir);
  Object.assign(first, merged);
  for (const segment of others) {
    log.segments.splice(log.segments.indexOf(segment), 1);
    removeSegment(segment);
  }
}

/** Joins small neighbouring segments, so that compaction does not leave behind ever more little files. */
export function mergeSmall(log: Log): void {
  for (let run = nextRun(log); run; run = nextRun(log)) mergeRun(log, run);
}
