import { parsePosition } from '#shared/message.ts';
import type { KafkaPort, KafkaRecord } from '../kafka/port.ts';
import { roundsOf } from '../runtime/messages-at.ts';

/** Letters that are nearer than this are read in one go. */
const near = 2000n;

/** Bounds of one reading. */
export interface ReadBounds {
  /** Of all values together; what comes after is left out. */
  bytes: number;
  ms: number;
}

/**
 * The records at these positions that are still there, by position. Joins no group, commits nothing. Stops quietly at the
 * bounds: what is missing then was not looked at, which `cut` says.
 */
export async function readLetters(
  kafka: KafkaPort,
  positions: readonly string[],
  bounds: ReadBounds,
  signal: AbortSignal,
): Promise<{ records: Map<string, KafkaRecord>; cut: boolean }> {
  const records = new Map<string, KafkaRecord>();
  const byTopic = new Map<string, Map<number, bigint[]>>();
  for (const text of positions) {
    const position = parsePosition(text);
    if (position === undefined) continue;
    const partitions = byTopic.get(position.topic) ?? new Map<number, bigint[]>();
    byTopic.set(
      position.topic,
      partitions.set(position.partition, [...(partitions.get(position.partition) ?? []), BigInt(position.offset)]),
    );
  }
  const over = AbortSignal.any([signal, AbortSignal.timeout(bounds.ms)]);
  let bytes = 0;
  const admin = kafka.admin();
  try {
    for (const [topic, partitions] of byTopic) {
      const ends = new Map((await admin.offsets(topic, { committedOnly: true }))?.map((end) => [end.partition, end]));
      const there = new Map(
        [...partitions].flatMap(([partition, offsets]): [number, bigint[]][] => {
          const end = ends.get(partition);
          const left = end ? offsets.filter((at) => at >= end.low && at < end.high) : [];
          return left.length > 0 ? [[partition, left]] : [];
        }),
      );
      for (const round of roundsOf(there, near)) {
        const from = new Map([...round].map(([partition, offsets]) => [partition, offsets[0] ?? 0n]));
        const to = new Map([...round].map(([partition, offsets]) => [partition, (offsets.at(-1) ?? 0n) + 1n]));
        for await (const batch of kafka.read({ topic, from, to, signal: over })) {
          const offsets = new Set(round.get(batch.partition));
          for (const record of batch.records) {
            if (!offsets.has(record.offset)) continue;
            bytes += record.value?.byteLength ?? 0;
            if (bytes > bounds.bytes && records.size > 0) return { records, cut: true };
            records.set(`${record.topic}/${record.partition}/${record.offset}`, record);
          }
        }
        signal.throwIfAborted();
        if (over.aborted) return { records, cut: true };
      }
    }
  } finally {
    await admin.close();
  }
  return { records, cut: false };
}
