import { ExactNumber } from '#shared/exact-number.ts';
import { type Node, part } from './ast.ts';
import { ExpressionError } from './error.ts';
import { compileNode } from './node.ts';
import { charge } from './run.ts';
import { boundNames, type Frame, innerScope, newFrame, type Scope } from './scope.ts';
import { flagsOf, sequenceOf, TUPLES } from './sequence.ts';
import type { Tuple } from './tuple.ts';
import { approximate } from './value.ts';

interface Entry {
  item: unknown;
  /** Sort keys worked out so far, one a term. */
  keys: unknown[];
}

/**
 * Compiles `^( … )`: a stable sort by its terms.
 * @param asIs whether a list of one item is handed on unchanged, or as a sequence, which then stands for its item
 */
export function compileSort(
  node: Node,
  scope: Scope,
  tuples: Set<string> | null,
  asIs: boolean,
): (items: unknown[], frame: Frame) => unknown[] {
  const names = new Set<string>();
  for (const term of part(node.terms)) boundNames(term.expression, names);
  const inner = tuples === null ? scope : innerScope(scope, names, tuples);
  const terms = part(node.terms).map((term) => ({ descending: term.descending, evaluate: compileNode(term.expression, inner) }));
  const position = node.position ?? 0;
  /** The sort key of an entry, worked out when it is first needed. */
  const keyOf = (entry: Entry, i: number, frame: Frame, streamed: boolean): unknown => {
    if (i < entry.keys.length) return entry.keys[i];
    const tuple = streamed ? (entry.item as Tuple) : null;
    const within = tuples === null ? frame : newFrame(inner, frame, tuple);
    const raw = (terms[i] as (typeof terms)[number]).evaluate(tuple === null ? entry.item : tuple['@'], within);
    const key = raw instanceof ExactNumber ? approximate(raw) : raw;
    entry.keys[i] = key;
    return key;
  };
  const isAfter = (a: Entry, b: Entry, frame: Frame, streamed: boolean): boolean => {
    for (let i = 0; i < terms.length; i++) {
      const descending = (terms[i] as (typeof terms)[number]).descending;
      const order = compareKeys(keyOf(a, i, frame, streamed), keyOf(b, i, frame, streamed), descending, position);
      if (order !== 0) return order > 0;
    }
    return false;
  };
  return (items, frame) => {
    const streamed = (flagsOf(items) & TUPLES) !== 0;
    if (items.length <= 1) return streamed || asIs ? items : sequenceOf(items.slice());
    const entries = items.map((item): Entry => ({ item, keys: [] }));
    const result = mergeSort(entries, (a, b) => isAfter(a, b, frame, streamed)).map((entry) => entry.item);
    return streamed ? sequenceOf(result, TUPLES) : result;
  };
}

function compareKeys(a: unknown, b: unknown, descending: boolean, position: number): number {
  // What has no key goes last, whatever the direction.
  if (a === undefined) return b === undefined ? 0 : 1;
  if (b === undefined) return -1;
  if (!sortable(a) || !sortable(b)) throw new ExpressionError('T2008', { position, value: sortable(a) ? b : a });
  if (typeof a !== typeof b) throw new ExpressionError('T2007', { position, value: a, value2: b });
  if (a === b) return 0;
  const order = (a as string) < (b as string) ? -1 : 1;
  return descending ? -order : order;
}

const sortable = (value: unknown): boolean => typeof value === 'string' || typeof value === 'number';

/**
 * A stable merge sort that compares in the order the language's own sort does, so that a comparison function
 * that is not an ordering, or fails, gives the same outcome.
 * @param after whether the first must come after the second
 */
export function mergeSort<T>(items: T[], after: (a: T, b: T) => boolean): T[] {
  if (items.length <= 1) return items;
  const middle = Math.floor(items.length / 2);
  const left = mergeSort(items.slice(0, middle), after);
  const right = mergeSort(items.slice(middle), after);
  const merged: T[] = [];
  let l = 0;
  let r = 0;
  while (l < left.length && r < right.length) {
    charge(1);
    merged.push(after(left[l] as T, right[r] as T) ? (right[r++] as T) : (left[l++] as T));
  }
  while (l < left.length) merged.push(left[l++] as T);
  while (r < right.length) merged.push(right[r++] as T);
  return merged;
}
