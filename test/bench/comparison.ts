import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadCatalog } from '#server/catalog.ts';
import { type CompareInput, compareVersions } from '#server/comparison/compare.ts';
import { openSide } from '#server/comparison/side.ts';
import { compile } from '#server/compile.ts';
import { createKafka } from '#server/kafka/client.ts';
import { spawnEmbeddedBroker } from '#server/kafka/embedded/spawn.ts';
import { createCallAnswers } from '#server/try/calls.ts';
import { upgradeFlow } from '#shared/document.ts';
import { flowOf } from '../flows/flow.ts';
import { orderMapping } from './comparison/order-mapping.ts';
import type { Bench } from './main.ts';

const messages = 10_000;
const topic = 'bench.orders';

/** One source, a filter, a mapping of forty fields with a list, a switch and three sinks. */
const shop = (change: { total?: string; paid?: string } = {}) => {
  const { flow } = upgradeFlow(
    flowOf(
      'bench',
      [
        { id: 'in', type: 'kafka.source', config: { topic } },
        { id: 'paid', type: 'filter', config: { condition: change.paid ?? 'true' } },
        { id: 'map', type: 'map', config: { expression: orderMapping(change.total ?? 'total') } },
        { id: 'where', type: 'switch', config: { cases: [{ id: 'eu', name: 'EU', when: 'country in ["DE", "FR", "IT"]' }] } },
        { id: 'crm', type: 'log' },
        { id: 'erp', type: 'log' },
        { id: 'rest', type: 'log' },
      ],
      ['in>paid', 'paid>map', 'map>where', 'where.eu>erp', 'where.eu>crm', 'where.other>rest'],
    ),
  );
  if (!flow) throw new Error('The flow of the benchmark is none.');
  return flow;
};

function order(n: number): string {
  const fields = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`field${at}`, `value ${at} of order ${n}`]));
  const items = Array.from({ length: 1 + (n % 5) }, (_, at) => ({ sku: `sku-${n}-${at}`, qty: at + 1, price: 9.5 }));
  return JSON.stringify({ id: n, ...fields, country: ['DE', 'FR', 'US', 'IT'][n % 4], total: n / 4, paid: n % 50 !== 0, items });
}

/** "What would change" over ten thousand messages, against running the deployed version alone over the same. */
export const bench: Bench = {
  title: `Comparing two versions over ${messages.toLocaleString('en-US')} messages of 1.3 kB`,
  async run() {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
    const broker = await spawnEmbeddedBroker({ dir: folder });
    try {
      const kafka = createKafka(
        { brokers: [`${broker.host}:${broker.port}`], clientId: 'bench' },
        { info: () => undefined, warn: console.warn, error: console.error },
      );
      const admin = kafka.admin();
      await admin.ensureTopics([{ name: topic, partitions: 4 }]);
      await admin.close();
      const producer = await kafka.producer();
      await Promise.all(Array.from({ length: messages }, (_, n) => producer.send({ topic, key: String(n), value: order(n) })));
      await producer.close();

      const catalog = await loadCatalog({ folders: [], log: { warn: console.warn } });
      const version = (flow: ReturnType<typeof shop>, number: number) => {
        const { plan, problems } = compile(flow, catalog, number);
        if (!plan) throw new Error((problems ?? []).map(({ message }) => message).join(' '));
        return { flow, plan };
      };
      const before = version(shop(), 1);
      const after = version(shop({ total: 'total * 1.1', paid: 'paid' }), 2);
      const context = { filesFolder: folder, bindings: {} };
      const scope = { by: 'newest', count: messages } as const;
      const compare = async (now: CompareInput['after']): Promise<{ ms: number; groups: number; done: number; heap: number }> => {
        const started = performance.now();
        let heap = 0;
        const report = await compareVersions(
          { before, after: now, scope, masks: [], recordings: [], seed: 1 },
          {
            kafka,
            types: catalog.types,
            context,
            signal: new AbortController().signal,
            progress: () => {
              heap = Math.max(heap, process.memoryUsage().heapUsed / 1024 / 1024);
            },
          },
        );
        return { ms: performance.now() - started, groups: report.groups.length, done: report.done, heap };
      };
      const alone = async (): Promise<number> => {
        const calls = createCallAnswers({ modes: {}, recordings: [], mayCall: new Set() });
        const side = await openSide(before.plan, { types: catalog.types, context, calls, seed: 1 });
        const started = performance.now();
        for await (const { records } of kafka.read({ topic })) for (const record of records) await side.run(record);
        await side.close();
        return performance.now() - started;
      };
      await compare(after);
      const base = await alone();
      const rows = [{ run: 'the deployed version alone', seconds: base / 1000, 'per message (ms)': base / messages, ratio: 1 }];
      for (const [run, now] of [
        ['compared, no difference', before],
        ['compared, every message differs', after],
      ] as const) {
        const { ms, groups, done, heap } = await compare(now);
        if (done !== messages) throw new Error(`Only ${done} messages were compared.`);
        rows.push({
          run,
          seconds: ms / 1000,
          'per message (ms)': ms / messages,
          ratio: ms / base,
          ...{ groups, 'heap (MB)': Math.round(heap) },
        });
      }
      return rows;
    } finally {
      await broker.close();
      await rm(folder, { recursive: true, force: true });
    }
  },
};
