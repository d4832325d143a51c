import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FlowStatus } from '#shared/events.ts';
import { deadOf, flowIn, holdUntil, nodeIn, nodeOut, pushPoint, rate, series, type TotalsPoint } from '../../client/rates.ts';

const balanceOf = (total: number): FlowStatus['balance'] => ({
  in: total,
  delivered: total,
  filtered: 0,
  dead: 0,
  copies: 0,
  inFlight: 0,
  difference: 0,
});
const point = (at: number, total: number): TotalsPoint => ({
  at,
  nodes: { a: { in: total, out: { out: total, other: 1 }, filtered: {}, dead: {} } },
  balance: balanceOf(total),
});
const start = 1_700_000_000_000;
/** One point a second, growing by `perSecond`. */
const steady = (seconds: number, perSecond: number): TotalsPoint[] => {
  let history: TotalsPoint[] = [];
  for (let second = 0; second <= seconds; second += 1) history = pushPoint(history, point(start + second * 1000, second * perSecond));
  return history;
};

describe('rate', () => {
  it('is the difference of two totals over the time between them', () => {
    expect(rate([point(start, 100), point(start + 30_000, 130)], '1m', flowIn)).toEqual({ perMinute: 60, count: 30, overMs: 30_000 });
  });

  it('looks at the last minute only, and at five minutes when asked', () => {
    const history = [...steady(240, 1)];
    let long = history;
    for (let second = 241; second <= 300; second += 1) long = pushPoint(long, point(start + second * 1000, 240 + (second - 240) * 10));
    expect(rate(long, '1m', flowIn)?.perMinute).toBeCloseTo(600, -1);
    expect(rate(long, '5m', flowIn)?.count).toBe(840);
  });

  it('is unknown before two points stand a second apart', () => {
    expect(rate([], '1m', flowIn)).toBeUndefined();
    expect(rate([point(start, 5)], '1m', flowIn)).toBeUndefined();
    expect(rate([point(start, 5), point(start + 100, 6)], '1m', flowIn)).toBeUndefined();
  });

  it('goes on from zero when a counter began again', () => {
    const history = [point(start, 100), point(start + 10_000, 110), point(start + 20_000, 4)];
    expect(rate(history, '1m', flowIn)?.count).toBe(14);
  });

  it('says over which time it was measured after a gap', () => {
    const history = [point(start, 0), point(start + 600_000, 600)];
    expect(rate(history, '1m', flowIn)).toEqual({ perMinute: 60, count: 600, overMs: 600_000 });
  });

  it('counts since the deploy when the deploy was seen', () => {
    const history = [point(start, 0), point(start + 60_000, 100), point(start + 120_000, 400)];
    expect(rate(history, 'deploy', flowIn, start + 60_000)).toEqual({ perMinute: 300, count: 300, overMs: 60_000 });
    expect(rate(history, 'deploy', flowIn, start - 1e9)?.count).toBe(400);
  });

  it('counts a node that appears later from zero', () => {
    const history = [{ ...point(start, 0), nodes: {} }, point(start + 10_000, 7)];
    expect(rate(history, '1m', nodeIn('a'))?.count).toBe(7);
    expect(rate(history, '1m', nodeOut('a'))?.count).toBe(8);
    expect(rate(history, '1m', nodeOut('a', 'out'))?.count).toBe(7);
  });
});

describe('history', () => {
  it('keeps the first point, the newest, and at most five and a half minutes between', () => {
    const history = steady(1200, 3);
    expect(history[0]?.at).toBe(start);
    expect(history.at(-1)?.at).toBe(start + 1_200_000);
    expect(history[1]?.at).toBeGreaterThanOrEqual(start + 870_000);
    expect(history.length).toBeLessThan(180);
  });

  it('never changes the array it was given', () => {
    const before = [point(start, 1)];
    pushPoint(before, point(start + 1000, 2));
    expect(before).toHaveLength(1);
  });

  it('gives the true count for any growing totals', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1000), { minLength: 2, maxLength: 300 }), (steps) => {
        let history: TotalsPoint[] = [];
        let total = 0;
        steps.forEach((step, second) => {
          total += step;
          history = pushPoint(history, point(start + second * 1000, total));
        });
        expect(rate(history, 'deploy', flowIn)?.count).toBe(total - (steps[0] ?? 0));
      }),
    );
  });
});

describe('a silent server', () => {
  it('means that the totals stayed as they were', () => {
    const history = [point(start, 0), point(start + 30_000, 30)];
    const held = holdUntil(history, start + 120_000);
    expect(rate(held, '1m', flowIn)?.count).toBe(0);
    expect(rate(held, '5m', flowIn)).toEqual({ perMinute: 15, count: 30, overMs: 120_000 });
  });

  it('changes nothing within a second and a half', () => {
    const history = [point(start, 0)];
    expect(holdUntil(history, start + 1000)).toBe(history);
    expect(holdUntil([], start)).toEqual([]);
  });
});

describe('series', () => {
  it('gives the rate of each step and null where nothing is known', () => {
    const values = series(steady(20, 2), flowIn, { steps: 4, stepMs: 6000 });
    expect(values[0]).toBeNull();
    expect(values.slice(1).map((value) => Math.round(value ?? -1))).toEqual([120, 120, 120]);
    expect(series([], flowIn, { steps: 2, stepMs: 1000 })).toEqual([null, null]);
  });

  it('looks back over a longer time than its steps when asked', () => {
    const history = [point(start, 0), point(start + 10_000, 0), point(start + 11_000, 60), point(start + 20_000, 60)];
    expect(Math.max(...series(history, flowIn, { steps: 20, stepMs: 1000, overMs: 10_000 }).map((value) => value ?? 0))).toBe(360);
  });
});

it('adds up dead letters over their codes', () => {
  expect(deadOf({ in: 3, out: {}, filtered: {}, dead: { 'value/schema': 2, 'jsonata/T1001': 1 } })).toBe(3);
  expect(deadOf(undefined)).toBe(0);
});
