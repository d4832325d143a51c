import { canonicalJson } from '../canonical.ts';
import { isExactNumber } from '../exact-number.ts';
import type { ConfigSchema } from '../node-type.ts';
import { cut, quoted } from './change.ts';

/** True when two JSON values say the same; an absent value equals only an absent one. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined) return false;
  return canonicalJson(a) === canonicalJson(b);
}

/** True for a JSON object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isExactNumber(value);
}

/** A key of an object itself: documents may well have keys that are called `valueOf`. */
export function ownOf<T>(object: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return object !== undefined && Object.hasOwn(object, key) ? object[key] : undefined;
}

/** What tells the items of a list apart: every one is an object with an `id` of its own. Undefined for other lists. */
export function keyedItems(value: unknown): Map<string, Record<string, unknown>> | undefined {
  if (!Array.isArray(value)) return undefined;
  const items = new Map<string, Record<string, unknown>>();
  for (const item of value as unknown[]) {
    if (!isObject(item) || typeof item.id !== 'string' || items.has(item.id)) return undefined;
    items.set(item.id, item);
  }
  return items;
}

/** The schema of a field of a value, as far as it says. */
export function schemaOf(schema: ConfigSchema | undefined, key: string): ConfigSchema | undefined {
  if (schema === undefined) return undefined;
  const own = ownOf(schema.properties, key);
  if (own !== undefined) return own;
  const branch = (schema.anyOf ?? schema.oneOf)?.find((one) => ownOf(one.properties, key) !== undefined);
  if (branch !== undefined) return ownOf(branch.properties, key);
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
}

/** What a form calls a field: its label, else its name in words. */
export function labelOf(schema: ConfigSchema | undefined, key: string): string {
  return schema?.label ?? schema?.title ?? inWords(key);
}

/** `messageTimeoutMs` as `Message timeout ms`. */
export function inWords(key: string): string {
  const words = key
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/[-_]+/g, ' ')
    .trim()
    .toLowerCase();
  return words === '' ? key : words.slice(0, 1).toUpperCase() + words.slice(1);
}

/** A value as people read it, with its unit where the schema says one. Secrets are names in a config, never values. */
export function valueWords(value: unknown, schema?: ConfigSchema): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (typeof value === 'string') return ownOf(schema?.enumLabels, value) ?? (value === '' ? 'empty' : quoted(value));
  if (typeof value === 'number' && schema?.widget === 'duration') return lengthOfTime(value);
  return cut(canonicalJson(value), 60);
}

/** Milliseconds in their largest whole unit: `250 ms`, `10 s`, `2 min`, `3 h`, `7 days`. */
export function lengthOfTime(ms: number): string {
  const units: [number, string, string][] = [
    [86_400_000, 'day', 'days'],
    [3_600_000, 'h', 'h'],
    [60_000, 'min', 'min'],
    [1000, 's', 's'],
  ];
  for (const [size, one, many] of units) if (ms >= size && ms % size === 0) return `${ms / size} ${ms === size ? one : many}`;
  return `${ms} ms`;
}
