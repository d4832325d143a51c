import { ExpressionError } from '../error.ts';
import { charge, checkText, timestamp } from '../run.ts';
import { type Builtin, defined, numeric } from './builtin.ts';
import { dateComponent, days, months } from './date-component.ts';
import { parseDate } from './date-parse.ts';
import { type DateMarker, type DatePart, readDatePicture } from './date-picture.ts';
import { type FixedPart, fixedWriter, type Instant, isOrdinary, isoMillis, isoText } from './instant.ts';
import { type IntegerFormat, writeInteger } from './integer-picture.ts';

const isoPicture = '[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]';
const isoForm = /^\d{4}(-[01]\d)?(-[0-3]\d)?(T[0-2]\d:[0-5]\d:[0-5]\d)?(\.\d+)?([+-][0-2]\d:?[0-5]\d|Z)?$/;

interface Offset {
  hours: number;
  minutes: number;
}

function fromMillis(millis: number, picture: string | undefined, timezone: string | undefined): string {
  charge(10);
  if (timezone === undefined && isOrdinary(millis)) {
    if (picture === undefined) return isoText(millis);
    const write = writerFor(picture);
    if (write !== undefined) return write(millis);
  }
  const parts = readDatePicture(picture ?? isoPicture);
  const offset = offsetOf(timezone);
  const date = new Date(millis + (offset.hours * 60 + offset.minutes) * 60_000);
  charge(parts.length * 10);
  let text = '';
  for (const part of parts) {
    text += part.type === 'literal' ? part.text : component(date, part, offset);
    checkText(text.length);
  }
  return text;
}

const fields: Record<string, keyof Instant> = { Y: 'year', M: 'month', D: 'day', H: 'hour', m: 'minute', s: 'second', f: 'milli' };
const writers = new Map<string, ((millis: number) => string) | undefined>();

/** A writer of ordinary times for a picture of nothing but digits of fixed width and literal text; undefined for others. */
export function writerFor(picture: string): ((millis: number) => string) | undefined {
  if (writers.has(picture)) return writers.get(picture);
  const parts = readDatePicture(picture).map(fixedPart);
  const write = parts.every((part) => part !== undefined) ? fixedWriter(parts) : undefined;
  if (writers.size >= 200) writers.clear();
  writers.set(picture, write);
  return write;
}

function fixedPart(part: DatePart): FixedPart | undefined {
  if (part.type === 'literal') return part.text;
  const { integer, component: letter } = part;
  const field = Object.hasOwn(fields, letter) ? fields[letter] : undefined;
  if (field === undefined || part.names !== undefined || integer === undefined) return undefined;
  const { style, ordinal, zero, every, separators, mandatory } = integer;
  if (style !== 'decimal' || ordinal || zero !== 48 || every !== 0 || separators.length > 0) return undefined;
  const wanted = field === 'year' ? 4 : field === 'milli' ? 3 : 2;
  return mandatory === wanted ? { field, digits: wanted } : undefined;
}

/** An offset written as `+hhmm`; the minutes have the sign of the hours. */
function offsetOf(timezone: string | undefined): Offset {
  if (timezone === undefined) return { hours: 0, minutes: 0 };
  const offset = Number.parseInt(timezone, 10);
  return { hours: Math.trunc(offset / 100), minutes: offset % 100 };
}

function component(date: Date, marker: DateMarker, offset: Offset): string {
  const letter = marker.component;
  if (letter === 'Z' || letter === 'z') return zone(marker, offset);
  const value = dateComponent(date, letter);
  if (typeof value !== 'number') return letter === 'P' && marker.names === 'upper' ? String(value).toUpperCase() : String(value);
  if (marker.names) return nameOf(value, marker);
  const shown = letter === 'Y' && marker.digits !== -1 ? value % 10 ** marker.digits : value;
  return writeInteger(shown, marker.integer as IntegerFormat);
}

function nameOf(value: number, marker: DateMarker): string {
  const letter = marker.component;
  const names = letter === 'M' || letter === 'x' ? months : letter === 'F' ? days : undefined;
  if (names === undefined) throw new ExpressionError('D3133', { value: letter });
  let name = names[names === months ? value - 1 : value] ?? '';
  if (marker.names === 'upper') name = name.toUpperCase();
  else if (marker.names === 'lower') name = name.toLowerCase();
  return marker.max !== undefined && name.length > marker.max ? name.slice(0, marker.max) : name;
}

function zone(marker: DateMarker, { hours, minutes }: Offset): string {
  const format = marker.integer as IntegerFormat;
  const offset = hours * 100 + minutes;
  if (offset === 0 && marker.traditional) return 'Z';
  const { mandatory } = format;
  let text: string;
  if (format.every > 0 || mandatory === 3 || mandatory === 4) text = writeInteger(offset, format);
  else if (mandatory === 1 || mandatory === 2) {
    text = writeInteger(hours, format);
    if (minutes !== 0) text += `:${String(Math.abs(minutes)).padStart(2, '0')}`;
  } else throw new ExpressionError('D3134', { value: mandatory });
  return `${marker.component === 'z' ? 'GMT' : ''}${offset >= 0 ? '+' : ''}${text}`;
}

function toMillis(text: string, picture: string | undefined): number | undefined {
  charge(text.length >> 3);
  if (picture !== undefined) return parseDate(text, picture);
  const quick = isoMillis(text);
  if (!Number.isNaN(quick)) return quick;
  const match = text.length < 100 ? isoForm.exec(text) : null;
  if (!match) throw new ExpressionError('D3110', { value: text });
  // A time without a zone is UTC, wherever the engine runs.
  return Date.parse(match[3] !== undefined && match[5] === undefined ? `${text}Z` : text);
}

/** Built-ins about dates. The time of $now and $millis is the same throughout one evaluation. */
export const dates: Record<string, Builtin> = {
  toMillis: defined('<s-s?:n>', 2, ([text, picture]) => toMillis(text as string, picture as string | undefined)),
  fromMillis: defined('<n-s?s?:s>', 3, ([millis, picture, timezone]) =>
    fromMillis(numeric(millis), picture as string | undefined, timezone as string | undefined),
  ),
  now: {
    signature: '<s?s?:s>',
    arity: 2,
    call: ([picture, timezone]) => fromMillis(timestamp(), picture as string | undefined, timezone as string | undefined),
  },
  millis: { signature: '<:n>', arity: 0, call: () => timestamp() },
};
