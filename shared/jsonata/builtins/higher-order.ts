import { ExactNumber } from '#shared/exact-number.ts';
import { argsFor } from '../call.ts';
import { ExpressionError } from '../error.ts';
import { applyFunction, arityOf } from '../function-value.ts';
import { charge, checkLength } from '../run.ts';
import { sequenceOf } from '../sequence.ts';
import { mergeSort } from '../sort.ts';
import { approximate, fieldSteps, isNumbers, isStrings, keysOf, objectSteps, setField, toBoolean } from '../value.ts';
import { type Builtin, defined } from './builtin.ts';

type Callable = (...args: unknown[]) => unknown;

/** The function applied to an item, with its index and the list where it takes them. */
const apply = (callee: Callable, item: unknown, key: unknown, whole: unknown): unknown =>
  applyFunction(callee, argsFor(callee, item, key, whole), null);

function map(items: unknown[], callee: Callable): unknown[] {
  const found: unknown[] = [];
  charge(items.length);
  for (let i = 0; i < items.length; i++) {
    const value = apply(callee, items[i], i, items);
    if (value !== undefined) found.push(value);
  }
  return sequenceOf(found);
}

function filter(items: unknown[], callee: Callable): unknown[] {
  const kept: unknown[] = [];
  charge(items.length);
  for (let i = 0; i < items.length; i++) if (toBoolean(apply(callee, items[i], i, items))) kept.push(items[i]);
  return sequenceOf(kept);
}

function single(items: unknown[], callee: Callable | undefined): unknown {
  let found = -1;
  charge(items.length);
  for (let i = 0; i < items.length; i++) {
    if (callee !== undefined && !toBoolean(apply(callee, items[i], i, items))) continue;
    if (found >= 0) throw new ExpressionError('D3138', { index: i });
    found = i;
  }
  if (found < 0) throw new ExpressionError('D3139');
  return items[found];
}

function reduce(items: unknown[], callee: Callable, start: unknown): unknown {
  const arity = arityOf(callee);
  if (arity < 2) throw new ExpressionError('D3050', { index: 1 });
  charge(items.length);
  let at = 0;
  let result = start;
  if (start === undefined && items.length > 0) result = items[at++];
  for (; at < items.length; at++) {
    const args = [result, items[at]];
    if (arity >= 3) args.push(at);
    if (arity >= 4) args.push(items);
    result = applyFunction(callee, args, null);
  }
  return result;
}

function each(object: unknown, callee: Callable): unknown[] {
  const found: unknown[] = [];
  for (const key of keysOf(object)) {
    const value = apply(callee, (object as Record<string, unknown>)[key], key, object);
    if (value !== undefined) found.push(value);
  }
  checkLength(found.length);
  return sequenceOf(found);
}

function sift(object: unknown, callee: Callable): unknown {
  const kept: Record<string, unknown> = {};
  let any = false;
  charge(objectSteps);
  for (const key of keysOf(object)) {
    const value = (object as Record<string, unknown>)[key];
    if (!toBoolean(apply(callee, value, key, object))) continue;
    charge(fieldSteps);
    setField(kept, key, value);
    any = true;
  }
  return any ? kept : undefined;
}

function sort(items: unknown[], callee: Callable | undefined): unknown[] {
  if (items.length <= 1) return items;
  charge(items.length * Math.ceil(Math.log2(items.length)));
  if (callee !== undefined) return mergeSort(items, (a, b) => Boolean(applyFunction(callee, [a, b], null)));
  const keys = items.map((item) => (item instanceof ExactNumber ? approximate(item) : item));
  if (!isNumbers(keys) && !isStrings(keys)) throw new ExpressionError('D3070', { index: 1 });
  const key = (at: number): number => keys[at] as number;
  const order = items.map((_, i) => i).sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
  return order.map((at) => items[at]);
}

/** Built-ins that take a function. */
export const higherOrder: Record<string, Builtin> = {
  map: defined('<af>', 2, ([items, callee]) => map(items as unknown[], callee as Callable)),
  filter: defined('<af>', 2, ([items, callee]) => filter(items as unknown[], callee as Callable)),
  single: defined('<af?>', 2, ([items, callee]) => single(items as unknown[], callee as Callable | undefined)),
  reduce: defined('<afj?:j>', 3, ([items, callee, start]) => reduce(items as unknown[], callee as Callable, start)),
  each: { signature: '<o-f:a>', arity: 2, call: ([object, callee]) => each(object, callee as Callable) },
  sift: { signature: '<o-f?:o>', arity: 2, call: ([object, callee]) => sift(object, callee as Callable) },
  sort: defined('<af?:a>', 2, ([items, callee]) => sort(items as unknown[], callee as Callable | undefined)),
};
