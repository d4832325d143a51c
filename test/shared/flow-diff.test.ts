import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '#shared/canonical.ts';
import { formatFlow, logicOf } from '#shared/document.ts';
import type { Flow } from '#shared/flow.ts';
import { changeText, edgeKey } from '#shared/flow-diff/change.ts';
import { diffExpressions } from '#shared/flow-diff/expression.ts';
import { diffFlows } from '#shared/flow-diff.ts';
import { catalog, flowOf, flows } from './flow-arbitrary.ts';

const shop = flowOf({
  format: 1,
  id: 'shop',
  name: 'Web shop',
  nodes: [
    { id: 'in', type: 'hook', label: 'Orders', config: { path: 'orders' } },
    {
      id: 'map',
      type: 'map',
      label: 'To customer',
      config: { expression: '{ "id": id, "name": customer.first }', limit: 10_000, secret: 'shop-key' },
    },
    { id: 'route', type: 'switch', label: 'Route by country', config: { cases: [{ id: 'us', name: 'US', when: 'country = "US"' }] } },
    { id: 'crm', type: 'store', label: 'CRM', config: { table: 'customers' } },
  ],
  edges: [
    { id: 'e1', from: { node: 'in', port: 'out' }, to: { node: 'map', port: 'in' } },
    { id: 'e2', from: { node: 'map', port: 'out' }, to: { node: 'route', port: 'in' } },
    { id: 'e3', from: { node: 'route', port: 'us' }, to: { node: 'crm', port: 'in' } },
  ],
});

/** What changes when a copy of the shop is edited. */
function said(edit: (flow: Flow) => void, from: Flow = shop): string[] {
  const copy = structuredClone(from);
  edit(copy);
  return diffFlows(from, copy, catalog).map(changeText);
}

function nodeOf(flow: Flow, id: string) {
  const node = flow.nodes.find((each) => each.id === id);
  if (node === undefined) throw new Error(`no node ${id}`);
  return node;
}

