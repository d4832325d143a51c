import { expect, test } from 'vitest';
import { holdingOf, leftIn } from '#server/replay/holding.ts';
import type { OpenLetter } from '#server/replay/mended.ts';
import type { Repair } from '#shared/replay.ts';

const letter = (item: string): OpenLetter => ({ item, attempt: 1, node: 'map', arrival: 0 });
const repair = (by: Pick<Repair, 'retry' | 'replay'>): Repair => ({
  ...{ flow: 'shop', item: 'x', outcome: 'solved', attempt: 2, version: 1, who: 'Mira', at: 1 },
  ...by,
});
const nobody: ReadonlySet<string> = new Set();
const mine = (...items: string[]) => {
  const set = new Set(items);
  return (item: string) => set.has(item);
};

test('a message is run when all its open items are its own, and left as a whole when one is not', () => {
  const open = new Map([
    ['o/0/1', [letter('a'), letter('b')]],
    ['o/0/2', [letter('c'), letter('d')]],
    ['o/0/3', [letter('e')]],
  ]);
  const { open: own, left } = holdingOf({ open, mended: new Map(), refused: nobody }, mine('a', 'b', 'c'), nobody);
  expect([...own.keys()]).toEqual(['o/0/1']);
  expect([...left.keys()]).toEqual(['o/0/2', 'o/0/3']);
});

test('a message of which another has sent a part since the plan is left, also where the rest of it is its own', () => {
  const open = new Map([['o/0/1', [letter('a')]]]);
  const mended = new Map([
    ['o/0/1', [repair({ retry: 'r1' })]],
    ['o/0/2', [repair({ retry: '', replay: 'p1' })]],
    ['o/0/3', [repair({ retry: 'before' })]],
    ['o/0/4', [repair({ retry: '', replay: 'itself' })]],
  ]);
  const { open: own, left } = holdingOf({ open, mended, refused: nobody }, mine('a'), new Set(['r1', 'p1']));
  expect(own.size).toBe(0);
  expect([...left.keys()]).toEqual(['o/0/1', 'o/0/2']);
});

test('what the ledger says of messages that were left is found again, and nothing else', () => {
  const open = new Map([['o/0/1', [letter('a')]]]);
  const mended = new Map([['o/0/2', [repair({ retry: 'r1' })]]]);
  const { left } = holdingOf({ open, mended, refused: nobody }, mine(), new Set(['r1']));
  const filtered = Object.fromEntries([...left.values()].map((why) => [`replay: ${why}`, 2]));
  expect(leftIn({ in: { ...filtered, 'replay: another key': 7 }, map: { [Object.keys(filtered)[0] ?? '']: 1, dropped: 3 } })).toBe(5);
});
