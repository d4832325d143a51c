import { ExactNumber, survives } from '#shared/exact-number.ts';

/**
 * The scanner under the projected parser. It reads the text as UTF-8 bytes in one array that is used again for every
 * text: V8 copies a text there for a tenth of a nanosecond a character and reads a byte in half the time that
 * `charCodeAt` takes. Values are cut out of the text itself.
 *
 * Every function takes the position of a byte that is no white space and gives the position behind what it read, or
 * the value and puts that position into `scan.at`. What is not sure to be JSON is thrown as {@link odd}.
 */
export type Bytes = Uint8Array;

/** Thrown where the scanner gives up: the text is not JSON, or it is too odd to be worth a fast path. */
export const odd: unique symbol = Symbol('odd JSON');

/** The deepest nesting that the scanner goes into. */
export const maxDepth = 500;
/** Longer texts are left to others, so that one large message does not keep its memory for ever. */
export const maxLength = 4_000_000;

/** The text under way. One object for all parsers of a thread, for parsing does not stop halfway. */
export const scan = {
  text: '',
  /** Where the value that was just read ends. */
  at: 0,
  /** How many bytes more than characters stand before the place that the scanner has reached. */
  shift: 0,
  /** Items of lists that are still being read. */
  held: 0,
  /** The text in UTF-8, with a zero behind it. */
  bytes: new Uint8Array(0),
};

/** No part of the language itself; where a program is without it, nothing is scanned. */
const { TextEncoder: Encoder } = globalThis as { TextEncoder?: typeof TextEncoder };
const encoder = Encoder && new Encoder();

/**
 * Makes a text ready to be scanned. False when it is too long, or cannot be encoded here.
 * @param utf8 the bytes that the text was decoded from, where they are at hand; copying them is faster than encoding
 */
export function load(text: string, utf8?: Uint8Array): boolean {
  if (utf8 === undefined && encoder === undefined) return false;
  // A character takes three bytes at most.
  const room = utf8 === undefined ? text.length * 3 : utf8.length;
  if (room >= scan.bytes.length) {
    if (text.length > maxLength || room > 3 * maxLength) return false;
    scan.bytes = new Uint8Array(Math.max(65_536, 2 ** Math.ceil(Math.log2(room + 1))));
  }
  scan.text = text;
  scan.shift = 0;
  // A text that was given up may have left some.
  scan.held = 0;
  let length = room;
  if (utf8 !== undefined) scan.bytes.set(utf8);
  else if (encoder !== undefined) length = encoder.encodeInto(text, scan.bytes).written;
  // The zero ends every loop, so no loop looks at the length.
  scan.bytes[length] = 0;
  return true;
}

/** One for the bytes that go on with a string: ASCII without quote, backslash and control characters. */
const plain = new Uint8Array(256).fill(1, 32, 128).fill(0, 34, 35).fill(0, 92, 93);

/** The first byte from p on that is not plain. Four bytes a turn: V8 looks for interrupts once a turn. */
export function skipPlain(b: Bytes, p: number): number {
  while (plain[b[p] as number] === 1 && plain[b[++p] as number] === 1 && plain[b[++p] as number] === 1 && plain[b[++p] as number] === 1) {
    p++;
  }
  return p;
}

/** Behind white space. */
export function space(b: Bytes, p: number): number {
  for (;;) {
    const c = b[p];
    // Indented text has runs of blanks.
    if (c === 32) while (b[++p] === 32 && b[++p] === 32 && b[++p] === 32);
    else if (c === 10 || c === 13 || c === 9) p++;
    else return p;
  }
}

/** From behind a key to the value. */
export function colon(b: Bytes, p: number): number {
  if (b[p] !== 58) p = space(b, p);
  if (b[p] !== 58) throw odd;
  p++;
  if (b[p] === 32) p++;
  return (b[p] as number) > 32 ? p : space(b, p);
}

/** Behind the string that begins at p. */
export function skipString(b: Bytes, p: number): number {
  p = skipPlain(b, p + 1);
  return b[p] === 34 ? p + 1 : skipRest(b, p);
}

/**
 * Behind a string, from an escape or a character beyond ASCII on. Bytes that were decoded may be broken: then the text
 * has U+FFFD, how many is not worth knowing.
 */
function skipRest(b: Bytes, p: number): number {
  let shift = scan.shift;
  for (;;) {
    const c = b[p] as number;
    if (c < 128) {
      if (c === 34) {
        scan.shift = shift;
        return p + 1;
      }
      if (c === 92) p = skipEscape(b, p);
      else if (c < 32) throw odd;
      else p = skipPlain(b, p);
      continue;
    }
    const next = b[p + 1] as number;
    if (c < 224) {
      if (c < 194 || next >> 6 !== 2) throw odd;
      shift++;
      p += 2;
      continue;
    }
    shift += 2;
    if ((b[p + 2] as number) >> 6 !== 2) throw odd;
    if (c < 240) {
      // Neither what fits in two bytes nor surrogates.
      if (next < (c === 224 ? 160 : 128) || next >= (c === 237 ? 160 : 192)) throw odd;
      p += 3;
    } else {
      // Four bytes are two characters of the text. Neither what fits in three bytes nor what is beyond Unicode.
      if (c > 244 || next < (c === 240 ? 144 : 128) || next >= (c === 244 ? 144 : 192) || (b[p + 3] as number) >> 6 !== 2) throw odd;
      p += 4;
    }
  }
}

