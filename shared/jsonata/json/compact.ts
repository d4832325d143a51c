import { type Bytes, maxDepth, scan, skipNumber, skipPlain, skipString, skipWord } from './scan.ts';

/** The containers around the place under way: the byte that closes each, and where its keys begin. */
const open = new Uint8Array(maxDepth);
const bases = new Uint16Array(maxDepth);
/** The keys of all open objects: a digest, the place of the first byte, the length. */
const mostKeys = 512;
const digests = new Int32Array(mostKeys);
const starts = new Int32Array(mostKeys);
const lengths = new Int32Array(mostKeys);
/** Every key is compared with those before it in its object, so a wide object is not worth it. */
const mostSiblings = 64;

/**
 * Whether the value that begins at p can be copied as it stands; then `scan.at` is behind it. It can when it has no
 * white space between its tokens, and every object has keys that are all different, that are plain ASCII, and that
 * JavaScript does not put in another order, as it does with array indexes. Numbers and escapes may stand in any
 * form. False also for some of what is no JSON, and `odd` is thrown for the rest, so the caller has to look again.
 */
export function isCompact(b: Bytes, p: number): boolean {
  let depth = 0;
  let close = 0;
  let base = 0;
  let top = 0;
  for (;;) {
    let c = b[p] as number;
    if (c === 34) p = skipString(b, p);
    else if (c <= 32) return false;
    else if (c <= 57) p = skipNumber(b, p);
    else if (c !== 123 && c !== 91) p = skipWord(b, p);
    else if (b[p + 1] === c + 2) p += 2;
    else {
      if (depth === maxDepth) return false;
      open[depth] = close;
      bases[depth++] = base;
      base = top;
      close = c + 2;
      p++;
      if (c === 123) {
        p = skipNewKey(b, p, base, top++);
        if (p === 0) return false;
      }
      continue;
    }
    for (;;) {
      if (depth === 0) {
        scan.at = p;
        return true;
      }
      c = b[p++] as number;
      if (c === 44) break;
      if (c !== close) return false;
      top = base;
      close = open[--depth] as number;
      base = bases[depth] as number;
    }
    if (close === 125) {
      p = skipNewKey(b, p, base, top++);
      if (p === 0) return false;
    }
  }
}

/** From a key to its value; 0 when the key may be equal to one of `base` to `top`, or is not plain. */
function skipNewKey(b: Bytes, p: number, base: number, top: number): number {
  const start = p + 1;
  const end = skipPlain(b, start);
  const first = b[start] as number;
  if (b[p] !== 34 || b[end] !== 34 || b[end + 1] !== 58) return 0;
  if ((first >= 48 && first <= 57) || top === mostKeys || top - base === mostSiblings) return 0;
  const length = end - start;
  const digest = first | ((b[end - 1] as number) << 8) | ((b[start + (length >> 1)] as number) << 16) | (length << 24) | 0;
  for (let i = base; i < top; i++) {
    if (digests[i] === digest && lengths[i] === length && equalBytes(b, starts[i] as number, start, length)) return 0;
  }
  digests[top] = digest;
  starts[top] = start;
  lengths[top] = length;
  return end + 2;
}

function equalBytes(b: Bytes, one: number, other: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (b[one + i] !== b[other + i]) return false;
  return true;
}
