import { expect, test } from 'vitest';
import { adminOf, client, makeTopic, producerOf, readTopic, startBroker, until } from './harness.ts';

const transactional = (transactionalId: string) => ({ transactionalId, idempotent: true, maxInFlightRequests: 1 });

test('committed records are seen, aborted ones are not, and offsets go with the transaction', async () => {
  const kafka = client(await startBroker());
  await makeTopic(kafka, 'in');
  await makeTopic(kafka, 'out', { numPartitions: 2 });
  const producer = await producerOf(kafka, transactional('tx'));
  const admin = await adminOf(kafka);
  const offsets = { consumerGroupId: 'g', topics: [{ topic: 'in', partitions: [{ partition: 0, offset: '7' }] }] };

  const aborted = await producer.transaction();
  await aborted.send({
    topic: 'out',
    messages: [
      { value: 'no', partition: 0 },
      { value: 'no', partition: 1 },
    ],
  });
  await aborted.sendOffsets(offsets);
  await aborted.abort();
  expect((await admin.fetchOffsets({ groupId: 'g', topics: ['in'] }))[0]?.partitions[0]?.offset).toBe('-1');

  const committed = await producer.transaction();
  await committed.send({
    topic: 'out',
    messages: [
      { value: 'yes 0', partition: 0 },
      { value: 'yes 1', partition: 1 },
    ],
  });
  await committed.sendOffsets(offsets);
  await committed.commit();
  expect((await admin.fetchOffsets({ groupId: 'g', topics: ['in'] }))[0]?.partitions[0]?.offset).toBe('7');

  const seen = await readTopic(kafka, 'out', 2);
  expect(seen.map(({ value, offset }) => [value, offset]).sort()).toEqual([
    ['yes 0', 2],
    ['yes 1', 2],
  ]);
  expect(await readTopic(kafka, 'out', 4, { uncommitted: true })).toHaveLength(4);
});

test('an open transaction holds back later records until it ends', async () => {
  const kafka = client(await startBroker());
  await makeTopic(kafka, 't');
  const producer = await producerOf(kafka, transactional('tx'));
  const open = await producer.transaction();
  await open.send({ topic: 't', messages: [{ value: 'open' }] });
  const plain = await producerOf(kafka);
  await plain.send({ topic: 't', messages: [{ value: 'plain' }] });
  expect((await readTopic(kafka, 't', 2, { uncommitted: true })).map(({ value }) => value)).toEqual(['open', 'plain']);
  let ended = false;
  const reading = readTopic(kafka, 't', 2).then((seen) => {
    expect(ended).toBe(true);
    return seen;
  });
  await plain.send({ topic: 't', messages: [{ value: 'later' }] });
  ended = true;
  await open.commit();
  expect((await reading).map(({ value }) => value)).toEqual(['open', 'plain']);
});

test('a new producer with the same transactional id aborts and shuts out the old one', async () => {
  const broker = await startBroker();
  const kafka = client(broker);
  await makeTopic(kafka, 't');
  const zombie = await producerOf(kafka, transactional('tx'));
  const stuck = await zombie.transaction();
  await stuck.send({ topic: 't', messages: [{ value: 'zombie' }] });

  const heir = await producerOf(kafka, transactional('tx'));
  const fence = await heir.transaction();
  await fence.abort();
  await expect(stuck.send({ topic: 't', messages: [{ value: 'zombie again' }] })).rejects.toThrow();
  await expect(stuck.commit()).rejects.toThrow();

  const live = await heir.transaction();
  await live.send({ topic: 't', messages: [{ value: 'heir' }] });
  await live.commit();
  expect((await readTopic(kafka, 't', 1)).map(({ value }) => value)).toEqual(['heir']);
});

test('a transaction that outlives its timeout is aborted by the broker', async () => {
  const kafka = client(await startBroker());
  await makeTopic(kafka, 't');
  const producer = await producerOf(kafka, { ...transactional('tx'), transactionTimeout: 2_000 });
  const late = await producer.transaction();
  await late.send({ topic: 't', messages: [{ value: 'late' }] });
  const admin = await adminOf(kafka);
  await until('the abort marker is written', async () => (await admin.fetchTopicOffsets('t'))[0]?.high === '2');
  await expect(late.commit()).rejects.toThrow();
});

test('an open transaction goes on after a restart of the broker, offsets included', async () => {
  const first = await startBroker();
  const kafka = client(first);
  await makeTopic(kafka, 't');
  const producer = await producerOf(kafka, transactional('tx'));
  const open = await producer.transaction();
  await open.send({ topic: 't', messages: [{ value: 'before' }] });
  await open.sendOffsets({ consumerGroupId: 'g', topics: [{ topic: 't', partitions: [{ partition: 0, offset: '3' }] }] });
  await first.close();
  const second = await startBroker({ dir: first.dir });
  expect(second.warnings).toEqual([]);
  await open.send({ topic: 't', messages: [{ value: 'after' }] });
  await open.commit();
  expect((await readTopic(kafka, 't', 2)).map(({ value }) => value)).toEqual(['before', 'after']);
  const admin = await adminOf(kafka);
  expect((await admin.fetchOffsets({ groupId: 'g', topics: ['t'] }))[0]?.partitions[0]?.offset).toBe('3');
});

test('many transactions, some aborted, some open over a restart, leave exactly the committed records', async () => {
  const first = await startBroker();
  const kafka = client(first);
  await makeTopic(kafka, 't', { config: { 'segment.bytes': '2000' } });
  const producer = await producerOf(kafka, transactional('tx'));
  const expected: string[] = [];
  for (let i = 0; i < 30; i++) {
    const transaction = await producer.transaction();
    await transaction.send({ topic: 't', messages: [{ value: `${i}a` }, { value: `${i}b` }] });
    if (i % 3 === 0) {
      await transaction.abort();
      continue;
    }
    await transaction.commit();
    expected.push(`${i}a`, `${i}b`);
  }
  await first.close();
  await startBroker({ dir: first.dir });
  expect((await readTopic(kafka, 't', expected.length)).map(({ value }) => value)).toEqual(expected);
});
