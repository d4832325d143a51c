import { ExactNumber, isExactNumber } from '../exact-number.ts';
import { canonical } from '../jsonata/value.ts';
import { type Place, pathText } from './path.ts';

/** One field that is not as expected. `missing`: it is expected and not there; `extra`: it is there and not expected. */
export interface FieldDifference {
  kind: 'changed' | 'missing' | 'extra';
  /** Empty for the value as a whole. */
  path: string;
  expected?: unknown;
  actual?: unknown;
}

/** What a comparison saw. */
export interface Comparison {
  differences: FieldDifference[];
  /** Leaves that were compared: nothing was, when all of them are ignored. */
  compared: number;
}

/** Field by field; key order is none of its business, numbers are compared by their decimal value. */
export function compareValues(expected: unknown, actual: unknown, ignored: (place: Place) => boolean = () => false): Comparison {
  const result: Comparison = { differences: [], compared: 0 };
  walk(expected, actual, [], ignored, result);
  return result;
}

function walk(expected: unknown, actual: unknown, place: (string | number)[], ignored: (place: Place) => boolean, to: Comparison): void {
  if (ignored(place)) return;
  if (Array.isArray(expected) && Array.isArray(actual) && expected.length + actual.length > 0) {
    for (const [left, right] of pairUp(expected, actual)) {
      // An item is known by its place in the actual list; one that is missing there by its place in the expected.
      place.push(right ?? left ?? 0);
      if (left === undefined) oneSided('extra', actual[right ?? 0], place, ignored, to);
      else if (right === undefined) oneSided('missing', expected[left], place, ignored, to);
      else walk(expected[left], actual[right], place, ignored, to);
      place.pop();
    }
    return;
  }
  if (isObject(expected) && isObject(actual) && Object.keys(expected).length + Object.keys(actual).length > 0) {
    for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
      place.push(key);
      if (!Object.hasOwn(actual, key)) oneSided('missing', expected[key], place, ignored, to);
      else if (!Object.hasOwn(expected, key)) oneSided('extra', actual[key], place, ignored, to);
      else walk(expected[key], actual[key], place, ignored, to);
      place.pop();
    }
    return;
  }
  to.compared++;
  if (!sameLeaf(expected, actual)) to.differences.push({ kind: 'changed', path: pathText(place), expected, actual });
}

function oneSided(
  kind: 'missing' | 'extra',
  value: unknown,
  place: (string | number)[],
  ignored: (place: Place) => boolean,
  to: Comparison,
): void {
  if (ignored(place) || allIgnored(value, place, ignored)) return;
  to.compared++;
  to.differences.push({ kind, path: pathText(place), ...(kind === 'missing' ? { expected: value } : { actual: value }) });
}

/** An object whose every field is ignored is not missed either. */
function allIgnored(value: unknown, place: (string | number)[], ignored: (place: Place) => boolean): boolean {
  if (ignored(place)) return true;
  const entries: [string | number, unknown][] = Array.isArray(value)
    ? value.map((item: unknown, index): [number, unknown] => [index, item])
    : isObject(value)
      ? Object.entries(value)
      : [];
  if (entries.length === 0) return false;
  return entries.every(([step, item]) => {
    place.push(step);
    const result = allIgnored(item, place, ignored);
    place.pop();
    return result;
  });
}

/**
 * Which item of the one list is which of the other. Lists of one length are paired by position; else what is equal at the
 * beginning and at the end belongs together, so that one item more does not make all behind it look changed.
 */
export function pairUp(
  expected: readonly unknown[],
  actual: readonly unknown[],
  same: (left: unknown, right: unknown) => boolean = sameValue,
): [left: number | undefined, right: number | undefined][] {
  const shorter = Math.min(expected.length, actual.length);
  let head = shorter;
  let tail = 0;
  if (expected.length !== actual.length) {
    head = 0;
    while (head < shorter && same(expected[head], actual[head])) head++;
    while (tail < shorter - head && same(expected[expected.length - 1 - tail], actual[actual.length - 1 - tail])) tail++;
  }
  const pairs: [number | undefined, number | undefined][] = [];
  const middle = Math.max(expected.length, actual.length) - tail;
  for (let at = 0; at < middle; at++) {
    pairs.push([at < expected.length - tail ? at : undefined, at < actual.length - tail ? at : undefined]);
  }
  for (let back = tail; back > 0; back--) pairs.push([expected.length - back, actual.length - back]);
  return pairs;
}

/** Equal in every field. */
export function sameValue(left: unknown, right: unknown): boolean {
  return compareValues(left, right).differences.length === 0;
}

/**
 * As {@link compareValues}, but only for what the expected value names: fields that are there beside them are fine, and
 * each item of an expected list must stand somewhere in the actual one.
 */
export function compareContained(expected: unknown, actual: unknown, ignored: (place: Place) => boolean = () => false): Comparison {
  const result: Comparison = { differences: [], compared: 0 };
  contain(expected, actual, [], ignored, result);
  return result;
}

function contain(expected: unknown, actual: unknown, place: (string | number)[], ignored: (place: Place) => boolean, to: Comparison): void {
  if (ignored(place)) return;
  if (isObject(expected) && isObject(actual) && Object.keys(expected).length > 0) {
    for (const [key, item] of Object.entries(expected)) {
      place.push(key);
      if (Object.hasOwn(actual, key)) contain(item, actual[key], place, ignored, to);
      else oneSided('missing', item, place, ignored, to);
      place.pop();
    }
    return;
  }
  if (Array.isArray(expected) && Array.isArray(actual) && expected.length > 0) {
    expected.forEach((item: unknown, index) => {
      place.push(index);
      let nearest: Comparison | undefined;
      for (const candidate of actual) {
        const one: Comparison = { differences: [], compared: 0 };
        contain(item, candidate, place, ignored, one);
        if (nearest === undefined || one.differences.length < nearest.differences.length) nearest = one;
        if (one.differences.length === 0) break;
      }
      if (nearest) {
        to.compared += nearest.compared;
        to.differences.push(...nearest.differences);
      } else oneSided('missing', item, place, ignored, to);
      place.pop();
    });
    return;
  }
  to.compared++;
  if (!sameLeaf(expected, actual)) to.differences.push({ kind: 'changed', path: pathText(place), expected, actual });
}

function sameLeaf(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (isExactNumber(left) || isExactNumber(right)) {
    const [a, b] = [digitsOf(left), digitsOf(right)];
    return a !== undefined && b !== undefined && canonical(a) === canonical(b);
  }
  if (Array.isArray(left) && Array.isArray(right)) return left.length === 0 && right.length === 0;
  return isObject(left) && isObject(right) && Object.keys(left).length === 0 && Object.keys(right).length === 0;
}

function digitsOf(value: unknown): string | undefined {
  if (value instanceof ExactNumber) return value.text;
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isExactNumber(value);
}
