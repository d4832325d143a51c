import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fieldChanges, pathText, sameValue, valueAt } from '#shared/comparison/fields.ts';
import { ExactNumber, parseJson, stringifyJson } from '#shared/json.ts';

const json = (text: string) => parseJson(text);
const placesOf = (before: string, after: string) =>
  fieldChanges(json(before), json(after)).changes.map(({ kind, place }) => `${kind} ${place}`);

const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: 'small' },
    fc.string({ maxLength: 4 }),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    tie('list'),
    tie('fields'),
  ),
  list: fc.array(tie('any'), { maxLength: 4 }),
  fields: fc.dictionary(fc.string({ maxLength: 3 }), tie('any'), { maxKeys: 4 }),
}));

/** The first value with every change made that was found. */
function patched(before: unknown, after: unknown): unknown {
  const result = structuredClone(before);
  for (const change of fieldChanges(before, after).changes) {
    const path = change.after ?? change.before ?? [];
    if (path.length === 0) return after;
    const holder = valueAt(result, path.slice(0, -1)) as Record<string, unknown>;
    const last = String(path.at(-1));
    if (change.kind === 'removed') delete holder[last];
    else Object.defineProperty(holder, last, { value: valueAt(after, path), enumerable: true, writable: true, configurable: true });
  }
  return result;
}

describe('the fields that two values do not have alike', () => {
  it('are none for, and only for, values that are the same', () => {
    fc.assert(
      fc.property(value.any, value.any, (before, after) => {
        expect(fieldChanges(before, before).changes).toEqual([]);
        expect(fieldChanges(before, after).changes.length === 0).toBe(sameValue(before, after));
        expect(fieldChanges(before, after).changes.length).toBe(fieldChanges(before, after).changes.length);
      }),
    );
  });

  it('lead from the one to the other where no list changed its length', () => {
    const flat = fc.letrec((tie) => ({
      any: fc.oneof({ depthSize: 'small' }, fc.integer({ max: 3 }), fc.constant(null), fc.tuple(tie('any'), tie('any')), tie('fields')),
      fields: fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('any'), { maxKeys: 3 }),
    }));
    fc.assert(fc.property(flat.any, flat.any, (before, after) => sameValue(patched(before, after), after) || after === undefined));
  });

  it('turn round with the values', () => {
    const turned: Record<string, string> = { added: 'removed', removed: 'added', changed: 'changed' };
    fc.assert(
      fc.property(value.any, value.any, (before, after) => {
        const there = fieldChanges(before, after).changes.map(({ kind, place }) => `${kind} ${place}`);
        const back = fieldChanges(after, before).changes.map(({ kind, place }) => `${turned[kind]} ${place}`);
        expect(new Set(back)).toEqual(new Set(there));
      }),
    );
  });

  it('count numbers by their decimal value and not by their digits', () => {
    expect(placesOf('{"a":9007199254740993}', '{"a":9007199254740992}')).toEqual(['changed a']);
    expect(placesOf('{"a":9007199254740993}', '{"a":9007199254740993.0}')).toEqual([]);
    expect(sameValue(new ExactNumber('1e400'), new ExactNumber('10e399'))).toBe(true);
    expect(placesOf('{"a":1.10}', '{"a":1.1}')).toEqual([]);
    expect(placesOf('{"a":1}', '{"a":"1"}')).toEqual(['changed a']);
  });

  it('stand for all items of a list alike, and an item that came in the middle is one', () => {
    expect(placesOf('{"l":[{"q":1},{"q":2},{"q":3}]}', '{"l":[{"q":1},{"q":9},{"q":8}]}')).toEqual(['changed l[].q', 'changed l[].q']);
    expect(placesOf('{"l":[1,2,3,4]}', '{"l":[1,2,9,3,4]}')).toEqual(['added l[]']);
    expect(placesOf('{"l":[1,2,3,4]}', '{"l":[2,3,4]}')).toEqual(['removed l[]']);
    expect(placesOf('{"l":[{"a":1},{"a":2}]}', '{"l":[{"a":5}]}')).toEqual(['changed l[].a', 'removed l[]']);
    expect(fieldChanges([1, 2, 3], [2, 3]).changes).toEqual([{ kind: 'removed', place: '[]', before: [0] }]);
  });

  it('are found in a value of 5 MB within a second, and never more than the bound', () => {
    const big = Array.from({ length: 60_000 }, (_, n) => ({
      id: n,
      name: `a name with some letters ${n}`,
      price: n * 1.5,
      tags: ['a', 'b'],
    }));
    expect((stringifyJson(big) ?? '').length).toBeGreaterThan(5_000_000);
    const other = big.map((item, n) => ({ ...item, price: item.price + 1, [`k${n}`]: 1 }));
    const started = performance.now();
    const found = fieldChanges(big, other);
    expect(performance.now() - started).toBeLessThan(1000);
    expect(found.cut).toBe(true);
    expect(found.changes.length).toBeLessThan(1000);
  });

  it('end at a value that is nested too deep instead of falling over', () => {
    const deep = (end: string) => json('['.repeat(5000) + end + ']'.repeat(5000));
    expect(fieldChanges(deep('1'), deep('2')).cut).toBe(true);
  });
});

it('writes paths as people read them', () => {
  expect(pathText(['lines', 2, 'sku'])).toBe('lines[2].sku');
  expect(pathText(['lines', 2, 'sku'], true)).toBe('lines[].sku');
  expect(pathText([])).toBe('');
});
