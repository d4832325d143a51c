import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadCatalog } from '#server/catalog.ts';
import { compile } from '#server/compile.ts';
import type { ConsumeOptions, KafkaPort, KafkaRecord, RecordBatch, Work } from '#server/kafka/port.ts';
import { type Auditor, startAuditor } from '#server/ledger/auditor.ts';
import { startFlow } from '#server/runtime/flow-worker.ts';
import { createProgress } from '#server/runtime/progress.ts';
import { openStore, type Store } from '#server/store/store.ts';
import { flowSchema } from '#shared/flow.ts';
import { header } from '#shared/message.ts';
import { ledgerTopic, type Plan } from '#shared/plan.ts';

/**
 * What goes wrong without anybody saying so. There is no such switch in the product: the test stands between the stages
 * and Kafka, and takes away or adds what a fault in the loop, in a handler or in the pipeline would.
 */
export type Wrong = 'passed-over' | 'not-counted' | 'counted-twice' | 'output-dropped' | 'output-doubled' | 'letter-dropped';

/** One fault, at the message of this origin (`topic/partition/offset`). */
export interface Fault {
  stage: string;
  origin: string;
  wrong: Wrong;
  /** Of outputs: the topic that lacks one, or has one too many. */
  topic?: string;
  /** ms since 1970 when its transaction went out; set when it happened. */
  at?: number;
}

/** A flow that reads `<id>.orders` and writes a topic of its own and a sink outside. */
export async function planOf(id: string, version = 1, from = `${id}.orders`): Promise<Plan> {
  const flow = flowSchema.parse({
    format: 1,
    id,
    name: id,
    nodes: [
      { id: 'in', type: 'kafka.source', version: 1, label: 'Orders', config: { topic: from } },
      { id: 'paid', type: 'filter', version: 1, label: 'Paid', config: { condition: 'paid' } },
      { id: 'map', type: 'map', version: 1, label: 'Map', config: { expression: '{ "id": id, "total": $number(total) }' } },
      { id: 'out', type: 'kafka.sink', version: 1, label: 'Out', config: { topic: `${id}.out` } },
      { id: 'erp', type: 'log', version: 1, label: 'ERP', config: {} },
    ],
    edges: [
      { id: 'a', from: { node: 'in', port: 'out' }, to: { node: 'paid', port: 'in' } },
      { id: 'b', from: { node: 'paid', port: 'out' }, to: { node: 'map', port: 'in' } },
      { id: 'c', from: { node: 'map', port: 'out' }, to: { node: 'out', port: 'in' } },
      { id: 'd', from: { node: 'map', port: 'out' }, to: { node: 'erp', port: 'in' } },
    ],
    settings: {},
    layout: { positions: {}, groups: [], notes: [] },
  });
  const compiled = compile(flow, await catalog, version);
  if (!('plan' in compiled) || compiled.plan === undefined) throw new Error(JSON.stringify(compiled.problems));
  return compiled.plan;
}

const catalog = loadCatalog({ folders: [], log: { warn: console.warn } });

/** Creates what a deploy would. */
export async function createTopics(kafka: KafkaPort, plan: Plan, inputs: string[], partitions = 3): Promise<void> {
  const admin = kafka.admin();
  try {
    await admin.ensureTopics([
      ...inputs.map((name) => ({ name, partitions })),
      { name: `${plan.flow}.out`, partitions },
      ...plan.topics.filter(({ own }) => own).map(({ name, config }) => ({ name, partitions, config })),
      { name: ledgerTopic, partitions: 4 },
    ]);
  } finally {
    await admin.close();
  }
}

/** Runs a plan's stages in this process, as its worker thread would. */
export async function runFlow(kafka: KafkaPort, plan: Plan): Promise<{ stop(): Promise<void> }> {
  let ready: () => void = () => undefined;
  let failed: (error: Error) => void = () => undefined;
  const started = new Promise<void>((resolve, reject) => {
    ready = resolve;
    failed = reject;
  });
  const input = {
    plan,
    kafka: kafka.settings,
    nodeFolders: [],
    secrets: {},
    filesFolder: tmpdir(),
    triesFolder: join(tmpdir(), `millrace-tries-${randomUUID()}`),
    bindings: {},
    allowPrivate: [],
  };
  const { types } = await catalog;
  const worker = startFlow({
    input: { ...input, progress: createProgress(), marks: [], paused: [] },
    types,
    kafka,
    post(message) {
      if (message.type === 'ready') ready();
      if (message.type === 'failed') failed(new Error(message.message));
    },
    log: () => undefined,
  });
  await started;
  return {
    async stop() {
      worker.tell({ type: 'drain', deadlineMs: 10_000 });
      await worker.ended;
    },
  };
}

