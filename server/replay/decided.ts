import type { KafkaPort } from '../kafka/port.ts';

/**
 * Resolves when every transaction that has written to these topics by now is committed or aborted, so that a read sees what
 * was committed. One whose writer died is over when its successor begins, or else by its timeout. Rejects when the signal fires before.
 */
export async function decided(kafka: KafkaPort, topics: readonly string[], signal: AbortSignal): Promise<void> {
  const admin = kafka.admin();
  try {
    for (const topic of topics) {
      const written = await admin.offsets(topic);
      const committed = await admin.offsets(topic, { committedOnly: true });
      if (written === undefined || committed === undefined) continue;
      const to = new Map(written.map(({ partition, high }) => [partition, high]));
      const from = new Map(to);
      for (const { partition, high } of committed) if (high < (to.get(partition) ?? 0n)) from.set(partition, high);
      if (committed.every(({ partition, high }) => high >= (to.get(partition) ?? 0n))) continue;
      // Reads on only over what is decided.
      for await (const _batch of kafka.read({ topic, from, to, signal })) signal.throwIfAborted();
      signal.throwIfAborted();
    }
  } finally {
    await admin.close();
  }
}
