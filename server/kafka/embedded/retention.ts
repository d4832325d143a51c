import { activeSegment, dropBelow, type Log, lastStableOffset, roll } from './log.ts';
import { forgetOld } from './producer-state.ts';

/**
 * Deletes closed segments that are too old or too much, oldest first. Works on whole segments, so a little more is kept than asked for.
 * Nothing at or after the last stable offset goes. Returns how many segments went.
 */
export function retain(log: Log, now: number): number {
  if (!log.config.deletes) return 0;
  const { retentionMs, retentionBytes } = log.config;
  const stable = lastStableOffset(log);
  const active = activeSegment(log);
  const expired = (maxTimestamp: number) => retentionMs >= 0 && maxTimestamp >= 0 && maxTimestamp < now - retentionMs;
  // A quiet topic never fills its open segment; it must lose old records all the same.
  if (active.size > 0 && expired(active.maxTimestamp) && stable === log.endOffset) roll(log);
  let excess = log.segments.reduce((sum, segment) => sum + segment.size, 0) - retentionBytes;
  let keepFrom = log.startOffset;
  for (const [i, segment] of log.segments.slice(0, -1).entries()) {
    const next = log.segments[i + 1]?.base ?? log.endOffset;
    const tooMuch = retentionBytes >= 0 && excess >= segment.size;
    if (next > stable || !(expired(segment.maxTimestamp) || tooMuch)) break;
    excess -= segment.size;
    keepFrom = next;
  }
  if (keepFrom === log.startOffset) return 0;
  log.startOffset = Math.max(log.startOffset, keepFrom);
  const dropped = dropBelow(log, keepFrom);
  forgetOld(log.state, log.startOffset, now);
  return dropped;
}
