import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ExactNumber, parseJson, stringifyJson, survives } from '#shared/json.ts';
import { mutateText, randomText } from './jsonata/json/texts.ts';
import { randomFrom } from './jsonata/random.ts';

/** The same by other means: every number of the text is replaced by an object that holds it, and read back from there. */
function parsedOtherwise(text: string): unknown {
  JSON.parse(text);
  const marked = text.replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (token) => (token.startsWith('"') ? token : `{"#number":"${token}"}`));
  return JSON.parse(marked, (_key, value: unknown) => {
    const digits = (value as Record<string, string> | null)?.['#number'];
    if (digits === undefined || typeof value !== 'object') return value;
    return survives(digits) ? Number(digits) : new ExactNumber(digits);
  });
}

function outcome(work: () => unknown): unknown {
  try {
    return { value: work() };
  } catch (error) {
    return String(error);
  }
}

describe('JSON that keeps every digit', () => {
  it.each([
    '{"id":9007199254740993,"rate":1.00000000000000000001,"list":[-12345678901234567890,5,1.5]}',
    '12345678901234567890',
    '{"text":"\\"9007199254740993\\"","a":[],"b":{}}',
  ])('reads and writes %s as it came', (text) => {
    expect(stringifyJson(parseJson(text))).toBe(text);
  });

  it('reads a number that a double holds as a plain number', () => {
    expect(parseJson('[1e3, 0.1, 1234567890123456]')).toEqual([1000, 0.1, 1234567890123456]);
  });

  it('gives for random texts, right and wrong, what the built-in parser gives, and every number as it must be', () => {
    const random = randomFrom(4);
    let exact = 0;
    for (let i = 0; i < 8000; i++) {
      const right = randomText(random, 3);
      const text = random.chance(0.3) ? mutateText(random, right) : right;
      const found = outcome(() => parseJson(text));
      const wanted = outcome(() => parsedOtherwise(text));
      expect(isDeepStrictEqual(found, wanted) && stringifyJson(found) === stringifyJson(wanted), text).toBe(true);
      if (/\d{16}/.test(text)) exact++;
    }
    expect(exact).toBeGreaterThan(1000);
  });

  it('reads long numbers at any depth and in very long texts', () => {
    for (const depth of [10, 499, 500, 501, 3000]) {
      const text = `${'['.repeat(depth)}9007199254740993${']'.repeat(depth)}`;
      expect(stringifyJson(parseJson(text))).toBe(text);
    }
    const long = `{"a":"${'x'.repeat(5_000_000)}","b":9007199254740993}`;
    expect(stringifyJson(parseJson(long))).toBe(long);
  });

  it('never writes an exact number rounded by way of JSON.stringify', () => {
    expect(() => JSON.stringify({ id: new ExactNumber('9007199254740993') })).toThrow('write it with stringifyJson');
    expect(stringifyJson(undefined)).toBeUndefined();
  });
});
