import { expect, it } from 'vitest';
import type { DeadLetter } from '#shared/api.ts';
import { causesOf } from '../../../client/comparison/letter-causes.ts';

const letter = (message: string, more: Partial<DeadLetter> = {}): DeadLetter => ({
  position: 'dead/0@1',
  at: 1000,
  flow: 'orders',
  version: 1,
  node: 'map',
  stage: 'transform',
  code: 'jsonata/D3030',
  message,
  origin: 'orders/0@1',
  attempt: 1,
  key: null,
  value: '{}',
  encoding: 'utf8',
  headers: {},
  ...more,
});

it('takes messages that differ only in their values for one cause', () => {
  const causes = causesOf([
    letter('total: "12,50" is not a number', { key: 'a', at: 3000, version: 2 }),
    letter('total: "7,00" is not a number', { key: 'b', at: 1000 }),
    letter('order 450789512 has no items', { at: 2000 }),
    letter('order 77 has no items', { at: 500 }),
  ]);
  expect(causes.map((cause) => cause.letters.length)).toEqual([2, 2]);
  expect(causes[0]).toMatchObject({ title: 'total: "12,50" is not a number', keys: 2, versions: [2, 1], first: 1000, last: 3000 });
});

it('keeps causes of different nodes, codes and flows apart', () => {
  const same = 'it failed';
  expect(causesOf([letter(same), letter(same, { node: 'other' }), letter(same, { code: 'x' }), letter(same, { flow: 'y' })])).toHaveLength(
    4,
  );
});
