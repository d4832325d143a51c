import type { Position } from '#shared/message.ts';
import type { KafkaAdmin, KafkaPort } from '../kafka/port.ts';
import { replayStage } from '../replay/run-kafka.ts';
import { committedAt, type Processed, processedName } from './committed-at.ts';
import type { KnownFlow } from './estate.ts';
import type { Past } from './history.ts';
import type { Standing, StandingOutput } from './standing.ts';

/** When things happened to a message, as the log itself says; ms since 1970. */
export interface Times {
  /** When its transform committed it. */
  processedAt?: number;
  /** When sinks took outputs, by position: those of sinks outside by their stage, those in topics of yours by who wrote them. */
  taken: Map<string, number>;
}

/** What is known before the times are looked up. */
export interface TimesGround {
  flow: KnownFlow;
  origin: Position;
  /** Time of the message; undefined where it is gone. */
  timestamp: number | undefined;
  isDone: boolean;
  standing: Standing;
  past: Pick<Past, 'replays'>;
  /** By group and topic: the offsets up to which each partition is done. */
  committed: ReadonlyMap<string, ReadonlyMap<number, bigint>>;
}

/** Outputs whose delivery is looked up. */
const mostOutputs = 50;

/** Looks up in the ledger when the batches were committed that held the message and its outputs. */
export async function timesOf(deps: { kafka: KafkaPort; admin: KafkaAdmin }, ground: TimesGround, signal: AbortSignal): Promise<Times> {
  const { flow, origin, isDone, standing, timestamp } = ground;
  const now = Date.now();
  // A clock ahead of ours says nothing about when it was processed.
  const since = timestamp !== undefined && timestamp <= now ? timestamp : 0;
  const live: Processed = { stage: 'transform', ...placeOf(origin), since };
  const wanted = new Map<string, Processed>();
  for (const output of standing.outputs.slice(0, mostOutputs)) {
    const one = deliveryOf(output, ground);
    if (one) wanted.set(output.position, one);
  }
  const found = await committedAt(deps, flow.id, [...(isDone ? [live] : []), ...wanted.values()], signal);
  const taken = new Map<string, number>();
  for (const [position, one] of wanted) {
    const at = found.get(processedName(one));
    if (at !== undefined) taken.set(position, at);
  }
  const processedAt = isDone ? (found.get(processedName(live)) ?? writtenFirst(ground)) : undefined;
  if (processedAt === undefined) return { taken };
  for (const { sink, position, by } of standing.outputs)
    if (by === undefined && isInTopicOfYours(flow, sink)) taken.set(position, processedAt);
  return { processedAt, taken };
}

const placeOf = ({ topic, partition, offset }: Position): Omit<Processed, 'stage' | 'since'> => ({
  topic,
  partition,
  offset: BigInt(offset),
});

const isInTopicOfYours = (flow: KnownFlow, sink: string): boolean => flow.sinks.get(sink)?.group === undefined;

/** What a stage read when it handed an output on: of a sink outside the output itself, of a replay into a topic the message. */
function deliveryOf({ sink, record, by }: StandingOutput, { flow, origin, past, committed }: TimesGround): Processed | undefined {
  const topic = flow.sinks.get(sink);
  if (topic?.group !== undefined && topic.stage !== undefined) {
    const done = committed.get(`${topic.group} ${topic.topic}`)?.get(record.partition) ?? -1n;
    if (record.topic !== topic.topic || record.offset >= done) return undefined;
    return { stage: topic.stage, topic: record.topic, partition: record.partition, offset: record.offset, since: record.timestamp };
  }
  if (by?.kind !== 'replay') return undefined;
  return { stage: replayStage(by.id), ...placeOf(origin), since: past.replays.get(by.id) ?? 0 };
}

/** The first thing that the live flow made of it outside of topics of yours, whose records have the time of the message. */
function writtenFirst({ flow, standing: { outputs, letters } }: TimesGround): number | undefined {
  const written = outputs.flatMap(({ by, sink, record }) => (by === undefined && !isInTopicOfYours(flow, sink) ? record.timestamp : []));
  const failed = letters.flatMap(({ stage, by, at }) => (stage === 'transform' && by === undefined ? at : []));
  const all = [...written, ...failed];
  return all.length === 0 ? undefined : Math.min(...all);
}
