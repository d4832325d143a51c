import { createRequire } from 'node:module';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createPartitioner, murmur2 } from '#server/kafka/partitioner.ts';

const theirs = createRequire(import.meta.url)('kafkajs/src/producer/partitioners/default/murmur2.js') as (key: Buffer) => number;

test('the hash is that of kafkajs, which is that of Kafka', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (key) => {
      expect(murmur2(key)).toBe(theirs(Buffer.from(key)));
    }),
    { numRuns: 2_000 },
  );
});

test('the hash gives the values of Kafka’s own tests', () => {
  const known = {
    '21': -973932308,
    foobar: -790332482,
    'a-little-bit-long-string': -985981536,
    lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8: -58897971,
  };
  for (const [key, hash] of Object.entries(known)) expect(murmur2(Buffer.from(key))).toBe(hash);
});

test('a key goes to the same partition as text and as bytes', () => {
  const partitioner = createPartitioner();
  expect(partitioner.choose('t', 12, 'käse')).toBe(partitioner.choose('t', 12, Buffer.from('käse')));
});

test('messages without a key are spread evenly', () => {
  const partitioner = createPartitioner();
  const counts = [0, 0, 0];
  for (let index = 0; index < 30; index++) {
    const partition = partitioner.choose('t', 3, null);
    counts[partition] = (counts[partition] ?? 0) + 1;
  }
  expect(counts).toEqual([10, 10, 10]);
});
