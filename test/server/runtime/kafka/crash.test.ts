import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createKafka } from '#server/kafka/client.ts';
import type { KafkaPort } from '#server/kafka/port.ts';
import { imbalance, type LedgerEntry } from '#shared/ledger.ts';
import { ledgerTopic } from '#shared/plan.ts';
import { freePort } from '../../../free-port.ts';
import { type ChaosBroker, chaosBrokers } from '../../../kafka/chaos-broker.ts';
import { type MillraceProcess, spawnMillrace, startMillrace } from '../../../millrace.ts';
import { until } from '../../../wait.ts';

const keys = 500;
const partitions = 4;

/** A node that ends its thread on the spot when it finds the file: as dead as a worker can be. */
const chaosNode = (file: string) => `
import { existsSync, unlinkSync } from 'node:fs';
import { defineNode, z } from 'millrace/sdk';
export default defineNode({
  type: 'chaos', version: 1, kind: 'transform', title: 'Chaos', summary: 'Ends its worker when a file is there.', category: 'Test', icon: 'bolt',
  config: z.object({}),
  create: () => ({
    process(message, emit) {
      if (message.value.n % 50 === 0 && existsSync(${JSON.stringify(file)})) { unlinkSync(${JSON.stringify(file)}); process.exit(1); }
      emit(message);
    },
  }),
});
`;

const flow = {
  format: 1,
  id: 'crash',
  name: 'Crash',
  nodes: [
    { id: 'in', type: 'kafka.source', version: 1, label: 'In', config: { topic: 'crash.in' } },
    { id: 'chaos', type: 'chaos', version: 1, label: 'Chaos', config: {} },
    { id: 'map', type: 'map', version: 1, label: 'Map', config: { expression: '{ "n": n, "k": k }' } },
    { id: 'out', type: 'kafka.sink', version: 1, label: 'Out', config: { topic: 'crash.out' } },
  ],
  edges: [
    { id: 'e1', from: { node: 'in', port: 'out' }, to: { node: 'chaos', port: 'in' } },
    { id: 'e2', from: { node: 'chaos', port: 'out' }, to: { node: 'map', port: 'in' } },
    { id: 'e3', from: { node: 'map', port: 'out' }, to: { node: 'out', port: 'in' } },
  ],
};

