import { expect, test } from 'vitest';
import { createFetcher } from '#server/kafka/fetcher.ts';
import { silentLog } from '#server/kafka/log.ts';
import { openNet } from '#server/kafka/net.ts';
import { createPartitioner } from '#server/kafka/partitioner.ts';
import { advance, prepare, sendOnce } from '#server/kafka/produce.ts';
import { createTransactor } from '#server/kafka/transaction.ts';
import { describeBrokers, type TestBroker } from '../../kafka/brokers.ts';

async function topicWith(broker: TestBroker, partitions: number, values: readonly string[]): Promise<string> {
  const admin = broker.kafka.admin();
  const name = broker.name('read');
  await admin.ensureTopics([{ name, partitions }]);
  await admin.close();
  const producer = await broker.kafka.producer();
  await Promise.all(values.map((value, index) => producer.send({ topic: name, key: null, partition: index % partitions, value })));
  await producer.close();
  return name;
}

/** Writes values in a transaction that is committed, aborted (by the next fence), or left open. */
async function transact(
  broker: TestBroker,
  topic: string,
  values: readonly string[],
  end: 'commit' | 'abort' | 'open',
): Promise<() => void> {
  const net = openNet(broker.kafka.settings, silentLog);
  const id = broker.name('transaction');
  const never = new AbortController().signal;
  const transactor = createTransactor(net, createPartitioner(), id, 60_000);
  await transactor.fence(never);
  const records = values.map((value) => ({ topic, partition: 0, key: null, value }));
  if (end === 'commit') {
    await transactor.commit(records, { group: broker.name('group'), topic, partition: 0, next: 0n });
  } else {
    const coordinator = await net.coordinator('transaction', id);
    const { producerId, producerEpoch } = await coordinator.initProducerId({ transactionalId: id, transactionTimeout: 60_000 });
    await coordinator.addPartitionsToTxn({ transactionalId: id, producerId, producerEpoch, topics: [{ topic, partitions: [0] }] });
    const identity = { id: BigInt(producerId), epoch: producerEpoch, sequences: new Map<string, number>(), transactionalId: id };
    const chunk = { topic, partition: 0, records };
    const outcomes = await sendOnce(net, id, [prepare(chunk, identity)], 10_000);
    expect([...outcomes.values()].every(({ ok }) => ok)).toBe(true);
    advance(chunk, identity);
    if (end === 'abort') await coordinator.endTxn({ transactionalId: id, producerId, producerEpoch, transactionResult: false });
  }
  return () => net.cut();
}

async function valuesOf(broker: TestBroker, options: Parameters<TestBroker['kafka']['read']>[0]): Promise<string[]> {
  const values: string[] = [];
  for await (const batch of broker.kafka.read(options)) values.push(...batch.records.map(({ value }) => String(value)));
  return values;
}

describeBrokers('the reader', (broker) => {
  test('reads all partitions to the end as it stood, and leaves no group behind', async () => {
    const topic = await topicWith(
      broker,
      3,
      Array.from({ length: 300 }, (_, index) => `${index}`),
    );
    const values = await valuesOf(broker, { topic });
    expect(values.map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, index) => index));
  });

  test('reads a range of each partition', async () => {
    const topic = await topicWith(
      broker,
      1,
      Array.from({ length: 10 }, (_, index) => `${index}`),
    );
    expect(await valuesOf(broker, { topic, from: new Map([[0, 3n]]), to: new Map([[0, 6n]]) })).toEqual(['3', '4', '5']);
    expect(await valuesOf(broker, { topic, from: new Map([[0, 10n]]) })).toEqual([]);
  });

  test('ends at once on an empty topic', async () => {
    expect(await valuesOf(broker, { topic: await topicWith(broker, 2, []) })).toEqual([]);
  });

  test('rejects for a topic that does not exist', async () => {
    await expect(valuesOf(broker, { topic: broker.name('none') })).rejects.toThrow(/does not exist/);
  });

  test('does not see aborted messages, and ends behind control records', async () => {
    const topic = await topicWith(broker, 1, ['first']);
    (await transact(broker, topic, ['aborted'], 'abort'))();
    (await transact(broker, topic, ['committed'], 'commit'))();
    (await transact(broker, topic, ['aborted too'], 'abort'))();
    await expect.poll(() => valuesOf(broker, { topic })).toEqual(['first', 'committed']);
    expect(await valuesOf(broker, { topic, committedOnly: false })).toEqual(['first', 'aborted', 'committed', 'aborted too']);
  });

  test('does not wait for a transaction that is still open', async () => {
    const topic = await topicWith(broker, 1, ['before']);
    const close = await transact(broker, topic, ['open'], 'open');
    expect(await valuesOf(broker, { topic })).toEqual(['before']);
    close();
  });

  test('follows what is written later until its signal fires', async () => {
    const topic = await topicWith(broker, 2, ['a', 'b']);
    const producer = await broker.kafka.producer();
    const stop = new AbortController();
    const values: string[] = [];
    for await (const batch of broker.kafka.read({ topic, to: 'follow', signal: stop.signal })) {
      values.push(...batch.records.map(({ value }) => String(value)));
      if (values.length === 2) void producer.send({ topic, key: null, value: 'c' });
      if (values.length === 3) stop.abort();
    }
    await producer.close();
    expect([...values].sort()).toEqual(['a', 'b', 'c']);
  });

  test('may be broken off in the middle', async () => {
    const topic = await topicWith(
      broker,
      3,
      Array.from({ length: 30 }, (_, index) => `${index}`),
    );
    for await (const batch of broker.kafka.read({ topic })) {
      expect(batch.records.length).toBeGreaterThan(0);
      break;
    }
  });

  test('one partition whose reader is slow holds up no other', async () => {
    const topic = await topicWith(broker, 2, ['slow', 'quick']);
    const net = openNet(broker.kafka.settings, silentLog);
    const fetcher = createFetcher(net, { committedOnly: true, partitionBytes: 1_000_000, onTrouble: () => undefined });
    const { signal } = new AbortController();
    await fetcher.take(topic, 0, 0n, signal);
    expect((await fetcher.take(topic, 1, 0n, signal)).records.map(({ value }) => String(value))).toEqual(['quick']);
    const producer = await broker.kafka.producer();
    const waiting = fetcher.take(topic, 1, 1n, signal);
    await producer.send({ topic, partition: 1, key: null, value: 'next' });
    expect((await waiting).records.map(({ value }) => String(value))).toEqual(['next']);
    await producer.close();
    fetcher.close();
    net.cut();
  });
});
