import { expect, test } from 'vitest';
import map from '#server/nodes/map.ts';
import { MessageError, parseJson, stringifyJson } from '#server/sdk.ts';
import { message, transform } from './run.ts';

test('a message becomes what the expression makes of it; key, headers, time and origin stay', async () => {
  const run = await transform(map, { expression: '{ "id": orderId, "total": $sum(lines.(price * quantity)) }' });
  const input = message(
    {
      orderId: 'A1',
      lines: [
        { price: 2, quantity: 3 },
        { price: 1.5, quantity: 2 },
      ],
    },
    { headers: { x: 'y' } },
  );
  expect(run(input).emitted).toEqual([{ port: 'out', message: { ...input, value: { id: 'A1', total: 9 } } }]);
});

test('key and headers are set by expressions over the incoming message; a header that gives nothing goes', async () => {
  const run = await transform(map, {
    expression: '{}',
    key: 'customer.id',
    headers: { country: 'customer.country', gone: 'nothing', blank: ' ', seen: '$origin' },
  });
  const [out] = run(message({ customer: { id: 7, country: 'DE' } }, { headers: { gone: 'x', kept: 'y' } })).emitted;
  expect(out?.message).toMatchObject({ key: '7', headers: { kept: 'y', country: 'DE', seen: 'orders/3/4711' } });
  expect(out?.message.headers).not.toHaveProperty('gone');
  expect(out?.message.headers).not.toHaveProperty('blank');
});

test('a key expression that gives nothing makes a message without key', async () => {
  const run = await transform(map, { expression: '$', key: 'nothing' });
  expect(run(message({})).emitted[0]?.message.key).toBeNull();
});

test('nothing is an error, or a counted drop where the node says so', async () => {
  const strict = await transform(map, { expression: 'nothing' });
  expect(() => strict(message({}))).toThrow(expect.objectContaining({ name: 'MessageError', code: 'map/nothing' }));
  const lenient = await transform(map, { expression: 'nothing', whenNothing: 'drop' });
  expect(lenient(message({}))).toEqual({ emitted: [], dropped: ['the expression gave nothing'] });
});

test('null is a value of its own', async () => {
  const run = await transform(map, { expression: 'null' });
  expect(run(message({})).emitted[0]?.message.value).toBeNull();
});

test('a failed expression names its code and position', async () => {
  const run = await transform(map, { expression: '$number(total)' });
  expect(() => run(message({ total: 'many' }))).toThrow(MessageError);
  expect(() => run(message({ total: 'many' }))).toThrow(
    expect.objectContaining({ code: 'map/d3030', details: { position: expect.any(Number) } }),
  );
});

test('numbers that are only copied keep every digit', async () => {
  const run = await transform(map, { expression: '{ "id": id, "rate": rate }' });
  const text = '{"id":9007199254740993123,"rate":0.10000000000000000001}';
  expect(stringifyJson(run(message(parseJson(text))).emitted[0]?.message.value)).toBe(text);
});
