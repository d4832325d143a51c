import { expect, test } from 'vitest';
import split from '#server/nodes/split.ts';
import { message, transform } from './run.ts';

test('each item becomes a message with its number and its parent', async () => {
  const run = await transform(split, { expression: 'lines' });
  const { emitted } = run(message({ lines: [{ sku: 'a' }, { sku: 'b' }] }, { headers: { x: 'y' } }));
  expect(emitted.map((out) => out.message)).toMatchObject([
    { value: { sku: 'a' }, key: 'k', headers: { x: 'y', 'millrace-split': '1/2', 'millrace-parent': 'orders/3/4711' } },
    { value: { sku: 'b' }, key: 'k', headers: { x: 'y', 'millrace-split': '2/2', 'millrace-parent': 'orders/3/4711' } },
  ]);
  expect(emitted[0]?.message.origin).toEqual({ topic: 'orders', partition: 3, offset: '4711' });
});

test('the key is made of the item, and the whole message is $parent', async () => {
  const run = await transform(split, {
    expression: 'lines.{ "sku": sku, "order": $parent.id }',
    key: '$parent.id & "-" & sku & "-" & $index & "/" & $count',
  });
  const { emitted } = run(message({ id: 7, lines: [{ sku: 'a' }, { sku: 'b' }] }));
  expect(emitted.map((out) => out.message.key)).toEqual(['7-a-1/2', '7-b-2/2']);
  expect(emitted[1]?.message.value).toEqual({ sku: 'b', order: 7 });
});

test('a single value is a list of one', async () => {
  const run = await transform(split, { expression: 'lines' });
  expect(run(message({ lines: { sku: 'a' } })).emitted).toMatchObject([
    { message: { value: { sku: 'a' }, headers: { 'millrace-split': '1/1' } } },
  ]);
});

test('an empty list, null and nothing are dropped with the reason', async () => {
  const run = await transform(split, { expression: 'lines', reason: 'no lines' });
  expect(run(message({ lines: [] }), message({}), message({ lines: null }))).toEqual({
    emitted: [],
    dropped: ['no lines', 'no lines', 'no lines'],
  });
});

test('an expression that fails is an error of the message', async () => {
  const run = await transform(split, { expression: '$split(lines, 1)' });
  expect(() => run(message({ lines: 'a' }))).toThrow(
    expect.objectContaining({ name: 'MessageError', code: expect.stringMatching(/^split\//) }),
  );
});
