import { spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { client, makeTopic, readTopic, startBroker, tempFolder } from './harness.ts';

/** librdkafka by its command line tool: another implementation of the protocol than the one most tests use. */

const present = spawnSync('kcat', ['-V']).error === undefined;
if (!present && process.env.CI === 'true') throw new Error('kcat is not installed: apt-get install kcat.');
if (!present) console.warn('Skipped: the tests with kcat, which is not installed (Debian: apt-get install kcat).');

/** Runs kcat; resolves with what it printed, rejects with what it complained about. */
function kcat(broker: { host: string; port: number }, args: readonly string[], input = ''): Promise<string> {
  const child = spawn('kcat', ['-b', `${broker.host}:${broker.port}`, '-X', 'check.crcs=true', ...args]);
  child.stdin.end(input);
  let out = '';
  let complaints = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    complaints += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on('close', (code) => (code === 0 ? resolve(out) : reject(new Error(`kcat ended with ${code}: ${complaints}`))));
  });
}

const lines = (count: number) => Array.from({ length: count }, (_, i) => `key${i}:value ${i} ${'x'.repeat(100)}`);

test.skipIf(!present)('kcat lists the broker and its topics', async () => {
  const broker = await startBroker();
  await makeTopic(client(broker), 'orders', { numPartitions: 3 });
  const listed = JSON.parse(await kcat(broker, ['-L', '-J'])) as { brokers: unknown[]; topics: { topic: string; partitions: unknown[] }[] };
  expect(listed.brokers).toEqual([{ id: 0, name: `127.0.0.1:${broker.port}` }]);
  expect(listed.topics).toMatchObject([{ topic: 'orders' }]);
  expect(listed.topics[0]?.partitions).toHaveLength(3);
});

for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
  test.skipIf(!present)(`records that kcat wrote with compression ${codec} come back through kcat unchanged`, async () => {
    const broker = await startBroker();
    await makeTopic(client(broker), 't');
    const sent = lines(500);
    await kcat(
      broker,
      ['-P', '-t', 't', '-K', ':', '-z', codec, '-X', 'enable.idempotence=true', '-X', 'linger.ms=50'],
      `${sent.join('\n')}\n`,
    );
    const seen = await kcat(broker, ['-C', '-t', 't', '-e', '-q', '-K', ':']);
    expect(seen.trimEnd().split('\n')).toEqual(sent);
    if (codec === 'gzip') expect(await readTopic(client(broker), 't', 500)).toHaveLength(500);
  });
}

test.skipIf(!present)('kcat reads in a group and commits, and does not see the records again', async () => {
  const broker = await startBroker();
  await makeTopic(client(broker), 't', { numPartitions: 2 });
  await kcat(broker, ['-P', '-t', 't'], 'a\nb\nc\n');
  const group = ['-G', 'readers', '-e', '-q', '-X', 'auto.offset.reset=earliest', 't'];
  expect((await kcat(broker, group)).trim().split('\n').sort()).toEqual(['a', 'b', 'c']);
  await kcat(broker, ['-P', '-t', 't'], 'd\n');
  expect((await kcat(broker, group)).trim()).toBe('d');
});

test.skipIf(!present)('a transaction of kcat is seen by kafkajs once committed', async () => {
  const broker = await startBroker();
  await makeTopic(client(broker), 't');
  await kcat(broker, ['-P', '-t', 't', '-X', 'transactional.id=kcat'], 'one\ntwo\n');
  expect((await readTopic(client(broker), 't', 2)).map(({ value }) => value)).toEqual(['one', 'two']);
});

test.skipIf(!present)('kcat finds offsets by time', async () => {
  const broker = await startBroker();
  await makeTopic(client(broker), 't');
  const file = join(tempFolder(), 'lines');
  writeFileSync(file, 'a\nb\n');
  const before = Date.now();
  await kcat(broker, ['-P', '-t', 't', '-l', file]);
  expect(await kcat(broker, ['-Q', '-t', `t:0:${before}`])).toContain('t [0] offset 0');
  expect(await kcat(broker, ['-Q', '-t', 't:0:-1'])).toContain('t [0] offset 2');
});
