import { describe, expect, it } from 'vitest';
import { createTrialWorld } from '#server/try/world.ts';

const numbers = (world: ReturnType<typeof createTrialWorld>, count = 5) => Array.from({ length: count }, () => world.random());

describe('the clock and the random numbers of a Try', () => {
  it('are the same at the same place, whatever was asked at others before', () => {
    const one = createTrialWorld({ seed: 1 });
    const other = createTrialWorld({ seed: 1 });
    one.enter('map', 3, 0, 100);
    const first = numbers(one);
    other.enter('before', 0, 0, 1);
    numbers(other, 1000);
    other.enter('map', 3, 0, 100);
    expect(numbers(other)).toEqual(first);
  });

  it('differ from node to node, message to message, arrival to arrival and seed to seed', () => {
    const at = (seed: number, ...place: [string, number, number]) => {
      const world = createTrialWorld({ seed });
      world.enter(...place, 0);
      return world.random();
    };
    const all = [at(1, 'a', 0, 0), at(1, 'b', 0, 0), at(1, 'a', 1, 0), at(1, 'a', 0, 1), at(2, 'a', 0, 0), at(1, 'a', 10, 0)];
    expect(new Set(all).size).toBe(all.length);
  });

  it('are evenly spread from 0 up to 1', () => {
    const world = createTrialWorld({ seed: 4 });
    const buckets = new Array<number>(10).fill(0);
    for (let place = 0; place < 10_000; place++) {
      world.enter('map', place, 0, 0);
      const number = world.random();
      expect(number >= 0 && number < 1).toBe(true);
      buckets[Math.floor(number * 10)] = (buckets[Math.floor(number * 10)] ?? 0) + 1;
    }
    for (const count of buckets) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  it('show the time of the message, or the one that was asked for', () => {
    const own = createTrialWorld({ seed: 1 });
    own.enter('map', 0, 0, 1234);
    expect(own.now()).toBe(1234);
    const fixed = createTrialWorld({ seed: 1, now: 5 });
    fixed.enter('map', 0, 0, 1234);
    expect(fixed.now()).toBe(5);
  });

  it('make UUIDs of version 4 and bytes', () => {
    const world = createTrialWorld({ seed: 1 });
    world.enter('map', 0, 0, 0);
    const made = Array.from({ length: 200 }, () => world.uuid());
    expect(new Set(made).size).toBe(200);
    for (const uuid of made) expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const bytes = new Uint8Array(1000);
    world.fill(bytes);
    expect(new Set(bytes).size).toBeGreaterThan(200);
  });
});
