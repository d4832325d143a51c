import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type ItemFacts, itemState, type LetterFacts, laterRepair, withLetter } from '#shared/inbox/item.ts';
import type { Repair } from '#shared/replay.ts';

const letter = (attempt: number, at: number): LetterFacts => ({
  item: 'dead/0/1',
  position: `dead/0/${attempt * 1000 + at}`,
  flow: 'f',
  cause: `c${attempt}`,
  node: 'n',
  stage: 'transform',
  code: 'map/d3030',
  version: attempt,
  origin: 'in/0/1',
  key: 'k',
  bytes: 10,
  attempt,
  at,
});
const repair = (attempt: number, outcome: Repair['outcome'], at: number): Repair => ({
  flow: 'f',
  item: 'dead/0/1',
  outcome,
  attempt,
  retry: 'r',
  version: 1,
  who: 'Mira',
  at,
});

const letters = fc.array(
  fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 50 })).map(([attempt, at]) => letter(attempt, at)),
  { minLength: 1, maxLength: 8 },
);
const repairs = fc.array(
  fc
    .tuple(fc.integer({ min: 2, max: 5 }), fc.constantFrom('sent' as const, 'solved' as const), fc.integer({ min: 0, max: 50 }))
    .map(([attempt, outcome, at]) => repair(attempt, outcome, at)),
  { maxLength: 8 },
);
const all = (list: readonly LetterFacts[]) => list.reduce<ItemFacts | undefined>(withLetter, undefined);

it('ends the same in whatever order letters and repairs are read, and however often', () => {
  fc.assert(
    fc.property(letters, repairs, fc.integer(), (some, words, seed) => {
      const mixed = <T>(list: readonly T[]) => [...list, ...list].sort((a, b) => (hash(a, seed) < hash(b, seed) ? -1 : 1));
      expect(all(mixed(some))).toEqual(all(some));
      const last = words.reduce<Repair | undefined>(laterRepair, undefined);
      const other = mixed(words).reduce<Repair | undefined>(laterRepair, undefined);
      expect(other && [other.attempt, other.outcome]).toEqual(last && [last.attempt, last.outcome]);
    }),
  );
});

const hash = (value: unknown, seed: number): number =>
  [...JSON.stringify(value), String(seed)].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) % 99991, Math.abs(seed % 97));

it('is open until a repair of a later attempt, and open again when that attempt fails', () => {
  expect(itemState(letter(1, 0), undefined, false)).toBe('open');
  expect(itemState(letter(1, 0), repair(2, 'sent', 5), false)).toBe('sent');
  expect(itemState(letter(1, 0), repair(2, 'solved', 5), false)).toBe('solved');
  expect(itemState(letter(2, 9), repair(2, 'sent', 5), false)).toBe('open');
  expect(itemState(letter(2, 9), repair(3, 'solved', 12), false)).toBe('solved');
  expect(itemState(letter(1, 0), repair(2, 'solved', 5), true)).toBe('discarded');
});