function skipEscape(b: Bytes, p: number): number {
  const c = b[p + 1];
  // " \ / b f n r t
  if (c === 34 || c === 92 || c === 47 || c === 98 || c === 102 || c === 110 || c === 114 || c === 116) return p + 2;
  if (c !== 117) throw odd;
  for (let i = p + 2; i < p + 6; i++) {
    const h = (b[i] as number) | 32;
    if (!((h >= 97 && h <= 102) || (h >= 48 && h <= 57 && (b[i] as number) >= 48))) throw odd;
  }
  return p + 6;
}

/** Behind the number that begins at p. */
export function skipNumber(b: Bytes, p: number): number {
  let c = b[p] as number;
  if (c === 45) c = b[++p] as number;
  if (c === 48) c = b[++p] as number;
  else {
    if (c < 49 || c > 57) throw odd;
    do c = b[++p] as number;
    while (c >= 48 && c <= 57);
  }
  if (c === 46) {
    p = skipDigits(b, p + 1);
    c = b[p] as number;
  }
  if (c === 101 || c === 69) {
    c = b[p + 1] as number;
    p = skipDigits(b, c === 43 || c === 45 ? p + 2 : p + 1);
  }
  return p;
}

function skipDigits(b: Bytes, p: number): number {
  let c = b[p] as number;
  if (c < 48 || c > 57) throw odd;
  do c = b[++p] as number;
  while (c >= 48 && c <= 57);
  return p;
}

/** Behind true, false or null. */
export function skipWord(b: Bytes, p: number): number {
  const c = b[p];
  if (c === 116 && b[p + 1] === 114 && b[p + 2] === 117 && b[p + 3] === 101) return p + 4;
  if (c === 110 && b[p + 1] === 117 && b[p + 2] === 108 && b[p + 3] === 108) return p + 4;
  if (c === 102 && b[p + 1] === 97 && b[p + 2] === 108 && b[p + 3] === 115 && b[p + 4] === 101) return p + 5;
  throw odd;
}

/** The containers that {@link skip} is in: the byte that closes each. */
const open = new Uint8Array(maxDepth + 1);

/** Behind any value. One loop and no calls for what is common: skipping is most of the work. */
export function skip(b: Bytes, p: number): number {
  let depth = 0;
  let close = 0;
  for (;;) {
    let c = b[p] as number;
    if (c === 34) {
      p = skipString(b, p);
    } else if (c <= 57) {
      p = skipNumber(b, p);
    } else if (c === 123 || c === 91) {
      p++;
      if ((b[p] as number) <= 32) p = space(b, p);
      if (b[p] === c + 2) p++;
      else {
        if (depth === maxDepth) throw odd;
        open[depth++] = close;
        close = c + 2;
        if (c === 123) p = skipKey(b, p);
        continue;
      }
    } else {
      p = skipWord(b, p);
    }
    for (;;) {
      if (depth === 0) return p;
      c = b[p] as number;
      if (c <= 32) {
        p = space(b, p);
        c = b[p] as number;
      }
      p++;
      if (c === 44) break;
      if (c !== close) throw odd;
      close = open[--depth] as number;
    }
    if ((b[p] as number) <= 32) p = space(b, p);
    if (close === 125) p = skipKey(b, p);
  }
}

/** From a key to its value. */
export function skipKey(b: Bytes, p: number): number {
  if (b[p] !== 34) throw odd;
  p = skipString(b, p);
  if (b[p] === 58 && (b[p + 1] as number) > 32) return p + 1;
  return colon(b, p);
}

/** The string that begins at p. */
export function readString(b: Bytes, p: number): string {
  const start = p + 1 - scan.shift;
  p = skipPlain(b, p + 1);
  if (b[p] === 34) {
    scan.at = p + 1;
    return scan.text.slice(start, p - scan.shift);
  }
  p = scan.at = skipRest(b, p);
  const inside = scan.text.slice(start, p - 1 - scan.shift);
  return inside.includes('\\') ? (JSON.parse(`"${inside}"`) as string) : inside;
}

const powers = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15] as const;

/** The number that begins at p. */
export function readNumber(b: Bytes, p: number): number | ExactNumber {
  const start = p;
  let c = b[p] as number;
  const negative = c === 45;
  if (negative) c = b[++p] as number;
  const first = p;
  let value = c - 48;
  if (c === 48) c = b[++p] as number;
  else {
    if (c < 49 || c > 57) throw odd;
    for (c = b[++p] as number; c >= 48 && c <= 57; c = b[++p] as number) value = value * 10 + (c - 48);
  }
  let digits = p - first;
  if (c === 46) {
    const point = p;
    c = b[++p] as number;
    if (c < 48 || c > 57) throw odd;
    do {
      value = value * 10 + (c - 48);
      c = b[++p] as number;
    } while (c >= 48 && c <= 57);
    digits = p - first - 1;
    // Both are exact, so the one rounding of the division gives the nearest double.
    if (digits <= 15) value /= powers[p - point - 1] as number;
  }
  if (digits > 15 || c === 101 || c === 69) return readLongNumber(b, start);
  scan.at = p;
  return negative ? -value : value;
}

/** A number whose digits a double may not keep. */
function readLongNumber(b: Bytes, p: number): number | ExactNumber {
  const end = (scan.at = skipNumber(b, p));
  const text = scan.text.slice(p - scan.shift, end - scan.shift);
  const value = Number(text);
  return String(value) === text || survives(text) ? value : new ExactNumber(text);
}

/** True, false or null. */
export function readWord(b: Bytes, p: number): boolean | null {
  scan.at = skipWord(b, p);
  const c = b[p];
  return c === 110 ? null : c === 116;
}

/** A value that is no object and no array. */
export function readScalar(b: Bytes, p: number): unknown {
  const c = b[p] as number;
  if (c === 34) return readString(b, p);
  return c <= 57 ? readNumber(b, p) : readWord(b, p);
}
