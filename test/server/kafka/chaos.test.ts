import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { describeBrokers, type TestBroker } from '../../kafka/brokers.ts';
import { until } from '../../wait.ts';

const relay = fileURLToPath(new URL('../../kafka/relay.ts', import.meta.url));
const messages = 20_000;
const partitions = 4;
const keys = 40;
const sessionMs = 6_000;
/** Longer than the session, so that the frozen one has been replaced when it wakes. */
const frozenMs = 8_500;

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) {
    child.kill('SIGCONT');
    child.kill('SIGKILL');
  }
});

async function startRelay(broker: TestBroker, group: string, input: string, output: string): Promise<ChildProcess> {
  const args = ['--import', 'tsx', relay, broker.brokers.join(','), group, input, output, String(sessionMs)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  if (child.stdout) await once(child.stdout, 'data');
  return child;
}

describeBrokers('two workers under faults', (broker) => {
  test('lose nothing, double nothing and keep the order of each key', { timeout: 240_000 }, async () => {
    const admin = broker.kafka.admin();
    const [input, output, group] = [broker.name('input'), broker.name('output'), broker.name('group')];
    await admin.ensureTopics([
      { name: input, partitions },
      { name: output, partitions },
    ]);
    const written = async () => (await admin.offsets(output))?.reduce((sum, { high }) => sum + Number(high), 0) ?? 0;
    const moves = async (past: number) => until(`more than ${past} records are written`, async () => (await written()) > past);

    const producer = await broker.kafka.producer();
    let sent = 0;
    const feed = async (count: number) => {
      const sends: Promise<unknown>[] = [];
      for (let index = 0; index < count; index++, sent++)
        sends.push(producer.send({ topic: input, key: `k${sent % keys}`, value: `${sent}` }));
      await Promise.all(sends);
    };

    let one = await startRelay(broker, group, input, output);
    let two = await startRelay(broker, group, input, output);
    await feed(messages / 4);
    for (let round = 0; round < 3; round++) {
      const before = await written();
      await feed(messages / 8);
      await moves(before);
      // Frozen in the middle of its work: the other takes over; then it wakes with batches in hand.
      one.kill('SIGSTOP');
      const thaw = Date.now() + frozenMs;
      await feed(messages / 8);
      await until('the session of the frozen worker is over', () => Date.now() > thaw);
      one.kill('SIGCONT');
      if (round === 1) {
        two.kill('SIGKILL');
        await once(two, 'exit');
        two = await startRelay(broker, group, input, output);
      }
      [one, two] = [two, one];
    }
    await feed(messages - sent);
    await producer.close();

    await until(
      'everything is consumed',
      async () => {
        const [ends, done] = await Promise.all([admin.offsets(input), admin.committed(group, input)]);
        return ends?.every(({ partition, high }) => done.get(partition) === high) ?? false;
      },
      90_000,
      250,
    );
    await admin.close();

    const seen = new Map<number, number>();
    const last = new Map<string, number>();
    let outOfOrder = 0;
    for await (const batch of broker.kafka.read({ topic: output })) {
      for (const record of batch.records) {
        const [key, value] = [String(record.key), Number(record.value)];
        seen.set(value, (seen.get(value) ?? 0) + 1);
        if (value < (last.get(key) ?? -1)) outOfOrder++;
        last.set(key, value);
      }
    }
    expect({ lost: messages - seen.size, doubled: [...seen.values()].filter((count) => count > 1).length, outOfOrder }).toEqual({
      lost: 0,
      doubled: 0,
      outOfOrder: 0,
    });
  });
});
