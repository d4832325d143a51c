import { ExactNumber } from '#shared/exact-number.ts';
import { distinct } from '../builtins/collections.ts';
import { isOrdinary, isoMillis } from '../builtins/instant.ts';
import { round, toNumber } from '../builtins/numbers.ts';
import { indexOfText } from '../builtins/search.ts';
import { after, before, countPoints, substring, trim } from '../builtins/strings.ts';
import { applyFunction, type FunctionValue, factsOf, functionValue } from '../function-value.ts';
import { quote, writeJson } from '../json/writer.ts';
import type { Matcher } from '../regex.ts';
import { run } from '../run.ts';
import { type Flagged, flags, KEEP, SEQUENCE, TUPLES } from '../sequence.ts';
import { cloneValue, toText } from '../text.ts';
import { deepEqual, isObject, setField, toBoolean } from '../value.ts';
import { failed } from './gauge.ts';
import { isOddKey } from './key.ts';

/** Thrown where generated code meets what it does not cover; the evaluation then starts again in the exact back end. */
export const LEAVE = new Error('left to the exact back end');
// Nobody reads its stack.
LEAVE.stack = '';

function leave(): never {
  throw LEAVE;
}

function compared(a: unknown, b: unknown, compare: (a: string, b: string) => boolean): boolean | undefined {
  if (typeof a === 'string' && typeof b === 'string') return compare(a, b);
  if (typeof a === 'number' && typeof b === 'number') return compare(a as never, b as never);
  const fits = (value: unknown): boolean => value === undefined || typeof value === 'string' || typeof value === 'number';
  // With nothing on one side the answer is nothing, if the other could be compared at all.
  if ((a === undefined && fits(b)) || (b === undefined && fits(a))) return undefined;
  return leave();
}

/** As deep as a value may be built and still be written by anybody. */
const deepest = 1000;

/** Characters and values in something, counted no further than the limit; what is nested very deep is left. */
function weight(value: unknown, limit: number, depth = 0): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 1;
  if (depth > deepest) return leave();
  let total = 1;
  if (Array.isArray(value)) {
    for (const item of value) {
      total += weight(item, limit - total, depth + 1);
      if (total > limit) break;
    }
    return total;
  }
  for (const key in value) {
    total += 1 + key.length + weight((value as Record<string, unknown>)[key], limit - total, depth + 1);
    if (total > limit) break;
  }
  return total;
}

/** Whether any item of a list counts as true. Not charged, so it looks at some items only. */
function truthyList(items: unknown[], count: { left: number }): boolean {
  if (items.length > count.left) return leave();
  count.left -= items.length + 1;
  let any = false;
  for (const item of items) if (Array.isArray(item) ? truthyList(item, count) : toBoolean(item)) any = true;
  return any;
}

/** Items by their key, in the order of first keys. A few keys are found by looking through them, many by an index. */
interface Groups {
  keys: string[];
  items: unknown[];
  index: Map<string, number> | undefined;
}

function groupAt({ keys, index }: Groups, key: string): number {
  if (index !== undefined) return index.get(key) ?? -1;
  for (let i = 0; i < keys.length; i++) if (keys[i] === key) return i;
  return -1;
}

function addGroup(groups: Groups, key: string, item: unknown): void {
  const { keys, items, index } = groups;
  keys.push(key);
  items.push(item);
  if (index !== undefined) index.set(key, keys.length - 1);
  else if (keys.length === 16) groups.index = new Map(keys.map((one, i) => [one, i]));
}

/** What a function of the exact back end answered, as generated code keeps values: no marks on lists, sequences collapsed. */
function settledList(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  const mark = (value as Flagged)[flags];
  if (mark === undefined) return value;
  if ((mark & TUPLES) !== 0) return leave();
  // What one built-in handed to another is not collapsed.
  for (const item of value) if (Array.isArray(item) && (item as Flagged)[flags] !== undefined) return leave();
  if ((mark & SEQUENCE) !== 0) {
    if (value.length === 0) return undefined;
    // One list in a sequence would be taken for the sequence.
    if (value.length === 1) return (mark & KEEP) === 0 && !Array.isArray(value[0]) ? value[0] : leave();
  }
  return value.slice();
}

