import { describe, expect, it } from 'vitest';
import { isExactNumber, parseJson, stringifyJson } from '#shared/json.ts';
import { compileParser } from '#shared/jsonata/json/parser.ts';
import { parserSource } from '#shared/jsonata/json/parser-source.ts';
import { type Projection, projectionOf } from '#shared/jsonata/json/projection.ts';
import { order, type Random, randomFrom } from '../random.ts';
import { keyNames, mutateText, randomText } from './texts.ts';

const parserOf = (projection: Projection) => {
  const parse = compileParser(projection);
  if (parse === undefined) throw new Error('No code may be made of text here.');
  return parse;
};
const parserFor = (reads: string[], copied: string[] = []) => {
  const paths = (list: string[]) => list.map((path) => (path === '' ? [] : path.split('.')));
  return parserOf(projectionOf(paths(reads), paths(copied)));
};

/**
 * A value as text that tells all apart that must not be mixed up: -0, undefined, long numbers, the order of keys.
 * Equality of the test library would be led astray by keys such as `constructor` and `toJSON`.
 */
function show(value: unknown, projection: Projection = { take: 'whole' }): string {
  if (value === undefined) return 'undefined';
  if (projection.take === 'copied') return `copied ${typeof value === 'string' ? stringifyJson(parseJson(value)) : 'no text'}`;
  if (isExactNumber(value)) return `exact ${value.text}`;
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (Array.isArray(value)) return `[${value.map((item) => show(item, projection)).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = projection.take === 'fields' ? projection.fields : undefined;
  return `{${Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}:${show(item, fields?.get(key))}`)}}`;
}

/** What {@link show} must give for the parser's result, from the whole value. */
function expected(value: unknown, projection: Projection): string {
  if (projection.take === 'copied') return `copied ${stringifyJson(value)}`;
  if (Array.isArray(value) && projection.take === 'fields') return `[${value.map((item) => expected(item, projection)).join()}]`;
  if (projection.take === 'whole' || typeof value !== 'object' || value === null || isExactNumber(value)) return show(value);
  const own = new Map(Object.entries(value));
  const names = Object.keys(Object.fromEntries(projection.fields));
  const field = (name: string) => (own.has(name) ? expected(own.get(name), projection.fields.get(name) ?? { take: 'whole' }) : 'undefined');
  return `{${names.map((name) => `${JSON.stringify(name)}:${field(name)}`)}}`;
}

function outcome(run: () => string): string {
  try {
    return run();
  } catch (error) {
    return String(error);
  }
}

const randomPaths = (random: Random): string[][] =>
  Array.from({ length: random.below(6) }, () => Array.from({ length: 1 + random.below(3) }, () => random.pick(keyNames)));

describe('the projected parser', () => {
  const random = randomFrom(20261123);
  const projections = Array.from({ length: 60 }, () => projectionOf(randomPaths(random), randomPaths(random)));
  projections.push(projectionOf([]), projectionOf([[]]), projectionOf([], [[]]));
  const parsers = projections.map((projection) => [projection, parserOf(projection)] as const);

  it('gives the projection of random texts, and their copied fields as equal JSON', () => {
    for (let i = 0; i < 5000; i++) {
      const text = randomText(random);
      const [projection, parse] = random.pick(parsers);
      expect(show(parse(text), projection), text).toBe(expected(parseJson(text), projection));
    }
  });

  it('refuses exactly the texts that JSON.parse refuses, with the same error', () => {
    let refused = 0;
    for (let i = 0; i < 8000; i++) {
      const text = mutateText(random, randomText(random, 3));
      const [projection, parse] = random.pick(parsers);
      const wanted = outcome(() => expected(parseJson(text), projection));
      if (wanted.startsWith('SyntaxError')) refused++;
      expect(
        outcome(() => show(parse(text), projection)),
        text,
      ).toBe(wanted);
    }
    expect(refused).toBeGreaterThan(3000);
  });

  it('gives the same when it has the bytes of the text, also when they are broken', () => {
    let broken = 0;
    for (let i = 0; i < 6000; i++) {
      const bytes = Buffer.from(randomText(random, 3));
      if (random.chance(0.7)) bytes[random.below(bytes.length)] = 128 + random.below(128);
      const text = bytes.toString();
      if (text.includes('\ufffd')) broken++;
      const [projection, parse] = random.pick(parsers);
      const wanted = outcome(() => expected(parseJson(text), projection));
      expect(
        outcome(() => show(parse(text, bytes), projection)),
        text,
      ).toBe(wanted);
    }
    expect(broken).toBeGreaterThan(3000);
  });

  it('gives every object of a place the same fields in the same order', () => {
    const parse = parserFor(['items.sku', 'items.qty'], ['items.price', 'id']);
    expect(parse('{"items":[{"qty":1,"x":[],"sku":"a"},{"price": 12.50},[{}],null,7],"id":"\\u0041"}')).toStrictEqual({
      items: [
        { sku: 'a', qty: 1, price: undefined },
        { sku: undefined, qty: undefined, price: '12.50' },
        [{ sku: undefined, qty: undefined, price: undefined }],
        null,
        7,
      ],
      id: '"\\u0041"',
    });
  });

  it('writes a copied object or list anew, and escapes half a surrogate pair', () => {
    const parse = parserFor([], ['a']);
    expect(parse('{"a": {"b" : [1.50, 12345678901234567890], "b": []} }')).toEqual({ a: '{"b":[]}' });
    expect(parse('{"a": [1.50, 12345678901234567890] }')).toEqual({ a: '[1.5,12345678901234567890]' });
    expect(parse('{"a":"\ud83d"}')).toEqual({ a: '"\\ud83d"' });
    expect(parse('{"a":"\ud83d\ude00 東ä"}')).toEqual({ a: '"\ud83d\ude00 東ä"' });
  });

  it('takes nesting of any depth that JSON.parse takes', () => {
    for (const depth of [10, 499, 500, 501, 502, 3000]) {
      const text = `{"x":${'['.repeat(depth)}${']'.repeat(depth)},"a":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)},"b":2}`;
      for (const parse of [parserFor(['b']), parserFor(['x', 'b']), parserFor(['x.y', 'b']), parserFor(['b'], ['a'])]) {
        expect(parse(text), String(depth)).toHaveProperty('b', 2);
      }
      expect(() => parserFor(['b'])(text.replace(']', '}'))).toThrow(SyntaxError);
    }
  });

  it('goes on after a text that it gave up, and after a long one', () => {
    const parse = parserFor(['b'], ['a']);
    for (const text of ['{"a":[1,"é', '{"b":[1,[2,', '']) expect(() => parse(text)).toThrow(SyntaxError);
    expect(parse('{"a":"é","b":[1]}')).toEqual({ a: '"é"', b: [1] });
    const long = 'é'.repeat(200_000);
    expect(parse(`{"x":"${long}","a":"${long}","b":["${long}"]}`)).toEqual({ a: `"${long}"`, b: [long] });
    const longest = 'x'.repeat(5_000_000);
    expect(parse(`{"a":"${longest}","b":[1]}`)).toEqual({ a: `"${longest}"`, b: [1] });
    expect(parse('{"a":0,"b":1}')).toEqual({ a: '0', b: 1 });
  });

  it('remembers keys without mixing them up', () => {
    const parse = parserFor(['']);
    for (let i = 0; i < 3000; i++) expect(parse(`{"key${i}":${i},"k${'y'.repeat(i % 40)}":{}}`)).toHaveProperty(`key${i}`, i);
  });

  it('gives an order as JSON.parse does', () => {
    for (let i = 0; i < 50; i++) {
      const text = JSON.stringify(order(random), undefined, random.pick([0, 2]));
      expect(parserFor([''])(text)).toStrictEqual(JSON.parse(text));
    }
  });

  it('puts no name into its source as code', () => {
    expect(parserSource(projectionOf([['"];throw 1//'], ['\u2028']]))).toContain('"\\"];throw 1//"');
    expect(parserFor(['"];throw 1//', '\n'])('{"\\"];throw 1//":1,"\\n":2}')).toEqual({ '"];throw 1//': 1, '\n': 2 });
  });
});
