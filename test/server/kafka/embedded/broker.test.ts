import { ConfigResourceTypes, Kafka, type KafkaJSProtocolError, type KafkaMessage } from 'kafkajs';
import { expect, test } from 'vitest';
import { adminOf, client, makeTopic, producerOf, readTopic, startBroker } from './harness.ts';

test('records come back with key, value, headers, timestamp and offset, in order', async () => {
  const kafka = client(await startBroker());
  await makeTopic(kafka, 'orders');
  const producer = await producerOf(kafka);
  const timestamp = String(1_700_000_000_123);
  const [first] = await producer.send({
    topic: 'orders',
    messages: [
      { key: 'a', value: 'one', headers: { h: 'x' }, timestamp },
      { key: null, value: null },
    ],
  });
  expect(first).toMatchObject({ partition: 0, baseOffset: '0', errorCode: 0 });
  const consumer = kafka.consumer({ groupId: 'g' });
  await consumer.connect();
  await consumer.subscribe({ topic: 'orders', fromBeginning: true });
  const messages = await new Promise<KafkaMessage[]>((resolve) => {
    void consumer.run({ eachBatch: async ({ batch }) => resolve(batch.messages) });
  });
  await consumer.disconnect();
  expect(messages).toHaveLength(2);
  expect(messages[0]).toMatchObject({
    key: Buffer.from('a'),
    value: Buffer.from('one'),
    headers: { h: Buffer.from('x') },
    timestamp,
    offset: '0',
  });
  expect(messages[1]).toMatchObject({ key: null, value: null, offset: '1' });
});

test('topics, configurations, offsets and the port survive a restart', async () => {
  const first = await startBroker();
  const kafka = client(first);
  await makeTopic(kafka, 'kept', { numPartitions: 2, config: { 'retention.ms': '1000000' } });
  const producer = await producerOf(kafka);
  await producer.send({
    topic: 'kept',
    messages: [
      { value: 'a', partition: 0 },
      { value: 'b', partition: 1 },
    ],
  });
  const admin = await adminOf(kafka);
  await admin.setOffsets({ groupId: 'g', topic: 'kept', partitions: [{ partition: 1, offset: '1' }] });
  await first.close();

  const second = await startBroker({ dir: first.dir });
  expect(second.port).toBe(first.port);
  expect(second.warnings).toEqual([]);
  expect((await readTopic(kafka, 'kept', 2)).map(({ value }) => value).sort()).toEqual(['a', 'b']);
  const [offsets] = await admin.fetchOffsets({ groupId: 'g', topics: ['kept'] });
  expect(offsets?.partitions.find(({ partition }) => partition === 1)?.offset).toBe('1');
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: 'kept', configNames: ['retention.ms'] }],
  });
  expect(resources[0]?.configEntries).toMatchObject([{ configName: 'retention.ms', configValue: '1000000', isDefault: false }]);
});

test('a topic is made, gets more partitions, is described and deleted', async () => {
  const kafka = client(await startBroker());
  const admin = await adminOf(kafka);
  expect(await admin.createTopics({ topics: [{ topic: 't', numPartitions: 2 }] })).toBe(true);
  expect(await admin.createTopics({ topics: [{ topic: 't', numPartitions: 2 }] })).toBe(false);
  await admin.createPartitions({ topicPartitions: [{ topic: 't', count: 5 }] });
  const { topics } = await admin.fetchTopicMetadata({ topics: ['t'] });
  expect(topics[0]?.partitions).toHaveLength(5);
  expect(await admin.listTopics()).toEqual(['t']);
  await admin.setOffsets({ groupId: 'g', topic: 't', partitions: [{ partition: 0, offset: '0' }] });
  await admin.deleteTopics({ topics: ['t'] });
  expect(await admin.listTopics()).toEqual([]);
  expect(await admin.fetchOffsets({ groupId: 'g' })).toEqual([]);
});

test('a topic that nobody made is not made by asking for it', async () => {
  const kafka = client(await startBroker());
  const producer = await producerOf(kafka);
  await expect(producer.send({ topic: 'ghost', messages: [{ value: 'x' }] })).rejects.toThrow(/does not host this topic-partition/);
  expect(await (await adminOf(kafka)).listTopics()).toEqual([]);
});

test('bad topic names, partition counts, replication factors and settings are refused', async () => {
  const admin = await adminOf(client(await startBroker()));
  const refused = (topic: Parameters<typeof admin.createTopics>[0]['topics'][number]) =>
    admin.createTopics({ topics: [topic] }).then(
      () => 'taken',
      (error: { errors?: KafkaJSProtocolError[] } & KafkaJSProtocolError) => (error.errors?.[0] ?? error).type,
    );
  expect(await refused({ topic: 'a b' })).toBe('INVALID_TOPIC_EXCEPTION');
  expect(await refused({ topic: 'x'.repeat(250) })).toBe('INVALID_TOPIC_EXCEPTION');
  expect(await refused({ topic: 'a', numPartitions: 0 })).toBe('INVALID_PARTITIONS');
  expect(await refused({ topic: 'a', replicationFactor: 3 })).toBe('INVALID_REPLICATION_FACTOR');
  expect(await refused({ topic: 'a', configEntries: [{ name: 'retention.ms', value: 'soon' }] })).toBe('INVALID_CONFIG');
  expect(await refused({ topic: 'a', configEntries: [{ name: 'no.such.setting', value: '1' }] })).toBe('INVALID_CONFIG');
  expect(await admin.listTopics()).toEqual([]);
});

