import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { loadCatalog } from '#server/catalog.ts';
import { compile } from '#server/compile.ts';
import { createKafka } from '#server/kafka/client.ts';
import { startEmbeddedBroker } from '#server/kafka/embedded/broker.ts';
import { createSupervisor } from '#server/runtime/supervisor.ts';
import { emptyTotals } from '#server/runtime/totals.ts';
import type { Flow } from '#shared/flow.ts';
import { startRealKafka } from '../kafka/real-kafka.ts';
import type { Bench } from './main.ts';

const partitions = 4;
const expression =
  '{ "orderNo": $string(id), "name": cust.first & " " & cust.last, "tier": cust.spend > 1000 ? "gold" : "std", "sku": sku, "amount": price * qty, "note": note }';

interface Order {
  id: number;
  cust: { first: string; last: string; spend: number };
  sku: string;
  price: number;
  qty: number;
  note: string;
}

/** The same mapping by hand. */
function map(order: Order) {
  return {
    orderNo: String(order.id),
    name: `${order.cust.first} ${order.cust.last}`,
    tier: order.cust.spend > 1000 ? 'gold' : 'std',
    sku: order.sku,
    amount: order.price * order.qty,
    note: order.note,
  };
}

function orderOf(id: number, size: number): string {
  const order: Order = {
    id,
    cust: { first: 'Anna', last: 'Lee', spend: id % 2000 },
    sku: `A-${id % 50}`,
    price: 12.5,
    qty: (id % 5) + 1,
    note: '',
  };
  order.note = 'x'.repeat(Math.max(0, size - JSON.stringify(order).length));
  return JSON.stringify(order);
}

async function fill(kafka: Kafka, topic: string, count: number, size: number): Promise<void> {
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  for (let at = 0; at < count; at += 1000) {
    const messages = Array.from({ length: Math.min(1000, count - at) }, (_, index) => ({
      key: String(at + index),
      value: orderOf(at + index, size),
      partition: (at + index) % partitions,
    }));
    await producer.send({ topic, messages });
  }
  await producer.disconnect();
}

/** Waits until `count` committed messages stand in the topic; gives the ms since the first of them. */
async function timeUntil(kafka: Kafka, topic: string, count: number, start: () => Promise<void>): Promise<number> {
  const consumer = kafka.consumer({ groupId: `count-${topic}-${Date.now()}`, maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  let seen = 0;
  let first = 0;
  let finish: (ms: number) => void;
  const done = new Promise<number>((resolve) => {
    finish = resolve;
  });
  const joined = new Promise<void>((resolve) => consumer.on(consumer.events.GROUP_JOIN, () => resolve()));
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch }) => {
      if (first === 0) first = performance.now();
      seen += batch.messages.length;
      if (seen >= count) finish(performance.now() - first);
    },
  });
  await joined;
  await start();
  const ms = await done;
  await consumer.disconnect();
  return ms;
}

/**
 * The worker a careful programmer writes by hand with kafkajs: one transactional id per input partition, fenced before
 * the committed offset is read, one transaction per batch. The same guarantee, the mapping in plain JavaScript.
 */
async function handWritten(kafka: Kafka, input: string, output: string, group: string): Promise<() => Promise<void>> {
  const admin = kafka.admin();
  await admin.connect();
  const consumer = kafka.consumer({ groupId: group, maxWaitTimeInMs: 100 });
  const fenced = new Map<number, ReturnType<typeof kafka.producer>>();
  await consumer.connect();
  await consumer.subscribe({ topic: input, fromBeginning: true });
  consumer.on(consumer.events.GROUP_JOIN, () => fenced.clear());
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    partitionsConsumedConcurrently: partitions,
    eachBatch: async ({ batch, resolveOffset, heartbeat }) => {
      let producer = fenced.get(batch.partition);
      if (producer === undefined) {
        producer = kafka.producer({
          transactionalId: `${group}.${batch.partition}`,
          maxInFlightRequests: 1,
          idempotent: true,
          createPartitioner: Partitioners.DefaultPartitioner,
        });
        await producer.connect();
        await (await producer.transaction()).abort();
        const [committed] = await admin.fetchOffsets({ groupId: group, topics: [input] });
        const offset = committed?.partitions.find(({ partition }) => partition === batch.partition)?.offset ?? '-1';
        if (offset !== '-1' && offset !== batch.firstOffset()) {
          consumer.seek({ topic: input, partition: batch.partition, offset });
          fenced.set(batch.partition, producer);
          return;
        }
        fenced.set(batch.partition, producer);
      }
      const transaction = await producer.transaction();
      const messages = batch.messages.map(({ key, value }) => ({ key, value: JSON.stringify(map(JSON.parse(String(value)) as Order)) }));
      await transaction.send({ topic: output, messages });
      await transaction.sendOffsets({
        consumerGroupId: group,
        topics: [{ topic: input, partitions: [{ partition: batch.partition, offset: String(BigInt(batch.lastOffset()) + 1n) }] }],
      });
      await transaction.commit();
      resolveOffset(batch.lastOffset());
      await heartbeat();
    },
  });
  return async () => {
    await consumer.disconnect();
    for (const producer of fenced.values()) await producer.disconnect();
    await admin.disconnect();
  };
}

