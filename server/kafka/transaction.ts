import { pauseFor } from './clock.ts';
import { isPassing } from './errors.ts';
import type { Broker } from './kafkajs.ts';
import { type CoordinatorKind, type Net, persist } from './net.ts';
import { ourMark } from './offsets.ts';
import type { Partitioner } from './partitioner.ts';
import type { OutRecord } from './port.ts';
import { advance, type Chunk, cutIntoChunks, isTooLarge, type ProducerIdentity, prepare, sendOnce, tooLarge } from './produce.ts';

/** The offset of a transaction. `unmarked`: not told apart from one that somebody else has set. */
export interface OffsetCommit {
  group: string;
  topic: string;
  partition: number;
  next: bigint;
  unmarked?: boolean;
}

/** The transactional writer of one input partition. One user at a time; after any rejection it must be fenced again. */
export interface Transactor {
  /**
   * Takes the transactional id: every older holder can write no more, and its open transaction is aborted. When it
   * resolves, offsets that were committed under this id are final (InitProducerId waits for the transaction to end).
   */
  fence(signal: AbortSignal): Promise<void>;
  /**
   * Writes records and offsets in one transaction. A rejection leaves the outcome unknown: fence, then read the offset.
   * `holds` is asked when the records are written; where it says no, they are taken back and it resolves to false.
   */
  commit(records: readonly OutRecord[], offset: OffsetCommit, holds?: () => Promise<boolean>): Promise<boolean>;
}

/** How long one step of a transaction is tried, in ms. */
const stepMs = 15_000;
const produceMs = 10_000;

export function createTransactor(net: Net, partitioner: Partitioner, transactionalId: string, timeoutMs: number): Transactor {
  let identity: ProducerIdentity | undefined;

  /** Asks a coordinator. kafkajs keeps the answer's error; passing ones are tried again, quickly while a transaction is ending. */
  function ask<Result>(
    kind: CoordinatorKind,
    id: string,
    request: (broker: Broker) => Promise<Result>,
    forMs = stepMs,
    signal?: AbortSignal,
  ) {
    return persist(
      forMs,
      async () => {
        let broker: Broker | undefined;
        try {
          broker = await net.coordinator(kind, id);
          return await request(broker);
        } catch (error) {
          net.suspect(error, { ...(broker ? { broker } : {}), kind, id });
          throw error;
        }
      },
      { signal, firstWaitMs: 5 },
    );
  }

  async function writeAll(chunks: readonly Chunk<OutRecord>[], me: ProducerIdentity): Promise<void> {
    const queues = new Map<string, Chunk<OutRecord>[]>();
    for (const chunk of chunks) {
      const name = `${chunk.topic}/${chunk.partition}`;
      const list = queues.get(name);
      if (list) list.push(chunk);
      else queues.set(name, [chunk]);
    }
    while (queues.size > 0) {
      let round = [...queues.values()].flatMap((list) => (list[0] ? [prepare(list[0], me)] : []));
      for (let wait = 20, until = Date.now() + stepMs; round.length > 0; wait = Math.min(wait * 2, 1_000)) {
        const outcomes = await sendOnce(net, transactionalId, round, produceMs);
        const again: typeof round = [];
        for (const [prepared, outcome] of outcomes) {
          const { topic, partition, chunk } = prepared;
          const list = queues.get(`${topic}/${partition}`) ?? [];
          if (outcome.ok) {
            advance(chunk, me);
            list.shift();
            if (list.length === 0) queues.delete(`${topic}/${partition}`);
          } else if (isTooLarge(outcome.error)) {
            const [first, ...others] = chunk.records;
            if (!first || others.length === 0) throw first ? tooLarge(topic, first, outcome.error) : outcome.error;
            const middle = chunk.records.length >> 1;
            list.splice(0, 1, { ...chunk, records: chunk.records.slice(0, middle) }, { ...chunk, records: chunk.records.slice(middle) });
          } else if (isPassing(outcome.error) && Date.now() < until) {
            again.push(prepared);
          } else {
            throw outcome.error;
          }
        }
        round = again;
        if (round.length > 0) await pauseFor(wait);
      }
    }
  }

  async function assign(records: readonly OutRecord[]): Promise<Chunk<OutRecord>[]> {
    const groups = new Map<string, { topic: string; partition: number; records: OutRecord[] }>();
    const counts = new Map<string, number>();
    for (const record of records) {
      const { topic } = record;
      let count = counts.get(topic);
      if (count === undefined) {
        const list = await persist(stepMs, () => net.leaders(topic));
        if (!list) throw new Error(`Topic "${topic}" does not exist. Create it, or deploy the flow that owns it.`);
        count = list.length;
        counts.set(topic, count);
      }
      const partition = record.partition ?? partitioner.choose(topic, count, record.key);
      if (partition >= count) throw new RangeError(`Topic "${topic}" has ${count} partitions; there is no partition ${partition}.`);
      const name = `${topic}/${partition}`;
      const group = groups.get(name);
      if (group) group.records.push(record);
      else groups.set(name, { topic, partition, records: [record] });
    }
    return [...groups.values()].flatMap((group) => cutIntoChunks(group.topic, group.partition, group.records));
  }

  return {
    async fence(signal) {
      identity = undefined;
      const { producerId, producerEpoch } = await ask(
        'transaction',
        transactionalId,
        (broker) => broker.initProducerId({ transactionalId, transactionTimeout: timeoutMs }),
        timeoutMs,
        signal,
      );
      identity = { id: BigInt(producerId), epoch: producerEpoch, sequences: new Map(), transactionalId };
    },

    async commit(records, { group, topic, partition, next, unmarked }, holds) {
      const me = identity;
      if (!me) throw new Error(`Transaction ${transactionalId} is not fenced.`);
      identity = undefined;
      const who = { transactionalId, producerId: me.id.toString(), producerEpoch: me.epoch };
      const chunks = await assign(records);
      if (chunks.length > 0) {
        const topics = new Map<string, Set<number>>();
        for (const chunk of chunks) topics.set(chunk.topic, (topics.get(chunk.topic) ?? new Set()).add(chunk.partition));
        const list = [...topics].map(([name, partitions]) => ({ topic: name, partitions: [...partitions] }));
        await ask('transaction', transactionalId, (broker) => broker.addPartitionsToTxn({ ...who, topics: list }));
        await writeAll(chunks, me);
        if (holds && !(await holds())) {
          await ask('transaction', transactionalId, (broker) => broker.endTxn({ ...who, transactionResult: false }));
          identity = me;
          return false;
        }
      }
      await ask('transaction', transactionalId, (broker) => broker.addOffsetsToTxn({ ...who, groupId: group }));
      const offsets = [{ topic, partitions: [{ partition, offset: next.toString(), metadata: unmarked ? '' : ourMark }] }];
      await ask('group', group, (broker) => broker.txnOffsetCommit({ ...who, groupId: group, topics: offsets }));
      await ask('transaction', transactionalId, (broker) => broker.endTxn({ ...who, transactionResult: true }));
      identity = me;
      return true;
    },
  };
}
