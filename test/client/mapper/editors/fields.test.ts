import { describe, expect, it } from 'vitest';
import { shapeOfSamples } from '#shared/shape/from-samples.ts';
import { unknownShape } from '#shared/shape/shape.ts';
import { type FieldPlace, fieldChoices, searchFields, typeWords } from '../../../../client/mapper/editors/fields.ts';
import { open, row } from '../../../shared/mapping/files.ts';

const message = { id: 1, customer: { 'full name': 'Anna' }, items: [{ sku: 's', parts: [{ no: 1 }] }], tags: ['x'] };
const source = shapeOfSamples([message, { id: 2 }]).shape;

function place(mapping: string, id: string, more: Partial<FieldPlace> = {}): FieldPlace {
  const view = open(mapping);
  const rule = row(view, id);
  return { view, target: rule.target, rule: rule.id, source, wanted: unknownShape, ...more };
}
const codes = (of: FieldPlace): string[] => fieldChoices(of).map(({ code }) => code);

describe('the fields that can be named in a place', () => {
  it('are those of the message at its top, with names in backticks and the whole message last', () => {
    expect(codes(place('{ "a": 1 }', 'a'))).toEqual([
      'id',
      'customer',
      'customer.`full name`',
      'items',
      'items.sku',
      'items.parts',
      'items.parts.no',
      'tags',
      '$',
    ]);
  });

  it('are those of the item first inside a loop, then those of the message by its own name', () => {
    const found = fieldChoices(place('{ "l": [items.{ "a": 1 }] }', 'l[].a'));
    expect(found.slice(0, 4).map(({ code, from }) => [code, from])).toEqual([
      ['$', 'item'],
      ['sku', 'item'],
      ['parts', 'item'],
      ['parts.no', 'item'],
    ]);
    expect(found.find(({ path }) => path?.join('.') === 'id')?.code).toBe('$$.id');
  });

  it('name the outer item where an inner loop needs it, and say which loop gets the name', () => {
    const found = fieldChoices(place('{ "l": [items.{ "p": [parts.{ "a": 1 }] }] }', 'l[].p[].a'));
    expect(found.find(({ name }) => name === 'sku')).toMatchObject({
      code: '$item.sku',
      from: 'outer',
      naming: { loop: 'l#0', name: 'item' },
    });
  });

  it('are those of the list inside its condition, and what is outside has a name there', () => {
    const found = fieldChoices(place('{ "l": [] }', 'l', { within: ['items'] }));
    expect(found.find(({ name }) => name === 'sku')?.code).toBe('sku');
    expect(found.find(({ name }) => name === 'id')?.code).toBe('$$.id');
  });

  it('have the variables before the row, but not those behind it', () => {
    const text = '( $a := 1; $b := 2; { "x": $a } )';
    expect(codes(place(text, 'x'))).toEqual(expect.arrayContaining(['$a', '$b']));
    const own = codes(place(text, '$b'));
    expect(own).toContain('$a');
    expect(own).not.toContain('$b');
  });

  it('say what is known of each: type, share, example, whether there are many', () => {
    const found = fieldChoices(place('{ "a": 1 }', 'a'));
    expect(found.find(({ code }) => code === 'items.sku')).toMatchObject({
      type: 'text',
      many: true,
      list: false,
      listAt: 1,
      example: 's',
    });
    expect(found.find(({ code }) => code === 'customer')).toMatchObject({ type: 'object', seen: 0.5 });
    expect(typeWords({ kinds: ['text', 'null'] })).toBe('text');
  });

  it('come first where auto-map proposes them for the target, with the reason', () => {
    const wanted = shapeOfSamples([{ sku: 's', customerId: 4, tags: ['a'] }]).shape;
    const [first] = fieldChoices(place('{ "tags": 1 }', 'tags', { wanted }));
    expect(first).toMatchObject({ code: 'tags' });
    expect(first?.reason).toBeTruthy();
  });
});

it('a search finds fields by any of their words, the exact name first, and forgives a slip', () => {
  const all = fieldChoices(place('{ "a": 1 }', 'a'));
  expect(searchFields(all, 'items.sku').map(({ code }) => code)[0]).toBe('items.sku');
  expect(searchFields(all, 'full').map(({ code }) => code)).toEqual(['customer.`full name`']);
  expect(searchFields(all, 'custmer').map(({ code }) => code)).toContain('customer');
  expect(searchFields(all, '')).toHaveLength(all.length);
});
