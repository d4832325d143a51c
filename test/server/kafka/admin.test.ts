import { expect, test } from 'vitest';
import { createKafka } from '#server/kafka/client.ts';
import { KafkaUnreachable } from '#server/kafka/port.ts';
import { describeBrokers } from '../../kafka/brokers.ts';

describeBrokers('the admin', (broker) => {
  test('creates what is missing, says so once, and leaves the rest alone', async () => {
    const admin = broker.kafka.admin();
    const [one, two] = [broker.name('one'), broker.name('two')];
    expect(await admin.ensureTopics([{ name: one, partitions: 2, config: { 'cleanup.policy': 'compact' } }])).toEqual([one]);
    expect(
      await admin.ensureTopics([
        { name: one, partitions: 1 },
        { name: two, partitions: 3 },
      ]),
    ).toEqual([two]);
    const topics = await admin.topics();
    expect(topics).toContainEqual({ name: one, partitions: 2 });
    expect(topics).toContainEqual({ name: two, partitions: 3 });
    await admin.close();
  });

  test('adds partitions where there are too few', async () => {
    const admin = broker.kafka.admin();
    const topic = broker.name('grows');
    await admin.ensureTopics([{ name: topic, partitions: 1 }]);
    expect(await admin.ensureTopics([{ name: topic, partitions: 4 }])).toEqual([]);
    expect(await admin.offsets(topic)).toHaveLength(4);
    await admin.close();
  });

  test('is not hurt when several create the same topics at once', async () => {
    const topics = ['a', 'b', 'c'].map((what) => ({ name: broker.name(what), partitions: 2 }));
    const admins = Array.from({ length: 4 }, () => broker.kafka.admin());
    const created = await Promise.all(admins.map((admin) => admin.ensureTopics(topics)));
    expect(created.flat().sort()).toEqual(topics.map(({ name }) => name).sort());
    await Promise.all(admins.map((admin) => admin.close()));
  });

  test('knows the settings of a topic, those that were given and those that Kafka gives', async () => {
    const admin = broker.kafka.admin();
    const topic = broker.name('settings');
    await admin.ensureTopics([{ name: topic, partitions: 1, config: { 'retention.ms': '3600000' } }]);
    expect(await admin.configs(topic)).toMatchObject({ 'retention.ms': '3600000', 'cleanup.policy': 'delete', 'retention.bytes': '-1' });
    expect(await admin.configs(broker.name('never-there'))).toBeUndefined();
    await admin.close();
  });

  test('explains which topic could not be created', async () => {
    const admin = broker.kafka.admin();
    await expect(admin.ensureTopics([{ name: 'not a name!', partitions: 1 }])).rejects.toThrow(/not a name!/);
    await admin.close();
  });

  test('knows offsets, also at a time', async () => {
    const admin = broker.kafka.admin();
    const topic = broker.name('timed');
    await admin.ensureTopics([{ name: topic, partitions: 1 }]);
    const producer = await broker.kafka.producer();
    const start = 1_700_000_000_000;
    for (let index = 0; index < 5; index++)
      await producer.send({ topic, partition: 0, key: null, value: `${index}`, timestamp: start + index * 1_000 });
    await producer.close();
    expect(await admin.offsets(topic)).toEqual([{ partition: 0, low: 0n, high: 5n }]);
    expect(await admin.offsetsAt(topic, start + 1_500)).toEqual(new Map([[0, 2n]]));
    expect(await admin.offsetsAt(topic, start + 60_000)).toEqual(new Map([[0, 5n]]));
    expect(await admin.offsets(broker.name('none'))).toBeUndefined();
    await admin.close();
  });

  test('sets and forgets the offsets of a group without members', async () => {
    const admin = broker.kafka.admin();
    const topic = broker.name('offsets');
    const group = broker.name('group');
    await admin.ensureTopics([{ name: topic, partitions: 2 }]);
    expect(await admin.committed(group, topic)).toEqual(
      new Map([
        [0, -1n],
        [1, -1n],
      ]),
    );
    await admin.setOffsets(group, topic, new Map([[1, 7n]]));
    expect(await admin.committed(group, topic)).toEqual(
      new Map([
        [0, -1n],
        [1, 7n],
      ]),
    );
    await admin.deleteGroups([group, broker.name('never-there')]);
    expect(await admin.committed(group, topic)).toEqual(
      new Map([
        [0, -1n],
        [1, -1n],
      ]),
    );
    await admin.close();
  });

  test('refuses to set the offsets of a group with live members', async () => {
    const admin = broker.kafka.admin();
    const topic = broker.name('live');
    const group = broker.name('live-group');
    await admin.ensureTopics([{ name: topic, partitions: 1 }]);
    const consumer = broker.kafka.consume({
      group,
      topics: [{ topic, from: 'earliest' }],
      handle: async ({ records }) => ({ consumed: records.length, records: [] }),
    });
    await consumer.joined;
    await expect(admin.setOffsets(group, topic, new Map([[0, 0n]]))).rejects.toThrow(/live members/);
    await expect(admin.deleteGroups([group])).rejects.toThrow(/live members/);
    await consumer.stop(5_000);
    await admin.setOffsets(group, topic, new Map([[0, 0n]]));
    await admin.close();
  });

  test('deletes topics, also such as are not there', async () => {
    const admin = broker.kafka.admin();
    const topic = broker.name('deleted');
    await admin.ensureTopics([{ name: topic, partitions: 1 }]);
    await admin.deleteTopics([topic, broker.name('none')]);
    await expect.poll(() => admin.offsets(topic)).toBeUndefined();
    await admin.close();
  });

  test('answers a ping', async () => {
    const admin = broker.kafka.admin();
    await admin.ping();
    await admin.close();
  });
});

test('a ping where nobody listens rejects with a sentence that names the brokers', async () => {
  const admin = createKafka({ brokers: ['127.0.0.1:1'], clientId: 'millrace-test' }).admin();
  await expect(admin.ping()).rejects.toThrow(KafkaUnreachable);
  await expect(admin.ping()).rejects.toThrow(/127\.0\.0\.1:1/);
  await admin.close();
});
