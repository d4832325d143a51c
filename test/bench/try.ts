import { tmpdir } from 'node:os';
import { loadCatalog } from '#server/catalog.ts';
import { compile } from '#server/compile.ts';
import { demoFlow } from '#server/demo/web-shop-orders.ts';
import { makeOrderEvent } from '#server/nodes/order-generator.ts';
import { enter } from '#server/runtime/codec.ts';
import { createPipeline, type LiveNode } from '#server/runtime/pipeline.ts';
import { createTally } from '#server/runtime/tally.ts';
import type { TopicSinkInstance, TransformInstance } from '#server/sdk.ts';
import { inputOfMessage, type TrialInput } from '#server/try/input.ts';
import { transformOf } from '#server/try/trial.ts';
import { createTrialRunner } from '#server/try/trial-runner.ts';
import { createTries } from '#server/try/tries.ts';
import { contextOf } from '../server/try/trial-flow.ts';
import type { Bench, Row } from './main.ts';

const source = 'orders';
const catalog = await loadCatalog();
const { plan } = compile(demoFlow(), catalog, 1);
if (plan === undefined) throw new Error('The demo flow has problems.');

function inputs(count: number): TrialInput[] {
  return Array.from({ length: count }, (_, index) => {
    const { key, value } = makeOrderEvent(1, index, 20, 1_700_000_000_000);
    const place = { node: source, topic: 'orders', index, now: 1_700_000_000_000 };
    return inputOfMessage({ key: key ?? null, value: value instanceof Uint8Array ? 'broken' : value }, place);
  });
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await run();
  return performance.now() - started;
}

/** ms of the pipeline alone over messages that are read already, as the transform stage runs it. */
async function pipelineMs(count: number): Promise<number> {
  const stage = transformOf(plan as NonNullable<typeof plan>);
  const live = new Map<string, LiveNode>();
  for (const node of stage.nodes) {
    const type = catalog.types.get(node.type);
    if (type === undefined || type.kind === 'source' || stage.sinkTopics[node.id] !== undefined || !('create' in type)) continue;
    const made = await type.create(node.config as never, contextOf(plan as NonNullable<typeof plan>)(node));
    live.set(node.id, type.kind === 'transform' ? { transform: made as TransformInstance } : { topicSink: made as TopicSinkInstance });
  }
  const pipeline = createPipeline({ flow: 'f', version: 1, stage, live, onError: 'dead-letter' });
  const records = inputs(count).flatMap(({ node: _node, origin, ...rest }) => {
    const record = { ...rest, ...origin, offset: BigInt(origin.offset) };
    return String(rest.value) === '"broken"' ? [] : [record];
  });
  const nowhere = { output: () => undefined, dead: () => undefined };
  return timed(async () => {
    const tally = createTally();
    for (const record of records) await pipeline.run(source, enter(record, 'json', pipeline.takesText(source)), nowhere, tally);
  });
}

/** What a Try costs: the demo flow over ten samples, in a new thread and in one that is there; and a thousand messages. */
export const bench: Bench = {
  title: 'Tries of the demo flow (11 nodes), as a person and as a comparison run them',
  async run(): Promise<Row[]> {
    const surroundings = { nodeFolders: [], filesFolder: tmpdir(), bindings: { sandbox: 'http://127.0.0.1:1' }, allowPrivate: [] };
    const runner = createTrialRunner(surroundings);
    const tries = createTries({ runner, catalog });
    const messages = (seed: number) =>
      Array.from({ length: 10 }, (_, index) => {
        const { key, value } = makeOrderEvent(seed, index, 20, 1_700_000_000_000);
        return { key: key ?? null, value: value instanceof Uint8Array ? 'broken' : value, timestamp: 1_700_000_000_000 };
      });
    const attempt = (seed: number) =>
      tries.run(
        {
          flow: demoFlow(),
          request: { messages: messages(seed) },
          samples: [],
          recordings: [],
          mayCall: () => false,
          secrets: async () => ({}),
        },
        new AbortController().signal,
      );
    const cold = await timed(() => attempt(1));
    const warm: number[] = [];
    for (let seed = 2; seed < 22; seed++) warm.push(await timed(() => attempt(seed)));
    const again: number[] = [];
    for (let round = 0; round < 20; round++) again.push(await timed(() => attempt(21)));

    const count = 1000;
    const batch = async () => {
      const trial = await runner.open(
        { plan: plan as NonNullable<typeof plan>, calls: '{}', recordings: [], mayCall: [], secrets: {}, seed: 1, sinksOnly: true },
        { lane: 'batch' },
      );
      for await (const _outcomes of trial.run(inputs(count)));
      await trial.close();
    };
    await batch();
    const many = await timed(batch);
    await pipelineMs(count);
    const alone = await pipelineMs(count);
    await runner.close();
    const median = (times: number[]) => times.sort((a, b) => a - b)[times.length >> 1] ?? 0;
    const row = (what: string, ms: number, to: number | undefined, note: string): Row => ({
      what,
      ms: Math.round(ms),
      ratio: to === undefined ? '' : `${(ms / to).toFixed(1)}×`,
      against: note,
    });
    return [
      row('10 samples, in a new thread', cold, median(warm), 'a thread that is there'),
      row('10 other samples, in a thread that is there', median(warm), undefined, ''),
      row('the same samples once more', median(again), median(warm), 'other samples'),
      row(`${count} messages, records of sinks alone`, many, alone, 'the pipeline alone, without trail or thread'),
    ];
  },
};
