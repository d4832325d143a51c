import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compile, problemsOf, upgradeNodes } from '#server/compile.ts';
import type { Flow } from '#shared/flow.ts';
import type { Plan } from '#shared/plan.ts';
import { edges, flowOf, goodFlow, sampleCatalog } from './sample-flow.ts';

const catalog = await sampleCatalog();

function planOf(flow: Flow, version = 1): Plan {
  const result = compile(flow, catalog, version);
  if (result.plan === undefined) throw new Error(result.problems.map(({ message }) => message).join(' '));
  return result.plan;
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(freeze);
  return value;
}

describe('a plan', () => {
  const plan = planOf(goodFlow());

  test('an outside source has an ingest stage, an outside sink a deliver stage, and all transforms one stage between', () => {
    expect(plan.stages.map(({ id }) => id)).toEqual(['ingest-in', 'transform', 'deliver-crm']);
    expect(plan.stages[0]).toMatchObject({ kind: 'ingest', topic: 'millrace.shop.in', node: { id: 'in' } });
    expect(plan.stages[1]).toMatchObject({
      group: 'millrace.shop.transform',
      inputs: [{ topic: 'millrace.shop.in', node: 'in', from: 'earliest', format: 'json' }],
      sinkTopics: { crm: 'millrace.shop.crm' },
    });
    expect(plan.stages[2]).toMatchObject({ group: 'millrace.shop.deliver-crm', input: { topic: 'millrace.shop.crm', node: 'crm' } });
  });

  test('configs are complete: defaults are filled in', () => {
    expect(plan.stages[0]).toMatchObject({ node: { config: { path: 'orders', maxBytes: 1_000_000 } } });
  });

  test('nodes stand in topological order', () => {
    const stage = plan.stages[1];
    expect(stage?.kind === 'transform' && stage.nodes.map(({ id }) => id)).toEqual(['in', 'map', 'crm', 'log']);
  });

  test('the topics of the flow are its own with size and retention; the topic of a user is not', () => {
    const own = { 'cleanup.policy': 'delete', 'max.message.bytes': '1065536', 'retention.ms': String(168 * 3_600_000) };
    expect(plan.topics).toEqual([
      { name: 'millrace.shop.in', partitions: 4, config: own, own: true },
      { name: 'millrace.shop.crm', partitions: 4, config: own, own: true },
      { name: 'orders.log', partitions: 0, config: {}, own: false },
      {
        name: 'millrace.shop.dead',
        partitions: 4,
        config: { 'cleanup.policy': 'delete', 'max.message.bytes': '16777216', 'retention.ms': String(720 * 3_600_000) },
        own: true,
      },
    ]);
  });

  test('topics take what a webhook takes and a little more, and never less than the default', () => {
    const big = planOf(
      flowOf({
        nodes: [
          { id: 'in', type: 'test.hook', config: { path: 'a', maxBytes: 20_000_000 } },
          { id: 'small', type: 'test.hook', config: { path: 'b', maxBytes: 10 } },
          { id: 'crm', type: 'test.sink', config: {} },
        ],
        edges: edges('in>crm', 'small>crm'),
      }),
    );
    const size = (name: string) => Number(big.topics.find((topic) => topic.name === name)?.config['max.message.bytes']);
    expect(size('millrace.shop.in')).toBe(20_065_536);
    expect(size('millrace.shop.small')).toBe(1_048_588);
    expect(size('millrace.shop.crm')).toBe(20_065_536);
    expect(size('millrace.shop.dead')).toBeGreaterThan(20_065_536);
  });

  test('retention for ever holds for the dead letters too', () => {
    const kept = planOf(goodFlow({ settings: { retentionHours: -1 } }));
    expect(kept.topics.filter(({ own }) => own).map(({ config }) => config['retention.ms'])).toEqual(['-1', '-1', '-1']);
  });

  test('a Kafka topic as source has no ingest stage, as sink no deliver stage; a flow without transforms still has the transform stage', () => {
    const direct = planOf(
      flowOf({
        nodes: [
          { id: 'a', type: 'test.topic-in', config: { topic: 'orders' } },
          { id: 'b', type: 'test.topic-out', config: { topic: 'copies', create: 3 } },
        ],
        edges: edges('a>b'),
      }),
    );
    expect(direct.stages).toHaveLength(1);
    expect(direct.stages[0]).toMatchObject({ kind: 'transform', inputs: [{ topic: 'orders', node: 'a' }], sinkTopics: {} });
    expect(direct.topics).toMatchObject([
      { name: 'orders', own: false, partitions: 0 },
      { name: 'copies', own: true, partitions: 3 },
      { name: 'millrace.shop.dead', own: true },
    ]);
  });

  test('a disabled source or sink has no stage and no topic, but stays in the graph to be counted', () => {
    const flow = goodFlow();
    const crm = flow.nodes.find(({ id }) => id === 'crm');
    if (crm) crm.mode = 'disabled';
    const without = planOf(flow);
    expect(without.stages.map(({ id }) => id)).toEqual(['ingest-in', 'transform']);
    expect(without.topics.map(({ name }) => name)).not.toContain('millrace.shop.crm');
    expect(without.stages[1]).toMatchObject({ nodes: expect.arrayContaining([expect.objectContaining({ id: 'crm', mode: 'disabled' })]) });
    expect(without.paths.map(({ sink }) => sink)).toEqual(['log']);
  });

  test('each way from source to sink has its guarantee and the node that weakens it', () => {
    const flow = goodFlow();
    expect(planOf(flow).paths).toEqual([
      { source: 'in', sink: 'crm', guarantee: 'effectively-once', by: 'upsert' },
      { source: 'in', sink: 'log', guarantee: 'exactly-once', by: 'kafka' },
    ]);
    const crm = flow.nodes.find(({ id }) => id === 'crm');
    if (crm) crm.config = { mode: 'append' };
    expect(planOf(flow).paths[0]).toEqual({ source: 'in', sink: 'crm', guarantee: 'at-least-once', by: 'none', weakest: 'crm' });
  });

  test('the policies of a node reach the plan', () => {
    const flow = goodFlow();
    const crm = flow.nodes.find(({ id }) => id === 'crm');
    if (crm) Object.assign(crm, { onError: 'skip', retry: { minutes: 5, giveUp: 'dead-letter' } });
    expect(planOf(flow).stages[2]).toMatchObject({ node: { onError: 'skip', retry: { minutes: 5, giveUp: 'dead-letter' } } });
  });

  test('a sink that parks keys has a compacted topic for what waits, with the partitions of its own; others have none', () => {
    const flow = goodFlow();
    expect(planOf(flow).stages[2]).not.toHaveProperty('parked');
    const crm = flow.nodes.find(({ id }) => id === 'crm');
    if (crm) crm.retry = { minutes: 5, giveUp: 'park' };
    const plan = planOf(flow);
    expect(plan.stages[2]).toMatchObject({ parked: 'millrace.shop.crm.parked' });
    expect(plan.topics.find(({ name }) => name === 'millrace.shop.crm.parked')).toMatchObject({
      partitions: 4,
      like: 'millrace.shop.crm',
      config: { 'cleanup.policy': 'compact' },
    });
  });
});

