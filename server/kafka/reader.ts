import { setMaxListeners } from 'node:events';
import { isConnectionError, unreachable } from './errors.ts';
import { createFetcher, type Fetched, isOutOfRange } from './fetcher.ts';
import type { KafkaLog } from './log.ts';
import { openNet, persist } from './net.ts';
import { earliest, latest, listOffsets } from './offsets.ts';
import type { KafkaSettings, ReadOptions, RecordBatch } from './port.ts';

const readBytes = 1024 * 1024;

interface Range {
  partition: number;
  position: bigint;
  /** Undefined when it follows for ever. */
  end: bigint | undefined;
}

/**
 * The port's `read`: no group, no commits. Ends when every partition has reached its end, also where control records
 * or gaps of compaction stand there; when the signal fires it ends quietly. Rejects for a topic that does not exist.
 */
export async function* readTopic(
  settings: KafkaSettings,
  log: KafkaLog,
  options: ReadOptions,
): AsyncGenerator<RecordBatch, void, undefined> {
  const { topic } = options;
  const committedOnly = options.committedOnly ?? true;
  const net = openNet(settings, log);
  const stop = new AbortController();
  const over = options.signal ? AbortSignal.any([stop.signal, options.signal]) : stop.signal;
  setMaxListeners(0, over);
  const onTrouble = (error: Error | undefined) => {
    if (error) log.warn(`kafka: reading ${topic} waits: ${error.message}`);
  };
  const fetcher = createFetcher(net, { committedOnly, partitionBytes: readBytes, onTrouble });
  try {
    const ranges = await rangesOf();
    const pending = new Map<Range, Promise<{ range: Range; fetched: Fetched }>>();
    const start = (range: Range) => {
      const promise = next(range);
      // A reader that breaks off leaves promises behind; their end is of no interest then.
      promise.catch((error) => log.debug?.('kafka: a read ended', { error }));
      pending.set(range, promise);
    };
    for (const range of ranges) if (!isDone(range)) start(range);
    while (pending.size > 0) {
      const { range, fetched } = await Promise.race(pending.values());
      pending.delete(range);
      const { partition, end } = range;
      range.position = fetched.next;
      if (!isDone(range)) start(range);
      const records = end === undefined ? fetched.records : fetched.records.filter(({ offset }) => offset < end);
      if (records.length > 0) yield { topic, partition, records, high: fetched.high };
    }
  } catch (error) {
    if (over.aborted) return;
    throw isConnectionError(error) ? unreachable(settings.brokers, error) : error;
  } finally {
    stop.abort();
    fetcher.close();
    net.cut();
  }

  async function next(range: Range): Promise<{ range: Range; fetched: Fetched }> {
    for (;;) {
      try {
        return { range, fetched: await fetcher.take(topic, range.partition, range.position, over) };
      } catch (error) {
        if (over.aborted || !isOutOfRange(error)) throw error;
        const low = (await listOffsets(net, topic, [range.partition], earliest)).get(range.partition) ?? 0n;
        if (low <= range.position) throw error;
        range.position = low;
        if (isDone(range)) return { range, fetched: { records: [], next: low, high: low } };
      }
    }
  }

  async function rangesOf(): Promise<Range[]> {
    const list = await persist(15_000, () => net.leaders(topic, true), { signal: over });
    if (!list) throw new Error(`Topic "${topic}" does not exist.`);
    const partitions = list.map((_, partition) => partition);
    const low = await listOffsets(net, topic, partitions, earliest);
    const { to } = options;
    const ends = to === undefined ? await listOffsets(net, topic, partitions, latest, committedOnly) : to;
    return partitions.map((partition) => {
      const first = low.get(partition) ?? 0n;
      const wanted = options.from?.get(partition) ?? first;
      const end = ends === 'follow' ? undefined : (ends.get(partition) ?? first);
      return { partition, position: wanted > first ? wanted : first, end };
    });
  }
}

const isDone = ({ position, end }: Range): boolean => end !== undefined && position >= end;
