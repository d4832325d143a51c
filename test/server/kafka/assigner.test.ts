import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assignPartitions, type Member } from '#server/kafka/assigner.ts';

const member = (id: string, topics: string[], owned: Record<string, number[]> = {}): Member => ({ id, topics, owned });

test('every partition has one owner, and counts differ by one at most', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 0, max: 40 }),
      fc.array(fc.nat(7), { maxLength: 40 }),
      (members, partitions, before) => {
        const list = Array.from({ length: members }, (_, index) =>
          member(`m${index}`, ['t'], { t: before.flatMap((owner, partition) => (owner === index ? [partition] : [])) }),
        );
        const shares = [...assignPartitions(list, new Map([['t', partitions]])).values()].map(({ t = [] }) => t);
        expect(shares.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: partitions }, (_, index) => index));
        const counts = shares.map((share) => share.length);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      },
    ),
  );
});

test('a third member takes only its share', () => {
  const two = assignPartitions([member('a', ['t']), member('b', ['t'])], new Map([['t', 24]]));
  const three = assignPartitions(
    [member('a', ['t'], two.get('a')), member('b', ['t'], two.get('b')), member('c', ['t'])],
    new Map([['t', 24]]),
  );
  const kept = ['a', 'b'].flatMap((id) => (three.get(id)?.t ?? []).filter((partition) => two.get(id)?.t?.includes(partition)));
  expect(kept).toHaveLength(16);
  expect(three.get('c')?.t).toHaveLength(8);
});

test('a topic goes only to members that subscribed to it', () => {
  const shares = assignPartitions(
    [member('a', ['old']), member('b', ['old', 'new'])],
    new Map([
      ['new', 2],
      ['old', 2],
    ]),
  );
  expect(shares.get('a')?.new).toBeUndefined();
  expect(shares.get('b')?.new).toEqual([0, 1]);
});
