import { expect, it } from 'vitest';
import { axisOf, readTime, type TimeChoice, writeTime } from '../../../client/time/time-choice.ts';

const minute = 60_000;
const hour = 60 * minute;
const now = Date.parse('2026-03-02T12:00:30Z');

it('gives back every choice that was written into an address, and takes anything else for the newest minute', () => {
  const full: TimeChoice = { at: 29 * minute, period: '7d', message: 'orders/0/7', node: 'map' };
  expect(readTime(new URLSearchParams(writeTime(full).toString()))).toEqual(full);
  const none: TimeChoice = { at: undefined, period: '6h', message: undefined, node: undefined };
  expect(writeTime(none).toString()).toBe('');
  expect(readTime(new URLSearchParams('at=noon&span=year'))).toEqual(none);
  expect(readTime(new URLSearchParams(`at=${29 * minute + 5}`)).at).toBe(29 * minute);
});

it('ends the axis with the minute that is now, unless the moment lies further back', () => {
  expect(axisOf('6h', undefined, now)).toEqual({ since: now - 30_000 + minute - 6 * hour, until: now - 30_000 + minute });
  expect(axisOf('6h', now - 5 * hour, now).until).toBe(now - 30_000 + minute);
  const old = axisOf('1h', now - 50 * hour, now);
  expect(old.until - old.since).toBe(hour);
  expect(old.since).toBeLessThan(now - 50 * hour);
  expect(old.until).toBeGreaterThan(now - 50 * hour);
});
