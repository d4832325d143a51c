import { expect, test } from 'vitest';
import filter from '#server/nodes/filter.ts';
import { message, transform } from './run.ts';

test('messages that meet the condition go on as they are; the others are dropped with the reason', async () => {
  const run = await transform(filter, { condition: 'total > 100', reason: 'below 100' });
  const big = message({ total: 101 });
  expect(run(message({ total: 1 }), big, message({ total: 100 }))).toEqual({
    emitted: [{ port: 'out', message: big }],
    dropped: ['below 100', 'below 100'],
  });
});

test('a condition that gives nothing does not hold', async () => {
  const run = await transform(filter, { condition: 'paid' });
  expect(run(message({}))).toEqual({ emitted: [], dropped: ['does not meet the condition'] });
});

test('a condition that fails is an error of the message', async () => {
  const run = await transform(filter, { condition: 'total > "a"' });
  expect(() => run(message({ total: 1 }))).toThrow(expect.objectContaining({ name: 'MessageError', code: 'filter/t2009' }));
});

test('key and headers can be asked for', async () => {
  const run = await transform(filter, { condition: '$headers.country = "DE" and $key = "k"' });
  expect(run(message({}, { headers: { country: 'DE' } }), message({})).emitted).toHaveLength(1);
});
