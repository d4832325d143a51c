import { describe, expect, it } from 'vitest';
import { stringifyJson } from '#shared/json.ts';
import { compile } from '#shared/jsonata/compile.ts';
import { inPlace } from '../../../../client/mapper/editors/in-place.ts';
import type { RowResult } from '../../../../client/mapper/mapper-store.ts';
import { open, row } from '../../../shared/mapping/files.ts';

const message = {
  no: 7,
  items: [
    { sku: 'a', qty: 2, tags: ['x'] },
    { sku: 'b', qty: 3, tags: ['y', 'z'] },
  ],
  address: { city: 'Köln' },
};

/** What code gives in the place of a row of a mapping; `items` by the id of the loop. */
function at(mapping: string, id: string, code: string, items: Record<string, number> = {}): unknown {
  const view = open(mapping);
  const place = inPlace(view, row(view, id).id, code, new Map(Object.entries(items)));
  if (place === undefined) return 'unknown';
  const value = compile(place.expression, { speculation: 'off' }).evaluate(message);
  const result: RowResult = value === undefined ? { kind: 'nothing' } : { kind: 'value', json: stringifyJson(value) ?? '' };
  const picked = place.pick(result);
  return picked.kind === 'value' ? JSON.parse(picked.json) : picked.kind;
}

describe('code in the place of a row', () => {
  const loop = '( $vat := 0.2; { "lines": [items[qty > 1].( $item := $; $rate := $vat * 2; { "sku": sku, "tags": [tags.{ "t": $ }] })] } )';

  it('sees the variables and the item of every loop around it', () => {
    expect(at(loop, 'lines', '$vat')).toBe(0.2);
    expect(at(loop, 'lines[].sku', 'sku & $rate')).toBe('a0.4');
    expect(at(loop, 'lines[].sku', 'sku', { 'lines#0': 1 })).toBe('b');
    expect(at(loop, 'lines[].tags[].t', '$item.sku & $', { 'lines#0': 1, 'lines[].tags#0': 1 })).toBe('bz');
  });

  it('sees only the variables before it in the place of a variable', () => {
    expect(at(loop, 'lines[]$rate', '$rate')).toBe('nothing');
    expect(at(loop, 'lines[]$rate', '$item.qty')).toBe(2);
  });

  it('sees items of $map, values of $each and the items of a group', () => {
    expect(at('{ "l": $map(items, function($v, $i){ { "a": $v.sku } }) }', 'l[].a', '$v.sku & $i')).toBe('a0');
    expect(at('{ "l": $each(address, function($v, $k){ { "a": $v } }) }', 'l[].a', '$k & $v')).toBe('cityKöln');
    expect(at('items{ sku: qty }', '{0}', '$sum(qty)')).toBe(2);
  });

  it('tells nothing and null apart, and knows nothing inside an own function', () => {
    expect(at('{ "a": 1 }', 'a', 'missing')).toBe('nothing');
    expect(at('{ "a": 1 }', 'a', 'null /* why */')).toBe(null);
    expect(at('( $f := function($x){ $x + 1 }; { "a": $f(no) } )', '$f#1', '$x')).toBe('unknown');
  });

  it('picks nothing where the loop has no such item', () => {
    expect(at(loop, 'lines[].sku', 'sku', { 'lines#0': 5 })).toBe('nothing');
  });
});
