import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAnswerCache } from '#server/nodes/answer-cache.ts';

describe('the cache of answers', () => {
  it('holds the answer that was set last for its time, and never more than it may', () => {
    const step = fc.record({ key: fc.integer({ min: 0, max: 6 }), set: fc.boolean(), wait: fc.integer({ min: 0, max: 30 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), fc.integer({ min: 1, max: 4 }), (steps, entries) => {
        let now = 0;
        const cache = createAnswerCache<number>({ entries, characters: 1000, ms: 50, now: () => now });
        const last = new Map<number, { answer: number; at: number }>();
        for (const [answer, { key, set, wait }] of steps.entries()) {
          now += wait;
          if (set) {
            cache.set(String(key), answer);
            last.set(key, { answer, at: now });
          }
          const found = cache.get(String(key));
          const truth = last.get(key);
          if (set) expect(found).toBe(answer);
          else if (found !== undefined) expect(truth).toEqual({ answer: found, at: truth?.at });
          if (truth !== undefined && now - truth.at >= 50) expect(found).toBeUndefined();
        }
        const held = [0, 1, 2, 3, 4, 5, 6].filter((key) => cache.get(String(key)) !== undefined);
        expect(held.length).toBeLessThanOrEqual(entries);
      }),
    );
  });

  it('keeps answers up to their size together, and none that is larger by itself', () => {
    const cache = createAnswerCache<string>({ entries: 100, characters: 100, ms: 50, now: () => 0 });
    cache.set('a', 'x'.repeat(40));
    cache.set('b', 'x'.repeat(40));
    cache.set('c', 'x'.repeat(40));
    cache.set('d', 'x'.repeat(400));
    expect(['a', 'b', 'c', 'd'].filter((key) => cache.get(key) !== undefined)).toEqual(['b', 'c']);
  });

  it('keeps nothing longer because the clock went back', () => {
    let now = 1000;
    const cache = createAnswerCache<number>({ entries: 9, characters: 99, ms: 50, now: () => now });
    cache.set('a', 1);
    now = 10;
    expect(cache.get('a')).toBeUndefined();
  });
});
