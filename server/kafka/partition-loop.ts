import type { StartAt } from '#shared/plan.ts';
import { backOff, pauseFor } from './clock.ts';
import { asError, isHopeless } from './errors.ts';
import { type Fetched, type Fetcher, isOutOfRange } from './fetcher.ts';
import type { KafkaLog } from './log.ts';
import type { Net } from './net.ts';
import { committedMarks, committedOffsets, earliest, latest, listOffsets } from './offsets.ts';
import type { ConsumeOptions, KafkaRecord, OutRecord, Work } from './port.ts';
import type { Transactor } from './transaction.ts';

/** One partition, for as long as it is this member's. */
export interface PartitionTask {
  topic: string;
  partition: number;
  from: StartAt;
  options: ConsumeOptions;
  net: Net;
  fetcher: Fetcher;
  transactor: Transactor;
  log: KafkaLog;
  /** Resolves when batches may be handed out (not paused), or the signal fires. */
  gate(over: AbortSignal): Promise<void>;
  /** Fires when no further batch may be handed out; what is under way is finished. */
  ending: AbortSignal;
  /** Fires when the partition is lost or time is over. */
  cut: AbortSignal;
  onTrouble(error: Error | undefined): void;
}

/** Where a partition's offset came from: set while it is one that no work of this group has committed. */
interface Standing {
  anew?: bigint | undefined;
}

/** What a handler threw, as `cause`: never taken for an error of Kafka's, whatever it looks like. */
export class HandlerFailed extends Error {
  override readonly name = 'HandlerFailed';
  constructor(cause: unknown) {
    super('The handler of a batch failed.', { cause });
  }
}

/** Thrown inside a task whose partition is no longer its own; ends it quietly. */
class Ended extends Error {
  override readonly name = 'Ended';
}

/**
 * Consumes one partition with exactly-once effects: fence, then read the committed offset, then only process, each
 * batch in one transaction with its offset; after any error of Kafka from the start again. Because the offset is read
 * after the fence, neither a batch fetched before a take-over nor a commit of unknown outcome can be done twice.
 * Resolves when `ending` or `cut` fires; rejects with the handler's or a lasting error.
 */
export async function runPartition(task: PartitionTask): Promise<void> {
  try {
    await loop(task);
  } catch (error) {
    if (!(error instanceof Ended) && !task.cut.aborted) throw error;
  } finally {
    task.fetcher.release(task.topic, task.partition);
  }
}

async function loop(task: PartitionTask): Promise<void> {
  const { topic, partition, fetcher } = task;
  const over = AbortSignal.any([task.ending, task.cut]);
  const standing: Standing = {};
  let position = await fenceAndRead(task, standing);
  while (!over.aborted) {
    let fetched: Fetched;
    try {
      fetched = await fetcher.take(topic, partition, position, over);
    } catch (error) {
      if (over.aborted) return;
      if (!isOutOfRange(error)) throw error;
      position = await moveIntoRange(task, standing, position);
      continue;
    }
    let rest = fetched.records;
    if (rest.length === 0) {
      position = await commit(task, standing, [], position, fetched.next);
      continue;
    }
    while (rest.length > 0) {
      await task.gate(over);
      if (over.aborted) return;
      const { work, next } = await handle(task, standing, rest, fetched);
      if (task.cut.aborted) return;
      const reached = await commit(task, standing, work.records, position, next, work.holds);
      position = reached;
      if (reached !== next) break;
      rest = rest.slice(work.consumed);
    }
  }
}

/** Lets the handler work; whatever it throws is marked as its own. */
async function handle(
  task: PartitionTask,
  standing: Standing,
  records: KafkaRecord[],
  fetched: Fetched,
): Promise<{ work: Work; next: bigint }> {
  const { topic, partition, options, cut } = task;
  try {
    const { anew } = standing;
    const work = await options.handle({ topic, partition, records, high: fetched.high, ...(anew !== undefined && { anew }) }, cut);
    const { consumed } = work;
    if (!Number.isInteger(consumed) || consumed < 1 || consumed > records.length) {
      throw new RangeError(`The handler consumed ${consumed} of ${records.length} records; it must be from 1 to ${records.length}.`);
    }
    return { work, next: records[consumed]?.offset ?? fetched.next };
  } catch (error) {
    throw new HandlerFailed(error);
  }
}

