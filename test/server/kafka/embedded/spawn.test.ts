import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Producer } from 'kafkajs';
import { expect, test } from 'vitest';
import { type SpawnedBroker, spawnEmbeddedBroker } from '#server/kafka/embedded/spawn.ts';
import { freePort } from '../../../free-port.ts';
import { client, later, makeTopic, producerOf, readTopic, startBroker, tempFolder, until } from './harness.ts';

async function spawnBroker(dir: string, port = 0): Promise<SpawnedBroker & { warnings: string[] }> {
  const warnings: string[] = [];
  const broker = await spawnEmbeddedBroker({ dir, port, warn: (sentence) => warnings.push(sentence) });
  later(() => broker.close());
  return { ...broker, warnings };
}

test('the broker runs in a process of its own and ends when asked', async () => {
  const broker = await spawnBroker(tempFolder());
  expect(broker.pid).not.toBe(process.pid);
  await makeTopic(client(broker), 't');
  await broker.close();
  expect(await broker.exited).toEqual({ code: 0, signal: null });
});

test('the broker outlives a SIGTERM to the whole group, and ends cleanly when asked: the next start finds nothing to repair', async () => {
  const dir = tempFolder();
  const first = await spawnBroker(dir);
  await makeTopic(client(first), 't');
  const producer = await producerOf(client(first));
  await producer.send({ topic: 't', messages: [{ value: 'x' }] });
  process.kill(first.pid, 'SIGTERM');
  await producer.send({ topic: 't', messages: [{ value: 'y' }] });
  await first.close();
  expect(await first.exited).toEqual({ code: 0, signal: null });
  const second = await spawnBroker(dir);
  expect(second.port).toBe(first.port);
  expect(second.warnings).toEqual([]);
  expect(await readTopic(client(second), 't', 2)).toHaveLength(2);
});

test('a second broker on the same folder is refused with one sentence', async () => {
  const dir = tempFolder();
  await spawnBroker(dir);
  await expect(spawnEmbeddedBroker({ dir })).rejects.toThrow(/is in use by another process; stop that one first/);
});

test('a port that is taken is named in the error', async () => {
  const other = await startBroker();
  await expect(spawnEmbeddedBroker({ dir: tempFolder(), port: other.port })).rejects.toThrow(
    new RegExp(`cannot listen on 127.0.0.1:${other.port}: another program`),
  );
});

/** Sends numbered records without pause until told to stop; notes what was acknowledged. */
function pour(producer: Producer, topic: string, partition: number): { acknowledged: string[]; stop(): Promise<void> } {
  const acknowledged: string[] = [];
  let running = true;
  let next = 0;
  const pouring = (async () => {
    while (running) {
      const values = Array.from({ length: 20 }, () => `${partition}:${next++}`);
      await producer.send({ topic, messages: values.map((value) => ({ value, partition })) });
      acknowledged.push(...values);
    }
  })();
  return {
    acknowledged,
    async stop() {
      running = false;
      await pouring;
    },
  };
}

test('killed with SIGKILL five times under load, no acknowledged record is lost, doubled or out of order', async () => {
  const dir = tempFolder();
  let broker = await spawnBroker(dir, await freePort());
  const kafka = client(broker, true);
  await makeTopic(kafka, 't', { numPartitions: 2, config: { 'segment.bytes': '200000' } });
  const options = { idempotent: true, maxInFlightRequests: 1 };
  const streams = await Promise.all([0, 1].map(async (partition) => pour(await producerOf(kafka, options), 't', partition)));
  for (let kill = 0; kill < 5; kill++) {
    const before = streams.map(({ acknowledged }) => acknowledged.length);
    await until('both streams flow', () => streams.every(({ acknowledged }, i) => acknowledged.length > (before[i] ?? 0) + 500));
    process.kill(broker.pid, 'SIGKILL');
    await broker.exited;
    broker = await spawnBroker(dir, broker.port);
  }
  await Promise.all(streams.map(({ stop }) => stop()));
  const sent = streams.flatMap(({ acknowledged }) => acknowledged);
  const seen = await readTopic(kafka, 't', sent.length);
  for (const [partition, { acknowledged }] of streams.entries()) {
    expect(seen.filter((record) => record.partition === partition).map(({ value }) => value)).toEqual(acknowledged);
  }
});

const prlimit = spawnSync('prlimit', ['--version']).error === undefined;
if (!prlimit) console.warn('Skipped: the test of a full disk needs prlimit (util-linux).');

test.skipIf(!prlimit)('when the disk takes no more, produce is refused, reading goes on, and nothing acknowledged is lost', async () => {
  const dir = tempFolder();
  const broker = await spawnBroker(dir, await freePort());
  const kafka = client(broker);
  await makeTopic(kafka, 't');
  const producer = await producerOf(kafka, { retry: { retries: 0 } });
  const text = (i: number) => `${i}:${'x'.repeat(1_000)}`;
  const acknowledged: string[] = [];
  // The limit on file size fails a write in the middle, as a full disk does.
  spawnSync('prlimit', ['--pid', String(broker.pid), '--fsize=50000:unlimited']);
  let refusals = 0;
  for (let i = 0; i < 100; i++) {
    await producer.send({ topic: 't', messages: [{ value: text(i) }] }).then(
      () => acknowledged.push(text(i)),
      (error: Error) => {
        expect(error.message).toMatch(/Disk error|storage/i);
        refusals++;
      },
    );
  }
  expect(refusals).toBeGreaterThan(10);
  expect((await readTopic(kafka, 't', acknowledged.length)).map(({ value }) => value)).toEqual(acknowledged);
  spawnSync('prlimit', ['--pid', String(broker.pid), '--fsize=unlimited:unlimited']);
  await producer.send({ topic: 't', messages: [{ value: 'room again' }] });
  acknowledged.push('room again');
  process.kill(broker.pid, 'SIGKILL');
  await broker.exited;
  const again = await spawnBroker(dir, broker.port);
  expect(again.warnings).toEqual([]);
  expect((await readTopic(kafka, 't', acknowledged.length)).map(({ value }) => value)).toEqual(acknowledged);
});

test.skipIf(process.platform !== 'linux')('an idle broker uses next to no processor time', async () => {
  const broker = await spawnBroker(tempFolder());
  const ticks = () => {
    const fields = readFileSync(`/proc/${broker.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return Number(fields[11]) + Number(fields[12]);
  };
  const kafka = client(broker);
  await makeTopic(kafka, 't');
  const before = ticks();
  await new Promise((resolve) => setTimeout(resolve, 5_000)); // The measured time itself.
  expect(ticks() - before).toBeLessThan(25);
});
