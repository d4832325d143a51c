/**
 * How numbers, times and sizes are written for people: at most three significant digits and always a unit. The exact
 * value belongs into the tooltip ({@link exact}).
 */

const thin = '\u2009';

/** `0`, `7`, `142`, `1.24k`, `11.8k`, `3.4M`: three significant digits; whole numbers below 1,000 stay whole. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  const sign = value < 0 ? '−' : '';
  if (size < 1000) {
    const text = Number.isInteger(size) ? String(size) : significant(size);
    return sign + (text === '1000' ? '1.00k' : text);
  }
  for (const [limit, unit] of units) if (size < limit * 999.5) return `${sign}${significant(size / limit)}${unit}`;
  return `${sign}${significant(size / 1e12)}T`;
}

const units: [number, string][] = [
  [1e3, 'k'],
  [1e6, 'M'],
  [1e9, 'G'],
];

function significant(value: number): string {
  if (value === 0) return '0';
  if (value < 0.01) return '<0.01';
  const digits = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return value.toFixed(digits);
}

/** The whole number with thousands marks, for tooltips: `12,480`. */
export function exact(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 2 });
}

/** A count with its noun: `1 message`, `12,480 messages`, `no messages`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  if (count === 0) return `no ${many}`;
  return count === 1 ? `1 ${one}` : `${exact(count)} ${many}`;
}

/** `1.24k/min`; below one a minute, `4/h`, so that a slow flow does not look dead. */
export function perMinute(value: number): string {
  if (value > 0 && value < 0.95) {
    const hourly = value * 60;
    return hourly < 0.95 ? '<1/h' : `${Math.round(hourly)}/h`;
  }
  return `${short(value >= 100 ? Math.round(value) : Math.round(value * 10) / 10)}/min`;
}

/** A length of time in its largest fitting unit: `40 ms`, `0.4 s`, `12 s`, `3 min 40 s`, `5 h 2 min`, `3 days`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds > 0 && seconds < 0.0995) return `${Math.max(1, Math.round(ms))} ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  if (seconds < 3570) return two(Math.round(seconds), 60, 'min', 's');
  if (seconds < 86_400) return two(Math.round(seconds / 60), 60, 'h', 'min');
  const days = Math.floor(seconds / 86_400);
  return days === 1 ? '1 day' : `${days} days`;
}

function two(total: number, per: number, large: string, small: string): string {
  const whole = Math.floor(total / per);
  const rest = total % per;
  return rest === 0 || whole >= 10 ? `${whole} ${large}` : `${whole} ${large} ${rest} ${small}`;
}

/** How long ago: `just now`, `12 s ago`, `3 min ago`, `2 h ago`, `3 days ago`. A time in the future is `just now`. */
export function ago(at: number, now: number): string {
  const seconds = Math.floor((now - at) / 1000);
  if (seconds < 1) return 'just now';
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  const days = Math.floor(seconds / 86_400);
  return days === 1 ? '1 day ago' : `${days} days ago`;
}

/** Bytes in powers of 1,000 with three digits: `512 B`, `1.24 kB`, `16.0 MB`. */
export function bytes(value: number): string {
  if (value < 1000) return `${Math.round(value)} B`;
  for (const [limit, unit] of byteUnits) if (value < limit * 999.5) return `${significant(value / limit)} ${unit}`;
  return `${significant(value / 1e12)} TB`;
}

const byteUnits: [number, string][] = [
  [1e3, 'kB'],
  [1e6, 'MB'],
  [1e9, 'GB'],
];

/** `96.2 %`, with a thin space; `undefined` parts of nothing give `–`. */
export function percent(part: number, whole: number): string {
  if (whole === 0) return '–';
  const value = (part / whole) * 100;
  if (value > 0 && value < 0.1) return `<0.1${thin}%`;
  return `${value === 100 || value === 0 ? value : value.toFixed(1)}${thin}%`;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const pad = (value: number): string => String(value).padStart(2, '0');

/** Local time of day, `10:42`, or with seconds `10:42:08`. */
export function timeOfDay(at: number | string, seconds = false): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return '–';
  return `${pad(date.getHours())}:${pad(date.getMinutes())}${seconds ? `:${pad(date.getSeconds())}` : ''}`;
}

/** The shortest way to say when, for people: today `10:42`, this year `12 Nov`, otherwise `12 Nov 2024`. */
export function when(at: number | string, now: number): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return '–';
  const today = new Date(now);
  const day = `${date.getDate()} ${months[date.getMonth()] ?? ''}`;
  if (date.getFullYear() !== today.getFullYear()) return `${day} ${date.getFullYear()}`;
  const sameDay = date.getMonth() === today.getMonth() && date.getDate() === today.getDate();
  return sameDay ? timeOfDay(at) : day;
}

/** Date and time to the second with both local time and UTC, for tooltips. */
export function fullTime(at: number | string): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return 'unknown time';
  const day = `${date.getDate()} ${months[date.getMonth()] ?? ''} ${date.getFullYear()}`;
  return `${day}, ${timeOfDay(at, true)} (${date.toISOString().replace('T', ' ').slice(0, 19)} UTC)`;
}

/** Up to two letters for a person's or key's badge. */
export function initials(name: string): string {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '');
  const letters = words.length > 1 ? [words[0]?.[0], words.at(-1)?.[0]] : [words[0]?.[0], words[0]?.[1]];
  return letters.join('').toUpperCase();
}
