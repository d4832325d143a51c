import { charge, mostHashed } from './run.ts';

/** Texts, each once. */
export interface TextSet {
  /** Adds a text; false where it was in already. Counted by its length. @throws ExpressionError M1002 */
  add(text: string): boolean;
}

/**
 * An empty set of texts, whose time grows with their length alone: V8 gives all long texts of one length the same hash,
 * so those get another one.
 */
export function textSet(): TextSet {
  const short = new Set<string>();
  const long = new Map<number, string[]>();
  return {
    add(text) {
      charge(text.length >> 3);
      if (text.length > mostHashed) return addLong(long, text);
      const before = short.size;
      return short.add(text).size > before;
    },
  };
}

function addLong(texts: Map<number, string[]>, text: string): boolean {
  const hash = hashOf(text);
  const same = texts.get(hash);
  if (same === undefined) texts.set(hash, [text]);
  else if (same.includes(text)) return false;
  else same.push(text);
  return true;
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
