import type { FieldPath } from '../comparison.ts';
import { isExactNumber, stringifyJson } from '../json.ts';
import type { SourcePath } from '../mapping/reach.ts';
import { quotedValue } from './title.ts';

/** A field of a message, and what stands there. */
export interface Found {
  path: FieldPath;
  value: unknown;
}

const mostItems = 1000;

/**
 * The field of a message at which it failed: of those that the failing row reads the one whose value the sentence names,
 * else the first that is there; a field that is missing is found by the place where it should be.
 */
export function failingField(value: unknown, reads: readonly SourcePath[], message: string): Found | undefined {
  const named = quotedValue(message);
  const all = reads.flatMap((read) => valuesAt(value, read));
  if (named !== undefined) {
    const exact = all.find((one) => one.value === named);
    if (exact) return exact;
  }
  return all.find((one) => one.value !== undefined) ?? all[0];
}

/** Every value that a path of names reaches, through lists; where it is missing, one with undefined. */
export function valuesAt(value: unknown, path: SourcePath): Found[] {
  let found: Found[] = [{ path: [], value }];
  for (const name of path) {
    found = found.flatMap(({ path: before, value: at }) => spread(before, at)).map((one) => step(one, name));
    found = found.slice(0, mostItems);
  }
  return found.flatMap((one) => spread(one.path, one.value)).slice(0, mostItems);
}

function spread(path: FieldPath, value: unknown): Found[] {
  if (!Array.isArray(value)) return [{ path, value }];
  return value.slice(0, mostItems).flatMap((item, index) => spread([...path, index], item));
}

function step({ path, value }: Found, name: string): Found {
  const holds = typeof value === 'object' && value !== null && !isExactNumber(value) && Object.hasOwn(value, name);
  return { path: [...path, name], value: holds ? (value as Record<string, unknown>)[name] : undefined };
}

/** A JSON pointer as a path; numbers are taken for ordinals where the message has a list there. */
export function pointerPath(pointer: string, value: unknown): FieldPath {
  let at = value;
  return pointer
    .split('/')
    .slice(1)
    .map((part) => {
      const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
      const index = Array.isArray(at) && /^\d+$/.test(name) ? Number(name) : name;
      at = typeof at === 'object' && at !== null ? (at as Record<string | number, unknown>)[index] : undefined;
      return index;
    });
}

/** A value as JSON text of at most `most` characters; nothing for what is missing. */
export function shortJson(value: unknown, most = 120): string | undefined {
  const text = value === undefined ? undefined : stringifyJson(value);
  return text !== undefined && text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
