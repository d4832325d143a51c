import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Admin, type Consumer, type ITopicConfig, Kafka, logLevel, type Producer } from 'kafkajs';
import { afterEach } from 'vitest';
import { type BrokerOptions, type EmbeddedBroker, startEmbeddedBroker } from '#server/kafka/embedded/broker.ts';

/** Things opened by the present test, closed in reverse order after it. */
const open: (() => Promise<unknown> | unknown)[] = [];

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** Registers something to be closed after the test. */
export function later(close: () => Promise<unknown> | unknown): void {
  open.push(close);
}

/** A folder that is deleted after the test. */
export function tempFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-broker-'));
  later(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** A broker in this process, closed after the test. */
export async function startBroker(options: Partial<BrokerOptions> = {}): Promise<EmbeddedBroker & { dir: string; warnings: string[] }> {
  const dir = options.dir ?? tempFolder();
  const warnings: string[] = [];
  const broker = await startEmbeddedBroker({ dir, warn: (sentence) => warnings.push(sentence), ...options });
  later(() => broker.close());
  return { ...broker, dir, warnings };
}

/** A kafkajs client of a broker; what it says is kept quiet. A patient one tries for some 20 s while the broker is away. */
export function client(broker: { host: string; port: number }, patient = false): Kafka {
  return new Kafka({
    clientId: 'test',
    brokers: [`${broker.host}:${broker.port}`],
    logLevel: logLevel.NOTHING,
    retry: patient ? { retries: 50, initialRetryTime: 50, maxRetryTime: 400 } : { retries: 3, initialRetryTime: 50 },
  });
}

/** A connected admin client. */
export async function adminOf(kafka: Kafka): Promise<Admin> {
  const admin = kafka.admin();
  await admin.connect();
  later(() => admin.disconnect());
  return admin;
}

/** A connected producer. */
export async function producerOf(kafka: Kafka, options: Parameters<Kafka['producer']>[0] = {}): Promise<Producer> {
  const producer = kafka.producer(options);
  await producer.connect();
  later(() => producer.disconnect().catch(() => undefined));
  return producer;
}

/** Makes one topic. */
export async function makeTopic(
  kafka: Kafka,
  topic: string,
  options: Partial<ITopicConfig> & { config?: Record<string, string> } = {},
): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  const { config, ...rest } = options;
  const configEntries = Object.entries(config ?? {}).map(([name, value]) => ({ name, value }));
  await admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries, ...rest }] });
  await admin.disconnect();
}

/** A message as tests compare it. */
export interface Seen {
  partition: number;
  offset: number;
  key: string | null;
  value: string | null;
}

/** Reads a topic with a group of its own until `count` messages came. */
export async function readTopic(
  kafka: Kafka,
  topic: string,
  count: number,
  options: { uncommitted?: boolean; group?: string } = {},
): Promise<Seen[]> {
  const consumer: Consumer = kafka.consumer({
    groupId: options.group ?? `read-${topic}-${Math.random()}`,
    readUncommitted: options.uncommitted ?? false,
  });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const seen: Seen[] = [];
  await new Promise<void>((resolve, reject) => {
    consumer.on('consumer.crash', ({ payload }) => reject(payload.error));
    consumer
      .run({
        eachMessage: async ({ partition, message }) => {
          seen.push({
            partition,
            offset: Number(message.offset),
            key: message.key?.toString() ?? null,
            value: message.value?.toString() ?? null,
          });
          if (seen.length === count) resolve();
        },
      })
      .catch(reject);
  });
  await consumer.disconnect();
  return seen;
}

/** Waits until a condition holds; looks again every 20 ms, for at most 60 s. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`Waited 60 s in vain: ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
