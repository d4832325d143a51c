import { ExactNumber } from '#shared/exact-number.ts';
import { ExpressionError } from './error.ts';
import { charge, checkText } from './run.ts';
import { flagsOf, WRAPPER } from './sequence.ts';
import { isOddName, keysOf, setField } from './value.ts';

/**
 * A value as text: texts as they are, functions as an empty text, anything else as JSON with numbers of at most
 * 15 digits. An exact number keeps its digits. Nothing stays nothing.
 * @throws ExpressionError D3001 for infinity, M1003 for a text past the limit
 */
export function toText(value: unknown, pretty = false): string | undefined {
  if (typeof value === 'string') return value;
  if (value === undefined) return undefined;
  if (typeof value === 'function') return '';
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new ExpressionError('D3001', { value });
    return numberText(value);
  }
  if (typeof value === 'boolean') return String(value);
  const whole = Array.isArray(value) && (flagsOf(value) & WRAPPER) !== 0 ? value[0] : value;
  const writer: Writer = { parts: [], length: 0 };
  if (!write(whole, '', pretty ? '\n' : '', writer)) return undefined;
  charge(writer.length >> 3);
  return writer.parts.join('');
}

/** A value as text where JavaScript would make it one, in bounded time. */
export function coerced(value: unknown): string {
  return typeof value === 'object' && value !== null ? (toText(value) ?? '') : typeof value === 'function' ? '' : String(value);
}

interface Writer {
  parts: string[];
  length: number;
}

function put(writer: Writer, text: string): void {
  writer.length += text.length;
  checkText(writer.length);
  writer.parts.push(text);
}

function numberText(value: number): string {
  if (Number.isInteger(value)) return value === 0 ? '0' : String(value);
  charge(6);
  return String(Number(value.toPrecision(15)));
}

/** Writes a value; false for what JSON has no word for. */
function write(given: unknown, key: string, indent: string, writer: Writer): boolean {
  charge(1);
  const value = plainValue(given, key);
  switch (typeof value) {
    case 'string':
      checkText(writer.length + value.length);
      put(writer, JSON.stringify(value));
      return true;
    case 'number':
      put(writer, jsonNumber(value));
      return true;
    case 'boolean':
      put(writer, String(value));
      return true;
    case 'function':
      put(writer, '""');
      return true;
    case 'object':
      if (value === null) put(writer, 'null');
      else if (value instanceof ExactNumber) put(writer, value.text);
      else if (Array.isArray(value)) writeArray(value, indent, writer);
      else writeObject(value as Record<string, unknown>, indent, writer);
      return true;
    case 'bigint':
      put(writer, String(value));
      return true;
    default:
      return false;
  }
}

function jsonNumber(value: number): string {
  if (Number.isNaN(value)) return 'null';
  if (!Number.isFinite(value)) throw new ExpressionError('D1001', { value });
  return numberText(value);
}

/** Dates and the like say themselves what stands for them. */
function plainValue(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || value instanceof ExactNumber) return value;
  const own = (value as { toJSON?: unknown }).toJSON;
  return typeof own === 'function' ? (own as (key: string) => unknown).call(value, key) : value;
}

function writeArray(items: unknown[], indent: string, writer: Writer): void {
  if (items.length === 0) {
    put(writer, '[]');
    return;
  }
  const inner = indent === '' ? '' : `${indent}  `;
  put(writer, '[');
  for (let i = 0; i < items.length; i++) {
    put(writer, i === 0 ? inner : `,${inner}`);
    if (!write(items[i], String(i), inner, writer)) put(writer, 'null');
  }
  put(writer, `${indent}]`);
}

function writeObject(object: Record<string, unknown>, indent: string, writer: Writer): void {
  const inner = indent === '' ? '' : `${indent}  `;
  let first = true;
  for (const key of keysOf(object)) {
    const value = object[key];
    if (value === undefined || typeof value === 'symbol') continue;
    put(writer, `${first ? '{' : ','}${inner}${JSON.stringify(key)}:${indent === '' ? '' : ' '}`);
    first = false;
    if (!write(value, key, inner, writer)) put(writer, 'null');
  }
  put(writer, first ? '{}' : `${indent}}`);
}

/** Steps that a copied array or object counts for beside what it holds. */
const copySteps = 2;

/** A deep copy as {@link toText} and a JSON parser would make it: numbers of at most 15 digits, no functions. */
export function cloneValue(given: unknown, key = ''): unknown {
  charge(1);
  const value = plainValue(given, key);
  switch (typeof value) {
    case 'number':
      if (Number.isNaN(value)) return null;
      if (!Number.isFinite(value)) throw new ExpressionError('D1001', { value });
      if (Number.isInteger(value)) return value === 0 ? 0 : value;
      return Number(value.toPrecision(15));
    case 'function':
      return '';
    case 'object': {
      if (value === null || value instanceof ExactNumber) return value;
      if (Array.isArray(value)) {
        charge(value.length + copySteps);
        return value.map((item, i) => cloneValue(item, String(i)) ?? null);
      }
      const copy: Record<string, unknown> = {};
      const names = Object.keys(value);
      charge(names.length * 2 + copySteps);
      for (const name of names) {
        const inner = cloneValue((value as Record<string, unknown>)[name], name);
        if (inner === undefined) continue;
        if (isOddName(name)) setField(copy, name, inner);
        else copy[name] = inner;
      }
      return copy;
    }
    default:
      return value;
  }
}
