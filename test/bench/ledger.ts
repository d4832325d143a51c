import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadCatalog } from '#server/catalog.ts';
import { compile } from '#server/compile.ts';
import { createKafka } from '#server/kafka/client.ts';
import { spawnEmbeddedBroker } from '#server/kafka/embedded/spawn.ts';
import type { KafkaPort } from '#server/kafka/port.ts';
import { type Auditor, startAuditor } from '#server/ledger/auditor.ts';
import { createSupervisor } from '#server/runtime/supervisor.ts';
import { emptyTotals } from '#server/runtime/totals.ts';
import { openStore } from '#server/store/store.ts';
import { flowSchema } from '#shared/flow.ts';
import { ledgerTopic } from '#shared/plan.ts';
import { startRealKafka } from '../kafka/real-kafka.ts';
import { until } from '../wait.ts';
import type { Bench } from './main.ts';

const partitions = 4;
const messages = Number(process.env.MESSAGES ?? 150_000);
const rounds = Number(process.env.ROUNDS ?? 4);

/** One topic in, mapped, two topics out: the audit has to look at what comes in and at both that go out. */
const flowOf = (id: string, input: string) =>
  flowSchema.parse({
    format: 1,
    id,
    name: id,
    nodes: [
      { id: 'in', type: 'kafka.source', version: 1, label: 'In', config: { topic: input } },
      { id: 'map', type: 'map', version: 1, label: 'Map', config: { expression: '{ "id": id, "total": price * qty, "note": note }' } },
      { id: 'one', type: 'kafka.sink', version: 1, label: 'One', config: { topic: `${id}-one` } },
      { id: 'two', type: 'kafka.sink', version: 1, label: 'Two', config: { topic: `${id}-two` } },
    ],
    edges: [
      { id: 'a', from: { node: 'in', port: 'out' }, to: { node: 'map', port: 'in' } },
      { id: 'b', from: { node: 'map', port: 'out' }, to: { node: 'one', port: 'in' } },
      { id: 'c', from: { node: 'map', port: 'out' }, to: { node: 'two', port: 'in' } },
    ],
    settings: {},
    layout: { positions: {}, groups: [], notes: [] },
  });

async function fill(kafka: KafkaPort, topic: string): Promise<void> {
  const producer = await kafka.producer();
  for (let at = 0; at < messages; at += 2000) {
    const ids = Array.from({ length: Math.min(2000, messages - at) }, (_, index) => at + index);
    await Promise.all(
      ids.map((id) =>
        producer.send({
          topic,
          partition: id % partitions,
          key: String(id),
          value: JSON.stringify({ id, price: 12.5, qty: 2, note: 'x'.repeat(150) }),
        }),
      ),
    );
  }
  await producer.close();
}

/** CPU seconds of this process and of the broker so far: they tell the cost also where the machine has other work. */
async function cpuSeconds(brokerPid: number | undefined): Promise<number> {
  const { user, system } = process.cpuUsage();
  const stat = brokerPid === undefined ? '' : await readFile(`/proc/${brokerPid}/stat`, 'utf8').catch(() => '');
  const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (user + system) / 1e6 + (Number(ticks[11] ?? 0) + Number(ticks[12] ?? 0)) / 100;
}

