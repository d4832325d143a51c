import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { spawnEmbeddedBroker } from '#server/kafka/embedded/spawn.ts';
import { openTraceIndexFile } from '#server/store/trace-index.ts';
import { termHash } from '#server/trace/term.ts';
import type { TraceIndexState, TraceSearch, TraceWay } from '#shared/trace.ts';
import { deployFlow, type MillraceProcess, startMillrace, statusOf } from '../millrace.ts';
import { until } from '../wait.ts';
import type { Bench, Row, Table } from './main.ts';

const sizes = {
  searched: 1_000_000,
  indexed: 10_000_000,
  /** Messages of one round of the flow with and without an index, and rounds of each. */
  flown: 200_000,
  rounds: 3,
};
const partitions = 4;

const order = (n: number): string =>
  JSON.stringify({
    orderNo: `A-${n}`,
    customer: { first: 'Anna', last: 'Lee', email: `anna.${n % 100_000}@example.com` },
    sku: `S-${n % 50}`,
    price: 12.5,
    qty: (n % 5) + 1,
    note: 'x'.repeat(150),
  });

async function fill(brokers: string[], topic: string, count: number): Promise<void> {
  const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: partitions }] });
  await admin.disconnect();
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  for (let at = 0; at < count; at += 4000) {
    const messages = Array.from({ length: Math.min(4000, count - at) }, (_, index) => ({
      key: String(at + index),
      value: order(at + index),
      partition: (at + index) % partitions,
    }));
    await producer.send({ topic, messages });
  }
  await producer.disconnect();
}

function flowOf(id: string, topic: string, maps: number) {
  const nodes = Array.from({ length: maps }, (_, at) => ({
    id: `map-${at}`,
    type: 'map',
    version: 1,
    label: `Map ${at}`,
    config: { expression: `$merge([$, { "step": ${at}, "amount": price * qty }])` },
  }));
  const all = [
    { id: 'in', type: 'kafka.source', version: 1, label: 'In', config: { topic } },
    ...nodes,
    { id: 'out', type: 'kafka.sink', version: 1, label: 'Out', config: { topic: `${topic}.${id}`, createPartitions: partitions } },
  ];
  const edges = all.slice(1).map((node, at) => ({
    id: `e${at}`,
    from: { node: all[at]?.id ?? '', port: 'out' },
    to: { node: node.id, port: 'in' },
  }));
  return { format: 1, id, name: id, nodes: all, edges };
}

