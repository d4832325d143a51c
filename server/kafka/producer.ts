import { backOff, pauseFor } from './clock.ts';
import { asError, errorType, isConnectionError, isPassing, unreachable } from './errors.ts';
import type { KafkaLog } from './log.ts';
import { openNet, persist } from './net.ts';
import { createPartitioner } from './partitioner.ts';
import type { KafkaProducer, KafkaSettings, OutRecord } from './port.ts';
import {
  advance,
  batchBytes,
  type Chunk,
  isTooLarge,
  type Prepared,
  type ProducerIdentity,
  prepare,
  sendOnce,
  tooLarge,
} from './produce.ts';
import { recordBytes } from './record-batch.ts';

/** How long the first contact is tried, in ms. */
const connectMs = 5_000;
/** How long a record is tried before its `send` rejects, in ms. */
const deliveryMs = 30_000;
const requestMs = 10_000;
/** Most bytes of one round of requests. */
const roundBytes = 8 * 1024 * 1024;

interface Waiting extends OutRecord {
  resolve(position: { topic: string; partition: number; offset: bigint }): void;
  reject(error: Error): void;
  until: number;
  chosen: number;
}

/**
 * Starts an idempotent producer. Sends that come while a request is under way travel together in the next one; there
 * is never more than one under way, so a repeat after a lost answer cannot double or reorder. Rejects with
 * KafkaUnreachable when no broker answers.
 */
