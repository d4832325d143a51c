import { isExactNumber, stringifyJson } from '#shared/json.ts';
import type { SourceNode } from '#shared/mapping/rows/source.ts';

/** What a field holds in a message: its value, or that it is not there. */
export type Held = { there: true; value: unknown } | { there: false };

const absent: Held = { there: false };

/** The value at a path of names; of a list on the way the item that `item` names for the path of the list, by default the first. */
export function heldAt(value: unknown, path: readonly string[], item: (list: readonly string[]) => number = () => 0): Held {
  let here = value;
  for (const [i, name] of path.entries()) {
    while (Array.isArray(here)) {
      if (here.length === 0) return absent;
      here = here[Math.min(item(path.slice(0, i)), here.length - 1)];
    }
    if (typeof here !== 'object' || here === null || isExactNumber(here) || !Object.hasOwn(here, name)) return absent;
    here = (here as Record<string, unknown>)[name];
  }
  return { there: true, value: here };
}

/** A value in one line, with every digit; of a list how many items it has, of an object nothing. */
export function heldText(held: Held): string {
  if (!held.there) return '–';
  const { value } = held;
  if (typeof value === 'string') return value === '' ? '""' : value;
  if (Array.isArray(value)) return value.length === 1 ? '1 item' : `${value.length} items`;
  if (typeof value === 'object' && value !== null && !isExactNumber(value)) return '';
  return stringifyJson(value) ?? '';
}

/** The whole value as text, for a tooltip. */
export function heldWhole(held: Held): string {
  if (!held.there) return 'Not in this sample';
  return typeof held.value === 'string' ? held.value : (stringifyJson(held.value, 2) ?? '').slice(0, 2000);
}

/** Whether a row of the source shows a value at all. */
export const holds = ({ kind }: SourceNode): boolean => kind === 'field' || kind === 'message';
