import { expect, test } from 'vitest';
import switchNode from '#server/nodes/switch.ts';
import type { Ran } from './run.ts';
import { message, transform } from './run.ts';

const cases = [
  { id: 'big', name: 'Big', when: 'total > 100' },
  { id: 'german', name: 'German', when: 'country = "DE"' },
];
const ports = ({ emitted }: Ran) => emitted.map(({ port }) => port);

test('the first case that holds takes the message, and the rest goes to the lane for the rest', async () => {
  const run = await transform(switchNode, { cases });
  expect(ports(run(message({ total: 200, country: 'DE' }), message({ total: 1, country: 'DE' }), message({})))).toEqual([
    'big',
    'german',
    'other',
  ]);
});

test('with all matches every case that holds takes a copy', async () => {
  const run = await transform(switchNode, { cases, mode: 'all' });
  expect(ports(run(message({ total: 200, country: 'DE' })))).toEqual(['big', 'german']);
  expect(ports(run(message({ total: 1 })))).toEqual(['other']);
});

test('a message takes its lane unchanged', async () => {
  const run = await transform(switchNode, { cases });
  const input = message({ total: 200 });
  expect(run(input).emitted[0]?.message).toBe(input);
});

test('ids of cases are unique and leave the other outputs their names', () => {
  const check = (...ids: string[]) => switchNode.check?.({ mode: 'first', cases: ids.map((id) => ({ id, name: id, when: 'a' })) });
  expect(check('a', 'b')).toEqual([]);
  expect(check('a', 'a')).toMatchObject([{ field: 'cases.1.id' }]);
  expect(check('other', 'error')).toMatchObject([{ field: 'cases.0.id' }, { field: 'cases.1.id' }]);
});
