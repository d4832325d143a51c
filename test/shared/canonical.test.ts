import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '#shared/canonical.ts';

/** The same data with the keys of every object in another order. */
function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, turned(item)]),
  );
}

describe('canonical JSON', () => {
  test('is JSON of the same data', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.integer({ min: 0, max: 4 }), (value, indent) => {
        expect(JSON.stringify(JSON.parse(canonicalJson(value, { indent })))).toBe(JSON.stringify(JSON.parse(canonicalJson(value))));
        expect(JSON.parse(canonicalJson(value, { indent }))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test('does not depend on the order of keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(canonicalJson(turned(value))).toBe(canonicalJson(value));
      }),
    );
  });

  test('is laid out as JSON.stringify would lay it out', () => {
    const value = { a: [1, { b: [] }], c: {}, d: 'x"\n' };
    expect(canonicalJson(value, { indent: 2 })).toBe(JSON.stringify(value, null, 2));
    expect(canonicalJson(value)).toBe(JSON.stringify(value));
  });

  test('leaves out what is undefined, and refuses what JSON cannot hold', () => {
    expect(canonicalJson({ a: undefined, b: [undefined] })).toBe('{"b":[null]}');
    expect(() => canonicalJson({ a: () => 1 })).toThrow(TypeError);
  });

  test('puts known keys first, and some last', () => {
    const orderAt = (path: readonly string[]) => (path.length === 0 ? { first: ['z', 'y'], last: ['a'] } : undefined);
    expect(canonicalJson({ a: 1, b: 2, y: 3, z: { b: 1, a: 2 } }, { orderAt })).toBe('{"z":{"a":2,"b":1},"y":3,"b":2,"a":1}');
  });
});
