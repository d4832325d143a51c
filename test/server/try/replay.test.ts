import { tmpdir } from 'node:os';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadCatalog } from '#server/catalog.ts';
import { compile } from '#server/compile.ts';
import type { FromTrial, TrialSpec } from '#server/try/trial-protocol.ts';
import { createSession } from '#server/try/trial-session.ts';
import type { Plan } from '#shared/plan.ts';
import { flowOf } from '../sample-flow.ts';
import { input } from './trial-flow.ts';

const catalog = await loadCatalog();

/** A session in this thread, as the thread of a Try has one. */
function session() {
  let said: FromTrial[] = [];
  const surroundings = { nodeFolders: [], filesFolder: tmpdir(), bindings: {}, allowPrivate: [] };
  const guard = { use: () => undefined, outside: <T>(perform: () => Promise<T>) => perform() };
  const one = createSession(surroundings, guard, new Int32Array(2), (message) => void said.push(message));
  return async (plan: Plan, values: unknown[], more: Partial<TrialSpec> = {}): Promise<{ text: string; reused: string[] }> => {
    said = [];
    const spec: TrialSpec = {
      plan,
      calls: '{}',
      recordings: [],
      mayCall: [],
      secrets: {},
      seed: 1,
      remember: { inputs: JSON.stringify(values) },
      ...more,
    };
    await one.tell({ type: 'open', spec });
    await one.tell({ type: 'run', inputs: values.map((value, at) => input('in', value, at)), each: false });
    await one.tell({ type: 'close' });
    const failed = said.find(({ type }) => type === 'failed' || type === 'refused');
    if (failed) throw new Error(JSON.stringify(failed));
    const opened = said.find((message) => message.type === 'opened');
    return {
      reused: opened?.type === 'opened' ? opened.reused : [],
      // When they are sent depends on how long they took.
      text: said
        .flatMap((message) => (message.type === 'outcomes' ? [message.text.slice(1, -1)] : []))
        .filter((text) => text !== '')
        .join(','),
    };
  };
}

/** A flow as a draw of small choices: every node takes its input from one or two nodes before it. */
interface Drawn {
  kind: 'map' | 'filter' | 'switch' | 'split' | 'dice' | 'failing';
  from: number[];
  port: number;
  variant: number;
  mode: 'on' | 'bypassed' | 'disabled';
  sink: boolean;
}

const drawn: fc.Arbitrary<Drawn> = fc.record({
  kind: fc.constantFrom('map', 'filter', 'switch', 'split', 'dice', 'failing'),
  from: fc.array(fc.nat(8), { minLength: 1, maxLength: 2 }),
  port: fc.nat(4),
  variant: fc.nat(3),
  mode: fc.constantFrom('on', 'on', 'on', 'on', 'bypassed', 'disabled'),
  sink: fc.boolean(),
});

const configs: Record<Drawn['kind'], (variant: number) => { type: string; config: object; ports: string[] }> = {
  map: (v) => ({ type: 'map', config: { expression: `{ "n": n + ${v}, "items": items, "at": $now() }` }, ports: ['out'] }),
  filter: (v) => ({ type: 'filter', config: { condition: `n % ${v + 2} = 0` }, ports: ['out'] }),
  switch: (v) => ({
    type: 'switch',
    config: { cases: [{ id: 'few', name: 'Few', when: `n < ${v + 2}` }] },
    ports: ['few', 'other'],
  }),
  split: (v) => ({ type: 'split', config: { expression: 'items', ...(v > 1 && { key: '$string(n)' }) }, ports: ['out'] }),
  dice: (v) => ({
    type: 'map',
    config: { expression: `{ "n": $floor($random() * ${v + 5}), "items": $shuffle([1..3]).{ "n": $ } }` },
    ports: ['out'],
  }),
  failing: (v) => ({ type: 'map', config: { expression: `n % ${v + 2} = 0 ? $error("no") : $` }, ports: ['out', 'error'] }),
};