export async function createProducer(settings: KafkaSettings, log: KafkaLog): Promise<KafkaProducer> {
  const net = openNet(settings, log, requestMs + 2_000);
  const partitioner = createPartitioner();
  let queue: Waiting[] = [];
  let running: Promise<void> | undefined;
  let closed = false;
  let identity: ProducerIdentity | undefined;

  async function identify(forMs = deliveryMs): Promise<ProducerIdentity> {
    identity ??= await persist(forMs, async () => {
      const broker = await net.any();
      try {
        const { producerId, producerEpoch } = await broker.initProducerId({ transactionalId: undefined, transactionTimeout: 60_000 });
        return { id: BigInt(producerId), epoch: producerEpoch, sequences: new Map(), transactionalId: null };
      } catch (error) {
        net.suspect(error, { broker });
        throw error;
      }
    });
    return identity;
  }

  /** Takes what fits in one round: for each partition at most one chunk. The rest stays queued, in order. */
  async function takeRound(): Promise<Chunk<Waiting>[]> {
    const chunks = new Map<string, Chunk<Waiting> & { bytes: number; full: boolean }>();
    const rest: Waiting[] = [];
    const taken = queue;
    queue = [];
    const counts = new Map<string, number | Error>();
    for (const topic of new Set(taken.map((record) => record.topic))) counts.set(topic, await partitionCount(topic));
    let total = 0;
    for (const record of taken) {
      const count = counts.get(record.topic) ?? new Error(`Topic "${record.topic}" is not known.`);
      if (typeof count !== 'number') {
        record.reject(count);
        continue;
      }
      if (record.chosen < 0) record.chosen = record.partition ?? partitioner.choose(record.topic, count, record.key);
      if (record.chosen >= count) {
        record.reject(new RangeError(`Topic "${record.topic}" has ${count} partitions; there is no partition ${record.chosen}.`));
        continue;
      }
      const name = `${record.topic}/${record.chosen}`;
      const bytes = recordBytes(record);
      let chunk = chunks.get(name);
      if (!chunk) {
        chunk = { topic: record.topic, partition: record.chosen, records: [], bytes: 0, full: total >= roundBytes };
        chunks.set(name, chunk);
      }
      if (chunk.full || (chunk.records.length > 0 && chunk.bytes + bytes > batchBytes)) {
        chunk.full = true;
        rest.push(record);
        continue;
      }
      chunk.records.push(record);
      chunk.bytes += bytes;
      total += bytes;
    }
    queue = [...rest, ...queue];
    return [...chunks.values()].filter((chunk) => chunk.records.length > 0);
  }

  async function partitionCount(topic: string): Promise<number | Error> {
    try {
      const list = await persist(deliveryMs, () => net.leaders(topic));
      return list?.length ?? new Error(`Topic "${topic}" does not exist. Create it, or deploy the flow that owns it.`);
    } catch (thrown) {
      return isConnectionError(thrown) ? unreachable(settings.brokers, thrown) : asError(thrown);
    }
  }

  function settle(chunk: Chunk<Waiting>, offset: bigint): void {
    for (const [index, record] of chunk.records.entries()) {
      record.resolve({ topic: chunk.topic, partition: chunk.partition, offset: offset < 0n ? -1n : offset + BigInt(index) });
    }
  }

  function fail(chunk: Chunk<Waiting>, error: Error): void {
    const known = isConnectionError(error) || isPassing(error) ? unreachable(settings.brokers, error) : error;
    for (const record of chunk.records) record.reject(known);
  }

  /** Sends chunks until each is written or has failed. Chunks that are refused for their size are halved. */
  async function deliver(chunks: Chunk<Waiting>[]): Promise<void> {
    const wait = backOff(20, 1_000);
    let todo = chunks;
    let ready = new Map<Chunk<Waiting>, Prepared<Waiting>>();
    while (todo.length > 0) {
      let me: ProducerIdentity;
      try {
        me = await identify();
      } catch (thrown) {
        for (const chunk of todo) fail(chunk, asError(thrown));
        return;
      }
      const round: Prepared<Waiting>[] = [];
      const busy = new Set<string>();
      const broken = new Set<Chunk<Waiting>>();
      for (const chunk of todo) {
        const name = `${chunk.topic}/${chunk.partition}`;
        if (busy.has(name)) continue;
        busy.add(name);
        try {
          const prepared = ready.get(chunk) ?? prepare(chunk, me);
          ready.set(chunk, prepared);
          round.push(prepared);
        } catch (thrown) {
          broken.add(chunk);
          fail(chunk, asError(thrown));
        }
      }
      const outcomes = await sendOnce(net, null, round, requestMs);
      todo = todo.filter((chunk) => !broken.has(chunk));
      const next: Chunk<Waiting>[] = [];
      let again = false;
      let renew = false;
      for (const chunk of todo) {
        const prepared = ready.get(chunk);
        const outcome = prepared && outcomes.get(prepared);
        if (!outcome) {
          next.push(chunk);
          continue;
        }
        if (outcome.ok) {
          advance(chunk, me);
          settle(chunk, outcome.offset);
          continue;
        }
        const type = errorType(outcome.error);
        if (isTooLarge(outcome.error)) {
          const [first, ...others] = chunk.records;
          if (first && others.length === 0) first.reject(tooLarge(chunk.topic, first, outcome.error));
          else {
            const middle = chunk.records.length >> 1;
            next.push({ ...chunk, records: chunk.records.slice(0, middle) }, { ...chunk, records: chunk.records.slice(middle) });
          }
          continue;
        }
        const lostIdentity = type === 'OUT_OF_ORDER_SEQUENCE_NUMBER' || type === 'UNKNOWN_PRODUCER_ID' || type === 'INVALID_PRODUCER_EPOCH';
        const until = Math.max(...chunk.records.map((record) => record.until));
        if ((!isPassing(outcome.error) && !lostIdentity) || Date.now() > until) {
          fail(chunk, outcome.error);
          // Its sequence numbers may or may not be taken: only a new identity is sure to be in step.
          renew = true;
          continue;
        }
        renew ||= lostIdentity;
        again = true;
        next.push(chunk);
      }
      if (renew) {
        identity = undefined;
        ready = new Map();
      }
      todo = next;
      if (again) await pauseFor(wait.next());
    }
  }

  /**
   * Sends until the queue is empty. `running` is cleared in the same turn that finds it empty: cleared later, in a
   * `finally` of the promise, a send made by a caller whose last send has just resolved would join the queue while
   * `running` still stands and nobody looks any more, and wait for ever.
   */
  async function run(): Promise<void> {
    try {
      while (queue.length > 0) {
        // One turn of the event loop gathers what is being sent at the same time.
        await new Promise(setImmediate);
        await deliver(await takeRound());
      }
    } finally {
      running = undefined;
    }
  }

  await identify(connectMs).catch(async (error) => {
    net.cut();
    throw isConnectionError(error) && asError(error).name !== 'KafkaUnreachable' ? unreachable(settings.brokers, error) : error;
  });

  return {
    send(record) {
      if (closed) return Promise.reject(new Error('This producer is closed.'));
      try {
        check(record);
      } catch (error) {
        return Promise.reject(error);
      }
      return new Promise((resolve, reject) => {
        queue.push({ ...record, resolve, reject, until: Date.now() + deliveryMs, chosen: record.partition ?? -1 });
        running ??= run();
      });
    },
    async close() {
      closed = true;
      await running;
      await net.close();
    },
  };
}

/** Refuses a record that cannot be encoded, before it stands among others. */
function check(record: OutRecord): void {
  const { timestamp, partition } = record;
  if (timestamp !== undefined && !Number.isFinite(timestamp))
    throw new TypeError(`A record's timestamp is ${timestamp}; it must be ms since 1970.`);
  if (partition !== undefined && (!Number.isInteger(partition) || partition < 0))
    throw new RangeError(`There is no partition ${partition}.`);
  if (!Number.isFinite(recordBytes(record))) throw new TypeError("A record's key, value and headers must be text or bytes.");
}