describe('the laws of a comparison', () => {
  test('a flow does not differ from itself, nor from its copy', () => {
    fc.assert(
      fc.property(flows, (flow) => {
        expect(diffFlows(flow, flow, catalog)).toEqual([]);
        expect(diffFlows(flow, structuredClone(flow), catalog)).toEqual([]);
      }),
    );
  });

  test('every node, connection and setting that differs in logic has a change of that weight', () => {
    fc.assert(
      fc.property(flows, flows, (before, after) => {
        const changes = diffFlows(before, after, catalog).filter(({ weight }) => weight === 'logic');
        const [old, now] = [logicOf(before), logicOf(after)];
        for (const id of new Set([...before.nodes, ...after.nodes].map((node) => node.id))) {
          const logic = (side: typeof old) => canonicalJson(side.nodes.find((node) => node.id === id) ?? null);
          if (logic(old) !== logic(now)) expect(changes.map(({ node }) => node)).toContain(id);
        }
        const keys = (flow: Flow) => new Set(flow.edges.map(edgeKey));
        for (const key of new Set([...keys(before), ...keys(after)])) {
          if (keys(before).has(key) !== keys(after).has(key)) expect(changes.flatMap(({ edges }) => edges ?? [])).toContain(key);
        }
        for (const key of ['partitions', 'retentionHours'] as const) {
          if (old.settings[key] !== now.settings[key]) expect(changes.map(({ field }) => field)).toContain(`settings.${key}`);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('two flows of different text differ, with and without the catalog, and every change has words', () => {
    fc.assert(
      fc.property(flows, flows, (before, after) => {
        for (const known of [catalog, undefined]) {
          const changes = diffFlows(before, after, known);
          expect(changes.length > 0).toBe(formatFlow(before) !== formatFlow(after));
          for (const change of changes) {
            expect(change.sentence).not.toBe('');
            expect(changeText(change)).not.toMatch(/undefined|\[object/);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('nodes and their settings', () => {
  test.each<[string, (flow: Flow) => void, string[]]>([
    ['a name', (flow) => void (nodeOf(flow, 'crm').label = 'Salesforce'), ['Salesforce: renamed from “CRM” to “Salesforce”']],
    ['a mode', (flow) => void (nodeOf(flow, 'map').mode = 'bypassed'), ['To customer: bypassed, messages pass unchanged']],
    ['a length of time', (flow) => void (nodeOf(flow, 'map').config.limit = 30_000), ['To customer: Time limit: was 10 s, now 30 s']],
    [
      'the name of a secret',
      (flow) => void (nodeOf(flow, 'map').config.secret = 'new-key'),
      ['To customer: Secret: was “shop-key”, now “new-key”'],
    ],
    ['a note', (flow) => void (nodeOf(flow, 'crm').note = 'Ask Mira'), ['CRM: note is now “Ask Mira”']],
    ['a setting of the flow', (flow) => void (flow.settings.retentionHours = 720), ['Settings: Retention: was 7 days, now 30 days']],
    ['the name of the flow', (flow) => void (flow.name = 'Shop'), ['Flow: renamed from “Web shop” to “Shop”']],
    [
      'a branch',
      (flow) => void (nodeOf(flow, 'route').config.cases as unknown[]).push({ id: 'eu', name: 'EU', when: 'country = "DE"' }),
      ['Route by country: Cases: new branch “EU”, when country = "DE"'],
    ],
  ])('%s', (_what, edit, sentences) => {
    expect(said(edit)).toEqual(sentences);
  });

  test('a branch that is renamed, one whose condition changes and one that is gone are told apart', () => {
    const sentences = said((flow) => {
      nodeOf(flow, 'route').config.cases = [{ id: 'us', name: 'America', when: 'country in ["US", "CA"]' }];
    });
    expect(sentences).toEqual([
      'Route by country: Cases: branch “US” renamed to “America”',
      'Route by country: Cases, “America”, Condition: was computed: country = "US", now computed: country in ["US", "CA"]',
    ]);
  });

  test('a key that every object has by birth is a key like any other', () => {
    const odd = flowOf({ format: 1, id: 'a', name: 'A', nodes: [{ id: 'n', type: 'odd', config: { valueOf: 1 } }] });
    expect(said((flow) => void (nodeOf(flow, 'n').config = {}), odd)).toEqual(['odd: Value of: was 1, now not set']);
  });

  test('an unknown type and unknown keys are compared as they stand', () => {
    const odd = flowOf({
      format: 1,
      id: 'a',
      name: 'A',
      'x-owner': 'Ann',
      nodes: [{ id: 'n', type: 'odd', config: { deep: { b: 1 } }, 'x-cost': 1 }],
    });
    const sentences = said((flow) => {
      flow['x-owner'] = 'Bo';
      const node = nodeOf(flow, 'n');
      node.config = { deep: { b: 2 }, more: true };
      node['x-cost'] = 2;
    }, odd);
    expect(sentences).toEqual([
      'odd: Deep, B: was 1, now 2',
      'odd: More: set to on',
      'odd: x-cost: was 1, now 2',
      'Flow: x-owner: was “Ann”, now “Bo”',
    ]);
  });
});

describe('connections', () => {
  test('a node put between two others is one change beside the node itself', () => {
    const sentences = said((flow) => {
      flow.nodes.push({ id: 'paid', type: 'map', version: 1, label: 'Only paid', config: {} });
      flow.edges[0] = { id: 'e4', from: { node: 'in', port: 'out' }, to: { node: 'paid', port: 'in' } };
      flow.edges.push({ id: 'e5', from: { node: 'paid', port: 'out' }, to: { node: 'map', port: 'in' } });
    });
    expect(sentences).toEqual(['Only paid: new (Map)', 'Connections: “Orders” now goes to “Only paid” first, then to “To customer”']);
  });

  test('a node that is taken out, its neighbours joined', () => {
    const sentences = said((flow) => {
      flow.nodes = flow.nodes.filter(({ id }) => id !== 'map');
      flow.edges = flow.edges
        .filter(({ id }) => id !== 'e2')
        .map((edge) => (edge.id === 'e1' ? { ...edge, to: { node: 'route', port: 'in' } } : edge));
    });
    expect(sentences).toEqual([
      'To customer: removed (Map) with its 2 connections',
      'Connections: “Orders” now goes straight to “Route by country”',
    ]);
  });

  test('a branch that leads elsewhere is named by its label', () => {
    const sentences = said((flow) => {
      flow.nodes.push({ id: 'erp', type: 'store', version: 1, label: 'ERP', config: {} });
      flow.edges[2] = { id: 'e3', from: { node: 'route', port: 'us' }, to: { node: 'erp', port: 'in' } };
    });
    expect(sentences).toEqual(['ERP: new (Store)', 'Connections: “Route by country” (US) now goes to “ERP”, went to “CRM”']);
  });

  test('nodes that were only moved are one line at the end', () => {
    const sentences = said((flow) => {
      flow.layout.positions = { in: { x: 16, y: 0 }, map: { x: 320, y: 0 } };
      flow.name = 'Shop';
    });
    expect(sentences).toEqual(['Flow: renamed from “Web shop” to “Shop”', 'Drawing: 2 nodes moved']);
  });
});

describe('mappings, row by row', () => {
  const words = (before: string, after: string) => diffExpressions(before, after).map(({ row, sentence }) => `${row ?? ''}: ${sentence}`);

  test.each<[string, string, string, string[]]>([
    ['a changed rule', '{ "name": first }', '{ "name": first & " " & last }', ['name: was first, now first and last joined']],
    ['a new row', '{ "a": a }', '{ "a": a, "region": "EU" }', ['region: new: the fixed value “EU”']],
    ['a row that is gone', '{ "a": a, "b": $trim(b) }', '{ "a": a }', ['b: removed (was b through trim)']],
    ['a renamed field', '{ "name": first }', '{ "firstName": first }', ['name: renamed to firstName']],
    ['a field deep inside', '{ "c": { "n": a } }', '{ "c": { "n": b } }', ['c.n: was a, now b']],
    [
      'a list',
      '{ "l": [items.{ "s": sku }] }',
      '{ "l": [orders.{ "s": sku, "q": qty }] }',
      ['l[]: was for each of items, now for each of orders', 'l[].q: new: qty'],
    ],
    [
      'a whole list that is new',
      '{ "a": a }',
      '{ "a": a, "l": [items.{ "s": sku, "q": qty }] }',
      ['l[]: new: for each of items, with 2 fields'],
    ],
    [
      'a value table',
      '{ "c": $lookup({"DE": "Germany", "FR": "France"}, code) }',
      '{ "c": $lookup({"DE": "Deutschland", "IT": "Italy"}, code) }',
      ['c: value table: “DE” was “Germany”, now “Deutschland”; new: “IT” to “Italy”; removed: “FR”'],
    ],
    ['a default', '{ "a": a }', '{ "a": a ?? "none" }', ['a: was a, now a, or the fixed value “none” when it is missing']],
    ['the order of fields', '{ "a": a, "b": b }', '{ "b": b, "a": a }', [': the fields stand in another order']],
    ['white space', '{ "a": a }', '{\n  "a": a\n}', [': formatted anew; it does the same as before']],
    ['a remark', '{ "a": a }', '{ "a": a /* see sheet */ }', ['a: remark “see sheet” added']],
    ['a text that cannot be read', '{ "a": a }', '{ "a": ', [': changed; it cannot be read as rows']],
  ])('%s', (_what, before, after, expected) => {
    expect(words(before, after)).toEqual(expected);
  });

  test('white space and remarks are no logic, another rule is', () => {
    expect(diffExpressions('{ "a": a }', '{"a":a /* x */ }').map(({ weight }) => weight)).toEqual(['words']);
    expect(diffExpressions('{ "a": a }', '{ "a": b }').map(({ weight }) => weight)).toEqual(['logic']);
  });
});
