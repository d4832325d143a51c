import { ExactNumber } from '#shared/exact-number.ts';
import { stringifyJson } from '#shared/json.ts';

/** What cannot stand in a JSON string as it is, and what well-formed JSON text escapes. */
const special = /["\\\x00-\x1f\ud800-\udfff]/;
/** Up to this length a loop is faster than a regular expression; from there on that beats JSON.stringify too. */
const shortText = 12;

/** True when a text needs no escapes, so that it may be put between quotes as it is. */
export function isPlain(text: string): boolean {
  const length = text.length;
  if (length > shortText) return !special.test(text);
  for (let i = 0; i < length; i++) {
    const c = text.charCodeAt(i);
    // Surrogates and all above: a few characters too many, which then take the long way.
    if (c < 32 || c === 34 || c === 92 || c >= 0xd800) return false;
  }
  return true;
}

/** A text as a JSON string, as JSON.stringify writes it: half of a surrogate pair is escaped. */
export function quote(text: string): string {
  return isPlain(text) ? `"${text}"` : JSON.stringify(text);
}

/** A number as JSON; `null` when it is not finite. */
export function writeNumber(value: number): string {
  return value - value === 0 ? `${value}` : 'null';
}

/**
 * Any value as JSON text, as `stringifyJson` writes it; `undefined` for what has no JSON. Scalars and lists of scalars
 * are written here; for objects the built-in writer is faster than any loop.
 */
export function writeJson(value: unknown): string | undefined {
  return Array.isArray(value) ? writeList(value) : writeScalar(value);
}

function writeScalar(value: unknown): string | undefined {
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number') return writeNumber(value);
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (value === null) return 'null';
  return value instanceof ExactNumber ? value.text : stringifyJson(value);
}

function writeList(list: readonly unknown[]): string | undefined {
  let text = '[';
  for (let i = 0; i < list.length; i++) {
    const item = list[i];
    if (typeof item === 'object' && item !== null) return stringifyJson(list);
    if (i > 0) text += ',';
    text += writeScalar(item) ?? 'null';
  }
  return `${text}]`;
}
