import fc from 'fast-check';
import { upgradeFlow } from '#shared/document.ts';
import type { Flow } from '#shared/flow.ts';
import type { Catalog, NodeTypeInfo } from '#shared/node-type.ts';

/** Flows, their edits and a small catalog for the laws of comparing, merging and storing flows. */

const base = { version: 1, summary: '', category: 'test', icon: 'map' };
const out = [{ id: 'out', label: 'Out' }];
const types: NodeTypeInfo[] = [
  {
    ...base,
    type: 'hook',
    kind: 'source',
    title: 'Webhook',
    look: 'source',
    ports: out,
    config: { properties: { path: { type: 'string', label: 'Path' } } },
  },
  {
    ...base,
    type: 'map',
    kind: 'transform',
    title: 'Map',
    look: 'map',
    ports: out,
    config: {
      properties: {
        expression: { type: 'string', label: 'New value', widget: 'jsonata' },
        limit: { type: 'integer', label: 'Time limit', widget: 'duration', default: 10_000 },
        secret: { type: 'string', label: 'Secret', widget: 'secret' },
        headers: {
          type: 'object',
          label: 'Headers',
          widget: 'headers',
          additionalProperties: { type: 'string', label: 'Header', widget: 'jsonata' },
        },
      },
    },
  },
  {
    ...base,
    type: 'switch',
    kind: 'transform',
    title: 'Switch',
    look: 'route',
    ports: { perItem: 'cases', id: 'id', label: 'name', plus: [{ id: 'other', label: 'Everything else' }] },
    config: {
      properties: {
        cases: {
          type: 'array',
          label: 'Cases',
          widget: 'cases',
          items: { properties: { name: { label: 'Name' }, when: { label: 'Condition', widget: 'jsonata' } } },
        },
      },
    },
  },
  {
    ...base,
    type: 'store',
    kind: 'sink',
    title: 'Store',
    look: 'sink',
    ports: [],
    config: { properties: { table: { type: 'string', label: 'Table' } } },
  },
];

export const catalog: Catalog = { types, failures: [] };

/** A flow of any JSON that the schema takes. */
export function flowOf(json: unknown): Flow {
  const result = upgradeFlow(json);
  if (result.flow === undefined) throw new Error(result.problems.map((problem) => problem.message).join(' '));
  return result.flow;
}

const rowRules = [
  'id',
  'customer.first',
  'customer.first & " " & customer.last',
  '"EU"',
  '$sum(items.(price * qty))',
  'total > 10 ? "big" : "small"',
  '$trim(name)',
];
const names = ['id', 'name', 'total', 'region', 'size'];
const remark = fc.constantFrom('', '', ' /* as agreed */', ' /* see the sheet */');

/** Texts of mappings: objects of a few rows, with remarks, a list and blanks; and texts that are no mapping at all. */
export const mappingText = fc
  .tuple(
    fc.uniqueArray(fc.tuple(fc.constantFrom(...names), fc.constantFrom(...rowRules), remark), { selector: ([name]) => name, maxLength: 5 }),
    fc.option(fc.uniqueArray(fc.constantFrom('sku', 'qty', 'price'), { maxLength: 3 }), { nil: undefined }),
    fc.constantFrom('\n  ', '\n    ', ' '),
  )
  .map(([rows, lines, gap]) => {
    const fields = rows.map(([name, rule, note]) => `"${name}": ${rule}${note}`);
    if (lines !== undefined) fields.push(`"lines": [items.{ ${lines.map((name) => `"${name}": ${name}`).join(', ')} }]`);
    return fields.length === 0 ? '{}' : `{${gap}${fields.join(`,${gap}`)}${gap === ' ' ? ' ' : '\n'}}`;
  });
const text = fc.oneof(
  { weight: 6, arbitrary: mappingText },
  { weight: 1, arbitrary: fc.constantFrom('{ "a": ', 'x', '$.y', '($a := 1; { "id": $a })') },
);

const small = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const extras = fc.dictionary(fc.constantFrom('x-team', 'x-cost'), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 2 });
const config = fc.oneof(
  fc.record(
    {
      expression: text,
      limit: fc.constantFrom(1000, 250, 60_000),
      secret: fc.constantFrom('one', 'two'),
      headers: fc.dictionary(small, text, { maxKeys: 2 }),
    },
    { requiredKeys: ['expression'] },
  ),
  fc.record({
    cases: fc.uniqueArray(
      fc.record({ id: small, name: fc.constantFrom('EU', 'US', 'Asia'), when: fc.constantFrom('region = "EU"', 'total > 9') }),
      { selector: ({ id }) => id, maxLength: 3 },
    ),
  }),
  fc.dictionary(small, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }),
);
const node = fc
  .tuple(
    fc.record(
      {
        id: small,
        type: fc.constantFrom('map', 'switch', 'store', 'unknown.type'),
        label: fc.constantFrom('', 'Orders', 'Route', 'CRM'),
        config,
        mode: fc.constantFrom('disabled', 'bypassed'),
        note: fc.constantFrom('Mind this', ''),
        onError: fc.constantFrom('skip', 'stop'),
        retry: fc.record({ minutes: fc.nat(3) }),
      },
      { requiredKeys: ['id', 'type', 'label', 'config'] },
    ),
    extras,
  )
  .map(([known, more]) => ({ ...more, ...known }));
const edge = fc
  .tuple(small, small, small)
  .map(([id, from, to]) => ({ id: `e${id}`, from: { node: from, port: 'out' }, to: { node: to, port: 'in' } }));

/** Any flow over five ids, so that two of them have much in common. Edges may lead nowhere, as in a broken file. */
export const flows: fc.Arbitrary<Flow> = fc
  .record({
    format: fc.constant(1),
    id: fc.constant('orders'),
    name: fc.constantFrom('Orders', 'Web shop'),
    nodes: fc.uniqueArray(node, { selector: ({ id }) => id, maxLength: 5 }),
    edges: fc.uniqueArray(edge, { selector: ({ id }) => id, maxLength: 4 }),
    settings: fc.record({ partitions: fc.integer({ min: 1, max: 4 }), retentionHours: fc.constantFrom(168, 720, -1) }),
    layout: fc.record({
      positions: fc.dictionary(small, fc.record({ x: fc.constantFrom(0, 16, 32), y: fc.constant(0) }), { maxKeys: 3 }),
      notes: fc.uniqueArray(
        fc.record({ id: small, text: small, x: fc.constant(0), y: fc.constant(0), width: fc.constant(90), height: fc.constant(90) }),
        {
          selector: ({ id }) => id,
          maxLength: 2,
        },
      ),
    }),
  })
  .chain((known) => extras.map((more) => flowOf({ ...more, ...known })));
