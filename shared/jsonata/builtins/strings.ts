import { ExpressionError } from '../error.ts';
import { charge, checkLength, checkText } from '../run.ts';
import { toText } from '../text.ts';
import { type Builtin, defined, maybeNumeric, numeric } from './builtin.ts';
import { chargeSearch, indexOfText } from './search.ts';

const surrogates = /[\ud800-\udfff]/;

const isHigh = (code: number): boolean => code >= 0xd800 && code < 0xdc00;
const isLow = (code: number): boolean => code >= 0xdc00 && code < 0xe000;

/** How many characters a text has, as people count them: a surrogate pair is one. */
export function countPoints(text: string): number {
  if (!surrogates.test(text)) return text.length;
  let count = text.length;
  for (let i = 1; i < text.length; i++) if (isLow(text.charCodeAt(i)) && isHigh(text.charCodeAt(i - 1))) count--;
  return count;
}

/** Where in a text a character begins, counted as people do; its length for those behind the end. */
function offsetOf(text: string, points: number): number {
  let at = 0;
  for (let left = points; left > 0 && at < text.length; left--) {
    at += isHigh(text.charCodeAt(at)) && isLow(text.charCodeAt(at + 1)) ? 2 : 1;
  }
  return at;
}

/** Part of a text by characters; a negative start counts from the end. */
export function substring(text: string, start: number, length: number | undefined): string {
  // Without surrogates, offsets in the text are offsets in its characters.
  const plain = !surrogates.test(text);
  const size = plain ? text.length : countPoints(text);
  const from = size + start < 0 ? 0 : start;
  if (length !== undefined && length <= 0) return '';
  const end = length === undefined ? undefined : from >= 0 ? from + length : size + from + length;
  if (plain) return text.slice(from, end);
  charge(text.length >> 3);
  const within = (at: number): number => offsetOf(text, at < 0 ? size + Math.trunc(at) : Math.trunc(at));
  return text.slice(within(from), end === undefined ? undefined : within(end));
}

function pad(text: string, width: number, char: string | undefined): string {
  const filler = char === undefined || char === '' ? ' ' : char;
  const whole = Math.trunc(width);
  const missing = Math.abs(whole) - countPoints(text);
  if (!(missing > 0)) return text;
  checkText(text.length + missing * (filler.length > 1 ? 2 : 1));
  charge(missing);
  charge(filler.length >> 2);
  const points = countPoints(filler);
  let padding = filler.repeat(Math.floor(missing / points));
  // Lone halves of a pair are counted like whole characters.
  if (missing % points !== 0) padding += filler.slice(0, offsetOf(filler, missing % points));
  return whole > 0 ? text + padding : padding + text;
}

/** Runs of blanks become one; those at the ends go. */
export function trim(text: string): string {
  charge(text.length >> 3);
  if (!/^ | $| {2}|[\t\n\r]/.test(text)) return text;
  charge(text.length);
  return text.replace(/[ \t\n\r]+/g, ' ').replace(/^ | $/g, '');
}

/** What stands before the first occurrence of a text, or all. */
export function before(text: string, mark: string): string {
  const at = indexOfText(text, mark);
  return at < 0 ? text : text.slice(0, at);
}

/** What stands after the first occurrence of a text, or all. */
export function after(text: string, mark: string): string {
  const at = indexOfText(text, mark);
  return at < 0 ? text : text.slice(at + mark.length);
}

function join(texts: string[], separator = ''): string {
  let length = separator.length * Math.max(0, texts.length - 1);
  for (const text of texts) length += text.length;
  checkText(length);
  charge(texts.length + (length >> 4));
  return texts.join(separator);
}

function converted(functionName: string, convert: (text: string) => string): Builtin {
  return defined('<s-:s>', 1, ([text]) => {
    charge((text as string).length);
    checkText((text as string).length * 3);
    try {
      return convert(text as string);
    } catch {
      throw new ExpressionError('D3140', { value: text, functionName });
    }
  });
}

