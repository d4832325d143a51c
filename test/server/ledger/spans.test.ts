import fc from 'fast-check';
import { expect, it } from 'vitest';
import { addBatch, emptySpans, forgetBelow, messagesIn } from '#server/ledger/spans.ts';

/** A log as it stood when its messages were processed, and the batches that are left of it. */
const log = fc.array(
  fc.record({
    width: fc.integer({ min: 1, max: 6 }),
    kind: fc.constantFrom('data', 'data', 'data', 'control', 'aborted'),
    taken: fc.nat({ max: 6 }),
    gone: fc.nat({ max: 9 }).map((number) => number === 0),
  }),
  { minLength: 1, maxLength: 20 },
);

it('never counts fewer or more messages than may have stood there, whatever compaction and retention took', () => {
  fc.assert(
    fc.property(log, fc.nat(), fc.nat(), (batches, a, b) => {
      const spans = emptySpans(0);
      /** Per offset: a message that is there, one that may be gone, or none. */
      const offsets: ('there' | 'perhaps' | 'none')[] = [];
      for (const { width, kind, taken, gone } of batches) {
        const first = offsets.length;
        const left = kind === 'data' ? Math.max(1, width - taken) : width;
        // Compaction keeps the batch's range; which of its messages are left nobody can tell from the head.
        for (let at = 0; at < width; at++) offsets.push(gone ? 'perhaps' : kind !== 'data' ? 'none' : at < left ? 'there' : 'perhaps');
        if (gone) continue;
        const head = { first: BigInt(first), last: BigInt(first + width - 1), count: left, kind: kind as 'data' | 'control' | 'aborted' };
        addBatch(spans, head);
      }
      if (spans.next === 0) return;
      const [from, to] = [a % spans.next, b % spans.next].sort((x, y) => x - y) as [number, number];
      const counted = messagesIn(spans, from, to);
      const there = offsets.slice(from, to + 1).filter((one) => one === 'there').length;
      const perhaps = offsets.slice(from, to + 1).filter((one) => one !== 'none').length;
      expect(counted).toBeDefined();
      expect(counted?.least).toBeLessThanOrEqual(there);
      expect(counted?.most).toBeGreaterThanOrEqual(there);
      expect(counted?.most).toBeLessThanOrEqual(perhaps);
    }),
  );
});

it('counts to the message where nothing was taken', () => {
  const spans = emptySpans(10);
  addBatch(spans, { first: 8n, last: 13n, count: 6, kind: 'data' });
  addBatch(spans, { first: 14n, last: 14n, count: 1, kind: 'control' });
  addBatch(spans, { first: 15n, last: 19n, count: 5, kind: 'data' });
  expect(messagesIn(spans, 10, 19)).toEqual({ least: 9, most: 9 });
  expect(messagesIn(spans, 14, 14)).toEqual({ least: 0, most: 0 });
  expect(messagesIn(spans, 9, 12)).toBeUndefined();
  expect(messagesIn(spans, 19, 20)).toBeUndefined();
  forgetBelow(spans, 15);
  expect(messagesIn(spans, 15, 19)).toEqual({ least: 5, most: 5 });
  expect(messagesIn(spans, 14, 19)).toBeUndefined();
});
