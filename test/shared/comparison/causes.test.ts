import { describe, expect, it } from 'vitest';
import { createExplain } from '#shared/comparison/causes.ts';
import { groupOf } from '#shared/comparison/groups.ts';
import { type Difference, differencesOf, type Outcome, type Output } from '#shared/comparison/outcome.ts';
import { flowSchema } from '#shared/flow.ts';

interface Node {
  id: string;
  type: string;
  config?: Record<string, unknown>;
}

const flowOf = (nodes: Node[], edges: string[]) =>
  flowSchema.parse({
    format: 1,
    id: 'shop',
    name: 'Shop',
    nodes,
    edges: edges.map((edge) => {
      const [from = '', to = ''] = edge.split('>');
      const [node = '', port = 'out'] = from.split('.');
      return { id: `${node}-${port}-${to}`, from: { node, port }, to: { node: to, port: 'in' } };
    }),
  });

const chain = (first: string, second: string, filter = 'paid') =>
  flowOf(
    [
      { id: 'in', type: 'kafka.source' },
      { id: 'paid', type: 'filter', config: { condition: filter } },
      { id: 'first', type: 'map', config: { expression: first } },
      { id: 'second', type: 'map', config: { expression: second } },
      { id: 'erp', type: 'http' },
    ],
    ['in>paid', 'paid>first', 'first>second', 'second>erp'],
  );

const out = (text: string): Output => ({
  sink: 'erp',
  topic: 't',
  index: 0,
  key: null,
  headers: {},
  value: text.startsWith('{') ? (JSON.parse(text) as unknown) : text,
});
const made = (...outputs: Output[]): Outcome => ({ outputs, failures: [], filtered: [] });

function explain(before: ReturnType<typeof chain>, after: ReturnType<typeof chain>, was: Outcome, is: Outcome) {
  const [first] = differencesOf(was, is, { leads: () => true, inBoth: () => true });
  const difference = first ?? expect.unreachable();
  return createExplain(before, after)(groupOf(difference), difference);
}
const changed = (before: string, after: string) => [made(out(before)), made(out(after))] as const;
const failing = (failed: NonNullable<Difference['failed']>): Difference => ({ class: 'newly-failing', changes: [], failed });

describe('what explains a changed field', () => {
  const totals = '{ "orderNo": id, "total": total, "lines": [items.{ "sku": sku, "net": price * qty }] }';

  it('is the row that fills it, with its text before and after', () => {
    const after = totals.replace('"total": total', '"total": $round(total * 0.9, 2)');
    const causes = explain(chain('$', totals), chain('$', after), ...changed('{"total":119}', '{"total":107.1}'));
    expect(causes).toEqual([
      {
        node: 'second',
        what: 'row',
        field: 'expression',
        row: { id: 'total#0', place: 'total' },
        before: 'total',
        after: '$round(total * 0.9, 2)',
      },
    ]);
  });

  it('is the row inside the loop for the items of a list', () => {
    const after = totals.replace('price * qty', 'price * qty - discount');
    const causes = explain(chain('$', totals), chain('$', after), ...changed('{"lines":[{"net":5}]}', '{"lines":[{"net":4}]}'));
    expect(causes).toMatchObject([
      { node: 'second', row: { place: 'lines[].net' }, before: 'price * qty', after: 'price * qty - discount' },
    ]);
  });

  it('is the loop where items come or go', () => {
    const after = totals.replace('items.{', 'items[qty > 0].{');
    const causes = explain(chain('$', totals), chain('$', after), ...changed('{"lines":[{"net":5},{"net":0}]}', '{"lines":[{"net":5}]}'));
    expect(causes).toMatchObject([{ node: 'second', what: 'row', row: { place: 'lines' } }]);
    expect(causes[0]?.after).toContain('items[qty > 0]');
  });

  it('is the variable that the row uses', () => {
    const text = (vat: string) => `( $vat := ${vat}; { "total": net * (1 + $vat), "id": id } )`;
    const causes = explain(chain('$', text('0.19')), chain('$', text('0.21')), ...changed('{"total":119}', '{"total":121}'));
    expect(causes).toMatchObject([{ node: 'second', row: { place: '$vat' }, before: '0.19', after: '0.21' }]);
  });

  it('is the row of an earlier mapping where the later one only passes it on', () => {
    const first = '{ "sum": amount, "who": name }';
    const second = '{ "total": sum, "customer": { "name": who } }';
    const causes = explain(
      chain(first, second),
      chain(first.replace('amount', 'amount / 100'), second),
      ...changed('{"total":100}', '{"total":1}'),
    );
    expect(causes).toMatchObject([{ node: 'first', row: { place: 'sum' }, before: 'amount', after: 'amount / 100' }]);
  });

  it('is the row that only one version has for a field that came or went', () => {
    const after = totals.replace('{ "orderNo": id,', '{ "orderNo": id, "tier": "gold",');
    expect(explain(chain('$', totals), chain('$', after), ...changed('{"total":1}', '{"total":1,"tier":"gold"}'))).toEqual([
      { node: 'second', what: 'row', field: 'expression', row: { id: 'tier#0', place: 'tier' }, after: '"gold"' },
    ]);
    expect(explain(chain('$', after), chain('$', totals), ...changed('{"total":1,"tier":"gold"}', '{"total":1}'))).toEqual([
      { node: 'second', what: 'row', field: 'expression', row: { id: 'tier#0', place: 'tier' }, before: '"gold"' },
    ]);
  });
});

describe('what explains a message that goes another way', () => {
  it('is the filter that drops it, with its condition before and after', () => {
    const [before, after] = [chain('$', '$'), chain('$', '$', 'paid and $count(items) > 0')];
    const causes = explain(before, after, made(out('{}')), { outputs: [], failures: [], filtered: [{ node: 'paid', reason: 'no' }] });
    expect(causes).toEqual([{ node: 'paid', what: 'setting', field: 'condition', before: 'paid', after: 'paid and $count(items) > 0' }]);
  });

  it('is the wiring where only an edge was moved', () => {
    const nodes = [
      { id: 'in', type: 'kafka.source' },
      { id: 'eu', type: 'http' },
      { id: 'us', type: 'http' },
    ];
    const [before, after] = [flowOf(nodes, ['in>eu']), flowOf(nodes, ['in>us'])];
    const causes = explain(before, after, made({ ...out('{}'), sink: 'eu' }), made({ ...out('{}'), sink: 'us' }));
    expect(causes).toEqual([{ node: 'in', what: 'wiring', before: 'eu', after: 'us' }]);
  });
});

describe('what explains a failure', () => {
  it('is the row that holds the place of the error', () => {
    const [before, after] = ['{ "id": id, "total": total }', '{ "id": id, "total": $number(total) }'];
    const difference = failing({
      after: { node: 'second', code: 'map/d3030', message: '', position: after.indexOf('$number') + 7, end: 'dead-letter' },
    });
    expect(createExplain(chain('$', before), chain('$', after))(groupOf(difference), difference)).toMatchObject([
      { node: 'second', row: { place: 'total' }, before: 'total', after: '$number(total)' },
    ]);
  });

  it('is what changed before it where the failing node is the same', () => {
    const second = '{ "total": $number(sum) }';
    const difference = failing({ after: { node: 'second', code: 'map/d3030', message: '', position: 18, end: 'dead-letter' } });
    expect(createExplain(chain('{ "sum": a }', second), chain('{ "sum": b }', second))(groupOf(difference), difference)).toMatchObject([
      { node: 'first', row: { place: 'sum' }, before: 'a', after: 'b' },
    ]);
  });
});
