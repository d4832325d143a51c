import { charge } from '../run.ts';

/** V8's own search may look at each character of a text once for each of a longer text that it seeks. */
const longest = 250;

/**
 * Where one text stands in another, at or after an offset, or -1; as `indexOf`, but in time that grows with the lengths
 * of both and not with their product.
 */
export function indexOfText(text: string, sought: string, from = 0): number {
  return sought.length <= longest ? text.indexOf(sought, from) : indexOfLong(text, sought, from);
}

/** The algorithm of Knuth, Morris and Pratt. */
function indexOfLong(text: string, sought: string, from: number): number {
  const { length } = sought;
  if (text.length - from < length) return -1;
  // How much of the beginning still fits, after so many characters did and the next does not.
  const fits = new Int32Array(length);
  for (let i = 1, n = 0; i < length; i++) {
    const code = sought.charCodeAt(i);
    while (n > 0 && code !== sought.charCodeAt(n)) n = fits[n - 1] as number;
    if (code === sought.charCodeAt(n)) n++;
    fits[i] = n;
  }
  for (let i = from, n = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    while (n > 0 && code !== sought.charCodeAt(n)) n = fits[n - 1] as number;
    if (code === sought.charCodeAt(n)) n++;
    if (n === length) return i - length + 1;
  }
  return -1;
}

/** Counts all searches for a text through another, one after the other. @throws ExpressionError M1002 */
export function chargeSearch(text: string, sought: string): void {
  charge((text.length >> 4) + (sought.length <= longest ? (text.length >> 10) * sought.length : (text.length + sought.length) >> 2));
}
