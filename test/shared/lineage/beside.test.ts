import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { besideName, parseBeside } from '#shared/lineage/beside.ts';
import { placeText } from '#shared/lineage/place.ts';
import { namedReads } from '#shared/lineage/row-besides.ts';
import { rowWay } from '#shared/lineage/row-way.ts';
import { fieldName } from '#shared/lineage/row-why.ts';
import { olderRule } from '#shared/lineage/since.ts';
import { doubtsOf, isExact, type WhyStep, whyBeside, whyOf } from '#shared/lineage/why.ts';
import { previewer } from '#shared/mapping/preview.ts';
import { parseTarget } from '#shared/mapping/target.ts';
import type { TrialRecord } from '#shared/trial.ts';
import { open } from '../mapping/files.ts';

const record = (id: number, node: string, port: string, value: unknown, more: Partial<TrialRecord> = {}): TrialRecord => ({
  ...{ id, input: 0, node, port, key: null, value, headers: {}, timestamp: 1 },
  ...more,
});
const node = (id: string, type: string, config: Record<string, unknown> = {}, label = '') => ({ id, type, version: 1, label, config });

const order = {
  id: 9,
  country: 'at',
  cust: { id: 77 },
  lines: [
    { sku: 'A', qty: 1 },
    { sku: 'B', qty: 2 },
  ],
};
const part = { sku: 'B', order: 9, shop: 'web' };
const split = { 'millrace-split': '2/2', 'millrace-parent': 'orders/0/7' };
/** orders → filter → map (key, header) → split (key) → code → Kafka topic (key, header, partition). */
const way = {
  origin: 'orders/0/7',
  flow: {
    nodes: [
      node('in', 'kafka.source', { topic: 'orders' }),
      node('only', 'filter', { condition: 'true' }),
      node('map', 'map', {
        expression: '{ "id": id, "country": country, "lines": lines }',
        key: '$uppercase(country) & "-" & cust.id',
        headers: { country: '$headers.shop & "/" & country', gone: 'nothing' },
      }),
      node('parts', 'split', {
        expression: 'lines.{ "sku": sku, "order": $parent.id, "shop": $headers.shop }',
        key: '$parent.country & "-" & sku & $index',
      }),
      node('code', 'own.code'),
      node(
        'out',
        'kafka.sink',
        {
          topic: 'erp',
          key: 'sku & $key',
          partitioning: 'expression',
          partition: '$number($headers.at)',
          headers: { at: '$string(order - 7)' },
        },
        'ERP',
      ),
      node('spread', 'kafka.sink', { topic: 'all', partitioning: 'spread' }, 'All'),
    ],
  },
  records: [
    record(0, 'in', 'out', order, { key: 'k-1', headers: { shop: 'web', gone: 'x' } }),
    record(1, 'only', 'out', order, { from: 0, key: 'k-1', headers: { shop: 'web', gone: 'x' } }),
    record(
      2,
      'map',
      'out',
      { id: 9, country: 'at', lines: order.lines },
      { from: 1, key: 'AT-77', headers: { shop: 'web', country: 'web/at' } },
    ),
    record(3, 'parts', 'out', part, { from: 2, key: 'at-B2', headers: { shop: 'web', country: 'web/at', ...split } }),
    record(4, 'code', 'out', part, { from: 3, key: 'at-B2', headers: { shop: 'web', country: 'web/at', ...split, made: 'here' } }),
    record(5, 'out', 'in', part, {
      ...{ from: 4, key: 'Bat-B2', topic: 'erp', partition: 2 },
      headers: { shop: 'web', country: 'web/at', ...split, made: 'here', at: '2', 'millrace-origin': 'orders/0/7' },
    }),
    record(6, 'spread', 'in', part, { from: 4, topic: 'all', headers: { shop: 'web' } }),
  ],
};

/** The steps as `node how what=value`, each behind those that lead to it. */
function told({ node: at, how, beside, place, value, through, fields }: WhyStep): string[] {
  const name = beside ? besideName(beside) : placeText(place);
  const here = `${through.map((id) => `(${id}) `).join('')}${at} ${how} ${name}=${value}`;
  return [here, ...fields.flatMap((field) => (field.because ? told(field.because) : [`${fieldName(field)}=${field.value}`]))];
}