/** Starts Millrace on the broker, with an index or without. */
async function serve(brokers: string[], indexMb: number): Promise<{ server: MillraceProcess; stop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
  const server = await startMillrace({
    MILLRACE_DATA: folder,
    KAFKA_BROKERS: brokers.join(','),
    MILLRACE_TRACE_INDEX_MB: String(indexMb),
  });
  return {
    server,
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A flow over a filled topic: messages per second, and how long the index needed after its end until it had all. */
interface Flown {
  rate: number;
  /** ms; 0 without an index. */
  laterMs: number;
}

async function flowRate(brokers: string[], topic: string, id: string, indexMb: number): Promise<Flown> {
  const { server, stop } = await serve(brokers, indexMb);
  await deployFlow(server, flowOf(id, topic, 1));
  let first = 0;
  await until(
    'the flow has read everything',
    async () => {
      const { balance } = await statusOf(server, id);
      if (first === 0 && balance.in > 0) first = performance.now();
      return balance.in >= sizes.flown;
    },
    300_000,
  );
  const ended = performance.now();
  await until(
    'the index has read everything',
    async () => {
      const { behind, topics } = await server.api<TraceIndexState>('GET', '/api/trace-index');
      return indexMb === 0 || (behind === 0 && topics.some((one) => one.topic === `${topic}.${id}` && one.reached !== undefined));
    },
    900_000,
    100,
  );
  const laterMs = indexMb === 0 ? 0 : performance.now() - ended;
  await stop();
  return { rate: (sizes.flown / (ended - first)) * 1000, laterMs };
}

async function search(server: MillraceProcess, query: object): Promise<TraceSearch & { asked: number }> {
  const started = performance.now();
  let found = await server.api<TraceSearch>('POST', '/api/traces', query);
  await until(
    'the search ends',
    async () => {
      found = await server.api<TraceSearch>('GET', `/api/traces/${found.id}`);
      return found.state !== 'running';
    },
    300_000,
    5,
  );
  return { ...found, asked: performance.now() - started };
}

const median = (numbers: number[]): number => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;

async function searches(brokers: string[]): Promise<Row[]> {
  const { server, stop } = await serve(brokers, 4096);
  await deployFlow(server, flowOf('ten', 'bench.orders', 10));
  const started = performance.now();
  let bytes = 0;
  await until(
    'the flow and the index have read everything',
    async () => {
      const { balance } = await statusOf(server, 'ten');
      const state = await server.api<TraceIndexState>('GET', '/api/trace-index');
      ({ bytes } = state);
      return balance.in >= sizes.searched && state.behind === 0 && state.topics.length > 2;
    },
    900_000,
    500,
  );
  const built = performance.now() - started;
  const known = [17, sizes.searched / 2 + 3, sizes.searched - 1];
  const indexed: number[] = [];
  for (const n of [...known, ...known]) {
    const { hits, asked, indexed: byIndex } = await search(server, { text: `A-${n}`, flow: 'ten' });
    if (hits.length !== 1 || !byIndex) throw new Error(`A-${n} was not found by the index.`);
    indexed.push(asked);
  }
  // The oldest message that there is, so that all have to be read.
  const scanned = await search(server, { text: 'A-17"', by: 'text', flow: 'ten', limit: 1 });
  const { hits } = await search(server, { text: `A-${sizes.searched / 2}`, flow: 'ten' });
  const ways: number[] = [];
  for (let round = 0; round < 20; round++) {
    const begun = performance.now();
    const way = await server.api<TraceWay>('GET', `/api/flows/ten/way?origin=${encodeURIComponent(hits[0]?.origin ?? '')}`);
    if (way.recomputed !== 'identical' || way.hops.length !== 11) throw new Error(`The way is ${way.recomputed}: ${way.notes.join(' ')}`);
    ways.push(performance.now() - begun);
  }
  await stop();
  const cold = ways.shift() ?? 0;
  return [
    { what: `known order among ${sizes.searched}, by the index`, ms: median(indexed), '÷ scan': median(indexed) / scanned.asked },
    { what: `the same by reading (${scanned.scanned} messages)`, ms: scanned.asked, '÷ scan': 1 },
    { what: 'way through 10 nodes, the first', ms: cold, '÷ scan': cold / scanned.asked },
    { what: 'way through 10 nodes, warm (median)', ms: median(ways), '÷ scan': median(ways) / scanned.asked },
    { what: `flow and index over all (${Math.round(bytes / 1e6)} MB of index)`, ms: built, '÷ scan': built / scanned.asked },
  ];
}

/** The file alone, with key, number and e-mail of each message. */
async function fileAlone(): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
  const path = join(folder, 'index.db');
  const file = openTraceIndexFile(path);
  const perPut = 33_000;
  const started = performance.now();
  for (let at = 0; at < sizes.indexed; at += perPut) {
    const terms = [];
    for (let n = at; n < Math.min(sizes.indexed, at + perPut); n++) {
      const place = { partition: n % partitions, offset: Math.floor(n / partitions) };
      terms.push({ hash: termHash('value', String(n)), ...place });
      terms.push({ hash: termHash('value', `a-${n}`), ...place });
      terms.push({ hash: termHash('value', `anna.${n % 100_000}@example.com`), ...place });
    }
    const next = Math.floor((at + perPut) / partitions);
    file.put('orders', 'r', { terms, partitions: new Map([0, 1, 2, 3].map((p) => [p, { first: 0, next, reached: at }])) });
  }
  const built = performance.now() - started;
  const mb = file.size() / 1e6;
  file.close();
  const again = openTraceIndexFile(path, { reading: true });
  const times: number[] = [];
  for (const n of [0.9, 0.1, 0.5, 0.3, 0.7].map((share) => Math.floor(sizes.indexed * share) + 5)) {
    const begun = performance.now();
    const found = again.find(['orders'], termHash('value', `a-${n}`), 100);
    times.push(performance.now() - begun);
    if (found.length !== 1 || found[0]?.offset !== Math.floor(n / partitions)) throw new Error(`a-${n} was not found.`);
  }
  again.close();
  await rm(folder, { recursive: true, force: true });
  return [
    {
      messages: sizes.indexed,
      'messages/s': Math.round((sizes.indexed / built) * 1000),
      MB: Math.round(mb),
      'bytes per term': (mb * 1e6) / sizes.indexed / 3,
      'find, first (ms)': times[0] ?? 0,
      'find, median (ms)': median(times),
    },
  ];
}

/** Finding a known order, the way of a message, the size of the index, and what the index costs a flow. */
export const bench: Bench = {
  title: 'Traces, against the embedded broker',
  async run(): Promise<Table[]> {
    const file = await fileAlone();
    const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
    const broker = await spawnEmbeddedBroker({ dir: folder });
    const brokers = [`${broker.host}:${broker.port}`];
    await fill(brokers, 'bench.flown', sizes.flown);
    const flown: Record<'with' | 'without', Flown[]> = { with: [], without: [] };
    for (let round = 0; round < sizes.rounds; round++) {
      flown.without.push(await flowRate(brokers, 'bench.flown', `without-${round}`, 0));
      flown.with.push(await flowRate(brokers, 'bench.flown', `with-${round}`, 4096));
    }
    await fill(brokers, 'bench.orders', sizes.searched);
    const rows = await searches(brokers);
    await broker.close();
    await rm(folder, { recursive: true, force: true });
    const rateOf = (all: readonly Flown[]): number => median(all.map(({ rate }) => rate));
    const row = (what: string, all: readonly Flown[]): Row => ({
      what,
      'messages/s (median)': Math.round(rateOf(all)),
      '÷ without': rateOf(all) / rateOf(flown.without),
      'index had all after the flow (ms)': median(all.map(({ laterMs }) => laterMs)),
      '÷ time of the flow': median(all.map(({ laterMs, rate }) => laterMs / ((sizes.flown / rate) * 1000))),
    });
    return [
      { name: 'file', title: 'The file of the index alone, three terms a message', rows: file },
      {
        name: 'cost',
        title: `A flow over ${sizes.flown} messages, two cores`,
        rows: [row('without an index', flown.without), row('with it', flown.with)],
      },
      { name: 'search', title: `Over ${sizes.searched} messages`, rows },
    ];
  },
};
