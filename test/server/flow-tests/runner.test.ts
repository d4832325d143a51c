import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadCatalog } from '#server/catalog.ts';
import { compile } from '#server/compile.ts';
import { runFlowTests, type TestGround, tryTwice } from '#server/flow-tests/runner.ts';
import { createTrialRunner } from '#server/try/trial-runner.ts';
import { type Flow, flowSchema } from '#shared/flow.ts';
import { captureFlowTest } from '#shared/flow-test/capture.ts';
import type { FlowTest } from '#shared/flow-test.ts';
import { ExactNumber } from '#shared/json.ts';

let folder = '';
let ground: TestGround;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-tests-'));
  const catalog = await loadCatalog();
  ground = {
    trials: createTrialRunner({ nodeFolders: [], filesFolder: folder, bindings: {}, allowPrivate: [] }),
    types: catalog.catalog.types,
    compile: (flow, version) => compile(flow, catalog, version),
  };
});
afterAll(async () => {
  await ground.trials.close();
  await rm(folder, { recursive: true, force: true });
});

function shop(expression: string): Flow {
  const edge = (from: string, port: string, to: string) => ({
    id: `${from}-${port}-${to}`,
    from: { node: from, port },
    to: { node: to, port: 'in' },
  });
  return flowSchema.parse({
    format: 1,
    id: 'shop',
    name: 'Shop',
    nodes: [
      { id: 'in', type: 'kafka.source', label: 'Orders', config: { topic: 'orders' } },
      { id: 'more', type: 'kafka.source', label: 'Returns', config: { topic: 'returns' } },
      { id: 'paid', type: 'filter', label: 'Paid', config: { condition: 'paid' } },
      { id: 'erp-order', type: 'map', label: 'ERP order', config: { expression } },
      { id: 'erp', type: 'kafka.sink', label: 'ERP', config: { topic: 'erp' } },
    ],
    edges: [edge('in', 'out', 'paid'), edge('more', 'out', 'paid'), edge('paid', 'out', 'erp-order'), edge('erp-order', 'out', 'erp')],
  });
}
const expression = '{ "id": id, "total": total, "at": $now(), "ref": $random() }';
const samples: FlowTest['samples'] = [
  { topic: 'orders', key: 'k', at: '2026-01-03T10:00:00Z', value: { id: new ExactNumber('12345678901234567890'), total: 7, paid: true } },
  { topic: 'orders', at: '2026-01-03T10:00:00Z', value: { id: 2, total: 8, paid: false } },
];

async function captured(flow = shop(expression)): Promise<FlowTest> {
  const both = await tryTwice(ground, flow, { samples });
  return captureFlowTest(flow, { name: 'Paid order', samples, ...both });
}
const run = async (flow: Flow, ...tests: FlowTest[]) =>
  runFlowTests(
    ground,
    flow,
    tests.map((test, index) => ({ id: `t${index}`, test })),
    [],
  );

describe('running tests', () => {
  it('passes a case that was made of a Try, with volatile fields found and digits kept', async () => {
    const test = await captured();
    expect(test.expect).toEqual([
      {
        node: 'erp',
        messages: 1,
        ignore: ['at', 'ref'],
        keys: ['k'],
        equals: [{ id: new ExactNumber('12345678901234567890'), total: 7, at: '2026-01-03T10:00:00.000Z', ref: expect.any(Number) }],
      },
      { filtered: 1, node: 'paid', reason: expect.any(String) },
      { deadLetters: 0 },
    ]);
    const { results, coverage } = await run(shop(expression), test);
    expect(results).toMatchObject([{ id: 't0', state: 'passed' }]);
    expect(coverage).toMatchObject({ nodes: { all: 5, reached: 4 }, unreached: [{ node: 'more' }] });
  });

  it('fails with the field that a changed rule makes', async () => {
    const test = await captured();
    const { results } = await run(shop(expression.replace('"total": total', '"total": total * 2')), test);
    expect(results[0]).toMatchObject({ state: 'failed', sentence: 'ERP: total is 14; expected 7.' });
    expect(results[0]?.checks.find(({ subject }) => subject === 'equals')?.differences).toEqual([
      { message: 0, kind: 'changed', path: 'total', expected: 7, actual: 14 },
    ]);
  });

  it('gives the same every time, also the random numbers', async () => {
    const test = {
      ...(await captured()),
      expect: (await captured()).expect.map((one) => ('ignore' in one ? { ...one, ignore: ['at'] } : one)),
    };
    expect((await run(shop(expression), test, test)).results.map(({ state }) => state)).toEqual(['passed', 'passed']);
  });

  it('fails a case whose expression never ends, and runs the others', async () => {
    const test = await captured();
    const endless = shop('( $f := function($n) { $f($n + 1) }; $f(0) )');
    const { results } = await runFlowTests(
      ground,
      endless,
      [
        { id: 'a', test },
        { id: 'b', test },
      ],
      [],
      { caseMs: 5000 },
    );
    expect(results.map(({ state }) => state)).toEqual(['failed', 'failed']);
  }, 30_000);

  it('fails every case of a flow that cannot run, with the reason', async () => {
    const { results } = await run(shop('{ "id": '), await captured());
    expect(results[0]?.sentence).toMatch(/^The flow cannot run, so nothing was tested: /);
  });

  it('fails a case whose source is gone', async () => {
    const test = await captured();
    const { results } = await run(shop(expression), { ...test, samples: [{ node: 'gone', value: 1 }] });
    expect(results[0]?.sentence).toContain('“gone”, which is no source of this flow');
  });

  it('ends at once when nobody waits any more', async () => {
    const test = await captured();
    const signal = AbortSignal.abort();
    const { results } = await runFlowTests(ground, shop(expression), [{ id: 'a', test }], [], { signal });
    expect(results).toEqual([]);
  });
});
