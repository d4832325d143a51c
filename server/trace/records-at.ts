import { formatPosition, type Position } from '#shared/message.ts';
import type { KafkaAdmin, KafkaPort, KafkaRecord } from '../kafka/port.ts';
import { roundsOf } from '../runtime/messages-at.ts';

/** Offsets of a partition that are nearer than this are read in one go. */
const near = 50n;
/** Reads that run at once. */
const lanes = 6;
const patienceMs = 10_000;

/**
 * The committed records at these positions, by `topic/partition/offset`; those that are not there are left out. Like
 * `messagesAt`, but bytes as they stand, and topics at the same time.
 * @throws Error when Kafka does not answer in time
 */
export async function recordsAt(
  { kafka, admin }: { kafka: KafkaPort; admin: KafkaAdmin },
  positions: readonly Position[],
  signal: AbortSignal,
): Promise<Map<string, KafkaRecord>> {
  const found = new Map<string, KafkaRecord>();
  if (positions.length === 0) return found;
  const over = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
  const reads: (() => Promise<void>)[] = [];
  const topics = [...new Set(positions.map((position) => position.topic))];
  await Promise.all(
    topics.map(async (topic) => {
      const ends = new Map((await admin.offsets(topic, { committedOnly: true }))?.map((end) => [end.partition, end]));
      const wanted = new Map<number, bigint[]>();
      for (const { partition, offset } of positions.filter((position) => position.topic === topic)) {
        const end = ends.get(partition);
        const at = BigInt(offset);
        if (end && at >= end.low && at < end.high) wanted.set(partition, [...(wanted.get(partition) ?? []), at]);
      }
      for (const round of roundsOf(wanted, near)) reads.push(() => readRound(kafka, topic, round, found, over));
    }),
  );
  await Promise.all(
    Array.from({ length: Math.min(lanes, reads.length) }, async () => {
      for (let read = reads.shift(); read !== undefined; read = reads.shift()) await read();
    }),
  );
  signal.throwIfAborted();
  if (over.aborted) throw new Error(`Kafka did not give these messages within ${patienceMs / 1000} s; try again.`);
  return found;
}

async function readRound(
  kafka: KafkaPort,
  topic: string,
  round: ReadonlyMap<number, bigint[]>,
  found: Map<string, KafkaRecord>,
  signal: AbortSignal,
): Promise<void> {
  const from = new Map([...round].map(([partition, offsets]) => [partition, offsets[0] ?? 0n]));
  const to = new Map([...round].map(([partition, offsets]) => [partition, (offsets.at(-1) ?? 0n) + 1n]));
  for await (const { partition, records } of kafka.read({ topic, from, to, signal })) {
    const offsets = new Set(round.get(partition));
    for (const record of records) if (offsets.has(record.offset)) found.set(placeOf(record), record);
  }
}

/** Where a record stands. */
export function placeOf({ topic, partition, offset }: Pick<KafkaRecord, 'topic' | 'partition' | 'offset'>): string {
  return formatPosition({ topic, partition, offset: String(offset) });
}
