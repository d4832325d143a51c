import { expect, test } from 'vitest';
import validate from '#server/nodes/validate.ts';
import { parseJson } from '#server/sdk.ts';
import { message, transform } from './run.ts';

const schema = {
  type: 'object',
  required: ['id', 'total'],
  properties: {
    id: { type: 'string' },
    total: { type: 'number', minimum: 0 },
    customer: { type: 'object', properties: { email: { type: 'string', format: 'email' } } },
  },
  additionalProperties: false,
};

test('a message that fits goes on as it is', async () => {
  const run = await transform(validate, { schema });
  const input = message({ id: 'a', total: 1, customer: { email: 'a@b.de' } });
  expect(run(input).emitted).toEqual([{ port: 'out', message: input }]);
  expect(run(input).emitted[0]?.message).toBe(input);
});

test('one that does not fit fails with place and reason of each fault', async () => {
  const run = await transform(validate, { schema });
  const failed = () => run(message({ total: -1, customer: { email: 'nobody' }, odd: 1 }));
  expect(failed).toThrow(
    expect.objectContaining({
      name: 'MessageError',
      code: 'validate/invalid',
      details: {
        errors: expect.arrayContaining([
          { pointer: '/total', message: 'must be >= 0' },
          { pointer: '/customer/email', message: 'must match format "email"' },
          { pointer: '', message: "must have required property 'id'" },
          { pointer: '', message: 'must NOT have additional properties (odd)' },
        ]),
      },
    }),
  );
  expect(failed).toThrow(/^The message does not fit the schema: .*; .*; .*, and 1 more\.$/);
});

test('numbers with many digits are numbers', async () => {
  const run = await transform(validate, {
    schema: { type: 'object', properties: { id: { type: 'integer' }, list: { items: { type: 'number', maximum: 5 } } } },
  });
  const input = message(parseJson('{"id":12345678901234567890,"list":[0.12345678901234567890]}'));
  expect(run(input).emitted[0]?.message).toBe(input);
  expect(() => run(message(parseJson('{"list":[12345678901234567890]}')))).toThrow(/\/list\/0 must be <= 5/);
});

test('draft 7 is read when the schema says so', async () => {
  const draft7 = { $schema: 'http://json-schema.org/draft-07/schema#', type: 'array', items: [{ type: 'string' }] };
  expect(validate.check?.({ schema: draft7 })).toEqual([]);
  const run = await transform(validate, { schema: draft7 });
  expect(() => run(message([1]))).toThrow(/\/0 must be string/);
});

test('a schema that does not compile is a problem, one with an unknown keyword a warning', () => {
  expect(validate.check?.({ schema })).toEqual([]);
  expect(validate.check?.({ schema: { type: 'nonsense' } })).toMatchObject([
    { field: 'schema', message: expect.stringContaining('cannot be used') },
  ]);
  expect(validate.check?.({ schema: { $ref: 'https://example.com/order.json' } })).toMatchObject([{ field: 'schema' }]);
  expect(validate.check?.({ schema: { type: 'object', requird: ['a'] } })).toMatchObject([
    { severity: 'warning', message: expect.stringContaining('requird') },
  ]);
});

test('two nodes may have different schemas of one $id', async () => {
  const id = 'https://example.com/order.json';
  const first = await transform(validate, { schema: { $id: id, type: 'string' } });
  const second = await transform(validate, { schema: { $id: id, type: 'number' } });
  expect(first(message('a')).emitted).toHaveLength(1);
  expect(second(message(1)).emitted).toHaveLength(1);
  expect(() => first(message(1))).toThrow(/must be string/);
});

test('a schema may refer to parts of itself', async () => {
  const run = await transform(validate, { schema: { $defs: { id: { type: 'string' } }, properties: { id: { $ref: '#/$defs/id' } } } });
  expect(() => run(message({ id: 1 }))).toThrow(/\/id must be string/);
});
