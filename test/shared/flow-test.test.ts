import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Expectation, type FlowTest, flowTestFileName, flowTestId, formatFlowTest, parseFlowTest } from '#shared/flow-test.ts';
import { ExactNumber, parseJson, stringifyJson } from '#shared/json.ts';

const full = (): FlowTest => ({
  format: 1,
  name: 'EU order gets VAT',
  note: 'The tax office asked for it.',
  now: '2026-01-03T10:00:00Z',
  seed: 7,
  samples: [
    {
      topic: 'orders',
      origin: 'orders/3/4711',
      at: '2026-01-03T10:00:00Z',
      key: null,
      headers: { b: '2', a: '1' },
      value: { id: new ExactNumber('12345678901234567890'), z: 1, a: 2 },
    },
  ],
  calls: { lookup: { mode: 'fixed', value: { tier: 'gold' } } },
  expect: [
    { node: 'erp', messages: 1, equals: [{ total: new ExactNumber('0.12345678901234567890') }], ignore: ['meta.createdAt'] },
    { node: 'router', branch: 'EU' },
    { deadLetters: 0 },
    { filtered: 1, node: 'only-eu', reason: 'condition' },
  ],
  accepted: [{ at: '2026-02-01T00:00:00.000Z', by: 'Anna', reason: 'VAT is 19 % again' }],
});

describe('the file of a test', () => {
  it('reads as it was written, with every digit and the keys of messages in their order', () => {
    const text = formatFlowTest(full());
    expect(text).toContain('12345678901234567890');
    expect(text).toContain('0.12345678901234567890');
    expect(text.indexOf('"z"')).toBeLessThan(text.indexOf('"a": 2'));
    const { test } = parseFlowTest(text);
    expect(test).toEqual(full());
    expect(formatFlowTest(test as FlowTest)).toBe(text);
  });

  it('has one text for one case, whatever the order of its keys', () => {
    const { expect: expected, name, ...rest } = full();
    expect(formatFlowTest({ expect: expected, ...rest, name } as FlowTest)).toBe(formatFlowTest(full()));
  });

  it('comes back as it was for any case', () => {
    const json = fc.jsonValue({ maxDepth: 3 }).map((one) => parseJson(stringifyJson(one) ?? 'null'));
    const word = fc.string({ minLength: 1, maxLength: 20 });
    const expectation = fc.oneof<fc.Arbitrary<Expectation>[]>(
      fc.record(
        {
          node: word,
          port: word,
          messages: fc.nat(100),
          equals: fc.array(json, { maxLength: 3 }),
          contains: fc.array(json, { maxLength: 3 }),
          keys: fc.array(fc.option(word), { maxLength: 3 }),
          ignore: fc.array(fc.constantFrom('a', 'a.b', 'lines[].id', '**.at', 'a["b c"]'), { maxLength: 3 }),
          order: fc.constant('any' as const),
        },
        { requiredKeys: ['node'] },
      ) as fc.Arbitrary<Expectation>,
      fc.record({ node: word, branch: word }),
      fc.record({ deadLetters: fc.nat(9), code: word }, { requiredKeys: ['deadLetters'] }) as fc.Arbitrary<Expectation>,
      fc.record({ filtered: fc.nat(9), node: word }, { requiredKeys: ['filtered'] }) as fc.Arbitrary<Expectation>,
    );
    const test = fc.record(
      {
        format: fc.constant(1 as const),
        name: word.filter((name) => name.trim() === name && name !== ''),
        seed: fc.nat(1000),
        samples: fc.array(
          fc.record({ value: json, key: fc.option(word), at: fc.constant('2026-01-03T10:00:00.000Z') }, { requiredKeys: ['value'] }),
          { maxLength: 3 },
        ),
        expect: fc.array(expectation, { maxLength: 4 }),
      },
      { requiredKeys: ['format', 'name', 'samples', 'expect'] },
    ) as fc.Arbitrary<FlowTest>;
    fc.assert(
      fc.property(test, (one) => {
        const text = formatFlowTest(one);
        const read = parseFlowTest(text);
        expect(read.problems).toBeUndefined();
        expect(formatFlowTest(read.test as FlowTest)).toBe(text);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['{', 'test/json', undefined, 'is not JSON'],
    ['[]', 'test/shape', undefined, 'is a JSON object'],
    ['{"name":"a"}', 'test/format', 'format', 'Add "format": 1'],
    ['{"format":2}', 'test/format', 'format', 'Use a newer Millrace'],
    ['{"format":1,"samples":[],"expect":[]}', 'test/shape', 'name', 'name'],
    ['{"format":1,"name":"a","samples":[{}],"expect":[]}', 'test/shape', 'samples.0.value', 'is missing'],
    ['{"format":1,"name":"a","samples":[{"value":1,"at":"now"}],"expect":[]}', 'test/shape', 'samples.0.at', 'write a time'],
    ['{"format":1,"name":"a","samples":[],"expect":[{"node":"b","mesages":1}]}', 'test/shape', 'expect.0', 'mesages'],
    ['{"format":1,"name":"a","samples":[],"expect":[{"deadLetters":-1}]}', 'test/shape', 'expect.0.deadLetters', '>=0'],
    ['{"format":1,"name":"a","samples":[],"expect":["x"]}', 'test/shape', 'expect.0', 'say what is expected'],
  ])('says of %s what is wrong and where', (text, code, field, words) => {
    const [problem] = parseFlowTest(text).problems ?? [];
    expect(problem).toMatchObject({ code, ...(field !== undefined && { field }) });
    expect(problem?.message).toContain(words);
  });
});

describe('the name of a file', () => {
  it.each([
    ['EU order gets VAT', 'eu-order-gets-vat.json'],
    ['  Größe & Maß: 7 % ', 'grosse-mass-7.json'],
    ['Façade', 'facade.json'],
    ['注文', '注文.json'],
    ['...', 'test.json'],
    ['CON', 'test-con.json'],
    ['../../etc/passwd', 'etc-passwd.json'],
  ])('of %s is %s', (name, file) => expect(flowTestFileName(name)).toBe(file));

  it('writes both sharp letters of German as ss', () => {
    expect(['Maße', 'MAẞE'].map(flowTestId)).toEqual(['masse', 'masse']);
  });

  it('names the same file again, holds no path and is short', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (name) => {
        const id = flowTestId(name);
        expect(flowTestId(id)).toBe(id);
        expect(id).toMatch(/^[\p{L}\p{N}-]+$/u);
        expect([...id].length).toBeLessThanOrEqual(85);
      }),
    );
  });
});