function flowOf(input: string, output: string): Flow {
  return {
    format: 1,
    id: 'bench',
    name: 'Bench',
    nodes: [
      { id: 'in', type: 'kafka.source', version: 1, label: 'In', config: { topic: input } },
      { id: 'map', type: 'map', version: 1, label: 'Map', config: { expression } },
      { id: 'out', type: 'kafka.sink', version: 1, label: 'Out', config: { topic: output } },
    ],
    edges: [
      { id: 'e1', from: { node: 'in', port: 'out' }, to: { node: 'map', port: 'in' } },
      { id: 'e2', from: { node: 'map', port: 'out' }, to: { node: 'out', port: 'in' } },
    ],
    settings: {
      partitions,
      retentionHours: 1,
      onError: 'dead-letter',
      guarantee: 'at-least-once',
      messageTimeoutMs: 10_000,
      quarantineAfter: 3,
      memoryMb: 512,
    },
    layout: { positions: {}, groups: [], notes: [] },
  };
}

async function measure(broker: string, brokers: string[], count: number, size: number): Promise<Record<string, string | number>> {
  const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const name = `bench-${size}-${Date.now()}`;
  const topics = [`${name}-in`, `${name}-hand`, `${name}-flow`];
  await admin.createTopics({ topics: topics.map((topic) => ({ topic, numPartitions: partitions })), waitForLeaders: true });
  const [input = '', byHand = '', byFlow = ''] = topics;
  await fill(kafka, input, count, size);

  let stop: () => Promise<void> = async () => undefined;
  const hand = await timeUntil(kafka, byHand, count, async () => {
    stop = await handWritten(kafka, input, byHand, `${name}-hand`);
  });
  await stop();

  const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
  const catalog = await loadCatalog();
  const settings = { brokers, clientId: 'bench' };
  const supervisor = createSupervisor({
    kafka: createKafka(settings),
    settings,
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
  const compiled = compile({ ...flowOf(input, byFlow), id: name }, catalog, 1);
  if (!('plan' in compiled) || compiled.plan === undefined) throw new Error(JSON.stringify(compiled.problems));
  const { plan } = compiled;
  const flow = await timeUntil(kafka, byFlow, count, async () => {
    await supervisor.deploy(plan);
  });
  await supervisor.close();
  await admin.deleteTopics({ topics });
  await admin.disconnect();
  await rm(folder, { recursive: true, force: true });
  const perSecond = (ms: number) => Math.round(count / (ms / 1000));
  return {
    broker,
    'value (B)': size,
    messages: count,
    'by hand (msg/s)': perSecond(hand),
    'Millrace (msg/s)': perSecond(flow),
    'Millrace ÷ by hand': hand / flow,
  };
}

export const bench: Bench = {
  title: 'Kafka → map → Kafka, exactly once: a flow against a hand-written kafkajs worker with the same guarantee (4 partitions)',
  async run() {
    const rows: Record<string, string | number>[] = [];
    const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
    const embedded = await startEmbeddedBroker({ dir: folder });
    for (const [size, count] of [
      [200, 60_000],
      [1000, 30_000],
    ] as const)
      rows.push(await measure('embedded', [`${embedded.host}:${embedded.port}`], count, size));
    await embedded.close();
    await rm(folder, { recursive: true, force: true });
    const real = await startRealKafka({ nodes: 1 });
    for (const [size, count] of [
      [200, 60_000],
      [1000, 30_000],
    ] as const)
      rows.push(await measure('Apache Kafka', real.brokers, count, size));
    await real.stop();
    return rows;
  },
};
