import { describe, expect, it } from 'vitest';
import { followingTime, nextTime, specAt } from '#shared/reconcile/schedule-times.ts';
import type { RepeatTimes } from '#shared/reconcile-schedule.ts';

const at = (text: string): number => Date.parse(text);
const iso = (time: number): string => new Date(time).toISOString();
const daily: { times: RepeatTimes; zone: string } = { times: { kind: 'daily', at: '06:30' }, zone: 'Europe/Berlin' };
const what = { kind: 'sink', node: 'out' } as const;

describe('the times of a schedule', () => {
  it('are those of its zone, summer and winter', () => {
    expect(iso(nextTime(daily, at('2026-01-10T05:00:00Z')))).toBe('2026-01-10T05:30:00.000Z');
    expect(iso(nextTime(daily, at('2026-01-10T05:30:00Z')))).toBe('2026-01-11T05:30:00.000Z');
    expect(iso(nextTime(daily, at('2026-07-10T05:00:00Z')))).toBe('2026-07-11T04:30:00.000Z');
  });

  it('come every so many hours at full hours', () => {
    const six = { times: { kind: 'hours', hours: 6 }, zone: 'UTC' } as const;
    expect(iso(nextTime(six, at('2026-01-10T05:00:01Z')))).toBe('2026-01-10T06:00:00.000Z');
    expect(iso(nextTime(six, at('2026-01-10T18:00:00Z')))).toBe('2026-01-11T00:00:00.000Z');
  });

  it('that were missed are made up for one by one, for a week', () => {
    const tick = at('2026-01-10T05:30:00Z');
    expect(iso(followingTime(daily, tick, at('2026-01-10T05:31:00Z')))).toBe('2026-01-11T05:30:00.000Z');
    expect(iso(followingTime(daily, tick, at('2026-01-13T08:00:00Z')))).toBe('2026-01-11T05:30:00.000Z');
    expect(iso(followingTime(daily, tick, at('2026-03-01T08:00:00Z')))).toBe('2026-02-23T05:30:00.000Z');
  });
});

describe('the period of a schedule', () => {
  const period = (zone: string, tick: string) => {
    const { since, until } = specAt({ what, zone, period: { kind: 'yesterday' } }, at(tick));
    return [iso(since), iso(until)];
  };

  it('is the whole day before in the zone, 23 or 25 hours long when the clocks change', () => {
    expect(period('Europe/Berlin', '2026-01-10T05:30:00Z')).toEqual(['2026-01-08T23:00:00.000Z', '2026-01-09T23:00:00.000Z']);
    expect(period('Europe/Berlin', '2026-03-30T05:30:00Z')).toEqual(['2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z']);
    expect(period('Europe/Berlin', '2026-10-26T05:30:00Z')).toEqual(['2026-10-24T22:00:00.000Z', '2026-10-25T23:00:00.000Z']);
    expect(period('Asia/Kolkata', '2026-01-09T18:30:00Z')).toEqual(['2026-01-08T18:30:00.000Z', '2026-01-09T18:30:00.000Z']);
  });

  it('may be the last hours without the newest minutes', () => {
    const spec = specAt({ what, zone: 'UTC', period: { kind: 'hours', hours: 2, settleMinutes: 10 } }, at('2026-01-10T06:00:00Z'));
    expect(spec).toEqual({ ...what, since: at('2026-01-10T03:50:00Z'), until: at('2026-01-10T05:50:00Z') });
  });
});
