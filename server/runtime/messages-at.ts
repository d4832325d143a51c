import { formatPosition, type Position } from '#shared/message.ts';
import type { KafkaPort } from '../kafka/port.ts';
import type { ReadMessage } from './runtime.ts';
import { readMessage } from './sample-message.ts';

/** Positions of a partition that are nearer than this are read in one go. */
const near = 50n;
const readMs = 15_000;

/**
 * The messages at these positions, in their order. Those that are not there any more (retention, compaction), that are
 * not committed or that never were are left out. Joins no group, commits nothing.
 */
export async function messagesAt(kafka: KafkaPort, positions: readonly Position[], signal: AbortSignal): Promise<ReadMessage[]> {
  const found = new Map<string, ReadMessage>();
  const over = AbortSignal.any([signal, AbortSignal.timeout(readMs)]);
  const admin = kafka.admin();
  try {
    for (const topic of new Set(positions.map((position) => position.topic))) {
      const ends = new Map((await admin.offsets(topic, { committedOnly: true }))?.map((end) => [end.partition, end]));
      const wanted = new Map<number, bigint[]>();
      for (const { partition, offset } of positions.filter((position) => position.topic === topic)) {
        const end = ends.get(partition);
        const at = BigInt(offset);
        if (end && at >= end.low && at < end.high) wanted.set(partition, [...(wanted.get(partition) ?? []), at]);
      }
      for (const round of roundsOf(wanted, near)) {
        const from = new Map([...round].map(([partition, offsets]) => [partition, offsets[0] ?? 0n]));
        const to = new Map([...round].map(([partition, offsets]) => [partition, (offsets.at(-1) ?? 0n) + 1n]));
        for await (const { partition, records } of kafka.read({ topic, from, to, signal: over })) {
          const offsets = new Set(round.get(partition));
          for (const record of records) {
            if (!offsets.has(record.offset)) continue;
            const message = readMessage(record);
            found.set(message.position, message);
          }
        }
        signal.throwIfAborted();
        if (over.aborted) throw new Error(`Kafka did not give these messages within ${readMs / 1000} s; take fewer, or try again.`);
      }
    }
  } finally {
    await admin.close();
  }
  return positions.flatMap((position) => found.get(formatPosition(position)) ?? []);
}

/** Runs of offsets no further apart than `near`; each round reads the next run of every partition at once. */
export function roundsOf(wanted: ReadonlyMap<number, bigint[]>, near: bigint): Map<number, bigint[]>[] {
  const rounds: Map<number, bigint[]>[] = [];
  for (const [partition, offsets] of wanted) {
    const runs: bigint[][] = [];
    for (const offset of [...new Set(offsets)].sort((a, b) => (a < b ? -1 : 1))) {
      const run = runs.at(-1);
      const last = run?.at(-1);
      if (run && last !== undefined && offset - last <= near) run.push(offset);
      else runs.push([offset]);
    }
    runs.forEach((run, index) => {
      (rounds[index] ??= new Map()).set(partition, run);
    });
  }
  return rounds;
}
