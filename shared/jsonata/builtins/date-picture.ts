import { ExpressionError } from '../error.ts';
import { type IntegerFormat, readIntegerPicture } from './integer-picture.ts';
import { checkPicture } from './picture.ts';

/** One piece of a date picture, after XPath fn:format-dateTime (https://www.w3.org/TR/xpath-functions-31/#rules-for-datetime-formatting). */
export type DatePart =
  | { type: 'literal'; text: string }
  | {
      type: 'marker';
      /** The letter of the component: Y, M, D … */
      component: string;
      /** For names: how they are written. */
      names?: 'upper' | 'lower' | 'title';
      integer?: IntegerFormat;
      /** Least and most characters. */
      min?: number;
      max?: number;
      /** For a year: how many of its last digits are shown; -1 for all. */
      digits: number;
      /** `t`: a zero offset is written as Z. */
      traditional: boolean;
    };

export type DateMarker = Extract<DatePart, { type: 'marker' }>;

/** What stands behind a component's letter when nothing does. */
const defaults: Record<string, string> = {
  Y: '1',
  M: '1',
  D: '1',
  d: '1',
  F: 'n',
  W: '1',
  w: '1',
  X: '1',
  x: '1',
  H: '1',
  h: '1',
  P: 'n',
  m: '01',
  s: '01',
  f: '1',
  Z: '01:01',
  z: '01:01',
  C: 'n',
  E: 'n',
};

const known = new Map<string, DatePart[]>();

/**
 * Reads a date picture.
 * @throws ExpressionError D3132 for an unknown component, D3135 for a missing bracket
 */
export function readDatePicture(picture: string): DatePart[] {
  const cached = known.get(picture);
  if (cached) return cached;
  checkPicture(picture);
  const parts = read(picture);
  // Pictures made at run time are without number; those of a flow are few.
  if (known.size >= 200) known.clear();
  known.set(picture, parts);
  return parts;
}

function read(picture: string): DatePart[] {
  const parts: DatePart[] = [];
  const literal = (text: string): void => {
    if (text !== '') parts.push({ type: 'literal', text: text.replaceAll(']]', ']') });
  };
  let start = 0;
  let at = 0;
  while (at < picture.length) {
    if (picture.charAt(at) !== '[') {
      at++;
      continue;
    }
    literal(picture.slice(start, at));
    if (picture.charAt(at + 1) === '[') {
      parts.push({ type: 'literal', text: '[' });
      at += 2;
    } else {
      const end = picture.indexOf(']', at);
      if (end === -1) throw new ExpressionError('D3135', { value: picture });
      parts.push(readMarker(picture.slice(at + 1, end).replace(/\s+/g, ''), parts.at(-1)));
      at = end + 1;
    }
    start = at;
  }
  literal(picture.slice(start));
  return parts;
}

function readMarker(text: string, before: DatePart | undefined): DateMarker {
  const component = text.charAt(0);
  const comma = text.lastIndexOf(',');
  const marker: DateMarker = { type: 'marker', component, digits: -1, traditional: false };
  if (comma !== -1) Object.assign(marker, readWidth(text.slice(comma + 1)));
  let presentation = comma === -1 ? text.slice(1) : text.slice(1, comma);
  const fallback = Object.hasOwn(defaults, component) ? defaults[component] : undefined;
  if (fallback === undefined) throw new ExpressionError('D3132', { value: component });
  let modifier = '';
  if (presentation.length > 1 && 'atco'.includes(presentation.charAt(presentation.length - 1))) {
    modifier = presentation.charAt(presentation.length - 1);
    presentation = presentation.slice(0, -1);
  }
  if (presentation === '') presentation = fallback;
  marker.traditional = modifier === 't';
  if (presentation.startsWith('n')) marker.names = 'lower';
  else if (presentation.startsWith('N')) marker.names = presentation.charAt(1) === 'n' ? 'title' : 'upper';
  else if ('YMDdFWwXxHhmsf'.includes(component)) {
    marker.integer = integerFor(marker, modifier === '' ? presentation : `${presentation};${modifier}`);
    // Two numbers with nothing between: the first has a fixed width, or nobody could tell where it ends.
    if (before?.type === 'marker' && before.integer) before.integer.width = before.integer.mandatory;
  }
  if (component === 'Z' || component === 'z') marker.integer = readIntegerPicture(presentation);
  return marker;
}

function readWidth(text: string): { min?: number; max?: number } {
  const dash = text.indexOf('-');
  const width = (part: string): number | undefined => (part === '*' ? undefined : Number.parseInt(part, 10));
  const min = width(dash === -1 ? text : text.slice(0, dash));
  const max = dash === -1 ? undefined : width(text.slice(dash + 1));
  return { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
}

function integerFor(marker: DateMarker, picture: string): IntegerFormat {
  const format = { ...readIntegerPicture(picture) };
  if (marker.min !== undefined && format.mandatory < marker.min) format.mandatory = marker.min;
  if (marker.component !== 'Y') return format;
  if (marker.max !== undefined) marker.digits = format.mandatory = marker.max;
  else if (format.mandatory + format.optional >= 2) marker.digits = format.mandatory + format.optional;
  return format;
}
