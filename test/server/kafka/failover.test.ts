import { Kafka, logLevel } from 'kafkajs';
import { afterAll, expect, test } from 'vitest';
import { createKafka } from '#server/kafka/client.ts';
import { appears } from '../../kafka/brokers.ts';
import { type RealKafka, startRealKafka } from '../../kafka/real-kafka.ts';
import { until } from '../../wait.ts';

let real: RealKafka | undefined;
afterAll(async () => real?.stop());

test.runIf(appears('apache'))(
  'the loop lives through the death and the freezing of brokers of a cluster of three',
  { timeout: 300_000 },
  async () => {
    const cluster = await startRealKafka({ nodes: 3 });
    real = cluster;
    const kafka = createKafka({ brokers: cluster.brokers, clientId: 'millrace-test', replication: 3 });
    const admin = kafka.admin();
    await admin.ensureTopics([
      { name: 'in', partitions: 3 },
      { name: 'out', partitions: 3 },
    ]);
    const consumer = kafka.consume({
      group: 'g',
      topics: [{ topic: 'in', from: 'earliest' }],
      maxBatchBytes: 4_000,
      async handle({ records, partition }) {
        return { consumed: records.length, records: records.map(({ key, value }) => ({ topic: 'out', partition, key, value })) };
      },
    });
    await consumer.joined;
    const producer = await kafka.producer();
    let sent = 0;
    const feed = (count: number) =>
      Promise.all(Array.from({ length: count }, () => producer.send({ topic: 'in', key: `k${sent}`, value: `${sent++}` })));
    const written = async () => (await admin.offsets('out'))?.reduce((sum, { high }) => sum + Number(high), 0) ?? 0;

    await feed(2_000);
    await until('the loop runs', async () => (await written()) > 0);
    await cluster.kill(2);
    await feed(2_000);
    await cluster.start(2);
    // Two of three must be in sync before the next one may freeze, else Kafka rightly takes nothing.
    const client = new Kafka({ brokers: cluster.brokers, logLevel: logLevel.NOTHING }).admin();
    await client.connect();
    await until(
      'all replicas are in sync again',
      async () => {
        const { topics } = await client.fetchTopicMetadata({ topics: ['in', 'out', '__consumer_offsets', '__transaction_state'] });
        return topics.every((each) => each.partitions.every(({ isr }) => isr.length === 3));
      },
      120_000,
      250,
    );
    await client.disconnect();
    const frozen = feed(2_000);
    cluster.pause(3);
    const before = await written();
    await until('the others took over', async () => (await written()) > before, 120_000);
    cluster.resume(3);
    await frozen;
    await producer.close();
    await until(
      'everything is consumed',
      async () => {
        const [ends, done] = await Promise.all([admin.offsets('in'), admin.committed('g', 'in')]);
        return ends?.every(({ partition, high }) => done.get(partition) === high) ?? false;
      },
      120_000,
    );
    await consumer.stop(5_000);
    await consumer.done;
    const values: number[] = [];
    for await (const batch of kafka.read({ topic: 'out' })) values.push(...batch.records.map(({ value }) => Number(value)));
    const input: number[] = [];
    for await (const batch of kafka.read({ topic: 'in' })) input.push(...batch.records.map(({ value }) => Number(value)));
    const everything = Array.from({ length: sent }, (_, index) => index);
    expect(input.sort((a, b) => a - b)).toEqual(everything);
    expect(values.sort((a, b) => a - b)).toEqual(everything);
    await admin.close();
  },
);
