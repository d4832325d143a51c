import type { RetentionFact } from '#shared/alert/facts.ts';
import type { Plan } from '#shared/plan.ts';
import type { KafkaAdmin, KafkaPort } from '../kafka/port.ts';

/** What was seen the last time, to tell how fast things go. */
export type RetentionMemory = Map<string, { at: number; headTime: number | undefined; aging: number }>;

/**
 * Measures how long what waits for a flow's stages is still there: from committed offsets, the ends of topics, their settings
 * and the time of the oldest waiting message. Joins no group and commits nothing.
 * @param memory of this flow; it is changed
 */
export async function measureRetention(
  kafka: Pick<KafkaPort, 'read'>,
  admin: Pick<KafkaAdmin, 'committed' | 'offsets' | 'configs'>,
  plan: Plan,
  memory: RetentionMemory,
  now: number,
  signal: AbortSignal,
): Promise<RetentionFact[]> {
  const facts: RetentionFact[] = [];
  for (const stage of plan.stages) {
    if (stage.kind === 'ingest') continue;
    for (const { topic, node } of stage.kind === 'transform' ? stage.inputs : [stage.input]) {
      const ends = await admin.offsets(topic);
      if (ends === undefined) continue;
      const committed = await admin.committed(stage.group, topic);
      const settings = await admin.configs(topic);
      const kept = Number(settings?.['retention.ms'] ?? -1);
      const byTime = kept >= 0 && (settings?.['cleanup.policy'] ?? 'delete').includes('delete');
      for (const { partition, low, high } of ends) {
        const at = committed.get(partition) ?? -1n;
        // A group that has not begun has nothing to lose yet: it starts where it is told to.
        if (at < 0n) continue;
        const next = at < low ? low : at;
        const base = { stage: stage.id, node, topic, partition, lost: Number(next - at), waiting: Number(high > next ? high - next : 0n) };
        if (base.waiting === 0 && base.lost === 0) continue;
        const key = `${stage.id} ${topic} ${partition}`;
        const headTime = base.waiting === 0 ? undefined : await timeAt(kafka, { topic, partition, from: next, to: high }, signal);
        const aging = agingOf(memory.get(key), headTime, now);
        memory.set(key, { at: now, headTime, aging });
        facts.push({
          ...base,
          aging,
          ...(headTime !== undefined && { ageMs: Math.max(0, now - headTime) }),
          ...(byTime && { retentionMs: kept }),
        });
      }
    }
  }
  return facts;
}

/** Of two looks: by how much the head's age grew per second. Without a look before, as if nothing moved. Smoothed a little. */
function agingOf(
  before: { at: number; headTime: number | undefined; aging: number } | undefined,
  headTime: number | undefined,
  now: number,
): number {
  if (before?.headTime === undefined || headTime === undefined || now - before.at < 1000) return before?.aging ?? 1;
  const grown = now - headTime - (before.at - before.headTime);
  const measured = grown / (now - before.at);
  return (before.aging + measured) / 2;
}

/** Time of the first committed record of a range; of the first hundred offsets, which may be gone by compaction. */
async function timeAt(
  kafka: Pick<KafkaPort, 'read'>,
  { topic, partition, from, to }: { topic: string; partition: number; from: bigint; to: bigint },
  signal: AbortSignal,
): Promise<number | undefined> {
  const over = new AbortController();
  const end = from + 100n < to ? from + 100n : to;
  // Other partitions are read up to where they begin, which is nothing.
  const ends = { from: new Map([[partition, from]]), to: new Map([[partition, end]]) };
  for await (const batch of kafka.read({ topic, ...ends, signal: AbortSignal.any([signal, over.signal]) })) {
    const time = batch.records[0]?.timestamp;
    over.abort();
    return time;
  }
  return undefined;
}