test('altering settings replaces all overrides and takes effect', async () => {
  const kafka = client(await startBroker());
  await makeTopic(kafka, 't', { config: { 'retention.ms': '5000' } });
  const admin = await adminOf(kafka);
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: 't', configEntries: [{ name: 'max.message.bytes', value: '200' }] }],
  });
  const { resources } = await admin.describeConfigs({ includeSynonyms: true, resources: [{ type: ConfigResourceTypes.TOPIC, name: 't' }] });
  const overrides = resources[0]?.configEntries
    .filter(({ isDefault }) => !isDefault)
    .map(({ configName, configValue }) => [configName, configValue]);
  expect(overrides).toEqual([['max.message.bytes', '200']]);
  const producer = await producerOf(kafka);
  await expect(producer.send({ topic: 't', messages: [{ value: 'x'.repeat(300) }] })).rejects.toThrow(/larger than the max message size/);
});

test('a message of one megabyte is taken, one above max.message.bytes is not', async () => {
  const kafka = client(await startBroker());
  await makeTopic(kafka, 't');
  const producer = await producerOf(kafka);
  await producer.send({ topic: 't', messages: [{ value: 'x'.repeat(1_048_000) }] });
  await expect(producer.send({ topic: 't', messages: [{ value: 'x'.repeat(1_048_588) }] })).rejects.toThrow(
    /larger than the max message size/,
  );
  expect((await readTopic(kafka, 't', 1))[0]?.value).toHaveLength(1_048_000);
});

test('offsets are found by time, exactly to the record', async () => {
  const kafka = client(await startBroker());
  await makeTopic(kafka, 't');
  const producer = await producerOf(kafka);
  const at = (ms: number) => ({ value: String(ms), timestamp: String(1_700_000_000_000 + ms) });
  await producer.send({ topic: 't', messages: [at(0), at(10), at(20)] });
  await producer.send({ topic: 't', messages: [at(30), at(40)] });
  const admin = await adminOf(kafka);
  const offsetAt = async (ms: number) => (await admin.fetchTopicOffsetsByTimestamp('t', 1_700_000_000_000 + ms))[0]?.offset;
  expect(await offsetAt(-5)).toBe('0');
  expect(await offsetAt(11)).toBe('2');
  expect(await offsetAt(40)).toBe('4');
  expect(await offsetAt(41)).toBe('5');
});

test('deleted records stay deleted, over a restart too', async () => {
  const first = await startBroker();
  const kafka = client(first);
  await makeTopic(kafka, 't');
  const producer = await producerOf(kafka);
  for (const value of ['a', 'b', 'c', 'd']) await producer.send({ topic: 't', messages: [{ value }] });
  const admin = await adminOf(kafka);
  await admin.fetchTopicOffsets('t'); // kafkajs deletes records only of topics it has asked about.
  await admin.deleteTopicRecords({ topic: 't', partitions: [{ partition: 0, offset: '2' }] });
  await expect(admin.deleteTopicRecords({ topic: 't', partitions: [{ partition: 0, offset: '99' }] })).rejects.toThrow();
  await first.close();
  await startBroker({ dir: first.dir });
  expect(await admin.fetchTopicOffsets('t')).toEqual([{ partition: 0, offset: '4', low: '2', high: '4' }]);
  expect((await readTopic(kafka, 't', 2)).map(({ value }) => value)).toEqual(['c', 'd']);
  await admin.deleteTopicRecords({ topic: 't', partitions: [{ partition: 0, offset: '-1' }] });
  expect(await admin.fetchTopicOffsets('t')).toEqual([{ partition: 0, offset: '4', low: '4', high: '4' }]);
});

test('the broker stamps its own time where the topic asks for it', async () => {
  const kafka = client(await startBroker());
  await makeTopic(kafka, 't', { config: { 'message.timestamp.type': 'LogAppendTime' } });
  const producer = await producerOf(kafka);
  const before = Date.now();
  const [sent] = await producer.send({ topic: 't', messages: [{ value: 'x', timestamp: '1000' }] });
  expect(Number(sent?.logAppendTime)).toBeGreaterThanOrEqual(before);
  const admin = await adminOf(kafka);
  expect((await admin.fetchTopicOffsetsByTimestamp('t', before))[0]?.offset).toBe('0');
});

test('with fsync "always" records are acknowledged and read like any others', async () => {
  const kafka = client(await startBroker({ fsync: 'always' }));
  await makeTopic(kafka, 't');
  const producer = await producerOf(kafka);
  await Promise.all(Array.from({ length: 50 }, (_, i) => producer.send({ topic: 't', messages: [{ value: String(i) }] })));
  expect(await readTopic(kafka, 't', 50)).toHaveLength(50);
});

test('a consumer waits for records instead of asking again and again', async () => {
  const broker = await startBroker();
  const kafka = new Kafka({ brokers: [`${broker.host}:${broker.port}`], logLevel: 0 });
  await makeTopic(kafka, 't');
  const consumer = kafka.consumer({ groupId: 'g', maxWaitTimeInMs: 20_000 });
  await consumer.connect();
  await consumer.subscribe({ topic: 't', fromBeginning: true });
  let fetches = 0;
  consumer.on('consumer.fetch', () => fetches++);
  const joined = new Promise((resolve) => consumer.on('consumer.group_join', resolve));
  const arrived = new Promise<number>((resolve) => {
    void consumer.run({ eachMessage: async () => resolve(Date.now()) });
  });
  await joined;
  const producer = await producerOf(kafka);
  await producer.send({ topic: 't', messages: [{ value: 'x' }] });
  const sent = Date.now();
  expect((await arrived) - sent).toBeLessThan(10_000);
  expect(fetches).toBeLessThan(10);
  await consumer.disconnect();
});
