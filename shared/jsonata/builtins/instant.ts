/** A time in UTC, taken apart by the proleptic Gregorian calendar. */
export interface Instant {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  milli: number;
}

const dayMs = 86_400_000;
/** Milliseconds of the first instant of the year 0 and of the year 10000. */
const [yearZero, yearTenThousand] = [-62_167_219_200_000, 253_402_300_800_000];

/** Whether a time is a whole number of milliseconds in a year of at most four digits, so that the functions here know it. */
export function isOrdinary(millis: number): boolean {
  return millis >= yearZero && millis < yearTenThousand && Math.floor(millis) === millis;
}

/**
 * Takes an ordinary time apart, some times faster than `Date` does; the result is written into `into`.
 * The days are counted in eras of 400 years that begin on the first of March, so that a leap day is the last of its
 * year (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
 */
export function takeApart(millis: number, into: Instant): void {
  const days = Math.floor(millis / dayMs);
  const time = millis - days * dayMs;
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  into.day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  into.month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  into.year = yearOfEra + era * 400 + (into.month <= 2 ? 1 : 0);
  into.hour = Math.floor(time / 3_600_000);
  into.minute = Math.floor(time / 60_000) % 60;
  into.second = Math.floor(time / 1000) % 60;
  into.milli = time % 1000;
}

const pairs = Array.from({ length: 100 }, (_, i) => String(i).padStart(2, '0'));
const two = (n: number): string => pairs[n] as string;
const three = (n: number): string => (n < 100 ? `0${two(n)}` : String(n));

const scratch: Instant = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0, milli: 0 };

/** The text that `Date.prototype.toISOString` gives, for an ordinary time. */
export function isoText(millis: number): string {
  takeApart(millis, scratch);
  const { year, month, day, hour, minute, second, milli } = scratch;
  const date = `${two(Math.floor(year / 100))}${two(year % 100)}-${two(month)}-${two(day)}`;
  return `${date}T${two(hour)}:${two(minute)}:${two(second)}.${three(milli)}Z`;
}

/** A piece of a date picture that is written with a fixed number of digits. */
export type FixedPart = string | { field: keyof Instant; digits: 2 | 3 | 4 };

/** Writes ordinary times by a picture of fixed pieces. */
export function fixedWriter(parts: readonly FixedPart[]): (millis: number) => string {
  return (millis) => {
    takeApart(millis, scratch);
    let text = '';
    for (const part of parts) {
      if (typeof part === 'string') text += part;
      else {
        const value = scratch[part.field];
        if (part.digits === 2) text += two(value);
        else if (part.digits === 3) text += three(value);
        else text += two(Math.floor(value / 100)) + two(value % 100);
      }
    }
    return text;
  };
}

const lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** The time of `YYYY-MM-DDTHH:mm:ss.sssZ`, also without milliseconds; NaN for any other text, and for days that no month has. */
export function isoMillis(text: string): number {
  const { length } = text;
  if ((length !== 24 && length !== 20) || text.charCodeAt(length - 1) !== 90) return Number.NaN;
  const separators =
    text.charCodeAt(4) === 45 &&
    text.charCodeAt(7) === 45 &&
    text.charCodeAt(10) === 84 &&
    text.charCodeAt(13) === 58 &&
    text.charCodeAt(16) === 58 &&
    (length === 20 || text.charCodeAt(19) === 46);
  if (!separators) return Number.NaN;
  const year = number(text, 0, 4);
  const month = number(text, 5, 7);
  const day = number(text, 8, 10);
  const hour = number(text, 11, 13);
  const minute = number(text, 14, 16);
  const second = number(text, 17, 19);
  const milli = length === 24 ? number(text, 20, 23) : 0;
  // What is not a digit makes a part NaN, which fits no range.
  if (!(month >= 1 && month <= 12 && hour <= 23 && minute <= 59 && second <= 59 && milli <= 999)) return Number.NaN;
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (!(day >= 1 && day <= (lengths[month - 1] as number) + (leap ? 1 : 0))) return Number.NaN;
  return daysOf(year, month, day) * dayMs + hour * 3_600_000 + minute * 60_000 + second * 1000 + milli;
}

function number(text: string, from: number, to: number): number {
  let value = 0;
  for (let i = from; i < to; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

/** Days since 1970-01-01, by the inverse of the algorithm above. */
function daysOf(year: number, month: number, day: number): number {
  const shiftedYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(shiftedYear / 400);
  const yearOfEra = shiftedYear - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}
