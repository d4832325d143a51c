import { isExactNumber, stringifyJson } from '../json.ts';
import { type JsonNode, readJsonTree } from '../json-tree.ts';
import type { SourcePath } from '../mapping/reach.ts';
import { targetText } from '../mapping/target.ts';
import type { TrialRecord } from '../trial.ts';

/** A place in one message: field names and, in lists, the number of the item from 0. The whole value is `[]`. */
export type Place = readonly (string | number)[];

/** A place as people read it: `lines[1].sku`; the whole value has no name. */
export const placeText = (place: Place): string => targetText(place);

/** A value and where it stands. */
export interface Placed {
  place: Place;
  value: unknown;
}

/** The value at a place; undefined where nothing stands. */
export function valueAt(value: unknown, place: Place): unknown {
  let here = value;
  for (const step of place) {
    if (typeof here !== 'object' || here === null || isExactNumber(here) || !Object.hasOwn(here, step)) return undefined;
    here = (here as Record<string | number, unknown>)[step];
  }
  return here;
}

/**
 * All values that a path of names leads to, in their order: it goes through lists without naming them, as expressions do.
 * A list at its end is one value, unless the path came through another list: then its items follow one another.
 */
export function placesAt(value: unknown, path: SourcePath, from: Place = []): Placed[] {
  let found: { placed: Placed; through: boolean }[] = [{ placed: { place: from, value: valueAt(value, from) }, through: false }];
  for (const name of path) {
    found = found.flatMap(({ placed, through }) => {
      const items = itemsOf(placed);
      return items.flatMap((item) => {
        const inner = valueAt(item.value, [name]);
        return inner === undefined
          ? []
          : [{ placed: { place: [...item.place, name], value: inner }, through: through || items[0] !== placed }];
      });
    });
  }
  return found.flatMap(({ placed, through }) => (placed.value === undefined ? [] : through ? itemsOf(placed) : [placed]));
}

/** The items of a list, of lists in it too; any other value is itself. */
export function itemsOf(placed: Placed): Placed[] {
  if (!Array.isArray(placed.value)) return [placed];
  return placed.value.flatMap((value, i) => itemsOf({ place: [...placed.place, i], value }));
}

/** Whether two values are the same JSON, digit for digit. */
export const sameJson = (a: unknown, b: unknown): boolean => stringifyJson(a) === stringifyJson(b);

/** What stands at places of a message as text, with the digits as they stand there: `1.10` stays so. */
export interface Spelling {
  at(place: Place): string | undefined;
}

/** Reads the value of a record for {@link Spelling}; a message that is no JSON has its text at its root alone. */
export function spellingOf(record: Pick<TrialRecord, 'value' | 'text' | 'encoding' | 'truncated'>): Spelling {
  const text = record.text;
  const plain: Spelling = { at: (place) => stringifyJson(valueAt(record.value, place)) };
  if (record.encoding !== undefined || record.truncated !== undefined)
    return { at: (place) => (place.length === 0 ? String(record.value) : undefined) };
  if (text === undefined) return plain;
  const tree = treeOf(text);
  if (tree === undefined) return plain;
  return {
    at(place) {
      let here: JsonNode | undefined = tree;
      for (const step of place) here = below(here, step);
      return here === undefined ? undefined : text.slice(here.start, here.end);
    },
  };
}

function below(node: JsonNode | undefined, step: string | number): JsonNode | undefined {
  if (node?.kind === 'list') return typeof step === 'number' ? node.items[step] : undefined;
  return node?.kind === 'object' ? node.fields.findLast(({ name }) => name === step)?.value : undefined;
}

function treeOf(text: string): JsonNode | undefined {
  try {
    return readJsonTree(text);
  } catch (error) {
    if (error instanceof SyntaxError || (error instanceof Error && error.name === 'JsonTextError')) return undefined;
    throw error;
  }
}
