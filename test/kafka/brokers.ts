import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { createKafka } from '#server/kafka/client.ts';
import { spawnEmbeddedBroker } from '#server/kafka/embedded/spawn.ts';
import type { KafkaPort } from '#server/kafka/port.ts';
import { hasCommand, hasJava } from './classpath.ts';
import { startRealKafka } from './real-kafka.ts';

/** A broker under test. */
export interface TestBroker {
  kind: 'embedded' | 'apache';
  /** Pass to `createKafka`. */
  brokers: string[];
  /** A port to it. */
  kafka: KafkaPort;
  /** A name that no other test of this file uses. */
  name(what: string): string;
}

interface Running {
  brokers: string[];
  stop(): Promise<void>;
}

async function startEmbedded(): Promise<Running> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-broker-'));
  const broker = await spawnEmbeddedBroker({ dir: folder });
  return {
    brokers: [`${broker.host}:${broker.port}`],
    async stop() {
      await broker.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Why Apache Kafka cannot be started here; undefined when it can. */
function missing(): string | undefined {
  if (!hasJava()) return 'there is no Java 17 or newer';
  if (!process.env.KAFKA_HOME && !hasCommand('mvn')) return 'there is neither Maven nor KAFKA_HOME';
  return undefined;
}

/** True when tests against this broker can run here; in CI they must. */
export function appears(kind: 'embedded' | 'apache'): boolean {
  const lacking = kind === 'apache' ? missing() : undefined;
  if (lacking !== undefined) process.stderr.write(`\nTests against Apache Kafka are skipped, because ${lacking}.\n`);
  return lacking === undefined || process.env.CI === 'true';
}

/**
 * Runs the same tests against the embedded broker and against Apache Kafka; each is started once. Where Apache Kafka
 * cannot run its half is skipped aloud, but with CI=true that is a failure.
 */
export function describeBrokers(what: string, body: (broker: TestBroker) => void): void {
  for (const kind of ['embedded', 'apache'] as const) {
    const lacking = kind === 'apache' ? missing() : undefined;
    if (lacking !== undefined && process.env.CI !== 'true') {
      process.stderr.write(`\n${what}: skipped against Apache Kafka, because ${lacking}.\n`);
      describe.skip(`${what}, against apache`, () =>
        body({ kind, brokers: [], kafka: createKafka({ brokers: [], clientId: '' }), name: String }));
      continue;
    }
    describe(`${what}, against ${kind}`, () => {
      let running: Running | undefined;
      let count = 0;
      const broker: TestBroker = {
        kind,
        brokers: [],
        kafka: createKafka({ brokers: [], clientId: 'millrace-test' }),
        name: (text) => `${text}-${++count}`,
      };
      beforeAll(async () => {
        if (lacking !== undefined) throw new Error(`The tests against Apache Kafka must run in CI, but ${lacking}.`);
        running = kind === 'embedded' ? await startEmbedded() : await startRealKafka();
        broker.brokers = running.brokers;
        broker.kafka = createKafka({ brokers: running.brokers, clientId: 'millrace-test' });
      }, 180_000);
      afterAll(async () => running?.stop(), 30_000);
      body(broker);
    });
  }
}
