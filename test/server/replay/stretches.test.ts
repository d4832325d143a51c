import fc from 'fast-check';
import { expect, test } from 'vitest';
import { boundsOf, intersection, length, merged, roundsOf, type Stretch, within } from '#server/replay/stretches.ts';

const stretch = fc
  .record({ topic: fc.constantFrom('a', 'b'), partition: fc.nat(1), from: fc.nat(30), size: fc.nat(12) })
  .map(({ topic, partition, from, size }): Stretch => ({ topic, partition, from: String(from), to: String(from + size) }));
const stretches = fc.array(stretch, { maxLength: 8 });

/** Every offset that lies in a list of stretches. */
function offsets(list: readonly Stretch[]): Set<string> {
  const all = new Set<string>();
  for (const { topic, partition, from, to } of list)
    for (let at = Number(from); at < Number(to); at++) all.add(`${topic}/${partition}/${at}`);
  return all;
}

test('merging keeps every offset, once, and leaves no two that touch', () => {
  fc.assert(
    fc.property(stretches, (list) => {
      const result = merged(list);
      expect(offsets(result)).toEqual(offsets(list));
      expect(length(result)).toBe(offsets(list).size);
      expect(merged(result)).toEqual(result);
    }),
  );
});

test('an intersection holds just the offsets that lie in both', () => {
  fc.assert(
    fc.property(stretches, stretches, (one, other) => {
      const both = new Set([...offsets(one)].filter((offset) => offsets(other).has(offset)));
      expect(offsets(intersection(one, other))).toEqual(both);
    }),
  );
});

test('what is asked for every message agrees with the list', () => {
  fc.assert(
    fc.property(stretches, (list) => {
      const has = within(list);
      const all = offsets(list);
      for (const topic of ['a', 'b', 'c'])
        for (const partition of [0, 1, 2])
          for (let at = 0; at < 45; at++) expect(has(topic, partition, BigInt(at))).toBe(all.has(`${topic}/${partition}/${at}`));
    }),
    { numRuns: 50 },
  );
});

test('the bounds of a topic span its gaps', () => {
  const list = [
    { topic: 'a', partition: 0, from: '5', to: '7' },
    { topic: 'a', partition: 0, from: '20', to: '21' },
    { topic: 'b', partition: 0, from: '1', to: '2' },
  ];
  expect(boundsOf(list, 'a')).toEqual({ from: new Map([[0, 5n]]), to: new Map([[0, 21n]]) });
});

test('rounds meet every offset once, in order, and of what lies between far runs they read little', () => {
  const far = fc
    .record({ topic: fc.constantFrom('a', 'b'), partition: fc.nat(2), from: fc.nat(2_000_000), size: fc.nat(500) })
    .map(({ topic, partition, from, size }): Stretch => ({ topic, partition, from: String(from), to: String(from + size) }));
  fc.assert(
    fc.property(fc.array(far, { maxLength: 300 }), (list) => {
      const rounds = roundsOf(list, 'a');
      expect(rounds.length).toBeLessThanOrEqual(50);
      const read: Stretch[] = rounds.flatMap(({ from, to }) =>
        [...from].map(([partition, at]) => ({ topic: 'a', partition, from: String(at), to: String(to.get(partition) ?? at) })),
      );
      const mine = list.filter(({ topic }) => topic === 'a');
      expect(intersection(read, mine)).toEqual(merged(mine));
      expect(length(read)).toBe(length(merged(read)));
    }),
    { numRuns: 50 },
  );
  const two: Stretch[] = [
    { topic: 'a', partition: 0, from: '0', to: '100' },
    { topic: 'a', partition: 0, from: '9000000', to: '9000100' },
  ];
  expect(roundsOf(two, 'a').map(({ from, to }) => Number(to.get(0)) - Number(from.get(0)))).toEqual([100, 100]);
});
