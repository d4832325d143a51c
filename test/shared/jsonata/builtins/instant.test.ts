import { describe, expect, it } from 'vitest';
import { fixedWriter, type Instant, isOrdinary, isoMillis, isoText, takeApart } from '#shared/jsonata/builtins/instant.ts';
import { randomFrom } from '../random.ts';

const instant = (): Instant => ({ year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0, milli: 0 });

describe('times taken apart', () => {
  const random = randomFrom(11);
  const times = Array.from({ length: 20_000 }, () => -62_167_219_200_000 + Math.floor(random.next() * 315_569_520_000_000));
  for (const edge of ['0000-01-01', '0000-02-29', '1900-03-01', '1969-12-31', '1970-01-01', '2000-02-29', '2100-02-28', '9999-12-31']) {
    times.push(Date.parse(`${edge}T00:00:00.000Z`), Date.parse(`${edge}T23:59:59.999Z`));
  }

  it('agree with the built-in calendar over ten thousand years', () => {
    for (const time of times) {
      expect(isOrdinary(time)).toBe(true);
      const iso = new Date(time).toISOString();
      expect(isoText(time)).toBe(iso);
      expect(isoMillis(iso)).toBe(time);
      expect(isoMillis(iso.replace(/\.\d+/, ''))).toBe(Math.floor(time / 1000) * 1000);
      const parts = instant();
      takeApart(time, parts);
      expect(parts).toEqual({
        year: new Date(time).getUTCFullYear(),
        month: new Date(time).getUTCMonth() + 1,
        day: new Date(time).getUTCDate(),
        hour: new Date(time).getUTCHours(),
        minute: new Date(time).getUTCMinutes(),
        second: new Date(time).getUTCSeconds(),
        milli: new Date(time).getUTCMilliseconds(),
      });
    }
  });

  it('are written by a picture of fixed pieces', () => {
    const write = fixedWriter([
      { field: 'day', digits: 2 },
      '.',
      { field: 'month', digits: 2 },
      '.',
      { field: 'year', digits: 4 },
      ' ',
      { field: 'milli', digits: 3 },
    ]);
    expect(write(Date.parse('0987-06-05T00:00:00.007Z'))).toBe('05.06.0987 007');
  });

  it('leave to the built-in parser what they do not know', () => {
    for (const text of [
      '2024-02-30T00:00:00Z',
      '2023-02-29T00:00:00Z',
      '2024-01-01T24:00:00Z',
      '2024-01-01',
      '2024-01-01T00:00:00+00',
      '2024-1-011T00:00:00Z',
      '2024-01-01t00:00:00Z',
      '2024-01-01T00:00:0aZ',
      '2024-01-01T00:00:00.00Z',
    ])
      expect(isoMillis(text)).toBeNaN();
    for (const time of [Number.NaN, 0.5, Number.POSITIVE_INFINITY, 253_402_300_800_000, -62_167_219_200_001])
      expect(isOrdinary(time)).toBe(false);
  });
});
