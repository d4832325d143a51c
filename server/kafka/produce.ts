import { asError, errorType, isPassing, KafkaError } from './errors.ts';
import type { Broker } from './kafkajs.ts';
import { leaderOf, type Net } from './net.ts';
import { type BatchRecord, encodeBatch, recordBytes } from './record-batch.ts';
import { type ProduceEntry, sendProduce } from './requests.ts';

/** Most bytes of one batch, below the 1 MiB that Kafka accepts by default; a larger single record travels alone. */
export const batchBytes = 900 * 1024;

/** Most records of one batch. */
const batchRecords = 50_000;

/** Who writes: id and epoch that Kafka gave, and the next sequence number of each partition. */
export interface ProducerIdentity {
  id: bigint;
  epoch: number;
  /** By `topic/partition`. */
  sequences: Map<string, number>;
  transactionalId: string | null;
}

/** Records of one partition, in order, that travel as one batch. */
export interface Chunk<Item extends BatchRecord = BatchRecord> {
  topic: string;
  partition: number;
  records: Item[];
}

/** How a chunk fared. `sent`: it left at least once, so without an answer its outcome is unknown. */
export type Outcome = { ok: true; offset: bigint } | { ok: false; error: Error; sent: boolean };

/** Cuts the records of each partition into chunks of at most 900 KiB, keeping their order. */
export function cutIntoChunks<Item extends BatchRecord>(topic: string, partition: number, records: readonly Item[]): Chunk<Item>[] {
  const chunks: Chunk<Item>[] = [];
  let current: Item[] = [];
  let size = 0;
  for (const record of records) {
    const bytes = recordBytes(record);
    if (current.length > 0 && (size + bytes > batchBytes || current.length >= batchRecords)) {
      chunks.push({ topic, partition, records: current });
      current = [];
      size = 0;
    }
    current.push(record);
    size += bytes;
  }
  if (current.length > 0) chunks.push({ topic, partition, records: current });
  return chunks;
}

const wrap = (sequence: number): number => sequence % 2 ** 31;

/** A chunk with the bytes that every try sends: the same sequence number, so that the broker tells a repeat. */
export interface Prepared<Item extends BatchRecord = BatchRecord> extends ProduceEntry {
  chunk: Chunk<Item>;
}

/** Encodes a chunk with the identity's next sequence number of its partition. */
export function prepare<Item extends BatchRecord>(chunk: Chunk<Item>, identity: ProducerIdentity): Prepared<Item> {
  const { topic, partition, records } = chunk;
  const batch = encodeBatch(records, {
    producerId: identity.id,
    producerEpoch: identity.epoch,
    firstSequence: identity.sequences.get(`${topic}/${partition}`) ?? 0,
    transactional: identity.transactionalId !== null,
    now: Date.now(),
  });
  return { topic, partition, batch, chunk };
}

/** Moves the partition's sequence on, after the chunk was written. */
export function advance(chunk: Chunk, identity: ProducerIdentity): void {
  const key = `${chunk.topic}/${chunk.partition}`;
  identity.sequences.set(key, wrap((identity.sequences.get(key) ?? 0) + chunk.records.length));
}

/**
 * Sends prepared chunks, at most one for each partition, to their leaders, once. Never rejects: each chunk has its own
 * outcome. Stale metadata is dropped, so that the next try asks again.
 */
export async function sendOnce<Item extends BatchRecord>(
  net: Net,
  transactionalId: string | null,
  prepared: readonly Prepared<Item>[],
  timeoutMs: number,
): Promise<Map<Prepared<Item>, Outcome>> {
  const outcomes = new Map<Prepared<Item>, Outcome>();
  const perBroker = new Map<Broker, Prepared<Item>[]>();
  await Promise.all(
    prepared.map(async (one) => {
      try {
        const broker = await leaderOf(net, one.topic, one.partition);
        const list = perBroker.get(broker);
        if (list) list.push(one);
        else perBroker.set(broker, [one]);
      } catch (thrown) {
        net.suspect(thrown, { topic: one.topic });
        outcomes.set(one, { ok: false, error: asError(thrown), sent: false });
      }
    }),
  );
  await Promise.all(
    [...perBroker].map(async ([broker, list]) => {
      try {
        const answers = await sendProduce(broker, { transactionalId, timeoutMs, entries: list });
        for (const one of list) {
          const answer = answers.find(({ topic, partition }) => topic === one.topic && partition === one.partition);
          outcomes.set(one, toOutcome(net, one, answer));
        }
      } catch (thrown) {
        const error = asError(thrown);
        for (const one of list) {
          net.suspect(error, { broker, topic: one.topic });
          outcomes.set(one, { ok: false, error, sent: true });
        }
      }
    }),
  );
  return outcomes;
}

function toOutcome(net: Net, one: Prepared, answer: { errorCode: number; baseOffset: bigint } | undefined): Outcome {
  if (!answer) return { ok: false, error: new KafkaError(-1, `Writing to ${one.topic}/${one.partition}`), sent: true };
  if (answer.errorCode === 0) return { ok: true, offset: answer.baseOffset };
  const error = new KafkaError(answer.errorCode, `Writing to ${one.topic}/${one.partition}`);
  if (errorType(error) === 'DUPLICATE_SEQUENCE_NUMBER') return { ok: true, offset: answer.baseOffset };
  if (isPassing(error)) net.suspect(error, { topic: one.topic });
  return { ok: false, error, sent: errorType(error) === 'REQUEST_TIMED_OUT' || errorType(error) === 'NOT_ENOUGH_REPLICAS_AFTER_APPEND' };
}

/** True when Kafka refuses a batch for its size. */
export function isTooLarge(error: Error): boolean {
  const type = errorType(error);
  return type === 'MESSAGE_TOO_LARGE' || type === 'RECORD_LIST_TOO_LARGE';
}

/** What to tell of a single record that is too large for its topic. */
export function tooLarge(topic: string, record: BatchRecord, cause: Error): Error {
  return new Error(
    `The message for topic "${topic}" is too large: about ${recordBytes(record)} bytes, more than the topic's max.message.bytes allows. Make the message smaller, or raise the topic's limit.`,
    { cause },
  );
}