/**
 * Commits work that began at `position`. Returns where the partition stands: `next`, or another offset when somebody
 * else has moved on meanwhile, or the work did not hold; then it was not written.
 */
async function commit(
  task: PartitionTask,
  standing: Standing,
  records: readonly OutRecord[],
  position: bigint,
  next: bigint,
  holds?: () => Promise<boolean>,
): Promise<bigint> {
  const { topic, partition, options, transactor } = task;
  const wait = backOff(50, 2_000);
  for (;;) {
    try {
      // Until work was written, the offset stays marked as not ours: whoever reads it next must know, too.
      const unmarked = standing.anew !== undefined && records.length === 0;
      const offset = { group: options.group, topic, partition, next, ...(unmarked && { unmarked }) };
      if (!(await transactor.commit(records, offset, holds))) return position;
      if (!unmarked) standing.anew = undefined;
      break;
    } catch (thrown) {
      const error = asError(thrown);
      if (task.cut.aborted) throw new Ended();
      if (isHopeless(error)) throw error;
      task.log.warn(`kafka: a transaction of ${options.group} failed, fencing and trying again: ${error.message}`, { topic, partition });
      task.onTrouble(error);
      await pauseFor(wait.next(), task.cut);
      const stands = await fenceAndRead(task, standing);
      if (stands === next) break;
      if (stands !== position) return stands;
    }
  }
  task.onTrouble(undefined);
  options.onCommit?.(topic, partition, next);
  return next;
}

/** Fences the partition's transactional id and reads what is committed; makes the start durable where nothing is. */
async function fenceAndRead(task: PartitionTask, standing: Standing): Promise<bigint> {
  const { topic, partition, from, options, net, transactor } = task;
  const { group } = options;
  const wait = backOff(50, 2_000);
  for (;;) {
    if (task.cut.aborted) throw new Ended();
    try {
      await transactor.fence(task.cut);
      const mark = (await committedMarks(net, group, topic, [partition], 15_000, task.cut)).get(partition);
      const stands = mark?.offset ?? -1n;
      standing.anew = mark?.ours ? undefined : stands;
      if (stands >= 0n) {
        await options.onFence?.(topic, partition, task.cut);
        return stands;
      }
      const start = await startOffset(net, group, topic, partition, from);
      standing.anew = start;
      await transactor.commit([], { group, topic, partition, next: start, unmarked: true });
      await options.onFence?.(topic, partition, task.cut);
      return start;
    } catch (thrown) {
      const error = asError(thrown);
      if (task.cut.aborted) throw new Ended();
      if (isHopeless(error)) throw error;
      task.onTrouble(error);
      await pauseFor(wait.next(), task.cut);
    }
  }
}

/**
 * Where a partition without a committed offset starts. When the group has offsets in other partitions of the topic,
 * this partition is a new one and is read from its beginning, whatever `from` says: its messages are new, too.
 */
async function startOffset(net: Net, group: string, topic: string, partition: number, from: StartAt): Promise<bigint> {
  const all = ((await net.leaders(topic)) ?? []).map((_, other) => other);
  const committed = await committedOffsets(net, group, topic, all);
  const isNew = [...committed.values()].some((offset) => offset >= 0n);
  const time = isNew || from === 'earliest' ? earliest : from === 'latest' ? latest : from.time;
  return (await listOffsets(net, topic, [partition], time)).get(partition) ?? 0n;
}

/** The committed offset is not in the log: retention took it, or the topic was made anew. Goes on at its beginning, and says so. */
async function moveIntoRange(task: PartitionTask, standing: Standing, position: bigint): Promise<bigint> {
  const { topic, partition, net, log, options } = task;
  const low = (await listOffsets(net, topic, [partition], earliest)).get(partition) ?? 0n;
  const what =
    low > position ? `${low - position} messages were deleted before they were read` : 'the topic is shorter than what was read of it';
  log.warn(`kafka: ${options.group} goes on at offset ${low} of ${topic}/${partition}: ${what}.`, {
    topic,
    partition,
    from: position.toString(),
  });
  let records: OutRecord[];
  try {
    records = options.onGone?.(topic, partition, position, low) ?? [];
  } catch (error) {
    throw new HandlerFailed(error);
  }
  standing.anew = low;
  return commit(task, standing, records, position, low);
}
