import { charge, mostHashed } from './run.ts';

/**
 * Texts, each once, in time that grows with their length alone: V8 gives all long texts of one length the same hash, so
 * those get another one.
 */
export class TextSet {
  readonly #short = new Set<string>();
  readonly #long = new Map<number, string[]>();

  /** Adds a text; false where it was in already. Counted by its length. @throws ExpressionError M1002 */
  add(text: string): boolean {
    charge(text.length >> 3);
    if (text.length > mostHashed) return this.#addLong(text);
    const before = this.#short.size;
    return this.#short.add(text).size > before;
  }

  #addLong(text: string): boolean {
    const hash = hashOf(text);
    const same = this.#long.get(hash);
    if (same === undefined) this.#long.set(hash, [text]);
    else if (same.includes(text)) return false;
    else same.push(text);
    return true;
  }
}

/** Not known outside, so that nobody can make texts whose hashes are equal. */
const seeds = [Math.floor(Math.random() * 2 ** 32), Math.floor(Math.random() * 2 ** 32)] as const;

function hashOf(text: string): number {
  let [a, b]: [number, number] = [seeds[0], seeds[1]];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 0x85eb_ca6b);
    a ^= a >>> 15;
    b = Math.imul(b + code, 0xc2b2_ae35);
    b ^= b >>> 13;
  }
  return (a >>> 0) * 2 ** 20 + (b >>> 12);
}
