import type { Headers } from '#shared/message.ts';
import { asError, isConnectionError, isPassing, KafkaError } from './errors.ts';
import type { Broker } from './kafkajs.ts';
import type { KafkaLog } from './log.ts';
import { leaderOf, openNet } from './net.ts';
import { earliest, latest, listOffsets } from './offsets.ts';
import type { KafkaRecord, KafkaSettings } from './port.ts';
import { batchHeaderBytes } from './record-batch.ts';
import { type AbortedTransaction, decodeBatches, UnreadableBatch } from './record-decoder.ts';
import { sendFetch } from './requests.ts';

/** One record batch by its head alone: whoever only counts need not open what is in it. */
export interface BatchHead {
  /** First and last offset that it covers, and how many records it holds: fewer where compaction took some. */
  first: bigint;
  last: bigint;
  count: number;
  /** `control`: the marker of a transaction's end. `aborted`: of a transaction that was taken back. */
  kind: 'data' | 'control' | 'aborted';
  /** -1 for writers that are neither idempotent nor transactional. */
  producerId: bigint;
  transactional: boolean;
  /** Its records; opens it. */
  records(): Promise<KafkaRecord[]>;
  /** Headers of its first record; cheap where the batch is not compressed. */
  headers(): Promise<Headers>;
}

/** Where to look. */
export interface SurveyFrom {
  topic: string;
  partition: number;
  offset: bigint;
}

/** What stands at a place now, as far as it is decided: nothing of a transaction that is open. */
export interface SurveyStep extends SurveyFrom {
  batches: BatchHead[];
  /** Offset after everything that was looked at. */
  next: bigint;
  /** End of the partition, with what is still open; and the first offset that is still open. */
  high: bigint;
  stable: bigint;
  /** `missing`: there is no such topic or partition. `range`: the offset is not in the log. */
  gone?: 'missing' | 'range';
}

/** Looks at topics batch by batch, without a group, decided transactions only; keeps its connections. */
export interface Surveyor {
  /** One look at each place; rejects when Kafka does not answer. Takes at most so many bytes of a partition (default 1 MB). */
  look(places: readonly SurveyFrom[], options?: { waitMs?: number; partitionBytes?: number }): Promise<SurveyStep[]>;
  /** Beginning and decided end by partition; undefined when the topic does not exist. */
  ends(topic: string): Promise<Map<number, { low: bigint; stable: bigint }> | undefined>;
  close(): void;
}

const totalBytes = 16 * 1024 * 1024;

export function createSurveyor(settings: KafkaSettings, log: KafkaLog): Surveyor {
  const net = openNet(settings, log);

  async function lookAt(broker: Broker, places: readonly SurveyFrom[], waitMs: number, partitionBytes: number): Promise<SurveyStep[]> {
    const request = { maxWaitMs: waitMs, maxBytes: totalBytes, partitionBytes, committedOnly: true, entries: places };
    const answers = await sendFetch(broker, request).catch((error) => {
      net.suspect(error, { broker });
      throw error;
    });
    return places.map((place) => {
      const answer = answers.find(({ topic, partition }) => topic === place.topic && partition === place.partition);
      const { topic, partition, offset } = place;
      const nothing = { topic, partition, offset, batches: [], next: offset, high: offset, stable: offset };
      if (!answer) return nothing;
      if (answer.errorCode === 1) return { ...nothing, gone: 'range' };
      if (answer.errorCode === 3) {
        net.suspect(new KafkaError(3, topic), { topic });
        return { ...nothing, gone: 'missing' };
      }
      if (answer.errorCode !== 0) {
        const error = new KafkaError(answer.errorCode, `Looking at ${topic}/${partition}`);
        net.suspect(error, { topic });
        throw error;
      }
      const { batches, next } = headsOf(answer.bytes, { topic, partition, from: offset, aborted: answer.aborted });
      return { ...nothing, batches, next, high: answer.high, stable: answer.stable };
    });
  }

  return {
    async look(places, { waitMs = 0, partitionBytes = 1024 * 1024 } = {}) {
      const perBroker = new Map<Broker, SurveyFrom[]>();
      const missing: SurveyStep[] = [];
      for (const place of places) {
        const broker = await leaderOf(net, place.topic, place.partition).catch((thrown) => {
          const error = asError(thrown);
          if (error instanceof KafkaError && error.code === 3) return undefined;
          net.suspect(error, { topic: place.topic });
          throw error;
        });
        if (broker === undefined) {
          const { offset } = place;
          missing.push({ ...place, batches: [], next: offset, high: offset, stable: offset, gone: 'missing' });
        } else {
          const list = perBroker.get(broker);
          if (list) list.push(place);
          else perBroker.set(broker, [place]);
        }
      }
      const steps = await Promise.all([...perBroker].map(([broker, list]) => lookAt(broker, list, waitMs, partitionBytes)));
      return [...missing, ...steps.flat()];
    },
    async ends(topic) {
      const list = await net.leaders(topic, true);
      if (!list) return undefined;
      const partitions = list.map((_, partition) => partition);
      const low = await listOffsets(net, topic, partitions, earliest);
      const stable = await listOffsets(net, topic, partitions, latest, true);
      return new Map(partitions.map((partition) => [partition, { low: low.get(partition) ?? 0n, stable: stable.get(partition) ?? 0n }]));
    },
    close: () => net.cut(),
  };
}