/** Messages per second of one run, from the first commit to the last, and its CPU seconds for a million messages. */
async function run(kafka: KafkaPort, id: string, input: string, brokerPid: number | undefined): Promise<{ speed: number; cpu: number }> {
  const catalog = await loadCatalog();
  const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
  const admin = kafka.admin();
  const compiled = compile(flowOf(id, input), catalog, 1);
  if (!('plan' in compiled) || compiled.plan === undefined) throw new Error(JSON.stringify(compiled.problems));
  await admin.ensureTopics([`${id}-one`, `${id}-two`].map((name) => ({ name, partitions })));
  const supervisor = createSupervisor({
    kafka,
    settings: kafka.settings,
    types: catalog.types,
    nodeFolders: [],
    compile: (flow, version) => compile(flow, catalog, version),
    ledger: { totals: emptyTotals, forget: () => undefined },
    crashes: { list: async () => [], mark: async () => 1, clear: async () => undefined },
    secrets: async () => ({}),
    filesFolder: folder,
    triesFolder: folder,
    bindings: {},
    allowPrivate: [],
    drainMs: 10_000,
    log: (level, message) => {
      if (level === 'error') console.error(message);
    },
  });
  const done = async () =>
    [...(await admin.committed(`millrace.${id}.transform`, input)).values()].reduce((sum, at) => sum + Math.max(0, Number(at)), 0);
  let [began, first, cpu] = [0, 0, 0];
  await supervisor.deploy(compiled.plan);
  await until(
    'all went through',
    async () => {
      const count = await done();
      if (began === 0 && count > 0) [began, first, cpu] = [performance.now(), count, await cpuSeconds(brokerPid)];
      return count >= messages;
    },
    300_000,
    20,
  );
  const left = messages - first;
  const used = { speed: left / ((performance.now() - began) / 1000), cpu: ((await cpuSeconds(brokerPid)) - cpu) / (left / 1e6) };
  await supervisor.close();
  await admin.deleteTopics([`${id}-one`, `${id}-two`]);
  await admin.close();
  await rm(folder, { recursive: true, force: true });
  return used;
}

async function measure(broker: string, brokers: string[], brokerPid?: number): Promise<Record<string, string | number>> {
  const kafka = createKafka({ brokers, clientId: 'bench' });
  const admin = kafka.admin();
  const input = `ledger-${Date.now()}`;
  await admin.ensureTopics([
    { name: input, partitions },
    { name: ledgerTopic, partitions: 4 },
  ]);
  await fill(kafka, input);
  const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
  const store = await openStore({ dataFolder: folder });
  const start = (): Promise<Auditor> =>
    startAuditor({ kafka: kafka.settings, store, names: async () => (node) => node, changed: () => undefined, log: console.warn });
  await run(kafka, `${input}-warm`, input, brokerPid);
  const speeds: Record<'with' | 'without', number[]> = { with: [], without: [] };
  const cpus: Record<'with' | 'without', number[]> = { with: [], without: [] };
  for (let round = 0; round < rounds; round++) {
    // Each way round, so that what gets slower or faster over time falls on both.
    for (const how of round % 2 === 0 ? (['without', 'with'] as const) : (['with', 'without'] as const)) {
      const auditor = how === 'with' ? await start() : undefined;
      if (auditor) await until('the audit has begun', async () => 'ledger' in (await store.ledgerAudit.load()));
      const { speed, cpu } = await run(kafka, `${input}-${round}-${how}`, input, brokerPid);
      speeds[how].push(speed);
      cpus[how].push(cpu);
      await auditor?.close();
    }
  }
  const found = await store.ledgerGaps.list();
  await store.close();
  await admin.deleteTopics([input]);
  await admin.close();
  await rm(folder, { recursive: true, force: true });
  const median = (list: number[]) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0;
  const ratios = speeds.with.map((speed, at) => speed / (speeds.without[at] ?? speed));
  return {
    broker,
    messages,
    'without (msg/s)': Math.round(median(speeds.without)),
    'with audit (msg/s)': Math.round(median(speeds.with)),
    'cost (%)': Math.round((1 - median(ratios)) * 1000) / 10,
    'CPU without (s per million)': Math.round(median(cpus.without) * 10) / 10,
    'CPU with': Math.round(median(cpus.with) * 10) / 10,
    'cost in CPU (%)': Math.round((median(cpus.with) / median(cpus.without) - 1) * 1000) / 10,
    'differences found': found.length,
  };
}

export const bench: Bench = {
  title: 'The audit of the ledger: what it costs a flow of one topic into two in throughput (4 partitions, pairs of runs)',
  async run() {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
    const embedded = await spawnEmbeddedBroker({ dir: folder });
    const rows = [await measure('embedded broker', [`${embedded.host}:${embedded.port}`], embedded.pid)];
    await embedded.close();
    await rm(folder, { recursive: true, force: true });
    const real = await startRealKafka({ nodes: 1 });
    rows.push(await measure('Apache Kafka', real.brokers));
    await real.stop();
    return rows;
  },
};
