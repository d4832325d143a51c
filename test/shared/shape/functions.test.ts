import { describe, expect, test } from 'vitest';
import { parseJson, stringifyJson } from '#shared/json.ts';
import { builtins } from '#shared/jsonata/builtins/table.ts';
import { compile } from '#shared/jsonata/compile.ts';
import { conversionBetween, conversions, convert } from '#shared/shape/conversions.ts';
import { shapeOfJsonSchema } from '#shared/shape/from-json-schema.ts';
import { shapeOfSamples } from '#shared/shape/from-samples.ts';
import { functionHelp, helpOf } from '#shared/shape/functions.ts';
import type { Shape } from '#shared/shape/shape.ts';

const result = (expression: string, input?: string) =>
  stringifyJson(compile(expression).evaluate(input === undefined ? undefined : parseJson(input))) ?? '';

describe('the catalogue of functions', () => {
  test('explains every built-in function once', () => {
    const names = functionHelp.map(({ name }) => name);
    expect([...names].sort()).toEqual([...builtins.keys()].sort());
    expect(new Set(names).size).toBe(names.length);
  });

  test.each(functionHelp.map((help) => [help.example.expression, help.example.result, help] as const))(
    '%s gives %s',
    (expression, expected, help) => {
      expect(result(expression, help.example.input)).toBe(expected);
      expect(expression).toContain(`$${help.name}(`);
    },
  );

  test('helps in one sentence', () => {
    for (const { help, words } of functionHelp) {
      expect(help).toMatch(/^[A-Z].*[^.]\.$/);
      expect(help.length).toBeLessThan(110);
      expect(words).toContain('→');
    }
  });

  test('is asked with and without the dollar sign', () => {
    expect(helpOf('$sum')).toBe(helpOf('sum'));
    expect(helpOf('$nothing')).toBeUndefined();
  });
});

describe('conversions', () => {
  test.each(conversions.map((one) => [one.id, one.template, one] as const))(
    '%s does what its example says',
    (id, _template, { example }) => {
      expect(result(convert(id, 'v'), `{"v": ${example.x}}`)).toBe(example.result);
      const wrapped = compile(convert(id, 'true ? v : v')).evaluate(parseJson(`{"v": ${example.x}}`));
      expect(stringifyJson(wrapped)).toBe(example.result);
    },
  );

  const sample = (value: unknown): Shape => shapeOfSamples([value]).shape;
  test.each([
    [sample('19.90'), { type: 'number' }, 'toNumber'],
    [sample('1.234,50'), { type: 'number' }, 'commaToNumber'],
    [sample('soon'), { type: 'number' }, 'impossible'],
    [sample('2026-01-01'), { type: 'integer' }, 'toMillis'],
    [sample(42), { type: 'string' }, 'toText'],
    [sample(42), { type: 'string', format: 'email' }, 'impossible'],
    [sample(1772409600000), { type: 'string', format: 'date-time' }, 'fromMillis'],
    [sample('2026-01-01T10:00:00Z'), { type: 'string', format: 'date' }, 'toDate'],
    [sample('2026-01-01'), { type: 'string', format: 'date-time' }, 'toDateTime'],
    [sample('1.2.2026'), { type: 'string', format: 'date' }, 'germanDate'],
    [sample('yes'), { type: 'boolean' }, 'toBoolean'],
    [sample(['a']), { type: 'string' }, 'join'],
    [sample('a'), { type: 'array' }, 'wrap'],
    [sample({ a: 1 }), { type: 'number' }, 'impossible'],
    [sample('a'), { type: ['string', 'number'] }, undefined],
    [sample(1), {}, undefined],
    [sample(null), { type: 'string' }, undefined],
  ])('%j into %j needs %s', (source, schema, id) => {
    const found = conversionBetween(source, shapeOfJsonSchema(schema));
    expect(typeof found === 'object' ? found.id : found).toBe(id);
  });
});