function planOf(nodes: readonly Drawn[]): Plan | undefined {
  const made = nodes.map((node) => configs[node.kind](node.variant));
  const idOf = (at: number) => (at === 0 ? 'in' : `n${at}`);
  const edges: object[] = [];
  const seen = new Set<string>();
  const connect = (from: number, port: string, to: string) => {
    const name = `${from}.${port}>${to}`;
    if (seen.has(name)) return;
    seen.add(name);
    edges.push({ id: `e${edges.length + 1}`, from: { node: idOf(from), port }, to: { node: to, port: 'in' } });
  };
  const sinks: object[] = [];
  for (const [at, node] of nodes.entries()) {
    for (const choice of node.from) {
      const from = choice % (at + 1);
      const ports = from === 0 ? ['out'] : (made[from - 1]?.ports ?? []);
      connect(from, ports[node.port % ports.length] ?? 'out', idOf(at + 1));
    }
    if (node.sink) {
      sinks.push({
        id: `s${at + 1}`,
        type: 'kafka.sink',
        config: { topic: `t${at + 1}`, value: node.variant === 0 ? '{ "r": $random() }' : '' },
      });
      connect(at + 1, made[at]?.ports[0] ?? 'out', `s${at + 1}`);
    }
  }
  const flow = flowOf({
    nodes: [
      { id: 'in', type: 'kafka.source', config: { topic: 'orders' } },
      ...nodes.map((node, at) => ({
        id: idOf(at + 1),
        type: made[at]?.type,
        config: made[at]?.config,
        ...(node.mode !== 'on' && { mode: node.mode }),
      })),
      { id: 'all', type: 'kafka.sink', config: { topic: 'all' } },
      ...sinks,
    ],
    edges: [...edges, { id: 'last', from: { node: 'in', port: 'out' }, to: { node: 'all', port: 'in' } }],
  });
  return compile(flow, catalog, 0).plan;
}

const orders = [
  { n: 1, items: [{ n: 3 }, { n: 4 }] },
  { n: 2, items: [] },
  { n: 3, items: [{ n: 5 }] },
  { n: 12, items: [{ n: 1 }, { n: 2 }, { n: 6 }] },
];

describe('what is taken over from the Try before', () => {
  it('gives the same result as running everything again, over random flows and edits', async () => {
    let reused = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(drawn, { minLength: 1, maxLength: 7 }),
        fc.array(fc.record({ at: fc.nat(6), to: drawn }), { minLength: 1, maxLength: 4 }),
        fc.subarray(orders, { minLength: 2 }),
        async (nodes, edits, values) => {
          const remembering = session();
          let current = nodes;
          const first = planOf(current);
          if (first) await remembering(first, values);
          for (const { at, to } of edits) {
            // Of an edit at the end, or in the middle, or one more node.
            current = at < current.length ? current.map((node, index) => (index === at ? to : node)) : [...current, to];
            const plan = planOf(current);
            // Behind a disabled node alone nothing can come, which the check of a flow refuses.
            if (plan === undefined) continue;
            const again = await remembering(plan, values);
            const fresh = await session()(plan, values);
            expect(again.text).toBe(fresh.text);
            expect(fresh.reused).toEqual([]);
            reused += again.reused.length;
          }
        },
      ),
      { numRuns: 100 },
    );
    expect(reused).toBeGreaterThan(50);
  }, 120_000);

  function chain(...variants: number[]): Plan {
    const plan = planOf(
      variants.map((variant, at) => ({ kind: 'map', from: [at], port: 0, variant, mode: 'on', sink: at === variants.length - 1 })),
    );
    if (plan === undefined) throw new Error('The chain has problems.');
    return plan;
  }

  it('is everything up to the first node that has changed', async () => {
    const run = session();
    expect((await run(chain(1, 1, 1), orders)).reused).toEqual([]);
    expect((await run(chain(1, 1, 1), orders)).reused.sort()).toEqual(['all', 'n1', 'n2', 'n3', 's3']);
    expect((await run(chain(1, 2, 1), orders)).reused.sort()).toEqual(['all', 'n1']);
  });

  it('is nothing when the samples, the clock or the seed are others', async () => {
    const run = session();
    const plan = chain(1);
    await run(plan, orders);
    expect((await run(plan, orders.slice(1))).reused).toEqual([]);
    expect((await run(plan, orders.slice(1), { now: 5 })).reused).toEqual([]);
    expect((await run(plan, orders.slice(1), { now: 5, seed: 2 })).reused).toEqual([]);
    expect((await run(plan, orders.slice(1), { now: 5, seed: 2 })).reused).not.toEqual([]);
  });

  it('is nothing of a node that is really called, nor of what is behind it', async () => {
    const run = session();
    const plan = chain(1, 1);
    const calls = JSON.stringify({ n1: { mode: 'real' } });
    await run(plan, orders, { calls });
    expect((await run(plan, orders, { calls })).reused).toEqual(['all']);
  });
});
