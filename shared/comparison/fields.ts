import type { FieldPath } from '../comparison.ts';
import { ExactNumber } from '../exact-number.ts';
import { canonical } from '../jsonata/value.ts';
import { targetText } from '../mapping/target.ts';

/** A field that two values do not have alike; the paths differ where items of a list came or went before it. */
export interface FieldChange {
  kind: 'changed' | 'added' | 'removed';
  /** The place with all items of lists alike: `lines[].sku`. */
  place: string;
  before?: FieldPath;
  after?: FieldPath;
}

/** What differs between two values. */
export interface FieldChanges {
  /** In the order of the first value; of one place only some. */
  changes: FieldChange[];
  /** True where a bound was reached: there may be more. */
  cut: boolean;
}

/** Values looked at, kinds of places, and changes of one place: a value of some MB stays a matter of milliseconds. */
const bounds = { work: 2_000_000, places: 200, perPlace: 4, depth: 200 };

/**
 * Compares two JSON values field by field. Numbers count by their decimal value, the order of an object's fields does
 * not. Items of lists are paired by position; where the lengths differ, equal items at both ends are passed over first,
 * so that an item that came or went in the middle does not make all others look changed.
 */
export function fieldChanges(before: unknown, after: unknown): FieldChanges {
  const walk: Walk = { work: bounds.work, cut: false, changes: [], places: new Map() };
  compare(walk, before, after, [], []);
  if (walk.cut && walk.changes.length === 0) walk.changes.push({ kind: 'changed', place: '', before: [], after: [] });
  return { changes: walk.changes, cut: walk.cut };
}

/** Whether two JSON values are the same: numbers by their decimal value, objects whatever the order of their fields. */
export function sameValue(before: unknown, after: unknown): boolean {
  return same({ work: Number.POSITIVE_INFINITY, cut: false, changes: [], places: new Map() }, before, after, 0);
}

/** A path as people read it: `lines[2].sku`; with `alike` all items of lists alike: `lines[].sku`. */
export function pathText(path: FieldPath, alike = false): string {
  return targetText(alike ? path.map((step) => (typeof step === 'number' ? null : step)) : path);
}

/** The value at a path; undefined where there is none. */
export function valueAt(value: unknown, path: FieldPath): unknown {
  let at = value;
  for (const step of path) {
    if (typeof at !== 'object' || at === null || at instanceof ExactNumber || !Object.hasOwn(at, step)) return undefined;
    at = (at as Record<string | number, unknown>)[step];
  }
  return at;
}

interface Walk {
  work: number;
  cut: boolean;
  changes: FieldChange[];
  /** How many changes each place has. */
  places: Map<string, number>;
}

type Fields = Record<string, unknown>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);

function compare(walk: Walk, before: unknown, after: unknown, was: FieldPath, is: FieldPath): void {
  if (walk.cut || before === after) return;
  if (was.length > bounds.depth) {
    note(walk, 'changed', was, is);
    walk.cut = true;
    return;
  }
  if (isFields(before) && isFields(after)) {
    for (const name of Object.keys(before)) {
      if (Object.hasOwn(after, name)) compare(walk, before[name], after[name], [...was, name], [...is, name]);
      else note(walk, 'removed', [...was, name], undefined);
    }
    for (const name of Object.keys(after)) if (!Object.hasOwn(before, name)) note(walk, 'added', undefined, [...is, name]);
  } else if (Array.isArray(before) && Array.isArray(after)) compareLists(walk, before, after, was, is);
  else if (!same(walk, before, after, was.length)) note(walk, 'changed', was, is);
}

function compareLists(walk: Walk, before: readonly unknown[], after: readonly unknown[], was: FieldPath, is: FieldPath): void {
  const depth = was.length + 1;
  const shorter = Math.min(before.length, after.length);
  let first = 0;
  let last = 0;
  if (before.length !== after.length) {
    while (first < shorter && same(walk, before[first], after[first], depth)) first++;
    while (last < shorter - first && same(walk, before.at(-1 - last), after.at(-1 - last), depth)) last++;
  }
  const [left, right] = [before.length - last, after.length - last];
  for (let at = first; at < Math.max(left, right) && !walk.cut; at++) {
    if (at >= right) note(walk, 'removed', [...was, at], undefined);
    else if (at >= left) note(walk, 'added', undefined, [...is, at]);
    else compare(walk, before[at], after[at], [...was, at], [...is, at]);
  }
}

function note(walk: Walk, kind: FieldChange['kind'], was: FieldPath | undefined, is: FieldPath | undefined): void {
  const place = pathText(is ?? was ?? [], true);
  const known = `${kind} ${place}`;
  const count = walk.places.get(known) ?? 0;
  if (count >= bounds.perPlace) return;
  if (count === 0 && walk.places.size >= bounds.places) {
    walk.cut = true;
    return;
  }
  walk.places.set(known, count + 1);
  walk.changes.push({ kind, place, ...(was && { before: was }), ...(is && { after: is }) });
}

function same(walk: Walk, before: unknown, after: unknown, depth: number): boolean {
  if (before === after) return true;
  if (--walk.work < 0) {
    walk.cut = true;
    return false;
  }
  if (before instanceof ExactNumber) return after instanceof ExactNumber && canonical(before.text) === canonical(after.text);
  if (typeof before !== 'object' || typeof after !== 'object' || before === null || after === null) return false;
  if (depth > bounds.depth) {
    walk.cut = true;
    return false;
  }
  if (Array.isArray(before)) {
    if (!Array.isArray(after) || before.length !== after.length) return false;
    return before.every((item, at) => same(walk, item, after[at], depth + 1));
  }
  if (!isFields(before) || !isFields(after)) return false;
  const names = Object.keys(before);
  if (names.length !== Object.keys(after).length) return false;
  return names.every((name) => Object.hasOwn(after, name) && same(walk, before[name], after[name], depth + 1));
}