/** What generated code calls by name; all of it works on values without marks. */
export const library = {
  LEAVE,
  EMPTY: Object.freeze(Object.create(null)) as object,
  leave,
  failed,
  weight,
  quote,
  writeJson,
  groupAt,
  addGroup,
  /** Comparing and writing large things is counted in the run's budget; where that is not set up, it is left. */
  deepEqual: (a: unknown, b: unknown): boolean => (run.active ? deepEqual(a, b) : leave()),
  cloneValue,
  /** An own field, for names that objects have by themselves. */
  ownField(object: object, name: string): unknown {
    if (object instanceof ExactNumber) return undefined;
    return Object.hasOwn(object, name) ? (object as Record<string, unknown>)[name] : undefined;
  },
  finite(value: unknown): number {
    return typeof value === 'number' && value - value === 0 ? value : leave();
  },
  /** The value of an operator of which not both sides are numbers: nothing, or not for generated code. */
  withoutNumbers(a: unknown, b: unknown): undefined {
    const fits = (value: unknown): boolean => value === undefined || (typeof value === 'number' && value - value === 0);
    return fits(a) && fits(b) ? undefined : leave();
  },
  less: (a: unknown, b: unknown) => compared(a, b, (x, y) => x < y),
  lessOrEqual: (a: unknown, b: unknown) => compared(a, b, (x, y) => x <= y),
  more: (a: unknown, b: unknown) => compared(a, b, (x, y) => x > y),
  moreOrEqual: (a: unknown, b: unknown) => compared(a, b, (x, y) => x >= y),
  bothObjects: (a: unknown, b: unknown) => typeof a === 'object' && typeof b === 'object' && a !== null && b !== null,
  isPlainObject: isObject,
  /** Sets a computed field; names that are whole numbers must not make room for all that are smaller. */
  setComputed(object: Record<string, unknown>, key: string, value: unknown): void {
    const first = key.charCodeAt(0);
    if (first > 47 && first < 58) setField(object, key, value);
    else object[key] = value;
  },
  containsText: (text: string, part: string): boolean => indexOfText(text, part) >= 0,
  isOddKey,
  text: (value: unknown): string => (typeof value === 'object' && !run.active ? leave() : (toText(value) ?? '')),
  truthy: (value: unknown): boolean => (Array.isArray(value) ? truthyList(value, { left: 256 }) : (toBoolean(value) ?? false)),
  /** What a function makes of an argument that is not of its type: nothing of nothing, and the rest is not for generated code. */
  nothing: (value: unknown): undefined => (value === undefined ? undefined : leave()),
  isOrdinary,
  isoMillis,
  substring,
  substringBefore: before,
  substringAfter: after,
  trim,
  countPoints,
  round,
  /** Whether a regular expression of the language matches somewhere in a text. */
  matches: (pattern: unknown, text: string): boolean => (factsOf(pattern) as { matcher: Matcher }).matcher.find(text, 0) !== undefined,
  toNumber: (value: unknown): unknown => (value === undefined ? undefined : toNumber(value)),
  /** Whether a filter's answer selects by position. */
  mayBeIndex: (value: unknown) =>
    typeof value === 'number' || (typeof value === 'object' && (Array.isArray(value) || value instanceof ExactNumber)),
  distinctItems: (list: unknown[]): unknown[] => distinct(list) as unknown[],
  isIn(item: unknown, list: unknown): boolean {
    if (item === undefined || list === undefined) return false;
    if (item instanceof ExactNumber) return leave();
    if (!Array.isArray(list)) return list === item;
    for (const other of list) if (other === item) return true;
    return false;
  },
  assign(target: unknown, update: unknown): void {
    if (update === undefined || !isObject(target)) return;
    for (const key of Object.keys(update as object)) setField(target, key, (update as Record<string, unknown>)[key]);
  },
  remove(target: unknown, unwanted: unknown): void {
    if (unwanted === undefined) return;
    const keys: unknown[] = Array.isArray(unwanted) ? unwanted : [unwanted];
    for (const key of keys) if (typeof key !== 'string') leave();
    if (typeof target === 'object' && target !== null) for (const key of keys) delete (target as Record<string, unknown>)[key as string];
  },
  /** Calls a function of the exact back end. */
  call: (callee: unknown, args: unknown[], context: unknown): unknown => settledList(applyFunction(callee, args, context)),
  settledList,
  /** A generated function as a value of the language. */
  asFunction: (arity: number, invoke: (...args: unknown[]) => unknown): FunctionValue =>
    functionValue({ arity, invoke: (args) => invoke(...args) }),
};
