import { ExactNumber } from '#shared/exact-number.ts';
import { ExpressionError } from './error.ts';
import { charge, chargeKey, checkLength, mostHashed, run } from './run.ts';

const has = Object.prototype.hasOwnProperty;
const plain = Object.prototype;

/** An object whose fields an expression can read: not a function, an array, or a number with exact digits. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);
}

/** Any callable value: a lambda, a built-in, a function from outside. */
export function isFunction(value: unknown): value is (...args: unknown[]) => unknown {
  return typeof value === 'function';
}

/** A number that can be calculated with. @throws ExpressionError D1001 for infinity */
export function isNumeric(value: unknown): value is number {
  if (typeof value !== 'number') return false;
  if (Number.isFinite(value)) return true;
  if (Number.isNaN(value)) return false;
  throw new ExpressionError('D1001', { value });
}

/** An exact number as a double, where the options allow it. @throws ExpressionError M1001 where they do not */
export function approximate(value: ExactNumber): number {
  if (run.float) return Number(value.text);
  throw new ExpressionError('M1001', { value: value.text });
}

/** A field name; `inherited` where every object has a property of that name, which is not a field. */
export interface FieldName {
  name: string;
  inherited: boolean;
}

export function fieldName(name: string): FieldName {
  return { name, inherited: name in plain };
}

/** An own field of an object; inherited ones do not exist. */
export function field(object: object, key: FieldName): unknown {
  const prototype = Object.getPrototypeOf(object) as unknown;
  // A name that no plain object inherits needs no further look.
  if ((prototype === plain && !key.inherited) || prototype === null) return (object as Record<string, unknown>)[key.name];
  if (object instanceof ExactNumber) return undefined;
  return has.call(object, key.name) ? (object as Record<string, unknown>)[key.name] : undefined;
}

/** Steps that a new object counts for whose field names are worked out: V8 may keep a description of it alone. */
export const objectSteps = 6;

/** Steps for each field that is set by its name. */
export const fieldSteps = 3;

/** Sets an own field, also one called __proto__. */
export function setField(object: Record<string, unknown>, key: string, value: unknown): void {
  if (isOddName(key)) setOddField(object, key, value);
  else object[key] = value;
}

/** Whether a field of this name has to be set by {@link setField}. */
export function isOddName(key: string): boolean {
  const first = key.charCodeAt(0);
  return (first > 47 && first < 58) || key.length > mostHashed || key === '__proto__';
}

function setOddField(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
    return;
  }
  if (key.length > mostHashed) chargeKey(key);
  else if (isIndex(key)) {
    if (!Array.isArray(object)) makeSparse(object);
    else checkLength(Number(key) + 1);
  }
  object[key] = value;
}

/** Whether a field of this name could make V8 set aside room for all whole numbers below it. */
export function isIndex(key: string): boolean {
  return key.length < 11 && Number(key) > 7;
}

/** The largest whole number that V8 counts among the elements of an object. */
const farthest = 4_294_967_293;

/** Has V8 keep the fields whose names are whole numbers in a table, not in a row with room for all numbers between. */
export function makeSparse(object: Record<string, unknown>): void {
  object[farthest] = undefined;
  delete object[farthest];
}

/** The keys of an object or the indexes of an array; none for anything else. Counted by their number. */
export function keysOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null || value instanceof ExactNumber) return [];
  const keys = Object.keys(value);
  // Those of a large object stand in a table, and are put in order first.
  charge(keys.length > 128 ? keys.length * 3 : keys.length);
  return keys;
}

/** The value as true or false; nothing stays nothing. */
export function toBoolean(value: unknown): boolean | undefined {
  switch (typeof value) {
    case 'boolean':
      return value;
    case 'undefined':
      return undefined;
    case 'string':
      return value.length > 0;
    case 'number':
      return isNumeric(value) && value !== 0;
    case 'object':
      if (value === null) return false;
      if (Array.isArray(value)) {
        if (value.length === 1) return toBoolean(value[0]);
        charge(value.length);
        // Every item is looked at, so that an infinity among them is always reported.
        let any = false;
        for (const item of value) if (toBoolean(item)) any = true;
        return any;
      }
      if (value instanceof ExactNumber) return true;
      return !isEmpty(value);
    default:
      return false;
  }
}

/** A large object lists all its keys even where the first would do, so they count. */
function isEmpty(object: object): boolean {
  return keysOf(object).length === 0;
}

/** Equality of texts, numbers and other values without parts; comparing long texts is counted. */
export function equalPlain(left: unknown, right: unknown): boolean {
  if (typeof left === 'string' && typeof right === 'string' && left.length === right.length) charge(left.length >> 4);
  return left === right;
}

/** Equal in value: arrays item by item, objects key by key in any order, exact numbers by their decimal value. */
export function deepEqual(left: unknown, right: unknown): boolean {
  if (equalPlain(left, right)) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  charge(1);
  if (left instanceof ExactNumber || right instanceof ExactNumber) {
    return left instanceof ExactNumber && right instanceof ExactNumber && canonical(left.text) === canonical(right.text);
  }
  if (Array.isArray(left) && Array.isArray(right)) {
    if (left.length !== right.length) return false;
    for (let i = 0; i < left.length; i++) if (!deepEqual(left[i], right[i])) return false;
    return true;
  }
  if (Array.isArray(left) !== Array.isArray(right)) return false;
  const keys = Object.keys(left);
  charge(keys.length);
  if (keys.length !== keysOf(right).length) return false;
  for (const key of keys) {
    if (!has.call(right, key)) return false;
  }
  for (const key of keys) {
    if (!deepEqual((left as Record<string, unknown>)[key], (right as Record<string, unknown>)[key])) return false;
  }
  return true;
}

/** Sign, digits and power of ten: equal for equal decimals, however they are written. */
export function canonical(text: string): string {
  const [mantissa = '', power = '0'] = text.toLowerCase().split('e');
  const negative = mantissa.startsWith('-');
  const [whole = '', fraction = ''] = (negative ? mantissa.slice(1) : mantissa).split('.');
  const digits = (whole + fraction).replace(/^0+/, '');
  const trimmed = digits.replace(/0+$/, '');
  if (trimmed === '') return '0';
  return `${negative ? '-' : ''}${trimmed}e${Number(power) - fraction.length + digits.length - trimmed.length}`;
}

/** A text that is equal for, and only for, values that {@link deepEqual} holds equal; for hashing. */
export function identity(value: unknown): string {
  charge(1);
  switch (typeof value) {
    case 'string':
      charge(value.length >> 3);
      return JSON.stringify(value);
    case 'number':
      return Object.is(value, -0) ? '0' : String(value);
    case 'object': {
      if (value === null) return 'null';
      if (value instanceof ExactNumber) return `n${canonical(value.text)}`;
      if (Array.isArray(value)) return `[${value.map(identity).join(',')}]`;
      const parts = keysOf(value)
        .sort()
        .map((key) => `${JSON.stringify(key)}:${identity((value as Record<string, unknown>)[key])}`);
      return `{${parts.join(',')}}`;
    }
    default:
      return typeof value === 'boolean' ? String(value) : typeof value;
  }
}

export function isStrings(values: unknown[]): values is string[] {
  for (const value of values) if (typeof value !== 'string') return false;
  return true;
}

/** True for an array that holds numbers only, also for an empty one. @throws ExpressionError D1001 for infinity */
export function isNumbers(values: unknown[]): values is number[] {
  let all = true;
  for (const value of values) if (!isNumeric(value)) all = false;
  return all;
}