/** Deterministic, so that a failing order of events can be run again (MILLRACE_SEED). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

for (const { name, start, messages } of chaosBrokers) {
  describe(`under SIGKILL and SIGSTOP of worker thread, server process and broker (${name})`, () => {
    let folder = '';
    let broker: ChaosBroker;
    let kafka: KafkaPort;
    let server: MillraceProcess;
    let second: ReturnType<typeof spawnMillrace>;
    let env: Record<string, string> & { MILLRACE_DATA: string };

    const startSecond = () => spawnMillrace(['run', join(folder, 'flow.json')], { ...env, MILLRACE_DATA: join(folder, 'second') });

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'millrace-crash-'));
      await mkdir(join(folder, 'nodes'));
      await writeFile(join(folder, 'nodes', 'chaos.mjs'), chaosNode(join(folder, 'kill-worker')));
      await writeFile(join(folder, 'flow.json'), JSON.stringify(flow));
      broker = await start(join(folder, 'kafka'));
      kafka = createKafka({ brokers: [broker.address], clientId: 'crash-test' });
      const admin = kafka.admin();
      await admin.ensureTopics([
        { name: 'crash.in', partitions },
        { name: 'crash.out', partitions },
      ]);
      await admin.close();
      env = {
        MILLRACE_DATA: join(folder, 'first'),
        MILLRACE_PORT: String(await freePort()),
        KAFKA_BROKERS: broker.address,
        MILLRACE_NODES: join(folder, 'nodes'),
        MILLRACE_LOG: 'warn',
      };
      server = await startMillrace(env);
      await server.api('POST', '/api/flows', flow);
      await server.api('POST', '/api/flows/crash/deploy', {});
      second = startSecond();
    });

    afterAll(async () => {
      second?.child.kill('SIGKILL');
      server?.signal('SIGKILL');
      await broker?.stop();
      await rm(folder, { recursive: true, force: true });
    });

    afterEach(({ task }) => {
      if (task.result?.state === 'fail')
        console.error(`First process:\n${server.output().slice(-4000)}\n\nSecond process:\n${second.output().slice(-4000)}`);
    });

    it(`loses nothing, doubles nothing, keeps order per key and balances over ${messages} messages`, async () => {
      const seed = Number(process.env.MILLRACE_SEED ?? 7);
      const random = randomFrom(seed);
      let produced = 0;
      const producer = await kafka.producer();
      /** One after the other, so that every number is produced once. */
      let last: Promise<void> = Promise.resolve();
      const feed = (end: number): Promise<void> => {
        last = last.then(() => feedTo(end));
        return last;
      };
      const feedTo = async (end: number) => {
        while (produced < end) {
          const batch = Array.from({ length: Math.min(500, end - produced) }, (_, index) => produced + index);
          await Promise.all(
            batch.map((n) => producer.send({ topic: 'crash.in', key: `k${n % keys}`, value: JSON.stringify({ n, k: `k${n % keys}` }) })),
          );
          produced += batch.length;
        }
      };
      const committed = async () => {
        const admin = kafka.admin();
        try {
          const offsets = await admin.committed('millrace.crash.transform', 'crash.in');
          return [...offsets.values()].reduce((sum, offset) => sum + (offset > 0n ? Number(offset) : 0), 0);
        } finally {
          await admin.close();
        }
      };
      const events: [string, () => Promise<void>][] = [
        [
          'worker killed',
          async () => {
            const file = join(folder, 'kill-worker');
            await writeFile(file, '');
            // The node looks at every fiftieth message: should all have gone through already, some more bring it about.
            await until('the worker has met the file', async () => {
              if (existsSync(file)) await last.then(() => feed(produced + 50));
              return !existsSync(file);
            });
          },
        ],
        [
          'server killed',
          async () => {
            server.signal('SIGKILL');
            await server.exited;
            server = await startMillrace(env);
          },
        ],
        ...(broker.killAndStart ? [['broker killed', broker.killAndStart] as [string, () => Promise<void>]] : []),
        [
          'second killed',
          async () => {
            second.child.kill('SIGKILL');
            await second.exited;
            second = startSecond();
          },
        ],
        [
          'server frozen and thawed',
          () =>
            frozen(
              () => server.signal('SIGSTOP'),
              () => server.signal('SIGCONT'),
            ),
        ],
        [
          'second frozen and thawed',
          () =>
            frozen(
              () => second.child.kill('SIGSTOP'),
              () => second.child.kill('SIGCONT'),
            ),
        ],
        [
          'broker frozen and thawed',
          () =>
            frozen(
              () => broker.pause(),
              () => broker.resume(),
              3000,
            ),
        ],
      ];
      const told: string[] = [];
      const rounds = 12;
      for (let round = 0; round < rounds; round++) {
        // The first ones in order, so that each kind happens; then at random. Each hits a flow with messages under way.
        const event = events[round < events.length ? round : Math.floor(random() * events.length)];
        if (event === undefined) continue;
        told.push(event[0]);
        const feeding = feed(Math.round((messages * (round + 1)) / rounds));
        await until('the round has begun', async () => (await committed()) > (messages * round) / rounds, 60_000);
        await event[1]();
        await feeding;
        await until(
          `all messages so far are committed after: ${told.join(', ')}`,
          async () => (await committed()) >= produced,
          120_000,
          250,
        );
      }
      await producer.close();

      const input = await readByKey(kafka, 'crash.in');
      let output = await readByKey(kafka, 'crash.out');
      await until(
        'everything has come through',
        async () => {
          output = await readByKey(kafka, 'crash.out');
          return output.count >= input.count;
        },
        180_000,
        1000,
      );
      const entries: LedgerEntry[] = [];
      for await (const batch of kafka.read({ topic: ledgerTopic })) {
        for (const record of batch.records) entries.push(JSON.parse(Buffer.from(record.value ?? []).toString()) as LedgerEntry);
      }
      const mine = entries.filter((entry) => entry.flow === 'crash');
      console.log(`${name}: ${input.count} messages, events: ${told.join(', ')} (seed ${seed}); ${mine.length} ledger entries`);
      // Of every key the same numbers in the same order: none lost, none doubled, none overtaken.
      expect(input.count).toBeGreaterThanOrEqual(messages);
      expect(output.count).toBe(input.count);
      for (const [key, numbers] of input.keys) expect(output.keys.get(key), key).toEqual(numbers);
      expect(mine.reduce((sum, entry) => sum + entry.in, 0)).toBe(input.count);
      expect(mine.reduce((sum, entry) => sum + (entry.delivered.out ?? 0), 0)).toBe(input.count);
      expect(mine.every((entry) => imbalance(entry) === 0)).toBe(true);
    }, 600_000);
  });
}

/** The numbers of every key, in the order of the log. */
async function readByKey(kafka: KafkaPort, topic: string): Promise<{ count: number; keys: Map<string, number[]> }> {
  const keys = new Map<string, number[]>();
  let count = 0;
  for await (const batch of kafka.read({ topic })) {
    for (const record of batch.records) {
      const { n, k } = JSON.parse(Buffer.from(record.value ?? []).toString()) as { n: number; k: string };
      const numbers = keys.get(k) ?? [];
      numbers.push(n);
      keys.set(k, numbers);
      count++;
    }
  }
  return { count, keys };
}

/** Longer than the session timeout, so that others take over before the thaw: the zombie must not do harm. */
async function frozen(freeze: () => void, thaw: () => void, ms = 12_000): Promise<void> {
  freeze();
  await new Promise((resolve) => setTimeout(resolve, ms));
  thaw();
}
