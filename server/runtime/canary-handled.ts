import { type Canary, type CanaryHandled, versionOf } from '#shared/canary.ts';
import type { LedgerEntry } from '#shared/ledger.ts';
import { ledgerTopic } from '#shared/plan.ts';
import type { KafkaPort } from '../kafka/port.ts';

/** As many positions as a replay takes. */
const most = 100_000;
/** An entry is written after its canary began, by the clock of the same machine. */
const slackMs = 60_000;

type Entry = Pick<LedgerEntry, 'flow' | 'version' | 'canary' | 'from' | 'to'>;

/**
 * The messages that a canary has processed: from the ledger which ranges were shared and how, from the sources' topics
 * whose key fell to it. Reads without a group.
 */
export async function canaryHandled(kafka: KafkaPort, canary: Canary, signal: AbortSignal): Promise<CanaryHandled> {
  const ranges = await sharedRanges(kafka, canary, signal);
  const positions: string[] = [];
  let messages = 0;
  for (const [topic, byPartition] of ranges) {
    const from = new Map([...byPartition].map(([partition, entries]) => [partition, BigInt(entries[0]?.from ?? 0)]));
    const to = new Map([...byPartition].map(([partition, entries]) => [partition, BigInt(entries.at(-1)?.to ?? 0) + 1n]));
    const at = new Map<number, number>();
    for await (const { partition, records } of kafka.read({ topic, from, to, signal })) {
      const entries = byPartition.get(partition) ?? [];
      let index = at.get(partition) ?? 0;
      for (const { offset, key } of records) {
        while (index < entries.length && BigInt(entries[index]?.to ?? 0) < offset) index++;
        const entry = entries[index];
        if (entry === undefined || BigInt(entry.from) > offset) continue;
        const position = `${topic}/${partition}/${offset}`;
        if (versionOf(entry, key, position) !== canary.version) continue;
        messages++;
        if (positions.length < most) positions.push(position);
      }
      at.set(partition, index);
    }
    signal.throwIfAborted();
  }
  return { messages, positions, complete: messages === positions.length };
}

async function sharedRanges(kafka: KafkaPort, canary: Canary, signal: AbortSignal): Promise<Map<string, Map<number, Entry[]>>> {
  const result = new Map<string, Map<number, Entry[]>>();
  const admin = kafka.admin();
  try {
    const from = await admin.offsetsAt(ledgerTopic, canary.since - slackMs);
    const to =
      canary.ended === undefined
        ? new Map(((await admin.offsets(ledgerTopic, { committedOnly: true })) ?? []).map(({ partition, high }) => [partition, high]))
        : await admin.offsetsAt(ledgerTopic, canary.ended.at + slackMs);
    for await (const { records } of kafka.read({ topic: ledgerTopic, from, to, signal })) {
      for (const record of records) {
        if (record.value === null || Buffer.from(record.key ?? []).toString() !== canary.flow) continue;
        const entry = JSON.parse(Buffer.from(record.value).toString()) as LedgerEntry;
        if (entry.canary?.since !== canary.since || entry.stage !== 'transform') continue;
        const partitions = result.get(entry.topic) ?? new Map<number, Entry[]>();
        result.set(entry.topic, partitions);
        const list = partitions.get(entry.partition) ?? [];
        partitions.set(entry.partition, list);
        // Those of one partition come in the order of their offsets.
        list.push({ flow: entry.flow, version: entry.version, canary: entry.canary, from: entry.from, to: entry.to });
      }
    }
    signal.throwIfAborted();
    return result;
  } finally {
    await admin.close();
  }
}
