import { ExactNumber } from '#shared/json.ts';
import { ExpressionError } from '../error.ts';
import { lookupField } from '../path.ts';
import { addAll, charge, run } from '../run.ts';
import { append, flagsOf, isSequence, SEQUENCE, sequenceOf } from '../sequence.ts';
import { cloneValue } from '../text.ts';
import { fieldName, identity, isFunction, isNumeric, isObject, keysOf, setField } from '../value.ts';
import { type Builtin, defined } from './builtin.ts';

function keys(value: unknown): string[] {
  if (isObject(value)) return Object.keys(value);
  if (!Array.isArray(value)) return [];
  const merged = new Set<string>();
  charge(value.length);
  for (const item of value) for (const key of keys(item)) merged.add(key);
  // Names that are whole numbers come first, in order, as in any object.
  const order: Record<string, true> = Object.create(null);
  for (const key of merged) order[key] = true;
  return Object.keys(order);
}

function spread(value: unknown): unknown {
  if (Array.isArray(value)) {
    let all: unknown = sequenceOf([]);
    const list: unknown[] = [];
    charge(value.length);
    for (const item of value) {
      const parts = spread(item);
      if (parts === undefined) continue;
      if (Array.isArray(parts)) addAll(list, parts);
      else list.push(parts);
      all = list;
    }
    return all;
  }
  if (!isObject(value)) return value;
  return sequenceOf(
    Object.keys(value).map((key) => {
      const single: Record<string, unknown> = {};
      setField(single, key, value[key]);
      return single;
    }),
  );
}

function merge(objects: unknown[]): Record<string, unknown> {
  const merged: Record<string, unknown> = {};
  charge(objects.length);
  for (const object of objects) for (const key of keysOf(object)) setField(merged, key, (object as Record<string, unknown>)[key]);
  return merged;
}

/** What `$distinct` makes of a value: equal items of a list once, in the order of their first. */
export function distinct(values: unknown): unknown {
  if (!Array.isArray(values) || values.length <= 1) return values;
  charge(values.length);
  const seen = new Set<unknown>();
  const kept: unknown[] = [];
  for (const value of values) {
    // Plain values are their own identity; a prefix keeps texts and hashes apart.
    const id = typeof value === 'object' && value !== null ? `#${identity(value)}` : typeof value === 'string' ? `"${value}` : value;
    if (seen.has(id) && !Number.isNaN(id)) continue;
    seen.add(id);
    kept.push(value);
  }
  return (flagsOf(values) & SEQUENCE) !== 0 ? sequenceOf(kept) : kept;
}

function typeOf(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (value === null) return 'null';
  if (value instanceof ExactNumber || isNumeric(value)) return 'number';
  if (Array.isArray(value)) return 'array';
  if (isFunction(value)) return 'function';
  return typeof value === 'string' || typeof value === 'boolean' ? typeof value : 'object';
}

function zip(lists: unknown[]): unknown[] {
  let length = Number.POSITIVE_INFINITY;
  for (const list of lists) length = Math.min(length, Array.isArray(list) ? list.length : 0);
  if (lists.length === 0) length = 0;
  charge(length * lists.length);
  const rows: unknown[] = [];
  for (let i = 0; i < length; i++) rows.push(lists.map((list) => (list as unknown[])[i]));
  return rows;
}

function shuffle(values: unknown[]): unknown[] {
  charge(values.length);
  const mixed = values.slice();
  for (let i = mixed.length - 1; i > 0; i--) {
    const other = Math.floor(run.random() * (i + 1));
    [mixed[i], mixed[other]] = [mixed[other], mixed[i]];
  }
  return mixed;
}

/** Built-ins about lists and objects. */
export const collections: Record<string, Builtin> = {
  count: { signature: '<a:n>', arity: 1, call: ([values]) => (values === undefined ? 0 : (values as unknown[]).length) },
  keys: { signature: '<x-:a<s>>', arity: 1, call: ([value]) => sequenceOf(keys(value)) },
  lookup: { signature: '<x-s:x>', arity: 2, call: ([value, key]) => lookupField(value, fieldName(String(key))) },
  append: {
    signature: '<xx:a>',
    arity: 2,
    call: ([left, right]) => append(left, right),
  },
  exists: { signature: '<x:b>', arity: 1, call: ([value]) => value !== undefined },
  spread: { signature: '<x-:a<o>>', arity: 1, call: ([value]) => spread(value) },
  merge: defined('<a<o>:o>', 1, ([objects]) => merge(objects as unknown[])),
  reverse: defined('<a:a>', 1, ([values]) => {
    const list = values as unknown[];
    if (list.length <= 1) return list;
    charge(list.length);
    return list.slice().reverse();
  }),
  shuffle: defined('<a:a>', 1, ([values]) => {
    const list = values as unknown[];
    return list.length <= 1 ? list : shuffle(list);
  }),
  distinct: defined('<x:x>', 1, ([values]) => distinct(values)),
  zip: { signature: '<a+>', arity: 0, call: (lists) => zip(lists) },
  type: { signature: '<x:s>', arity: 1, call: ([value]) => typeOf(value) },
  clone: defined('<(oa)-:o>', 1, ([value]) => cloneValue(isSequence(value) ? value.slice() : value)),
  error: {
    signature: '<s?:x>',
    arity: 1,
    call: ([message]) => {
      throw new ExpressionError('D3137', { text: (message as string | undefined) || '$error() function evaluated' });
    },
  },
  assert: {
    signature: '<bs?:x>',
    arity: 2,
    call: ([condition, message]) => {
      if (!condition) throw new ExpressionError('D3141', { text: (message as string | undefined) || '$assert() statement failed' });
      return undefined;
    },
  },
};
