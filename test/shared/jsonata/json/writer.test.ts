import { describe, expect, it } from 'vitest';
import { ExactNumber, stringifyJson } from '#shared/json.ts';
import { isPlain, quote, writeJson, writeNumber } from '#shared/jsonata/json/writer.ts';
import { order, type Random, randomFrom } from '../random.ts';

const chars = [...'abc /"\\\b\n\u0000\u001f\u007f\u2028éÄ東', '👩', '\ud800', '\udfff', '\uffff', '\ue000'];
const textOf = (random: Random, most: number): string =>
  Array.from({ length: random.below(most) }, () => (random.chance(0.7) ? 'x' : random.pick(chars))).join('');

describe('the JSON text writer', () => {
  const random = randomFrom(77);

  it('quotes a text as JSON.stringify does', () => {
    let plain = 0;
    for (let i = 0; i < 5000; i++) {
      const text = textOf(random, random.pick([5, 20, 60]));
      expect(quote(text)).toBe(JSON.stringify(text));
      if (isPlain(text)) plain++;
    }
    expect(plain).toBeGreaterThan(500);
  });

  it('never takes a text for plain that needs an escape', () => {
    for (let code = 0; code < 65536; code++) {
      for (const text of [String.fromCharCode(code), `a text that is long${String.fromCharCode(code)}`]) {
        if (isPlain(text) && JSON.stringify(text) !== `"${text}"`) expect.fail(`${code}`);
      }
    }
    expect(isPlain('SKU-101') && isPlain('Köln, the city on the Rhine')).toBe(true);
  });

  it.each([0, -0, 1, -1.5, 1e21, 5e-324, 0.1, NaN, Infinity, -Infinity])('writes the number %s as JSON.stringify does', (value) => {
    expect(writeNumber(value)).toBe(JSON.stringify(value));
  });

  it('writes every value as stringifyJson does', () => {
    const exact = new ExactNumber('12345678901234567890');
    const values: unknown[] = [undefined, null, true, 'a"b', exact, [], {}, [undefined, () => 1, exact, NaN], [[]], [1, { a: undefined }]];
    values.push({ a: exact, b: [exact] }, () => 1, Symbol('x'), new Date(0), [new Date(0)], ['a', null, false, 1.5], order(random));
    for (const value of values) expect(writeJson(value)).toBe(stringifyJson(value));
  });
});
