import { describe, expect, it } from 'vitest';
import { createLanes } from '#server/try/lanes.ts';

describe('lanes', () => {
  it('let a number in, and the others in their order as soon as one leaves', async () => {
    const lanes = createLanes({ most: 2, waitMs: 10_000 });
    const first = await lanes.enter();
    await lanes.enter();
    const order: string[] = [];
    const third = lanes.enter().then((leave) => {
      order.push('third');
      leave?.();
    });
    const fourth = lanes.enter().then(() => order.push('fourth'));
    expect(order).toEqual([]);
    first?.();
    first?.();
    await Promise.all([third, fourth]);
    expect(order).toEqual(['third', 'fourth']);
  });

  it('turn away who has waited for too long, and whoever gives up', async () => {
    const lanes = createLanes({ most: 1, waitMs: 20 });
    const leave = await lanes.enter();
    expect(await lanes.enter()).toBeUndefined();
    const leaving = new AbortController();
    const waiting = createLanes({ most: 0, waitMs: 60_000 }).enter(leaving.signal);
    leaving.abort();
    expect(await waiting).toBeUndefined();
    expect(await lanes.enter(leaving.signal)).toBeUndefined();
    leave?.();
    expect(await lanes.enter()).toBeTypeOf('function');
  });
});