describe('why a key, a header or a topic is what it is', () => {
  it('follows a key through an expression, a split with its parent, and back to fields of the message that came in', () => {
    const key = whyBeside(way, 3, { of: 'key' });
    expect([key.row?.text, key.field, key.row?.again, doubtsOf(key)]).toEqual([
      '$parent.country & "-" & sku & $index',
      'key',
      '"at-B2"',
      [],
    ]);
    expect(key.fields.map((field) => `${fieldName(field)}=${field.value}`).sort()).toEqual(['$index=2', '$parent country="at"', 'sku="B"']);
    expect(key.row?.parts.map(({ text }) => text)).toContain('$parent.country & "-" & sku');
    // The country is that of the message that was split; the sku that of the part.
    expect(told(key)).toEqual(expect.arrayContaining(['(only) in came-in country="at"', '(only) in came-in lines[1].sku="B"', '$index=2']));
  });

  it('goes through nodes that leave it as it was, and says which', () => {
    expect(told(whyBeside(way, 2, { of: 'key' }))).toEqual([
      'map row $key="AT-77"',
      '(only) in came-in country="at"',
      '(only) in came-in cust.id=77',
    ]);
    expect(told(whyBeside(way, 1, { of: 'key' }))).toEqual(['(only) in came-in $key="k-1"']);
    expect(isExact(whyBeside(way, 2, { of: 'key' }))).toBe(true);
  });

  it('follows a header that an expression made of another header and a field', () => {
    expect(told(whyBeside(way, 5, { of: 'headers', header: 'country' }))).toEqual([
      '(parts) (code) (out) map row $headers.country="web/at"',
      '(only) in came-in country="at"',
      '(only) in came-in $headers.shop="web"',
    ]);
    // A field of the value that was made of a header.
    const shop = whyOf(way, 3, ['shop']);
    expect(told(shop)).toContain('(only) (map) in came-in $headers.shop="web"');
    expect(isExact(shop)).toBe(true);
  });

  it('says why a header is not there any more', () => {
    const gone = whyBeside(way, 2, { of: 'headers', header: 'gone' });
    expect(gone).toMatchObject({ how: 'row', node: 'map', field: 'headers.gone', fields: [{ place: ['nothing'], missing: true }] });
    expect([gone.value, doubtsOf(gone)]).toEqual([undefined, []]);
  });

  it('follows key, header and partition of a sink, and its key through the keys before', () => {
    const key = whyBeside(way, 5, { of: 'key' });
    expect(key).toMatchObject({ how: 'row', node: 'out', field: 'key', value: '"Bat-B2"' });
    expect(told(key)).toContain('(code) parts row $key="at-B2"');
    const partition = whyBeside(way, 5, { of: 'partition' });
    expect(partition).toMatchObject({ how: 'row', field: 'partition', value: '2' });
    expect(told(whyBeside(way, 5, { of: 'headers', header: 'at' })).slice(0, 2)).toEqual([
      'out row $headers.at="2"',
      expect.stringContaining('order=9'),
    ]);
  });

  it('says what no expression chose: a topic, a key left out, a header of Millrace', () => {
    expect(whyBeside(way, 5, { of: 'topic' })).toMatchObject({
      ...{ how: 'setting', field: 'topic', value: '"erp"' },
      sentence: 'The settings of “ERP” name the topic, for every message alike: no expression chooses it.',
    });
    expect(whyBeside(way, 6, { of: 'key' })).toMatchObject({ how: 'setting', field: 'partitioning' });
    expect(whyBeside(way, 5, { of: 'headers', header: 'millrace-origin' }).sentence).toBe('Millrace itself wrote it at “ERP”.');
    expect(whyBeside(way, 5, { of: 'headers', header: 'millrace-split' }).node).toBe('parts');
  });

  it('says where own code made it, or may have made it anew', () => {
    expect(whyBeside(way, 5, { of: 'headers', header: 'made' })).toMatchObject({ how: 'code', node: 'code' });
    expect(doubtsOf(whyBeside(way, 5, { of: 'headers', header: 'country' })).map(({ doubt }) => doubt)).toEqual([
      'The code of “own.code” may have made the header country anew; the same stood there before it.',
    ]);
    expect(whyBeside(way, 99, { of: 'key' })).toMatchObject({ how: 'unknown' });
  });

  it('says where running the expression again gives something else', () => {
    const other = { ...way, records: way.records.map((one) => (one.id === 2 ? { ...one, key: 'masked' } : one)) };
    const key = whyBeside(other, 2, { of: 'key' });
    expect(doubtsOf(key).map(({ doubt }) => doubt)[0]).toContain('gives something else');
  });

  it('tells since which version a key or a header is made so', () => {
    const older = { nodes: [node('map', 'map', { expression: 'x', key: 'id', headers: { 'a.b': 'id' } })] };
    const newer = { nodes: [node('map', 'map', { expression: 'x', key: 'no', headers: { 'a.b': 'id' } })] };
    expect(olderRule(older, newer, 'map', 'key', [])).toEqual({ same: false, reason: 'row', before: 'id' });
    expect(olderRule(older, newer, 'map', 'headers.a.b', [])).toEqual({ same: true });
  });

  it('names each as no field of a value is named', () => {
    fc.assert(
      fc.property(fc.oneof(fc.constant('shop'), fc.string({ minLength: 1 })), (header) => {
        const name = besideName({ of: 'headers', header });
        expect(parseBeside(name)).toEqual({ of: 'headers', header });
        expect(parseBeside(placeText([header]))).toBeUndefined();
        expect(parseTarget(name)?.length ?? 0).toBe(0);
      }),
    );
    expect([parseBeside('$key'), parseBeside('key'), parseBeside('$keys')]).toEqual([{ of: 'key' }, undefined, undefined]);
  });
});

describe('the names that a row reads beside the message', () => {
  const reads = (text: string, place: string[] = [], value: unknown = order) => {
    const view = open(text);
    const message = { value, bindings: { key: 'k', headers: { shop: 'web', 'x-y': '1' } } };
    const way = rowWay({ view, message, reports: previewer(view).preview(message).rows }, place);
    return namedReads(view, way).map(({ name, path, decides }) => `${decides ? 'decides ' : ''}${[name, ...path].join('.')}`);
  };

  it('are found in paths, look-ups, variables and the conditions around', () => {
    expect(reads('{ "a": $headers.shop & $lookup($headers, "x-y"), "b": $key }', ['a'])).toEqual(['headers.shop', 'headers.x-y']);
    expect(reads('( $s := $headers.shop; { "a": $s } )', ['a'])).toEqual(['headers.shop']);
    expect(reads('{ "a": $key = "k" ? { "b": id } : { "b": $headers.shop } }', ['a', 'b'])).toEqual(['decides key']);
    expect(reads('{ "a": $headers }', ['a'])).toEqual(['headers']);
  });

  it('are not those that the expression binds itself', () => {
    expect(reads('{ "a": $each(cust, function($v, $key) { $key }) }', ['a'])).toEqual([]);
    expect(reads('( $origin := id; { "a": $origin } )', ['a'])).toEqual([]);
  });
});
