import { ExactNumber } from '#shared/exact-number.ts';
import { ExpressionError } from '../error.ts';
import { lookupField } from '../path.ts';
import { addAll, charge, chargeKey, checkLength, run } from '../run.ts';
import { append, flagsOf, isSequence, SEQUENCE, sequenceOf } from '../sequence.ts';
import { cloneValue } from '../text.ts';
import { textSet } from '../text-set.ts';
import { fieldName, fieldSteps, identity, isFunction, isNumeric, isObject, keysOf, objectSteps, setField } from '../value.ts';
import { type Builtin, defined } from './builtin.ts';

function keys(value: unknown): string[] {
  if (isObject(value)) return keysOf(value);
  if (!Array.isArray(value)) return [];
  const merged = new Set<string>();
  charge(value.length);
  for (const item of value) for (const key of keys(item)) merged.add(key);
  // Names that are whole numbers come first, in order, as in any object.
  const order: Record<string, true> = Object.create(null);
  charge(merged.size * fieldSteps);
  for (const key of merged) setField(order, key, true);
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
  const names = keysOf(value);
  charge(names.length * (objectSteps + fieldSteps));
  return sequenceOf(
    names.map((key) => {
      const single: Record<string, unknown> = {};
      setField(single, key, value[key]);
      return single;
    }),
  );
}

function merge(objects: unknown[]): Record<string, unknown> {
  const merged: Record<string, unknown> = {};
  charge(objects.length + objectSteps);
  for (const object of objects) {
    const names = keysOf(object);
    charge(names.length * fieldSteps);
    for (const key of names) setField(merged, key, (object as Record<string, unknown>)[key]);
  }
  return merged;
}

/** What `$distinct` makes of a value: equal items of a list once, in the order of their first. */
export function distinct(values: unknown): unknown {
  if (!Array.isArray(values) || values.length <= 1) return values;
  charge(values.length);
  const plain = new Set<unknown>();
  const texts = textSet();
  const identities = textSet();
  const isNew = (value: unknown): boolean => {
    if (typeof value === 'string') return texts.add(value);
    if (typeof value === 'object' && value !== null) return identities.add(identity(value));
    if (plain.has(value)) return Number.isNaN(value);
    plain.add(value);
    return true;
  };
  const kept: unknown[] = [];
  for (const value of values) if (isNew(value)) kept.push(value);
  return (flagsOf(values) & SEQUENCE) !== 0 ? sequenceOf(kept) : kept;
}

function lookup(value: unknown, key: string): unknown {
  chargeKey(key);
  return lookupField(value, fieldName(key));
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
  checkLength(length);
  // A row takes about as much as three values beside those that it holds.
  charge(length * (lists.length + 3));
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
  lookup: { signature: '<x-s:x>', arity: 2, call: ([value, key]) => lookup(value, String(key)) },
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