/** A port through which these faults happen, each once. */
export function faulty(kafka: KafkaPort, faults: Fault[]): KafkaPort {
  return {
    ...kafka,
    consume: (options) => kafka.consume({ ...options, handle: wrongHandle(options, faults) }),
  };
}

function wrongHandle(options: ConsumeOptions, faults: Fault[]): ConsumeOptions['handle'] {
  const stage = options.group.split('.').at(-1) ?? '';
  const open = new Map(faults.filter((fault) => fault.stage === stage).map((fault) => [fault.origin, fault]));
  return async (batch, signal) => {
    const at = batch.records.findIndex((record) => open.has(originOf(record)));
    if (at === -1) return options.handle(batch, signal);
    // One fault to an entry: two that make up for each other in one entry are nothing that counting can see.
    if (at > 0) return options.handle({ ...batch, records: batch.records.slice(0, at) }, signal);
    const next = batch.records.findIndex((record, index) => index > 0 && open.has(originOf(record)));
    const records = next === -1 ? batch.records : batch.records.slice(0, next);
    const fault = open.get(originOf(records[0] as KafkaRecord)) as Fault;
    const work = await suffer(fault, { ...batch, records }, (given) => options.handle(given, signal));
    if (work === undefined) return options.handle({ ...batch, records }, signal);
    open.delete(fault.origin);
    fault.at = Date.now();
    return work;
  };
}

async function suffer(fault: Fault, batch: RecordBatch, handle: (batch: RecordBatch) => Promise<Work>): Promise<Work | undefined> {
  const [first, second] = batch.records;
  if (first === undefined) return undefined;
  const last = (topic: string | undefined, work: Work) => work.records.findLastIndex((record) => record.topic === topic);
  if (fault.wrong === 'passed-over') {
    if (second === undefined) return { consumed: 1, records: [] };
    const work = await handle({ ...batch, records: batch.records.slice(1) });
    return { ...work, consumed: work.consumed + 1 };
  }
  if (fault.wrong === 'not-counted') {
    const third = batch.records[2];
    if (second === undefined || third === undefined) return undefined;
    const work = await handle({ ...batch, records: [first, third] });
    return { ...work, consumed: work.consumed + (work.consumed > 1 ? 1 : 0) };
  }
  if (fault.wrong === 'counted-twice') {
    const work = await handle({ ...batch, records: [first, first] });
    return { ...work, consumed: 1 };
  }
  const work = await handle({ ...batch, records: [first] });
  const index = last(fault.topic, work);
  if (index === -1) throw new Error(`The message at ${fault.origin} leaves nothing in ${fault.topic}.`);
  const records = [...work.records];
  if (fault.wrong === 'output-doubled') records.push(records[index] as (typeof records)[number]);
  else records.splice(index, 1);
  return { ...work, records };
}

function originOf(record: KafkaRecord): string {
  const origin = record.headers[header.origin];
  return typeof origin === 'string' ? origin : `${record.topic}/${record.partition}/${record.offset}`;
}

/** The audit as the server runs it, in its thread, over a store of its own that survives `restart`. */
export async function openAudit(kafka: KafkaPort) {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-audit-'));
  const store: Store = await openStore({ dataFolder: folder });
  const troubles: string[] = [];
  const start = (): Promise<Auditor> =>
    startAuditor({
      kafka: kafka.settings,
      store,
      names: async () => (node) => ({ erp: 'ERP', out: 'Out' })[node] ?? node,
      changed: () => undefined,
      log: (level, message, fields) => {
        if (fields?.kind === undefined) console.log(message);
        if (fields?.kind === undefined) troubles.push(`${level}: ${message}`);
      },
    });
  let auditor = await start();
  return {
    store,
    troubles,
    auditor: () => auditor,
    async restart() {
      await auditor.close();
      auditor = await start();
    },
    /** Until the audit has compared everything that stands in the ledger now. */
    async caughtUp(): Promise<boolean> {
      const admin = kafka.admin();
      try {
        const { ledger, strangers: _strangers, ...rest } = (await store.ledgerAudit.load()) as Record<string, Record<string, number>>;
        const ends = await admin.offsets(ledgerTopic);
        const chains = Object.entries(rest).filter(([name]) => name.startsWith('flow ')) as unknown as [string, { pending: unknown[] }[]][];
        return (
          ends !== undefined &&
          ends.every(({ partition, high }) => (ledger?.[String(partition)] ?? 0) >= Number(high)) &&
          chains.every(([, list]) => list.every(({ pending }) => pending.length === 0))
        );
      } finally {
        await admin.close();
      }
    },
    async close() {
      await auditor.close();
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
