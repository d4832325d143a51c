import { describe, expect, it } from 'vitest';
import { loadCatalog } from '#server/catalog.ts';
import { compile, problemsOf } from '#server/compile.ts';
import { demoFlow } from '#server/demo/web-shop-orders.ts';
import { isBroken, makeOrderEvent } from '#server/nodes/order-generator.ts';
import { collect } from '#server/try/result.ts';
import { createTrial, type TrialOutcome } from '#server/try/trial.ts';
import { stringifyJson } from '#shared/json.ts';
import { contextOf } from '../try/trial-flow.ts';

describe('demo flow', () => {
  it('has no problems and a better guarantee than none on every path', async () => {
    const catalog = await loadCatalog();
    expect(problemsOf(demoFlow(), catalog)).toEqual([]);
    const { plan } = compile(demoFlow(), catalog, 1);
    expect(plan?.paths.map(({ sink, guarantee }) => `${sink} ${guarantee}`).sort()).toEqual([
      'crm effectively-once',
      'erp effectively-once',
      'marketing effectively-once',
      'warehouse effectively-once',
    ]);
  });

  it('brings every whole order to its systems and says of every broken one why', async () => {
    const catalog = await loadCatalog();
    const { plan } = compile(demoFlow(), catalog, 1);
    if (!plan) throw new Error('no plan');
    const numbers = Array.from({ length: 100 }, (_, n) => n);
    const nodeContext = contextOf(plan);
    const trial = await createTrial({
      plan,
      types: catalog.types,
      contextOf: (node) => ({ ...nodeContext(node), bindings: { sandbox: 'http://127.0.0.1/sandbox' } }),
    });
    const outcomes: TrialOutcome[] = [];
    for (const n of numbers) {
      const { key, value } = makeOrderEvent(1, n, 20, 1_700_000_000_000);
      const bytes = value instanceof Uint8Array ? value : Buffer.from(stringifyJson(value) ?? '');
      const origin = { topic: 'millrace.demo.orders', partition: 0, offset: String(n) };
      outcomes.push(await trial.run({ node: 'orders', key: Buffer.from(key ?? ''), value: bytes, headers: {}, timestamp: n, origin }));
    }
    await trial.close();
    const { nodes } = collect(plan, catalog.catalog.types, outcomes);
    const broken = numbers.filter((n) => isBroken(1, n, 20)).length;
    const arrived = (sink: string) => nodes[sink]?.out.in?.length ?? 0;
    expect((nodes.complete?.failed.length ?? 0) + (nodes.orders?.failed.length ?? 0)).toBe(broken);
    for (const { code } of nodes.complete?.failed ?? []) expect(code).toBe('validate/invalid');
    expect([arrived('crm'), arrived('erp'), arrived('warehouse')]).toEqual([100 - 5, 100 - 5, 100 - 5]);
    expect(arrived('marketing') + (nodes['opted-in']?.filtered.length ?? 0)).toBe(95);
    expect(Object.values(nodes).flatMap(({ failed }) => failed)).toHaveLength(broken);
  });

  it('is drawn from left to right without two cards on one place', () => {
    const { nodes, edges, layout } = demoFlow();
    const at = (id: string) => layout.positions[id] ?? { x: 0, y: 0 };
    for (const { from, to } of edges) expect(at(to.node).x).toBeGreaterThan(at(from.node).x + 224);
    for (const one of nodes) {
      for (const other of nodes) {
        if (one === other) continue;
        expect(Math.abs(at(one.id).x - at(other.id).x) >= 224 || Math.abs(at(one.id).y - at(other.id).y) >= 72 + 24).toBe(true);
      }
    }
  });
});
