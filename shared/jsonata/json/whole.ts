import { type Bytes, colon, maxDepth, odd, readNumber, readString, readWord, scan, space } from './scan.ts';

/** Builds the value that begins at p with all below it, as `parseJson` gives it. */
export function readWhole(b: Bytes, p: number, depth: number): unknown {
  const c = b[p] as number;
  if (c === 34) return readString(b, p);
  if (c === 91) return readArray(b, p, depth);
  if (c === 123) return readObject(b, p, depth);
  return c <= 57 ? readNumber(b, p) : readWord(b, p);
}

function readArray(b: Bytes, p: number, depth: number): unknown[] {
  if (depth > maxDepth) throw odd;
  p = space(b, p + 1);
  if (b[p] === 93) {
    scan.at = p + 1;
    return [];
  }
  const base = scan.held;
  for (;;) {
    const item = readWhole(b, p, depth + 1);
    items[scan.held++] = item;
    p = scan.at;
    if ((b[p] as number) <= 32) p = space(b, p);
    const c = b[p++];
    if (c !== 44) {
      if (c !== 93) throw odd;
      scan.at = p;
      const list = items.slice(base, scan.held);
      scan.held = base;
      return list;
    }
    if ((b[p] as number) <= 32) p = space(b, p);
  }
}
/** Items of the lists under way, the innermost last; `scan.held` is how many. */
const items: unknown[] = ['', {}];

function readObject(b: Bytes, p: number, depth: number): Record<string, unknown> {
  if (depth > maxDepth) throw odd;
  const object: Record<string, unknown> = {};
  p = space(b, p + 1);
  if (b[p] === 125) {
    scan.at = p + 1;
    return object;
  }
  for (;;) {
    const key = readKey(b, p);
    p = scan.at;
    p = b[p] === 58 && (b[p + 1] as number) > 32 ? p + 1 : colon(b, p);
    const value = readWhole(b, p, depth + 1);
    // As JSON.parse does: an own property even for __proto__.
    if (key === '__proto__') Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
    else object[key] = value;
    p = scan.at;
    if ((b[p] as number) <= 32) p = space(b, p);
    const c = b[p++];
    if (c !== 44) {
      if (c !== 125) throw odd;
      scan.at = p;
      return object;
    }
    if ((b[p] as number) <= 32) p = space(b, p);
  }
}

/** Longest key that is remembered. */
const keySize = 32;
/**
 * Keys met before, by a hash of their ends and length, with their bytes: a key cut out of the text would have to be
 * looked up among all names of the process first. A key that falls on the place of another takes it over.
 */
const keys: (string | undefined)[] = new Array<string | undefined>(256).fill(undefined);
const keyBytes = new Uint8Array(256 * keySize);
const keyLengths = new Uint8Array(256);

function readKey(b: Bytes, p: number): string {
  if (b[p] !== 34) throw odd;
  const start = p + 1;
  let c = b[++p] as number;
  let hash = 0;
  while (c > 31 && c < 128 && c !== 34 && c !== 92) {
    hash = (Math.imul(hash, 31) + c) | 0;
    c = b[++p] as number;
  }
  const length = p - start;
  if (c !== 34 || length > keySize) return readString(b, start - 1);
  hash = (hash ^ (hash >> 8)) & 255;
  scan.at = p + 1;
  const known = hash * keySize;
  if (keyLengths[hash] === length) {
    let i = 0;
    while (i < length && keyBytes[known + i] === b[start + i]) i++;
    if (i === length) return keys[hash] ?? '';
  }
  const key = scan.text.slice(start - scan.shift, p - scan.shift);
  keys[hash] = key;
  keyLengths[hash] = length;
  for (let i = 0; i < length; i++) keyBytes[known + i] = b[start + i] as number;
  return key;
}
