import { addAll, charge, checkLength } from './run.ts';

/**
 * What the language remembers about an array, kept under a symbol so that no result, key or comparison shows it.
 * Arrays of the input carry none of these.
 */
export const flags = Symbol('flags');
/** A result sequence: of one item it stands for the item, of none for nothing. */
export const SEQUENCE = 1;
/** `[]` was asked for: one item stays an array. */
export const KEEP = 2;
/** Built by an array constructor at the end of a path: not flattened by outer paths. */
export const CONS = 4;
/** A stream of tuples: items with the variables bound beside them. */
export const TUPLES = 8;
/** Holds an input array so that it counts as one input. */
export const WRAPPER = 16;

/** An array that may carry flags. */
export interface Flagged extends Array<unknown> {
  [flags]?: number;
}

/** A new sequence of these items; takes the array over. */
export function sequenceOf(items: unknown[], more = 0): unknown[] {
  (items as Flagged)[flags] = SEQUENCE | more;
  return items;
}

export function flagsOf(items: unknown[]): number {
  return (items as Flagged)[flags] ?? 0;
}

export function isSequence(value: unknown): value is unknown[] {
  return Array.isArray(value) && (flagsOf(value) & SEQUENCE) !== 0;
}

export function addFlags(items: unknown[], more: number): void {
  (items as Flagged)[flags] = flagsOf(items) | more;
}

/** What every evaluated expression does with its value: a sequence of none is nothing, of one is its item. */
export function collapse(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  const mark = (value as Flagged)[flags];
  if (mark === undefined || value.length > 1 || (mark & (SEQUENCE | TUPLES)) !== SEQUENCE) return value;
  if (value.length === 0) return undefined;
  return (mark & KEEP) !== 0 ? value : value[0];
}

/** As {@link collapse}, after `[]` on the expression. */
export function collapseKept(value: unknown): unknown {
  if (Array.isArray(value)) {
    const mark = flagsOf(value);
    if ((mark & (SEQUENCE | TUPLES)) === SEQUENCE) addFlags(value, KEEP);
  }
  return collapse(value);
}

/** Both lists as one; nothing adds nothing, a single value counts as a list of one. */
export function append(left: unknown, right: unknown): unknown {
  if (left === undefined) return right;
  if (right === undefined) return left;
  const first = Array.isArray(left) ? left : [left];
  const second = Array.isArray(right) ? right : [right];
  const size = first.length + second.length;
  checkLength(size);
  charge(size);
  return first.concat(second);
}

/** Appends many values one after the other, in time proportional to their number. */
export interface Appender {
  value: unknown;
  /** True once `value` is an array of our own, which can grow in place. */
  owned: boolean;
}

export function appendTo(target: Appender, value: unknown): void {
  if (value === undefined) return;
  if (target.value === undefined) {
    target.value = value;
    return;
  }
  if (!target.owned) {
    target.value = append(target.value, value);
    target.owned = true;
    return;
  }
  const list = target.value as unknown[];
  if (Array.isArray(value)) addAll(list, value);
  else list.push(value);
  checkLength(list.length);
}
