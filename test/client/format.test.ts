import { describe, expect, it } from 'vitest';
import {
  ago,
  bytes,
  duration,
  exact,
  fullTime,
  initials,
  percent,
  perMinute,
  plural,
  short,
  timeOfDay,
  when,
} from '../../client/format.ts';

describe('numbers', () => {
  it('have at most three significant digits and a unit', () => {
    expect([0, 7, 142, 999, 1000, 1240, 11_840, 999_400, 999_600, 3_400_000, 2_000_000_000].map(short)).toEqual([
      '0',
      '7',
      '142',
      '999',
      '1.00k',
      '1.24k',
      '11.8k',
      '999k',
      '1.00M',
      '3.40M',
      '2.00G',
    ]);
    expect([1.234, 12.34, 123.4, 999.9, 0.001, -1500].map(short)).toEqual(['1.23', '12.3', '123', '1.00k', '<0.01', '−1.50k']);
    expect(short(Number.NaN)).toBe('–');
  });

  it('are exact in tooltips', () => {
    expect(exact(12_480)).toBe('12,480');
    expect([0, 1, 12_480].map((count) => plural(count, 'message'))).toEqual(['no messages', '1 message', '12,480 messages']);
  });

  it('are rates per minute, or per hour when the flow is slow', () => {
    expect([0, 1240, 28.6, 3, 0.5, 0.001].map(perMinute)).toEqual(['0/min', '1.24k/min', '28.6/min', '3/min', '30/h', '<1/h']);
  });

  it('are parts of a whole', () => {
    expect(percent(962, 1000).replace('\u2009', ' ')).toBe('96.2 %');
    expect(percent(1, 0)).toBe('–');
    expect(percent(5, 5).replace('\u2009', ' ')).toBe('100 %');
  });

  it('are sizes in powers of a thousand', () => {
    expect([512, 1240, 16_000_000, 0].map(bytes)).toEqual(['512 B', '1.24 kB', '16.0 MB', '0 B']);
  });
});

describe('times', () => {
  it('are lengths in the largest fitting units', () => {
    expect([0, 0.4, 40, 400, 12_400, 60_000, 220_000, 3_600_000, 18_120_000, 86_400_000, 260_000_000].map(duration)).toEqual([
      '0.0 s',
      '1 ms',
      '40 ms',
      '0.4 s',
      '12 s',
      '1 min',
      '3 min 40 s',
      '1 h',
      '5 h 2 min',
      '1 day',
      '3 days',
    ]);
  });

  it('are ages, and a clock that is ahead does not show a negative one', () => {
    const now = 1_700_000_000_000;
    expect([0, 12_000, 200_000, 7_300_000, 90_000_000, 300_000_000, -5000].map((age) => ago(now - age, now))).toEqual([
      'just now',
      '12 s ago',
      '3 min ago',
      '2 h ago',
      '1 day ago',
      '3 days ago',
      'just now',
    ]);
  });

  it('are shown as the time of day, the day, or the day with its year', () => {
    const now = new Date(2026, 10, 22, 15, 0, 0).getTime();
    expect(when(new Date(2026, 10, 22, 9, 12).getTime(), now)).toBe('09:12');
    expect(when(new Date(2026, 10, 12, 9, 12).getTime(), now)).toBe('12 Nov');
    expect(when(new Date(2025, 0, 3).getTime(), now)).toBe('3 Jan 2025');
    expect(timeOfDay(new Date(2026, 1, 1, 10, 42, 8).getTime(), true)).toBe('10:42:08');
    expect(fullTime(Date.UTC(2026, 0, 2, 3, 4, 5))).toContain('2026-01-02 03:04:05 UTC');
    expect(when('not a time', now)).toBe('–');
  });
});

it('makes initials of a name', () => {
  expect(['Mara Bell', 'admin', 'ci-deploy-key', ''].map(initials)).toEqual(['MB', 'AD', 'CK', '']);
});
