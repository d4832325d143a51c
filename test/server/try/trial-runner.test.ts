import { afterAll, describe, expect, it } from 'vitest';
import { loadCatalog } from '#server/catalog.ts';
import { compile } from '#server/compile.ts';
import { createTrialRunner } from '#server/try/trial-runner.ts';
import { tmpdir } from 'node:os';
import { edges, flowOf } from '../sample-flow.ts';
import { input } from './trial-flow.ts';

const catalog = await loadCatalog();
const runner = createTrialRunner({ nodeFolders: [], filesFolder: tmpdir(), bindings: {}, allowPrivate: [] });
afterAll(() => runner.close());

function planOf(nodes: object[], ...lines: string[]) {
  const { plan, problems } = compile(flowOf({ nodes, edges: edges(...lines) }), catalog, 1);
  if (plan === undefined) throw new Error(problems.map(({ message }) => message).join(' '));
  return plan;
}
const source = { id: 'in', type: 'kafka.source', label: 'Orders', config: { topic: 'orders' } };
const topic = (id: string, config = {}) => ({ id, type: 'kafka.sink', label: id, config: { topic: `${id}.out`, ...config } });
const map = (id: string, expression: string, more = {}) => ({ id, type: 'map', label: id, config: { expression }, ...more });
const nothing = { calls: '{}', recordings: [], mayCall: [], secrets: {}, seed: 1 };

describe('a trial runner', () => {
  it('runs thousands of messages in their order', async () => {
    const plan = planOf([source, map('m', '{ "id": id, "n": $count(lines) }'), topic('erp')], 'in>m', 'm>erp');
    for (const round of [1, 2]) {
      const t0 = performance.now();
      const trial = await runner.open({ plan, ...nothing }, { lane: 'batch' });
      const t1 = performance.now();
      let count = 0;
      const inputs = Array.from({ length: 1000 }, (_, at) => input('in', { id: `9007199254740993${at}`, lines: [1, 2, 3] }, at));
      for await (const outcomes of trial.run(inputs)) for (const outcome of outcomes) expect(outcome.input).toBe(count++);
      await trial.close();
      console.log(round, 'open', t1 - t0, 'run', performance.now() - t1, count);
      expect(count).toBe(1000);
    }
  });
});
