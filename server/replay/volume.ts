import type { Volume } from '#shared/replay-schemas.ts';
import type { KafkaAdmin, KafkaPort } from '../kafka/port.ts';

/**
 * How many messages came in when, from offsets by time alone: no message is read but the oldest of each partition, so it is cheap
 * whatever the topics hold. Counts are of offsets; markers of transactions count among them.
 */
export async function volumeOf(
  kafka: KafkaPort,
  topics: readonly string[],
  since: number,
  until: number,
  buckets: number,
): Promise<Volume> {
  const width = Math.max(1, (until - since) / buckets);
  const edges = Array.from({ length: buckets + 1 }, (_, at) => Math.round(since + at * width));
  const counts = new Array<number>(buckets).fill(0);
  const admin = kafka.admin();
  try {
    const told: Volume['topics'] = [];
    for (const topic of topics) {
      const ends = await admin.offsets(topic, { committedOnly: true });
      if (ends === undefined) continue;
      const at: Map<number, bigint>[] = [];
      // A few at once: a hundred questions one after the other would be felt.
      for (let index = 0; index < edges.length; index += 16)
        at.push(...(await Promise.all(edges.slice(index, index + 16).map((time) => admin.offsetsAt(topic, time)))));
      for (const { partition, low, high } of ends) {
        const offsetAt = (index: number): bigint => {
          const offset = at[index]?.get(partition) ?? high;
          return offset < low ? low : offset > high ? high : offset;
        };
        for (let bucket = 0; bucket < buckets; bucket++)
          counts[bucket] = (counts[bucket] ?? 0) + Math.max(0, Number(offsetAt(bucket + 1) - offsetAt(bucket)));
      }
      const messages = Number(ends.reduce((sum, { low, high }) => sum + (high - low), 0n));
      told.push({ topic, messages, ...(await agesOf(kafka, topic, ends)) });
    }
    return { since, until, counts, topics: told };
  } finally {
    await admin.close();
  }
}

/** Times of the oldest and of the newest message that a topic still has, ms since 1970; none of an empty topic. */
export async function agesOf(
  kafka: KafkaPort,
  topic: string,
  ends: NonNullable<Awaited<ReturnType<KafkaAdmin['offsets']>>>,
): Promise<{ oldest?: number; newest?: number }> {
  const filled = ends.filter(({ low, high }) => low < high);
  if (filled.length === 0) return {};
  const reach = 20n;
  const times: number[] = [];
  const read = async (from: (end: (typeof ends)[number]) => bigint, to: (end: (typeof ends)[number]) => bigint) => {
    const ranges = {
      from: new Map(ends.map((end) => [end.partition, from(end)])),
      to: new Map(ends.map((end) => [end.partition, to(end)])),
    };
    for await (const { records } of kafka.read({ topic, ...ranges })) for (const { timestamp } of records) times.push(timestamp);
  };
  await read(
    ({ low }) => low,
    ({ low, high }) => (low + reach < high ? low + reach : high),
  );
  await read(
    ({ low, high }) => (high - reach > low ? high - reach : low),
    ({ high }) => high,
  );
  if (times.length === 0) return {};
  return { oldest: times.reduce((a, b) => Math.min(a, b)), newest: times.reduce((a, b) => Math.max(a, b)) };
}
