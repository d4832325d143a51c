/** What a value may be at run time, as far as the generator knows: a set of these bits. */
export const NOTHING = 1;
export const NULL = 2;
export const BOOLEAN = 4;
export const NUMBER = 8;
export const TEXT = 16;
/** An object, or a number with exact digits. */
export const OBJECT = 32;
export const LIST = 64;
export const FUNCTION = 128;
/** The expression itself may have built the value or a part of it, so it may hold one thing many times. */
export const MADE = 256;

/** Anything that can stand in a message. */
export const DATA = NOTHING | NULL | BOOLEAN | NUMBER | TEXT | OBJECT | LIST;
/** Anything at all. */
export const ANY = DATA | FUNCTION | MADE;
/** Kinds of value whose size is not bounded by a few bytes. */
export const LARGE = TEXT | OBJECT | LIST;

/** Whether nothing but these kinds can occur. */
export function only(type: number, kinds: number): boolean {
  return (type & ~(kinds | MADE)) === 0;
}

export function may(type: number, kinds: number): boolean {
  return (type & kinds) !== 0;
}
