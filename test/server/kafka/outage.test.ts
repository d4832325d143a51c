import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createKafka } from '#server/kafka/client.ts';
import { type SpawnedBroker, spawnEmbeddedBroker } from '#server/kafka/embedded/spawn.ts';
import type { KafkaPort } from '#server/kafka/port.ts';
import { freePort } from '../../free-port.ts';
import { appears } from '../../kafka/brokers.ts';
import { type RealKafka, startRealKafka } from '../../kafka/real-kafka.ts';
import { until } from '../../wait.ts';

/** What the test needs of a broker: to vanish, to come back, and at last to end. */
interface Mortal {
  kafka: KafkaPort;
  die(): Promise<void>;
  rise(): Promise<void>;
  end(): Promise<void>;
}

async function embedded(): Promise<Mortal> {
  const dir = await mkdtemp(join(tmpdir(), 'millrace-outage-'));
  let broker: SpawnedBroker = await spawnEmbeddedBroker({ dir, port: await freePort() });
  const { host, port } = broker;
  return {
    kafka: createKafka({ brokers: [`${host}:${port}`], clientId: 'millrace-test' }),
    async die() {
      process.kill(broker.pid, 'SIGKILL');
      await broker.exited;
    },
    async rise() {
      broker = await spawnEmbeddedBroker({ dir, port });
    },
    async end() {
      await broker.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function apache(): Promise<Mortal> {
  // Frozen, not killed: a lone Apache Kafka that is killed between the end of a transaction and its markers forgets the
  // markers at its next start, and no client can mend that. Frozen for longer than its own controller waits for it, it
  // finds its partitions without a leader and forgets them too (both seen with 4.3.1); so the controller waits longer.
  const real: RealKafka = await startRealKafka({ config: { 'broker.session.timeout.ms': '120000' } });
  return {
    kafka: createKafka({ brokers: real.brokers, clientId: 'millrace-test' }),
    die: async () => real.pause(1),
    rise: async () => real.resume(1),
    end: () => real.stop(),
  };
}

describe.each([
  ['embedded', embedded],
  ['apache', apache],
] as const)('an outage of Kafka (%s)', (kind, start) => {
  let mortal: Mortal | undefined;
  afterAll(async () => mortal?.end());

  test.runIf(appears(kind))('is waited out by consumer and producer, without loss and without doubles', { timeout: 180_000 }, async () => {
    mortal = await start();
    const { kafka, die, rise } = mortal;
    const admin = kafka.admin();
    await admin.ensureTopics([
      { name: 'in', partitions: 2 },
      { name: 'out', partitions: 2 },
    ]);
    const troubles: (string | undefined)[] = [];
    const consumer = kafka.consume({
      group: 'g',
      topics: [{ topic: 'in', from: 'earliest' }],
      sessionTimeoutMs: 6_000,
      maxBatchBytes: 2_000,
      onTrouble: (error) => troubles.push(error?.message),
      async handle({ records, partition }) {
        return { consumed: records.length, records: records.map(({ key, value }) => ({ topic: 'out', partition, key, value })) };
      },
    });
    await consumer.joined;
    const producer = await kafka.producer();
    const sends: Promise<unknown>[] = [];
    const feed = (from: number, to: number) => {
      for (let index = from; index < to; index++) sends.push(producer.send({ topic: 'in', key: `k${index}`, value: `${index}` }));
    };
    feed(0, 2_000);
    await until('the loop runs', async () => ((await admin.offsets('out'))?.reduce((sum, { high }) => sum + Number(high), 0) ?? 0) > 0);
    await die();
    feed(2_000, 3_000);
    await until('the consumer tells of the trouble', () => troubles.some((text) => text !== undefined));
    await rise();
    await Promise.all(sends);
    await producer.close();
    await until('everything is consumed', async () => {
      const [ends, done] = await Promise.all([admin.offsets('in'), admin.committed('g', 'in')]);
      return ends?.every(({ partition, high }) => done.get(partition) === high) ?? false;
    });
    await until('the trouble is over', () => troubles.at(-1) === undefined);
    await consumer.stop(5_000);
    await consumer.done;
    const valuesOf = async (topic: string) => {
      const values: number[] = [];
      for await (const batch of kafka.read({ topic })) values.push(...batch.records.map(({ value }) => Number(value)));
      return values.sort((a, b) => a - b);
    };
    const sent = await valuesOf('in');
    expect(sent, 'what the producer wrote').toEqual(Array.from({ length: 3_000 }, (_, index) => index));
    expect(await valuesOf('out'), 'what the consumer made of it').toEqual(sent);
    await admin.close();
  });
});