const base64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Each character as one byte, of which the low eight bits count. */
function encodeBase64(text: string): string {
  checkText(Math.ceil(text.length / 3) * 4);
  charge(text.length * 2);
  const parts: string[] = [];
  const byte = (i: number) => text.charCodeAt(i) & 255;
  const letter = (bits: number) => base64[bits & 63] ?? '';
  for (let i = 0; i < text.length; i += 3) {
    const left = text.length - i;
    const bits = (byte(i) << 16) | (left > 1 ? byte(i + 1) << 8 : 0) | (left > 2 ? byte(i + 2) : 0);
    parts.push(letter(bits >> 18), letter(bits >> 12), left > 1 ? letter(bits >> 6) : '=', left > 2 ? letter(bits) : '=');
  }
  return parts.join('');
}

/** Bytes as characters 0 to 255; what is not base64 is skipped, and `-_` are read as `+/`. */
function decodeBase64(text: string): string {
  charge(text.length * 2);
  const parts: string[] = [];
  let bits = 0;
  let held = 0;
  for (const char of text) {
    if (char === '=') break;
    const value = base64.indexOf(char === '-' ? '+' : char === '_' ? '/' : char);
    if (value < 0) continue;
    bits = (bits << 6) | value;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    parts.push(String.fromCharCode((bits >> held) & 255));
    bits &= (1 << held) - 1;
  }
  return parts.join('');
}

/** Built-ins about text that need no matching. */
export const strings: Record<string, Builtin> = {
  string: defined('<x-b?:s>', 1, ([value, pretty]) => toText(value, pretty === true)),
  substring: defined('<s-nn?:s>', 3, ([text, start, length]) => {
    charge((text as string).length >> 6);
    // From nowhere there is no length to take, but all of the text.
    if (start === undefined && length !== undefined) return '';
    return substring(text as string, maybeNumeric(start) ?? 0, maybeNumeric(length));
  }),
  substringBefore: defined('<s-s:s>', 2, ([text, mark]) => {
    chargeSearch(text as string, String(mark));
    return before(text as string, String(mark));
  }),
  substringAfter: defined('<s-s:s>', 2, ([text, mark]) => {
    chargeSearch(text as string, String(mark));
    return after(text as string, String(mark));
  }),
  lowercase: defined('<s-:s>', 1, ([text]) => {
    charge((text as string).length >> 3);
    const lower = (text as string).toLowerCase();
    checkText(lower.length);
    return lower;
  }),
  uppercase: defined('<s-:s>', 1, ([text]) => {
    charge((text as string).length >> 3);
    const upper = (text as string).toUpperCase();
    checkText(upper.length);
    return upper;
  }),
  length: defined('<s-:n>', 1, ([text]) => {
    charge((text as string).length >> 3);
    return countPoints(text as string);
  }),
  trim: defined('<s-:s>', 1, ([text]) => trim(text as string)),
  pad: defined('<s-ns?:s>', 3, ([text, width, char]) =>
    width === undefined ? text : pad(text as string, numeric(width), char as string | undefined),
  ),
  join: defined('<a<s>s?:s>', 2, ([texts, separator]) => join(texts as string[], separator as string | undefined)),
  base64encode: defined('<s-:s>', 1, ([text]) => encodeBase64(text as string)),
  base64decode: defined('<s-:s>', 1, ([text]) => decodeBase64(text as string)),
  encodeUrlComponent: converted('encodeUrlComponent', encodeURIComponent),
  encodeUrl: converted('encodeUrl', encodeURI),
  decodeUrlComponent: converted('decodeUrlComponent', decodeURIComponent),
  decodeUrl: converted('decodeUrl', decodeURI),
};

/** Text split at every occurrence of another text, at most `limit` parts. */
export function splitText(text: string, separator: string, limit: number | undefined): string[] {
  charge(text.length >> 2);
  if (separator === '') {
    checkLength(Math.min(text.length, limit ?? text.length));
    charge(Math.min(text.length, limit ?? text.length));
  }
  chargeSearch(text, separator);
  const parts = separator.length <= 15 ? text.split(separator, limit) : splitAt(text, separator, limit);
  checkLength(parts.length);
  charge(parts.length);
  return parts;
}

/** As `split`, without the worst case of its search. */
function splitAt(text: string, separator: string, limit = Number.POSITIVE_INFINITY): string[] {
  const parts: string[] = [];
  let start = 0;
  for (let at = indexOfText(text, separator); at >= 0 && parts.length < limit; at = indexOfText(text, separator, start)) {
    parts.push(text.slice(start, at));
    start = at + separator.length;
  }
  if (parts.length < limit) parts.push(text.slice(start));
  return parts;
}