describe('the hash of a plan', () => {
  const base = planOf(goodFlow()).hash;
  const word = fc.string({ maxLength: 12 });

  test('is the same whatever the drawing, the names, the notes, the order and the version', () => {
    const flow = goodFlow();
    const drawings = fc.record({
      name: fc.string({ minLength: 1, maxLength: 20 }),
      labels: fc.array(word, { minLength: 4, maxLength: 4 }),
      note: word,
      positions: fc.dictionary(fc.constantFrom('in', 'map', 'crm', 'log'), fc.record({ x: fc.integer(), y: fc.integer() })),
      nodes: fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }),
      edges: fc.shuffledSubarray([0, 1, 2], { minLength: 3 }),
      version: fc.integer({ min: 1, max: 99 }),
    });
    fc.assert(
      fc.property(drawings, ({ name, labels, note, positions, nodes, edges: order, version }) => {
        const drawn: Flow = {
          ...flow,
          name,
          nodes: nodes.map((at) => ({ ...(flow.nodes[at] as Flow['nodes'][number]), label: labels[at] ?? '', note })),
          edges: order.map((at, index) => ({ ...(flow.edges[at] as Flow['edges'][number]), id: `x${index}` })),
          layout: { ...flow.layout, positions },
        };
        expect(planOf(drawn, version).hash).toBe(base);
      }),
      { numRuns: 50 },
    );
  });

  test.each<[string, (flow: Flow) => Flow]>([
    [
      'a config',
      (flow) => ({ ...flow, nodes: flow.nodes.map((node) => (node.id === 'map' ? { ...node, config: { expression: 'orders' } } : node)) }),
    ],
    [
      'an edge',
      (flow) => ({ ...flow, edges: flow.edges.filter(({ id }) => id !== 'e3'), nodes: flow.nodes.filter(({ id }) => id !== 'log') }),
    ],
    ['a setting', (flow) => ({ ...flow, settings: { ...flow.settings, onError: 'stop' } })],
    ['the id', (flow) => ({ ...flow, id: 'other' })],
  ])('changes with %s', (_name, change) => {
    expect(planOf(change(goodFlow())).hash).not.toBe(base);
  });
});

