import { describe, expect, test } from 'vitest';
import { parseJson } from '#shared/json.ts';
import { sampleLimits, shapeOfSamples } from '#shared/shape/from-samples.ts';
import { looksOf } from '#shared/shape/looks.ts';
import { readPath } from '#shared/shape/path.ts';
import { fieldAt, shapeAt, walk } from '#shared/shape/shape.ts';

const of = (...texts: string[]) => shapeOfSamples(texts.map(parseJson)).shape;

describe('the shape of samples', () => {
  test('tells of each field how many of the parents seen had it', () => {
    const shape = of('{"a":1,"items":[{"sku":"x"},{"sku":"y","qty":2}]}', '{"items":[]}');
    expect(fieldAt(shape, readPath('a'))?.seen).toBe(0.5);
    expect(fieldAt(shape, readPath('items[].sku'))?.seen).toBe(1);
    expect(fieldAt(shape, readPath('items[].qty'))?.seen).toBe(0.5);
    expect(shapeAt(shape, readPath('items'))?.size).toEqual({ min: 0, max: 2 });
    expect(shapeAt(shape, readPath('items[].price'))).toBeUndefined();
  });

  test('names all kinds seen and keeps at most three different, short examples', () => {
    const shape = of('{"a":1}', '{"a":"one"}', '{"a":null}', '{"a":1}', '{"a":true}', `{"a":"${'x'.repeat(100)}"}`);
    expect(shapeAt(shape, ['a'])).toMatchObject({ kinds: ['number', 'text', 'null', 'boolean'], examples: ['1', 'one', 'true'] });
    expect(shapeAt(of(`["${'x'.repeat(100)}"]`), [null])?.examples?.[0]).toHaveLength(60);
  });

  test('notices numbers that a double would change, and keeps all their digits as example', () => {
    const id = shapeAt(of('{"id":23958446825181076828}'), ['id']);
    expect(id).toMatchObject({ kinds: ['number'], examples: ['23958446825181076828'], facts: { manyDigits: true, whole: true } });
    expect(shapeAt(of('{"id":1.5}'), ['id'])?.facts).toBeUndefined();
  });

  test('says what all texts look like, and nothing when one looks otherwise', () => {
    const facts = (a: string, b: string) => shapeAt(of(JSON.stringify({ a }), JSON.stringify({ a: b })), ['a'])?.facts;
    expect(facts('a@example.com', 'b@example.com')).toEqual({ longest: 13, looks: ['email'] });
    expect(facts('a@example.com', 'none')).toEqual({ longest: 13 });
    expect(facts('2026-01-02', '')).toEqual({ longest: 10, looks: ['date'] });
  });

  test('takes few values that come again for a code list', () => {
    const values = ['NEW', 'PAID', 'NEW', 'NEW', 'PAID'].map((status) => ({ status }));
    expect(shapeAt(shapeOfSamples(values).shape, ['status'])?.facts?.values).toEqual(['NEW', 'PAID']);
    expect(shapeAt(shapeOfSamples(values.slice(0, 2)).shape, ['status'])?.facts?.values).toBeUndefined();
  });

  test('stops at its limits without counting a sample in part', () => {
    const samples = Array.from({ length: 100 }, () => ({ a: 1, b: 2 }));
    const found = shapeOfSamples(samples, { ...sampleLimits, nodes: 31 });
    expect(found).toMatchObject({ looked: 10, complete: false });
    expect(found.shape.fields?.map(({ seen }) => seen)).toEqual([1, 1]);
    const wide = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`k${i}`, i]));
    const map = shapeOfSamples([wide], { ...sampleLimits, fields: 10 }).shape;
    expect(map.fields).toHaveLength(10);
    expect(map.others?.kinds).toEqual(['number']);
    let deep: unknown = 1;
    for (let i = 0; i < 5_000; i++) deep = [deep];
    expect(shapeOfSamples([deep]).complete).toBe(false);
  });

  test('walks parents before children, in the order of the fields', () => {
    expect([...walk(of('{"b":[{"c":1}],"a":{"d":2}}'))].map(({ path }) => path)).toEqual([
      [],
      ['b'],
      ['b', null],
      ['b', null, 'c'],
      ['a'],
      ['a', 'd'],
    ]);
  });

  test.each([
    ['2026-03-02', ['date']],
    ['31.12.2026', ['date']],
    ['2026-03-02T10:11:12-05:00', ['date-time']],
    ['2026-13-02', []],
    ['12:30', ['time']],
    ['anna@example.com', ['email']],
    ['19.90', ['number']],
    ['1,5', []],
    ['+49 170 1234567', ['phone']],
    ['DE', ['country']],
    ['EUR', ['currency']],
    ['ok', []],
    ['DE89370400440532013000', ['iban']],
    ['https://example.com/a', ['url']],
    ['8d2f7c1e-13a5-4b0a-9d7f-6a1f2b3c4d5e', ['uuid']],
  ])('%s looks like %j', (text, looks) => {
    expect(looksOf(text)).toEqual(looks);
  });
});
