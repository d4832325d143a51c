import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hasNewer, isOpen, type ListedLetter, listOf } from '#server/replay/retry-list.ts';
import type { Repair } from '#shared/replay.ts';

const letter = (at: number, change: Partial<ListedLetter> = {}): ListedLetter => ({
  position: `millrace.f.dead/0/${at}`,
  item: `millrace.f.dead/0/${at}`,
  origin: `orders/0/${at}`,
  attempt: 1,
  node: 'map',
  stage: 'transform',
  arrival: { node: 'map', at: 0 },
  parent: `orders/0/${at}`,
  bytes: 10,
  at: 0,
  key: 'k',
  ...change,
});
const asked = { from: 'node' as const };

test('messages of one key go in the order in which they entered the flow, whatever the order of their failures', () => {
  const anyLetters = fc.uniqueArray(fc.record({ at: fc.nat(50), origin: fc.nat(200), key: fc.constantFrom('a', 'b', undefined) }), {
    selector: ({ at }) => at,
    maxLength: 20,
  });
  fc.assert(
    fc.property(anyLetters, (list) => {
      const letters = list.map(({ at, origin, key }) => letter(at, { origin: `orders/0/${origin}`, key }));
      const { works, older } = listOf(letters, asked);
      expect(older).toBe(0);
      const order = works.map(({ letters: [first] }) => letters.find(({ position }) => position === first?.position) as ListedLetter);
      expect(new Set(order)).toEqual(new Set(letters));
      for (const key of ['a', 'b']) {
        const origins = order.filter((one) => one.key === key).map((one) => Number(one.origin.split('/')[2]));
        expect(origins).toEqual([...origins].sort((a, b) => a - b));
      }
    }),
  );
});

test('of two letters of one item the newest counts', () => {
  const { works, older } = listOf([letter(1), letter(9, { item: 'millrace.f.dead/0/1', attempt: 2 })], asked);
  expect(works.map(({ read }) => read)).toEqual(['millrace.f.dead/0/9']);
  expect(older).toBe(1);
});

test('from the start all that failed of one message runs as one, with what was edited', () => {
  const edits = { 'millrace.f.dead/0/2': { key: null, value: 'x', encoding: 'utf8' as const } };
  const { works } = listOf([letter(1), letter(2, { origin: 'orders/0/1' })], { from: 'start', edits });
  expect(works).toMatchObject([{ letters: [{ item: 'millrace.f.dead/0/2' }, { item: 'millrace.f.dead/0/1' }], edit: { value: 'x' } }]);
});

test('a letter is open until a later attempt has gone out', () => {
  const repair = (attempt: number): Repair => ({
    flow: 'f',
    item: 'i',
    outcome: 'sent',
    attempt,
    retry: 'r',
    version: 1,
    who: 'Mira',
    at: 0,
  });
  expect(isOpen({ attempt: 1 }, undefined)).toBe(true);
  expect(isOpen({ attempt: 1 }, repair(2))).toBe(false);
  expect(isOpen({ attempt: 2 }, repair(2))).toBe(true);
});

test('a letter with a later one of its item is history', () => {
  expect(hasNewer(letter(1), 'millrace.f.dead/0/1')).toBe(false);
  expect(hasNewer(letter(1), 'millrace.f.dead/3/0')).toBe(true);
  expect(hasNewer(letter(9, { attempt: 2 }), 'millrace.f.dead/0/1')).toBe(false);
});
