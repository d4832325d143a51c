import { expect, test } from 'vitest';
import { adminOf, client, makeTopic, producerOf, readTopic, startBroker, until } from './harness.ts';

test('a compacted topic keeps the last value of each key, and kafkajs reads across the gaps', async () => {
  const broker = await startBroker({ housekeepingMs: 50 });
  const kafka = client(broker);
  const config = { 'cleanup.policy': 'compact', 'segment.bytes': '3000', 'min.cleanable.dirty.ratio': '0', 'delete.retention.ms': '0' };
  await makeTopic(kafka, 't', { config });
  const producer = await producerOf(kafka, { idempotent: true, maxInFlightRequests: 1 });
  for (let round = 0; round < 20; round++) {
    await producer.send({
      topic: 't',
      compression: round % 2,
      messages: Array.from({ length: 20 }, (_, i) => ({ key: `k${i}`, value: `${i} in round ${round}` })),
    });
  }
  await producer.send({ topic: 't', messages: [{ key: 'k0', value: null }] });
  await producer.send({ topic: 't', messages: [{ key: 'end', value: 'x'.repeat(3_000) }] });
  await producer.send({ topic: 't', messages: [{ key: 'end', value: 'end' }] });
  await until('the tombstone and all before it are compacted', async () => {
    const seen = await readTopic(kafka, 't', 1);
    return seen[0]?.offset === 381;
  });
  const seen = await readTopic(kafka, 't', 21);
  expect(seen.slice(0, 19).map(({ key, value }) => [key, value])).toEqual(
    Array.from({ length: 19 }, (_, i) => [`k${i + 1}`, `${i + 1} in round 19`]),
  );
  expect(seen.at(-1)).toMatchObject({ key: 'end', value: 'end', offset: 402 });
  expect((await (await adminOf(kafka)).fetchTopicOffsets('t'))[0]).toMatchObject({ low: '0', high: '403' });
  expect(broker.warnings).toEqual([]);
});

test('retention deletes old records while the broker runs, and consumers go on at the new start', async () => {
  const kafka = client(await startBroker({ housekeepingMs: 50 }));
  await makeTopic(kafka, 't', { config: { 'retention.ms': '1000' } });
  const producer = await producerOf(kafka);
  await producer.send({ topic: 't', messages: [{ value: 'old', timestamp: String(Date.now() - 10_000) }] });
  const admin = await adminOf(kafka);
  await until('the old record is gone', async () => (await admin.fetchTopicOffsets('t'))[0]?.low === '1');
  await producer.send({ topic: 't', messages: [{ value: 'new', timestamp: String(Date.now() + 60_000) }] });
  expect((await readTopic(kafka, 't', 1)).map(({ value, offset }) => [value, offset])).toEqual([['new', 1]]);
});
