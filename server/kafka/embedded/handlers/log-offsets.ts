import type { Core, Handler } from '../core.ts';
import { LEADER_EPOCH, type Log, lastStableOffset, moveStart, roll } from '../log.ts';
import { newestTimestamp, offsetForTime } from '../log-reader.ts';
import { codeOf, ERROR, ProtocolError } from '../protocol/errors.ts';

/** Times with a meaning of their own. */
const LATEST = -1;
const EARLIEST = -2;
const NEWEST_TIMESTAMP = -3;

function lookUp(log: Log, time: number, committedOnly: boolean): { offset: number; timestamp: number } {
  const limit = committedOnly ? lastStableOffset(log) : log.highWatermark;
  if (time === LATEST) return { offset: limit, timestamp: -1 };
  if (time === EARLIEST) return { offset: log.startOffset, timestamp: -1 };
  const found = time === NEWEST_TIMESTAMP ? newestTimestamp(log) : offsetForTime(log, time, limit);
  return found ?? { offset: -1, timestamp: -1 };
}

/** First, last and offsets by time. */
export const listOffsets: Handler<'listOffsets'> = (core, request) => ({
  throttleTimeMs: 0,
  topics: request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ index, timestamp }) => {
      const log = core.topics.log(name, index);
      if (!log) return { index, errorCode: ERROR.unknownTopicOrPartition, timestamp: -1, offset: -1, leaderEpoch: -1 };
      try {
        const found = lookUp(log, timestamp, request.isolationLevel === 1);
        return { index, errorCode: 0, ...found, leaderEpoch: found.offset < 0 ? -1 : LEADER_EPOCH };
      } catch (error) {
        core.warn(`Could not look up a time in ${name}-${index}: ${(error as Error).message}.`);
        return { index, errorCode: codeOf(error), timestamp: -1, offset: -1, leaderEpoch: -1 };
      }
    }),
  })),
});

/** Where a leader's records end: there has been one leader only, so always at the end. */
export const leaderEpoch: Handler<'leaderEpoch'> = (core, request) => ({
  throttleTimeMs: 0,
  topics: request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ index, leaderEpoch: epoch }) => {
      const log = core.topics.log(name, index);
      if (!log) return { errorCode: ERROR.unknownTopicOrPartition, index, leaderEpoch: -1, endOffset: -1 };
      if (epoch !== LEADER_EPOCH) return { errorCode: 0, index, leaderEpoch: -1, endOffset: -1 };
      return { errorCode: 0, index, leaderEpoch: LEADER_EPOCH, endOffset: log.highWatermark };
    }),
  })),
});

function deleteBelow(core: Core, topic: string, index: number, wanted: number): number {
  const log = core.topics.log(topic, index);
  if (!log) throw new ProtocolError(ERROR.unknownTopicOrPartition, `There is no partition ${topic}-${index}.`);
  const offset = wanted === -1 ? log.highWatermark : wanted;
  if (offset < 0 || offset > log.highWatermark)
    throw new ProtocolError(ERROR.offsetOutOfRange, `Offset ${offset} is beyond the end of ${topic}-${index}.`);
  if (offset === log.endOffset) roll(log);
  moveStart(log, offset);
  return log.startOffset;
}

/** Deletes records before an offset, for good. */
export const deleteRecords: Handler<'deleteRecords'> = (core, request) => ({
  throttleTimeMs: 0,
  topics: request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ index, offset }) => {
      try {
        return { index, lowWatermark: deleteBelow(core, name, index, offset), errorCode: 0 };
      } catch (error) {
        return { index, lowWatermark: -1, errorCode: codeOf(error) };
      }
    }),
  })),
});
