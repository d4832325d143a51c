import { fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Kafka } from 'kafkajs';
import { expect, test } from 'vitest';
import { type SpawnedBroker, spawnEmbeddedBroker } from '#server/kafka/embedded/spawn.ts';
import { freePort } from '../../../free-port.ts';
import { adminOf, client, later, makeTopic, readTopic, tempFolder, until } from './harness.ts';

const TOTAL = 1_500;
const STEP = 10;

/** Writes the numbers from the group's offset to TOTAL, ten per transaction; after any error begins again from the committed offset. */
async function count(kafka: Kafka, progress: (next: number) => void): Promise<void> {
  const admin = await adminOf(kafka);
  for (;;) {
    const producer = kafka.producer({ transactionalId: 'counter', idempotent: true, maxInFlightRequests: 1, transactionTimeout: 30_000 });
    try {
      await producer.connect();
      await (await producer.transaction()).abort();
      const [found] = await admin.fetchOffsets({ groupId: 'counter', topics: ['source'] });
      let next = Math.max(0, Number(found?.partitions[0]?.offset));
      while (next < TOTAL) {
        const transaction = await producer.transaction();
        const messages = Array.from({ length: STEP }, (_, i) => ({ value: String(next + i), partition: (next + i) % 2 }));
        await transaction.send({ topic: 'out', messages });
        await transaction.sendOffsets({
          consumerGroupId: 'counter',
          topics: [{ topic: 'source', partitions: [{ partition: 0, offset: String(next + STEP) }] }],
        });
        await transaction.commit();
        next += STEP;
        progress(next);
      }
      return;
    } catch (error) {
      if (!(error instanceof Error)) throw error; // Any error of the client means "outcome unknown": the offset tells.
    } finally {
      await producer.disconnect().catch(() => undefined);
    }
  }
}

test('transactions over six kills with SIGKILL: every number once, in order, and offsets agree', async () => {
  const dir = tempFolder();
  let broker: SpawnedBroker = await spawnEmbeddedBroker({ dir, port: await freePort() });
  later(() => broker.close());
  const kafka = client(broker, true);
  await makeTopic(kafka, 'source');
  await makeTopic(kafka, 'out', { numPartitions: 2 });
  let reached = 0;
  const counting = count(kafka, (next) => {
    reached = next;
  });
  for (let kill = 1; kill <= 6; kill++) {
    await until(`${kill * 200} are written`, () => reached >= kill * 200);
    process.kill(broker.pid, 'SIGKILL');
    await broker.exited;
    broker = await spawnEmbeddedBroker({ dir, port: broker.port });
  }
  await counting;
  const seen = await readTopic(kafka, 'out', TOTAL);
  for (const partition of [0, 1]) {
    const expected = Array.from({ length: TOTAL / 2 }, (_, i) => 2 * i + partition);
    expect(seen.filter((record) => record.partition === partition).map(({ value }) => Number(value))).toEqual(expected);
  }
});

test('the broker ends when the process that started it is killed', async () => {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const parent = fork(fileURLToPath(new URL('./broker-parent.ts', import.meta.url)), [tempFolder()], { execArgv: ['--import', tsx] });
  later(() => parent.kill('SIGKILL'));
  const pid = await new Promise<number>((resolve) => parent.once('message', (message) => resolve(Number(message))));
  expect(isAlive(pid)).toBe(true);
  parent.kill('SIGKILL');
  await until('the broker has ended', () => !isAlive(pid));
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false; // No such process.
  }
}