describe('compile', () => {
  test('is pure: a frozen flow compiles, twice to the same plan', () => {
    const flow = freeze(goodFlow());
    expect(JSON.stringify(compile(flow, catalog, 3))).toBe(JSON.stringify(compile(flow, catalog, 3)));
  });

  test('a plan is plain JSON', () => {
    const plan = planOf(goodFlow());
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  });

  test('a flow with an error gives problems and no plan; one with warnings compiles', () => {
    expect(compile(goodFlow({ edges: [] }), catalog, 1).problems?.map(({ code }) => code)).toContain('node/no-input');
    const flow = goodFlow({ edges: edges('in>map', 'in>crm', 'map>log', 'in>sw') });
    const warned = { ...flow, nodes: [...flow.nodes, { ...(flow.nodes[1] as Flow['nodes'][number]), id: 'sw' }] };
    expect(problemsOf(warned, catalog).map(({ code, severity }) => [code, severity])).toEqual([['node/leads-nowhere', 'warning']]);
    expect(compile(warned, catalog, 1).plan).toBeDefined();
  });

  test("a type's own check is heard, with the place in the config", () => {
    const flow = goodFlow();
    const schema = { type: 'no such type' };
    const checked = {
      ...flow,
      nodes: flow.nodes.map((node) => (node.id === 'map' ? { ...node, type: 'validate', config: { schema } } : node)),
    };
    expect(problemsOf(checked, catalog)).toMatchObject([{ code: 'field/check', severity: 'error', node: 'map', field: 'schema' }]);
  });

  test('one wrong field is one problem, however many checks see it', () => {
    const flow = goodFlow();
    const wrong = {
      ...flow,
      nodes: flow.nodes.map((node) => (node.id === 'in' ? { ...node, config: { path: '', maxBytes: 'many' } } : node)),
    };
    expect(problemsOf(wrong, catalog).map(({ code, field }) => [code, field])).toEqual([
      ['field/missing', 'path'],
      ['field/wrong', 'maxBytes'],
    ]);
  });

  test('a config of an older version of its type is brought up before it is checked', () => {
    const flow = goodFlow();
    const older = (config: object) => ({
      ...flow,
      nodes: flow.nodes.map((node) => (node.id === 'map' ? { ...node, type: 'test.renamed', version: 1, config: { ...config } } : node)),
    });
    const plan = planOf(older({ old: 'x' }));
    expect(plan.stages[1]).toMatchObject({
      nodes: expect.arrayContaining([expect.objectContaining({ id: 'map', config: { fresh: 'x' } })]),
    });
    expect(upgradeNodes(older({ old: 'x' }), catalog.types).flow.nodes[1]).toMatchObject({ version: 2, config: { fresh: 'x' } });
    expect(problemsOf(older({ old: 'broken' }), catalog)).toMatchObject([{ code: 'node/broken', node: 'map' }]);
    expect(problemsOf(older({}), catalog)).toMatchObject([{ code: 'field/missing', field: 'fresh' }]);
  });
});
