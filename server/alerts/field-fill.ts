import type { FieldFact, FieldWanted } from '#shared/alert/facts.ts';
import { isFilled } from '#shared/alert/from-fields.ts';
import { parseJson } from '#shared/json.ts';
import type { Plan, PlanNode } from '#shared/plan.ts';
import type { KafkaAdmin, KafkaPort, KafkaRecord } from '../kafka/port.ts';
import { isControl } from '../runtime/sink-message.ts';

/** Bounds of one look: it is made again every minute. */
const mostMessages = 500;
const mostBytes = 8 * 1024 * 1024;

/**
 * Looks whether a field is filled in the newest messages of a source or sink of late: those of its topic, committed ones only.
 * Joins no group, commits nothing and costs the flow nothing. What is no JSON, and tombstones, say nothing about a field.
 * Undefined where the plan has no such place, or its topic is not there.
 * @param topicOf of a sink that is a topic of the user
 */
export async function measureField(
  kafka: Pick<KafkaPort, 'read'>,
  admin: Pick<KafkaAdmin, 'offsets' | 'offsetsAt'>,
  plan: Plan,
  wanted: FieldWanted,
  topicOf: (node: PlanNode) => string | undefined,
  now: number,
  signal: AbortSignal,
): Promise<FieldFact | undefined> {
  const place = placeOf(plan, wanted.node, topicOf);
  if (place === undefined) return undefined;
  const [ends, first] = await Promise.all([
    admin.offsets(place.topic, { committedOnly: true }),
    admin.offsetsAt(place.topic, Math.max(0, now - wanted.minutes * 60_000)),
  ]);
  if (ends === undefined) return undefined;
  const fact: FieldFact = { rule: wanted.rule, side: place.side, looked: 0, empty: 0, more: false };
  const from = new Map<number, bigint>();
  const each = BigInt(Math.ceil(mostMessages / Math.max(1, ends.length)));
  for (const { partition, low, high } of ends) {
    const begin = larger(low, first.get(partition) ?? low);
    if (high - begin > each) fact.more = true;
    from.set(partition, larger(begin, high - each));
  }
  const over = new AbortController();
  const to = new Map(ends.map(({ partition, high }) => [partition, high]));
  let bytes = 0;
  for await (const { records } of kafka.read({ topic: place.topic, from, to, signal: AbortSignal.any([signal, over.signal]) })) {
    for (const record of records) {
      bytes += record.value?.length ?? 0;
      const value = isControl(record) ? undefined : jsonOf(record);
      if (value === undefined) continue;
      fact.looked++;
      if (!isFilled(value, wanted.path)) fact.empty++;
    }
    if (bytes < mostBytes) continue;
    fact.more = true;
    over.abort();
    break;
  }
  return fact;
}

function placeOf(
  plan: Plan,
  id: string,
  topicOf: (node: PlanNode) => string | undefined,
): { topic: string; side: FieldFact['side'] } | undefined {
  for (const stage of plan.stages) {
    if (stage.kind === 'deliver' && stage.node.id === id) return { topic: stage.input.topic, side: 'sink' };
    if (stage.kind !== 'transform') continue;
    const input = stage.inputs.find(({ node }) => node === id);
    if (input !== undefined) return { topic: input.topic, side: 'source' };
    const node = stage.nodes.find((one) => one.id === id);
    const topic = node?.kind === 'sink' ? (stage.sinkTopics[id] ?? topicOf(node)) : undefined;
    if (topic !== undefined) return { topic, side: 'sink' };
  }
  return undefined;
}

/** The value of a record that is JSON and not a tombstone. */
function jsonOf({ value }: KafkaRecord): unknown {
  if (value === null) return undefined;
  try {
    return parseJson(Buffer.from(value).toString('utf8')) ?? undefined;
  } catch {
    // No JSON has no fields: it is a dead letter of the flow, or a message of text.
    return undefined;
  }
}

const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);
