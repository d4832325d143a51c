import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OutRecord } from '#server/kafka/port.ts';
import { createPipeline, type LiveNode, type PipelineOptions, StopOnError } from '#server/runtime/pipeline.ts';
import { createTally } from '#server/runtime/tally.ts';
import { MessageError, type TransformInstance } from '#server/sdk.ts';
import { imbalance } from '#shared/ledger.ts';
import { header, type Message } from '#shared/message.ts';
import type { PlanNode, TransformStage } from '#shared/plan.ts';

type Stage = Pick<TransformStage, 'nodes' | 'edges' | 'sinkTopics'>;

const node = (id: string, kind: PlanNode['kind'], more: Partial<PlanNode> = {}): PlanNode => ({
  id,
  type: 'test',
  kind,
  label: id,
  config: {},
  ...more,
});
const edge = (from: string, to: string, port = 'out') => ({ from: { node: from, port }, to: { node: to, port: 'in' } });
const message = (value: unknown, offset = 0): Message => ({
  key: 'k',
  value,
  headers: { colour: 'red' },
  timestamp: 5,
  origin: { topic: 'orders', partition: 1, offset: String(offset) },
});
const transform = (process: TransformInstance['process']): LiveNode => ({ transform: { process } });

async function run(stage: Stage, live: Record<string, LiveNode>, messages: Message[], more: Partial<PipelineOptions> = {}) {
  const pipeline = createPipeline({ flow: 'f', version: 3, stage, live: new Map(Object.entries(live)), onError: 'dead-letter', ...more });
  const tally = createTally();
  const out: OutRecord[] = [];
  const dead: { code: string; node: string }[] = [];
  for (const entry of messages) {
    await pipeline.run('in', entry, { output: (record) => out.push(record), dead: (failure) => dead.push(failure) }, tally);
  }
  return { tally, out, dead };
}

const chain: Stage = {
  nodes: [node('in', 'source'), node('t', 'transform'), node('s', 'sink')],
  edges: [edge('in', 't'), edge('t', 's')],
  sinkTopics: { s: 'f.s' },
};

