import { expect, test } from 'vitest';
import { describeBrokers } from '../../kafka/brokers.ts';

describeBrokers('a topic with compression', (broker) => {
  // Apache Kafka compresses anew what it stores when the topic names a compression; the embedded broker stores what it
  // gets, and what other clients compress is read in the tests with kcat.
  const codecs = broker.kind === 'apache' ? ['gzip', 'snappy', 'lz4', 'zstd'] : ['producer'];
  test.each(codecs)('of type %s is read', async (type) => {
    const topic = broker.name(type);
    const admin = broker.kafka.admin();
    await admin.ensureTopics([{ name: topic, partitions: 1, config: { 'compression.type': type } }]);
    await admin.close();
    const values = Array.from({ length: 2_000 }, (_, index) => `${index} ${'müll '.repeat(40)}`);
    const producer = await broker.kafka.producer();
    await Promise.all(values.map((value) => producer.send({ topic, key: null, value, headers: { index: value.slice(0, 4) } })));
    await producer.close();
    const read: string[] = [];
    for await (const batch of broker.kafka.read({ topic })) read.push(...batch.records.map(({ value }) => String(value)));
    expect(read).toEqual(values);
  });
});
