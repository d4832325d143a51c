import { describe, expect, it } from 'vitest';
import { shapeOfSamples } from '#shared/shape/from-samples.ts';
import { cursorPlace, fieldsIn } from '../../../../client/mapper/completion/cursor.ts';
import { mappingFiles } from '../../../shared/mapping/files.ts';

const { shape } = shapeOfSamples([
  {
    no: 1,
    customer: { name: 'a', 'first name': 'b', address: { city: 'x' } },
    items: [{ sku: 's', qty: 1, parts: [{ id: 1 }] }],
    prices: [{ code: 's', amount: 2 }],
  },
]);

/** The names that are proposed at the bar of a text. */
function at(text: string): string[] | undefined {
  const offset = text.indexOf('|');
  const place = cursorPlace(text.replace('|', ''), offset);
  return place && fieldsIn(shape, place.contexts).map(({ name }) => name);
}
const names = (text: string): string[] => (cursorPlace(text.replace('|', ''), text.indexOf('|'))?.names ?? []).map(({ name }) => name);

const top = ['no', 'customer', 'items', 'prices'];
const item = ['sku', 'qty', 'parts'];

describe('the fields at a cursor', () => {
  it('are those of the message, of an object after its dot, of the item inside a loop', () => {
    expect(at('{ "a": | }')).toEqual(top);
    expect(at('{ "a": customer.| }')).toEqual(['name', 'first name', 'address']);
    expect(at('{ "a": customer.address.ci| }')).toEqual(['city']);
    expect(at('{ "l": [items.{ "s": | }] }')).toEqual(item);
    expect(at('{ "l": [items.{ "p": [parts.{ "x": | }] }] }')).toEqual(['id']);
    expect(at('{ "l": [items.{ "s": $$.| }] }')).toEqual(top);
  });

  it('are those of the item inside a filter, an order and a function of a list', () => {
    expect(at('items[|]')).toEqual(item);
    expect(at('items[qty > 1 and |].sku')).toEqual(item);
    expect(at('items^(|)')).toEqual(item);
    expect(at('$map(items, function($v) { $v.| })')).toEqual(item);
    expect(at('$sum(items.(qty * |))')).toEqual(item);
  });

  it('are found through variables, joins and helpers', () => {
    expect(at('( $c := customer; { "a": $c.| } )')).toEqual(['name', 'first name', 'address']);
    expect(at('items@$i.prices@$p[$p.code = $i.|].{ "a": 1 }')).toEqual(item);
    expect(at('( $f := function($x) { $x.| }; $f(customer) )')).toEqual(['name', 'first name', 'address']);
  });

  it('are found in a text that is not finished yet', () => {
    expect(at('{ "a": customer.|')).toEqual(['name', 'first name', 'address']);
    expect(at('{ "a": no, "l": [items[qty > |')).toEqual(item);
    expect(at('{ "a": $uppercase(customer.|, "b": no }')).toEqual(['name', 'first name', 'address']);
    expect(at('( $v := customer.|')).toEqual(['name', 'first name', 'address']);
    expect(at('|')).toEqual(top);
    expect(at('no ? customer.|')).toEqual(['name', 'first name', 'address']);
  });

  it('are none in texts, remarks and the names of what is made', () => {
    expect(at('{ "a|": no }')).toBeUndefined();
    expect(at('no /* cust| */')).toBeUndefined();
    expect(at('"cust|"')).toBeUndefined();
  });
});

describe('the names at a cursor', () => {
  it('are those bound before it, the innermost first', () => {
    expect(names('( $a := 1; $b := 2; { "x": | } )')).toEqual(['b', 'a']);
    expect(names('( $a := |; $b := 2; b )')).toEqual([]);
    expect(names('( $a := 1; $map(items, function($v, $i) { | }) )')).toEqual(['v', 'i', 'a']);
    expect(names('items@$i.prices#$n.{ "a": | }')).toEqual(['n', 'i']);
  });
});

it('never throws at any place of a real mapping, whole or cut off there', () => {
  for (const { text } of mappingFiles.filter((_, i) => i % 5 === 0)) {
    for (let offset = 0; offset <= text.length; offset += 23) {
      cursorPlace(text, offset);
      cursorPlace(text.slice(0, offset), offset);
    }
  }
});