describe('the pipeline', () => {
  it('stamps every output with origin, flow version and its ordinal at the sink', async () => {
    const twice = transform((m, emit) => {
      emit({ ...m, value: 1 });
      emit({ ...m, value: 2 });
    });
    const { out, tally } = await run(chain, { t: twice }, [message({}, 7)]);
    expect(out.map(({ value, headers }) => [value, headers?.[header.index]])).toEqual([
      ['1', '0'],
      ['2', '1'],
    ]);
    expect(out[0]?.headers).toMatchObject({
      colour: 'red',
      [header.origin]: 'orders/1/7',
      [header.flow]: 'f@3',
      [header.parent]: 'orders/1/7',
    });
    expect(tally).toMatchObject({ in: 1, copies: 1, delivered: { s: 2 } });
  });

  it('sends nothing of a node that fails half-way, and makes one dead letter', async () => {
    const fails = transform((m, emit) => {
      emit(m);
      throw new MessageError('map/T2001', 'no number');
    });
    const { out, dead, tally } = await run(chain, { t: fails }, [message({})]);
    expect(out).toEqual([]);
    expect(dead).toEqual([{ code: 'map/T2001', message: 'no number', node: 't', arrival: 0 }]);
    expect(imbalance(tally)).toBe(0);
  });

  it('lets the other branches deliver when one branch fails', async () => {
    const stage: Stage = {
      nodes: [node('in', 'source'), node('a', 'transform'), node('b', 'transform'), node('s', 'sink'), node('u', 'sink')],
      edges: [edge('in', 'a'), edge('in', 'b'), edge('a', 's'), edge('b', 'u')],
      sinkTopics: { s: 'f.s', u: 'f.u' },
    };
    const ok = transform((m, emit) => emit(m));
    const bad = transform(() => {
      throw new MessageError('x', 'bad');
    });
    const { out, dead } = await run(stage, { a: bad, b: ok }, [message({})]);
    expect(out.map(({ topic }) => topic)).toEqual(['f.u']);
    expect(dead).toHaveLength(1);
  });

  it('takes a failed message out of the error port when one is connected', async () => {
    const stage: Stage = { ...chain, edges: [edge('in', 't'), edge('t', 's', 'error')] };
    const bad = transform(() => {
      throw new MessageError('x', 'bad');
    });
    const { out, dead } = await run(stage, { t: bad }, [message({ a: 1 })]);
    expect(dead).toEqual([]);
    expect(out[0]?.headers).toMatchObject({ [header.errorCode]: 'x', [header.errorNode]: 't' });
    expect(out[0]?.value).toBe('{"a":1}');
  });

  it('stops the flow when its policy says so, and skips with a count when it says that', async () => {
    const bad = transform(() => {
      throw new MessageError('x', 'bad');
    });
    await expect(run(chain, { t: bad }, [message({})], { onError: 'stop' })).rejects.toBeInstanceOf(StopOnError);
    const { tally } = await run(chain, { t: bad }, [message({})], { onError: 'skip' });
    expect(tally.filtered).toEqual({ t: { 'skipped: x': 1 } });
  });

  it('passes messages unchanged through a bypassed node and ends them at a disabled one', async () => {
    const never = transform(() => {
      throw new Error('must not run');
    });
    const bypassed = { ...chain, nodes: chain.nodes.map((n) => (n.id === 't' ? { ...n, mode: 'bypassed' as const } : n)) };
    expect((await run(bypassed, { t: never }, [message(1)])).out).toHaveLength(1);
    const disabled = { ...chain, nodes: chain.nodes.map((n) => (n.id === 't' ? { ...n, mode: 'disabled' as const } : n)) };
    expect((await run(disabled, { t: never }, [message(1)])).tally.filtered).toEqual({ t: { 'the node is disabled': 1 } });
  });

  it('makes a result that is too large for its topic a dead letter instead of a batch that can never be written', async () => {
    const grow = transform((m, emit) => emit({ ...m, value: 'x'.repeat(2000) }));
    const { dead } = await run(chain, { t: grow }, [message(1)], { maxRecordBytes: () => 1000 });
    expect(dead[0]?.code).toBe('output/too-large');
  });

  it('keeps outputs at a sink in the order of their sources, whatever path and however asynchronous', async () => {
    const stage: Stage = {
      nodes: [node('in', 'source'), node('slow', 'transform'), node('s', 'sink')],
      edges: [edge('in', 'slow'), edge('slow', 's'), edge('in', 's')],
      sinkTopics: { s: 'f.s' },
    };
    const slow: LiveNode = {
      transform: {
        async process(m, emit) {
          await new Promise((resolve) => setImmediate(resolve));
          emit({ ...m, value: `slow ${String(m.value)}` });
        },
      },
    };
    const { out } = await run(stage, { slow }, [message(1, 1), message(2, 2)]);
    expect(out.map(({ value }) => value)).toEqual(['"slow 1"', '1', '"slow 2"', '2']);
  });

  it('balances for any graph and any mix of outcomes', async () => {
    const outcomes = fc.array(fc.constantFrom('pass', 'drop', 'fail', 'split'), { minLength: 1, maxLength: 30 });
    const shape = fc.array(fc.tuple(fc.nat(4), fc.nat(4), fc.constantFrom('out', 'error')), { maxLength: 14 });
    await fc.assert(
      fc.asyncProperty(outcomes, shape, async (plan, links) => {
        const ids = ['in', 'n1', 'n2', 'n3', 'n4'];
        const nodes = ids.map((id, at) => node(id, at === 0 ? 'source' : 'transform'));
        const edges = links.flatMap(([a, b, port]) =>
          a < b && !(a === 0 && port === 'error') ? [edge(ids[a] ?? '', ids[b] ?? '', port)] : [],
        );
        const stage: Stage = { nodes: [...nodes, node('s', 'sink')], edges: [...edges, edge('n4', 's')], sinkTopics: { s: 'f.s' } };
        let at = 0;
        const next = transform((m, emit, drop) => {
          const what = plan[at++ % plan.length];
          if (what === 'fail') throw new MessageError('x', 'bad');
          if (what === 'drop') return drop('why not');
          emit(m);
          if (what === 'split') emit(m);
        });
        const { tally, out, dead } = await run(stage, { n1: next, n2: next, n3: next, n4: next }, [message(1), message(2), message(3)]);
        expect(imbalance(tally)).toBe(0);
        expect(out.length).toBe(tally.delivered.s ?? 0);
        expect(dead.length).toBe(
          Object.values(tally.dead)
            .flatMap(Object.values)
            .reduce((a: number, b) => a + Number(b), 0),
        );
      }),
      { numRuns: 300 },
    );
  });
});