/** Whether a rejection of the surveyor passes by itself. */
export const passes = (error: unknown): boolean => isPassing(asError(error)) || isConnectionError(asError(error));

/** The heads of the whole batches of an answer; a cut-off last one is left for the next look. */
export function headsOf(
  bytes: Buffer,
  { topic, partition, from, aborted }: { topic: string; partition: number; from: bigint; aborted: readonly AbortedTransaction[] },
): { batches: BatchHead[]; next: bigint } {
  const batches: BatchHead[] = [];
  const waiting = [...aborted].sort((a, b) => Number(a.firstOffset - b.firstOffset));
  const abortedNow = new Set<bigint>();
  let next = from;
  for (let at = 0; at + 61 <= bytes.length; ) {
    const first = bytes.readBigInt64BE(at);
    const end = at + 12 + bytes.readInt32BE(at + 8);
    if (bytes[at + 16] !== 2) throw new UnreadableBatch(topic, partition, first, `its format is ${bytes[at + 16]}, from before Kafka 0.11`);
    if (end > bytes.length) break;
    const attributes = bytes.readInt16BE(at + 21);
    const last = first + BigInt(bytes.readInt32BE(at + 23));
    const producerId = bytes.readBigInt64BE(at + 43);
    const transactional = (attributes & 16) !== 0;
    while (waiting[0] && waiting[0].firstOffset <= last) abortedNow.add((waiting.shift() as AbortedTransaction).producerId);
    const control = (attributes & 32) !== 0;
    const kind = control ? 'control' : transactional && abortedNow.has(producerId) ? 'aborted' : 'data';
    const batch = bytes.subarray(at, end);
    // Every transaction of a producer ends with a marker; the next one is judged by its own entry in the list.
    if (control) abortedNow.delete(producerId);
    const records = async () => (await decodeBatches(batch, { topic, partition, from: first })).records;
    const count = bytes.readInt32BE(at + 57);
    if (last >= from)
      batches.push({
        first,
        last,
        count,
        kind,
        producerId,
        transactional,
        records,
        headers: async () => ((attributes & 7) === 0 ? firstHeaders(batch) : ((await records())[0]?.headers ?? {})),
      });
    if (last >= next) next = last + 1n;
    at = end;
  }
  return { batches, next };
}

/** Headers of the first record of a batch that is not compressed, without touching the others. */
function firstHeaders(batch: Buffer): Headers {
  const cursor = { at: batchHeaderBytes };
  varint(batch, cursor);
  cursor.at++;
  varint(batch, cursor);
  varint(batch, cursor);
  for (let field = 0; field < 2; field++) {
    const size = varint(batch, cursor);
    if (size > 0) cursor.at += size;
  }
  const headers: Headers = {};
  for (let left = varint(batch, cursor); left > 0; left--) {
    const nameSize = varint(batch, cursor);
    const name = batch.toString('utf8', cursor.at, (cursor.at += nameSize));
    const size = varint(batch, cursor);
    if (size >= 0) headers[name] = batch.toString('utf8', cursor.at, (cursor.at += size));
  }
  return headers;
}

/** A zigzag number; what does not fit 53 bits comes out wrong, which only a record's time can be, and nobody looks at that. */
function varint(bytes: Buffer, cursor: { at: number }): number {
  let value = 0;
  for (let factor = 1; ; factor *= 128) {
    const byte = bytes[cursor.at++];
    if (byte === undefined) throw new RangeError('a batch ends in the middle of a number');
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}
