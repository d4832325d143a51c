import type { ComparedTopic, ComparisonReason, ComparisonScope } from '#shared/comparison.ts';
import { header, type Position, parsePosition } from '#shared/message.ts';
import { findBounds } from '#shared/sample.ts';
import type { KafkaPort, KafkaRecord, RecordBatch } from '../kafka/port.ts';
import { findMessages } from '../runtime/message-finder.ts';
import { roundsOf } from '../runtime/messages-at.ts';
import type { Finding } from '../runtime/runtime.ts';

/** Which messages are to be read: of each topic and partition these offsets. Small, whatever the messages are. */
export interface ReadingPlan {
  positions: Map<string, Map<number, bigint[]>>;
  total: number;
  topics: ComparedTopic[];
  /** Why there is nothing to read. */
  reason?: ComparisonReason;
}

/**
 * Chooses the messages of a scope among the topics. Reads without a group, and keeps only where the messages stand, so
 * that ten thousand large ones take no memory.
 */
export async function planReading(
  kafka: KafkaPort,
  topics: readonly string[],
  scope: ComparisonScope,
  deadLetterTopic: string,
  signal: AbortSignal,
): Promise<ReadingPlan> {
  if (scope.by === 'dead-letters') return ofDeadLetters(kafka, scope, deadLetterTopic, signal);
  const found: { position: Position; timestamp: number }[] = [];
  const missing: string[] = [];
  const range = scope.by === 'time' ? { since: scope.since, until: scope.until } : {};
  for (const topic of topics) {
    const finding = await findNewest(withoutValues(kafka), topic, scope.count, range, signal);
    if (finding === undefined) missing.push(topic);
    for (const { position, message } of finding?.messages ?? []) {
      const at = parsePosition(position);
      if (at) found.push({ position: at, timestamp: message.timestamp });
    }
  }
  const newest = found.sort((a, b) => b.timestamp - a.timestamp).slice(0, scope.count);
  const plan = planOf(newest);
  return newest.length > 0 ? plan : { ...plan, reason: await whyNone(kafka, topics, missing, scope) };
}

/** The records of a plan, one after the other. Those that are gone meanwhile are left out. */
export async function* readPlanned(kafka: KafkaPort, { positions }: ReadingPlan, signal: AbortSignal): AsyncGenerator<KafkaRecord> {
  for (const [topic, partitions] of positions) {
    for (const round of roundsOf(partitions, near)) {
      const wanted = new Map([...round].map(([partition, offsets]) => [partition, new Set(offsets)]));
      const from = new Map([...round].map(([partition, offsets]) => [partition, offsets[0] ?? 0n]));
      const to = new Map([...round].map(([partition, offsets]) => [partition, (offsets.at(-1) ?? 0n) + 1n]));
      for await (const { partition, records } of kafka.read({ topic, from, to, signal })) {
        const offsets = wanted.get(partition);
        for (const record of records) if (offsets?.has(record.offset)) yield record;
      }
      signal.throwIfAborted();
    }
  }
}

/** Offsets further apart than this are read apart. */
const near = 2000n;

function findNewest(
  kafka: KafkaPort,
  topic: string,
  count: number,
  range: { since?: number; until?: number },
  signal: AbortSignal,
): Promise<Finding | undefined> {
  // Values are not kept, so many bytes may go by.
  const bounds = { ...findBounds.most, bytes: Number.MAX_SAFE_INTEGER };
  return findMessages(kafka, { topic, how: { by: 'newest' }, count, bounds, ...range }, signal);
}

/** The port, whose records come without their values and headers. `seen` is told of each as it was. */
function withoutValues(kafka: KafkaPort, seen?: (record: KafkaRecord) => void): KafkaPort {
  return {
    ...kafka,
    async *read(options): AsyncGenerator<RecordBatch> {
      for await (const batch of kafka.read(options)) {
        yield {
          ...batch,
          records: batch.records.map((record) => {
            seen?.(record);
            return { ...record, value: null, headers: {}, key: null };
          }),
        };
      }
    },
  };
}

/** The messages behind the newest dead letters of a cause: where they entered the flow. */
async function ofDeadLetters(
  kafka: KafkaPort,
  scope: Extract<ComparisonScope, { by: 'dead-letters' }>,
  topic: string,
  signal: AbortSignal,
): Promise<ReadingPlan> {
  const found = new Map<string, { position: Position; timestamp: number }>();
  const text = ({ headers }: KafkaRecord, name: string): string => (typeof headers[name] === 'string' ? headers[name] : '');
  const port = withoutValues(kafka, (record) => {
    if (text(record, header.errorNode) !== scope.node || text(record, header.errorCode) !== scope.code) return;
    const origin = text(record, header.origin);
    const position = parsePosition(origin);
    if (position) found.set(origin, { position, timestamp: record.timestamp });
  });
  await findNewest(port, topic, 20_000, {}, signal);
  const newest = [...found.values()].sort((a, b) => b.timestamp - a.timestamp).slice(0, scope.count);
  const plan = planOf(newest);
  if (newest.length > 0) return plan;
  const sentence = `There is no dead letter of this cause any more (${scope.code} at ${scope.node}), so there is nothing to compare.`;
  return { ...plan, reason: { code: 'no-messages', sentence } };
}

function planOf(found: readonly { position: Position; timestamp: number }[]): ReadingPlan {
  const positions: ReadingPlan['positions'] = new Map();
  const topics = new Map<string, ComparedTopic>();
  for (const { position, timestamp } of found) {
    const partitions = positions.get(position.topic) ?? new Map<number, bigint[]>();
    const offsets = partitions.get(position.partition) ?? [];
    offsets.push(BigInt(position.offset));
    positions.set(position.topic, partitions.set(position.partition, offsets));
    const topic = topics.get(position.topic) ?? { topic: position.topic, messages: 0 };
    topics.set(position.topic, {
      ...topic,
      messages: topic.messages + 1,
      fromTime: Math.min(topic.fromTime ?? timestamp, timestamp),
      toTime: Math.max(topic.toTime ?? timestamp, timestamp),
    });
  }
  return { positions, total: found.length, topics: [...topics.values()] };
}

async function whyNone(
  kafka: KafkaPort,
  topics: readonly string[],
  missing: readonly string[],
  scope: ComparisonScope,
): Promise<ComparisonReason> {
  const names = topics.map((topic) => `“${topic}”`).join(' and ');
  if (topics.length === 0)
    return { code: 'no-topic', sentence: 'No version of this flow reads a topic, so there are no messages to compare.' };
  if (missing.length === topics.length) {
    return {
      code: 'no-topic',
      sentence: `${names} does not exist, so there are no messages to compare. Create it, or check the source's topic.`,
    };
  }
  if (scope.by === 'time') {
    return { code: 'no-messages', sentence: `${names} has no messages of that time. Choose another time, or the newest messages.` };
  }
  const admin = kafka.admin();
  try {
    let gone = 0n;
    for (const topic of topics) for (const { low } of (await admin.offsets(topic, { committedOnly: true })) ?? []) gone += low;
    if (gone > 0n) {
      return {
        code: 'retention',
        sentence: `The messages of ${names} are gone: the topic keeps them only for a time. New ones can be compared once they come.`,
      };
    }
  } finally {
    await admin.close();
  }
  return { code: 'no-messages', sentence: `No message has come to ${names} yet, so there is nothing to compare.` };
}
