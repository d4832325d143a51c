import { silentLog } from '#server/kafka/log.ts';
import { openNet } from '#server/kafka/net.ts';
import { prepare, sendOnce } from '#server/kafka/produce.ts';
import type { TestBroker } from './brokers.ts';

/** A transaction with records in it that nobody has ended yet. */
export interface OpenTransaction {
  /** Commits or aborts it. */
  end(commit: boolean): Promise<void>;
}

/** Writes values to partition 0 of a topic in a transaction and leaves it open. */
export async function openTransaction(broker: TestBroker, topic: string, values: readonly string[]): Promise<OpenTransaction> {
  const net = openNet(broker.kafka.settings, silentLog);
  const id = broker.name('transaction');
  const coordinator = await net.coordinator('transaction', id);
  const { producerId, producerEpoch } = await coordinator.initProducerId({ transactionalId: id, transactionTimeout: 60_000 });
  await coordinator.addPartitionsToTxn({ transactionalId: id, producerId, producerEpoch, topics: [{ topic, partitions: [0] }] });
  const identity = { id: BigInt(producerId), epoch: producerEpoch, sequences: new Map<string, number>(), transactionalId: id };
  const records = values.map((value) => ({ topic, partition: 0, key: null, value }));
  const outcomes = await sendOnce(net, id, [prepare({ topic, partition: 0, records }, identity)], 10_000);
  if (![...outcomes.values()].every(({ ok }) => ok)) throw new Error('The records of the transaction were not taken.');
  return {
    async end(commit) {
      await coordinator.endTxn({ transactionalId: id, producerId, producerEpoch, transactionResult: commit });
      net.cut();
    },
  };
}
