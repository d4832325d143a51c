import { isUtf8 } from 'node:buffer';
import type { InboxItem, Overtaken } from '#shared/inbox.ts';
import { formatPosition, parsePosition } from '#shared/message.ts';
import type { KafkaPort } from '../kafka/port.ts';

/** What one look takes at most. */
const bounds = { messages: 500_000, ms: 5000, shown: 100 };

/**
 * Keys of letters of which newer messages have come in since, by reading the source's partitions behind the oldest of them.
 * Messages that are themselves among the letters do not count. Reads without a group.
 */
export async function overtakenBy(
  kafka: KafkaPort,
  letters: readonly Pick<InboxItem, 'item' | 'key' | 'origin'>[],
  signal: AbortSignal,
): Promise<Overtaken> {
  const own = new Set(letters.map(({ origin }) => origin));
  /** By topic and partition: the letters of each key, and where the oldest stands. */
  const topics = new Map<string, Map<number, { from: bigint; keys: Map<string, { item: string; origin: string; at: bigint }> }>>();
  for (const { item, key, origin } of letters) {
    const position = parsePosition(origin);
    // A key that was cut cannot be looked for.
    if (key === null || position === undefined || key.endsWith('…')) continue;
    const partitions = topics.get(position.topic) ?? new Map();
    topics.set(position.topic, partitions);
    const at = BigInt(position.offset);
    const partition = partitions.get(position.partition) ?? { from: at, keys: new Map() };
    partitions.set(position.partition, partition);
    if (at < partition.from) partition.from = at;
    const known = partition.keys.get(key);
    if (known === undefined || at > known.at) partition.keys.set(key, { item, origin, at });
  }
  const found = new Map<string, Overtaken['keys'][number]>();
  let read = 0;
  let messages = 0;
  let note: string | undefined;
  const over = AbortSignal.any([signal, AbortSignal.timeout(bounds.ms)]);
  const admin = kafka.admin();
  try {
    for (const [topic, partitions] of topics) {
      const ends = await admin.offsets(topic, { committedOnly: true });
      if (ends === undefined) {
        note = `The topic ${topic}, from which they came, is gone; whether newer messages have passed cannot be told.`;
        continue;
      }
      const from = new Map(ends.map(({ partition, high }) => [partition, partitions.get(partition)?.from ?? high]));
      for await (const batch of kafka.read({ topic, from, signal: over })) {
        const wanted = partitions.get(batch.partition);
        if (wanted === undefined) continue;
        for (const record of batch.records) {
          read++;
          if (record.key === null) continue;
          const key = isUtf8(record.key) ? Buffer.from(record.key).toString('utf8') : Buffer.from(record.key).toString('base64');
          const letter = wanted.keys.get(key);
          if (letter === undefined || record.offset <= letter.at) continue;
          const newer = formatPosition({ topic, partition: record.partition, offset: String(record.offset) });
          if (own.has(newer)) continue;
          messages++;
          found.set(key, { key, item: letter.item, origin: letter.origin, newer, newerAt: record.timestamp });
        }
        if (read >= bounds.messages) break;
      }
      if (over.aborted || read >= bounds.messages) {
        note = `Only the first ${read.toLocaleString('en-US')} messages behind them were looked at; there may be more.`;
        break;
      }
    }
  } finally {
    await admin.close();
  }
  signal.throwIfAborted();
  return { messages, keys: [...found.values()].slice(0, bounds.shown), total: found.size, ...(note !== undefined && { note }) };
}
