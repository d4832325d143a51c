import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isExactNumber, parseJson } from '#shared/json.ts';
import { type EdgeKind, edgeCasesOf } from '#shared/sample-edge-cases.ts';

const order =
  '{ "id": 12345678901234567890, "customer": {"email": "a@b.c", "vip": true},\n "items": [{"sku": "a", "price": 1.10}, {"sku": "b"}] }';
const named = (text: string): Map<string, string | null> => new Map(edgeCasesOf(text).cases.map(({ name, value }) => [name, value]));

describe('edge cases of a sample', () => {
  it('are named in plain words and change one thing alone', () => {
    const cases = named(order);
    expect(cases.get('customer.email is missing')).toBe(order.replace('"email": "a@b.c", ', ''));
    expect(cases.get('customer.vip is missing')).toBe(order.replace(', "vip": true', ''));
    expect(cases.get('customer.email is null')).toBe(order.replace('"a@b.c"', 'null'));
    expect(cases.get('customer.email is empty text')).toBe(order.replace('"a@b.c"', '""'));
    expect(cases.get('customer is text instead of an object')).toBe(order.replace('{"email": "a@b.c", "vip": true}', '"text"'));
    expect(cases.get('items is an empty list')).toBe(order.replace(/\[.*\]/, '[]'));
    expect(cases.get('items has one item')).toBe(order.replace(', {"sku": "b"}', ''));
    expect(cases.get('items is a single item instead of a list')).toBe(order.replace(/\[.*\]/, '{"sku": "a", "price": 1.10}'));
    expect(cases.get('items.price is a number written as text in the first item')).toBe(order.replace('1.10', '"1.10"'));
    expect(cases.get('id is a 64-bit number')).toBe(order.replace('12345678901234567890', '9223372036854775807'));
    expect(cases.get('the message has no value')).toBeNull();
    expect(
      (JSON.parse(cases.get('customer.email is a very long text (10000 characters)') ?? '') as { customer: { email: string } }).customer
        .email,
    ).toHaveLength(10_000);
  });

  it('leave every digit of what they do not change', () => {
    for (const { path, value } of edgeCasesOf(order).cases) {
      if (value !== null && path !== '' && path !== 'id') expect(value).toContain('12345678901234567890');
    }
  });

  it('of a text that is not JSON are those of a text', () => {
    expect(edgeCasesOf('<a/>').cases.map(({ kind }) => kind)).toEqual(['no-value', 'empty-text', 'long-text']);
    expect(edgeCasesOf(null).cases).toEqual([]);
  });

  it('pass over a name that stands twice', () => {
    expect(edgeCasesOf('{"a":1,"a":2,"b":3}').cases.map(({ path }) => path)).not.toContain('a');
  });

  it('stay within their bounds and say that there are more', () => {
    const wide = JSON.stringify(Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`f${n}`, 'x'])));
    const { cases, more } = edgeCasesOf(wide, { all: 200_000 });
    expect(more).toBe(true);
    expect(cases.reduce((sum, { value }) => sum + (value?.length ?? 0), 0)).toBeLessThanOrEqual(200_000);
    expect(new Set(edgeCasesOf(wide).cases.map(({ path }) => path)).size).toBe(101);
    expect(edgeCasesOf('{"a":"x"}', { each: 100 })).toMatchObject({ more: true });
  });

  it('do to the parsed value what their kind says, for any message', () => {
    const leaf = fc.oneof(fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer(), fc.boolean(), fc.constant(null));
    const names = fc.constantFrom('a', 'b', 'c d', 'e.f', 'ä');
    const message = fc.letrec((tie) => ({
      node: fc.oneof({ maxDepth: 4 }, leaf, fc.array(tie('node'), { maxLength: 3 }), fc.dictionary(names, tie('node'), { maxKeys: 4 })),
    })).node;
    fc.assert(
      fc.property(message, fc.constantFrom(0, 2), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        const { cases, more } = edgeCasesOf(text);
        expect(more).toBe(false);
        expect(new Set(cases.map(({ id }) => id)).size).toBe(cases.length);
        expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
        for (const { kind, path, value: derived } of cases) {
          if (derived === null) expect(kind).toBe('no-value');
          else expect(same(parseJson(derived), changed(parseJson(text), stepsOf(path), kind)), `${kind} of ${path} in ${text}`).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });
});

const stepsOf = (path: string): string[] => [...path.matchAll(/`([^`]*)`|([^.`]+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
/** Any text, number or such: what a case puts there is not looked at closer here. */
const some = Symbol('some');

function changed(value: unknown, steps: readonly string[], kind: EdgeKind): unknown {
  if (steps.length === 0) return put(value, kind);
  if (Array.isArray(value)) return [changed(value[0], steps, kind), ...value.slice(1)];
  const [name = '', ...rest] = steps;
  const fields = Object.entries(value as object);
  if (rest.length === 0 && kind === 'missing') return Object.fromEntries(fields.filter(([field]) => field !== name));
  return Object.fromEntries(fields.map(([field, part]) => [field, field === name ? changed(part, rest, kind) : part]));
}

function put(value: unknown, kind: EdgeKind): unknown {
  if (kind === 'null') return null;
  if (kind === 'empty-text') return '';
  if (kind === 'number-as-text' && typeof value === 'number') return some;
  if (kind === '64-bit' && typeof value === 'number') return parseJson('9223372036854775807');
  if (kind === 'long-text' && typeof value === 'string') return some;
  if (kind === 'wrong-type' && value !== null) return some;
  if (Array.isArray(value) && value.length > 0) {
    if (kind === 'empty-list') return [];
    if (kind === 'one-item' && value.length > 1) return [value[0]];
    if (kind === 'single') return value[0];
  }
  throw new Error(`${kind} does not fit ${JSON.stringify(value)}.`);
}

function same(a: unknown, b: unknown): boolean {
  if (b === some) return ['string', 'number'].includes(typeof a);
  if (isExactNumber(a) && isExactNumber(b)) return a.text === b.text;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Object.is(a, b);
  const [left, right] = [Object.entries(a), Object.entries(b)];
  return left.length === right.length && left.every(([name, part], at) => name === right[at]?.[0] && same(part, right[at]?.[1]));
}
