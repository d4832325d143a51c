import { ExpressionError } from '../error.ts';
import { boundedMatcher, type Matcher } from '../regex.ts';
import { charge, timestamp } from '../run.ts';
import { dateComponent, days, months } from './date-component.ts';
import { type DateMarker, type DatePart, readDatePicture } from './date-picture.ts';
import { integerPattern, readInteger } from './integer-picture.ts';
import { wordAlternatives } from './number-words.ts';

/** How one piece of a picture is found in a text and read. */
interface Reader {
  pattern: string;
  component?: string;
  read?: (text: string) => number | undefined;
}

interface DateReader {
  readers: Reader[];
  matcher: Matcher;
}

type Components = Record<string, number | undefined>;

const known = new Map<string, DateReader>();

function readerFor(picture: string): DateReader {
  const cached = known.get(picture);
  if (cached) return cached;
  const readers = readDatePicture(picture).map(partReader);
  const pattern = `^${readers.map((reader) => `(${reader.pattern})`).join('')}$`;
  // Making the expression ready for its first search takes most of the time.
  charge(pattern.length * 50);
  const made = { readers, matcher: boundedMatcher(new RegExp(pattern, 'gi')) };
  if (known.size >= 200) known.clear();
  known.set(picture, made);
  return made;
}

function partReader(part: DatePart): Reader {
  if (part.type === 'literal') return { pattern: part.text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&') };
  const { component } = part;
  if (component === 'Z' || component === 'z') return zoneReader(part);
  if (component === 'f') return { pattern: '[0-9]+', component, read: (text) => Number.parseFloat(`0.${text.slice(0, 3)}`) * 1000 };
  const { integer } = part;
  if (integer) return { pattern: integerPattern(integer, wordAlternatives), component, read: (text) => readInteger(text, integer) };
  return { pattern: '[a-zA-Z]+', component, read: nameReader(part) };
}

function nameReader(marker: DateMarker): (text: string) => number | undefined {
  const values = new Map<string, number>();
  const short = (name: string): string => (marker.max ? name.slice(0, marker.max) : name);
  if (marker.component === 'M' || marker.component === 'x') for (const [i, name] of months.entries()) values.set(short(name), i + 1);
  else if (marker.component === 'F') for (const [i, name] of days.slice(1).entries()) values.set(short(name), i + 1);
  else if (marker.component === 'P') for (const [i, name] of ['am', 'AM', 'pm', 'PM'].entries()) values.set(name, i >> 1);
  else throw new ExpressionError('D3133', { value: marker.component });
  return (text) => values.get(text);
}

function zoneReader(marker: DateMarker): Reader {
  const format = marker.integer;
  const separator = format !== undefined && format.every > 0 ? format.separators[0]?.character : undefined;
  const prefix = marker.component === 'z' ? 'GMT' : '';
  const escaped = separator?.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return {
    pattern: `${prefix}[-+][0-9]+${escaped === undefined ? '' : `${escaped}[0-9]+`}`,
    component: marker.component,
    read: (text) => {
      const offset = text.slice(prefix.length);
      const cut = separator === undefined ? (offset.length <= 3 ? offset.length : 3) : offset.indexOf(separator);
      const hours = Number.parseInt(offset.slice(0, cut), 10);
      const minutes = Number.parseInt(offset.slice(cut + (separator === undefined ? 0 : 1)) || '0', 10);
      return hours * 60 + (offset.startsWith('-') ? -minutes : minutes);
    },
  };
}

/** Which of these letters have a value other than zero, and no other letter has. */
function within(components: Components, all: string, allowed: string): boolean {
  let any = false;
  for (const letter of all) {
    if (!components[letter]) continue;
    if (!allowed.includes(letter)) return false;
    any = true;
  }
  return any;
}

/**
 * Reads a date by a picture, in milliseconds since 1970; nothing when the text is not of that form. Leading parts
 * that the picture lacks come from the present time, trailing ones are zero.
 * @throws ExpressionError D3136 when a part in between is missing
 */
export function parseDate(text: string, picture: string): number | undefined {
  const { readers, matcher } = readerFor(picture);
  const match = matcher.find(text, 0);
  if (match === undefined) return undefined;
  const components: Components = {};
  readers.forEach((reader, i) => {
    if (reader.component !== undefined && reader.read) components[reader.component] = reader.read(match.groups[i] ?? '');
  });
  if (Object.keys(components).length === 0) return undefined;
  const dateLetters = 'YXMxWwdD';
  const byDayOfYear = !within(components, dateLetters, 'YMD') && within(components, dateLetters, 'Yd');
  const byWeek = within(components, dateLetters, 'Xxw') || within(components, dateLetters, 'XW');
  const halfDay = !within(components, 'PHhmsf', 'Hmsf') && within(components, 'PHhmsf', 'Phmsf');
  // Finding a date by its week would need more rules than the language has.
  if (byWeek) throw new ExpressionError('D3136');
  complete(components, (byDayOfYear ? 'Yd' : 'YMD') + (halfDay ? 'Phmsf' : 'Hmsf'));
  return assemble(components, byDayOfYear, halfDay);
}

function complete(components: Components, letters: string): void {
  const now = new Date(timestamp());
  let begun = false;
  let ended = false;
  for (const letter of letters) {
    if (components[letter] !== undefined) {
      if (ended) throw new ExpressionError('D3136');
      begun = true;
    } else if (begun) {
      components[letter] = 'MDd'.includes(letter) ? 1 : 0;
      ended = true;
    } else components[letter] = presentValue(now, letter);
  }
}

function presentValue(now: Date, letter: string): number {
  const value = dateComponent(now, letter);
  return typeof value === 'number' ? value : value === 'pm' ? 1 : 0;
}

function assemble(components: Components, byDayOfYear: boolean, halfDay: boolean): number {
  const of = (letter: string): number => components[letter] ?? 0;
  const year = of('Y');
  const month = byDayOfYear ? 0 : Math.max(0, of('M') - 1);
  const day = byDayOfYear ? of('d') : of('D');
  const hours = halfDay ? (of('h') % 12) + (of('P') === 1 ? 12 : 0) : of('H');
  const offset = components.Z || components.z || 0;
  return Date.UTC(year, month, day, hours, of('m'), of('s'), of('f')) - offset * 60_000;
}
