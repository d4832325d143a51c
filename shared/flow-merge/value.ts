import { canonicalJson } from '../canonical.ts';
import { isObject, keyedItems, labelOf, ownOf, same, schemaOf, valueWords } from '../flow-diff/values.ts';
import type { ConfigSchema } from '../node-type.ts';
import { mergeMappings, type Side } from './mapping.ts';

/** Something that both changed, each to something else. A text that is absent means that it is not there on that side. */
export interface MergeConflict {
  /** Stable for one merge: its place. Choices are made by it. */
  id: string;
  /** What people call the node, or the part of the flow. */
  place: string;
  /** The setting, as its form calls it. */
  label?: string;
  /** The row of a mapping. */
  row?: string;
  node?: string;
  /** True when the texts are code. */
  code: boolean;
  base?: string;
  mine?: string;
  theirs?: string;
}

/** What was chosen for conflicts, by their ids. */
export type Choices = Readonly<Record<string, Side>>;

/** Collects conflicts on the way and knows what was chosen. */
export interface Merging {
  conflicts: MergeConflict[];
  choices: Choices;
}

/** The place of a value in the flow. */
export interface Place {
  /** Path, for the id. */
  path: string;
  place: string;
  label?: string;
  node?: string;
  schema?: ConfigSchema | undefined;
  /** A conflict is settled in favour of theirs, without a word: drawing. */
  silent?: boolean;
  /** How a value reads. */
  words?: (value: unknown) => string;
}

/** Three-way merge of a JSON value; `undefined` stands for absent. */
export function mergeValue(base: unknown, mine: unknown, theirs: unknown, at: Place, on: Merging): unknown {
  if (same(base, mine) || same(mine, theirs)) return theirs;
  if (same(base, theirs)) return mine;
  if (isObject(mine) && isObject(theirs) && (base === undefined || isObject(base))) return mergeObject(base ?? {}, mine, theirs, at, on);
  const [old, my, their] = [base === undefined ? new Map() : keyedItems(base), keyedItems(mine), keyedItems(theirs)];
  if (old !== undefined && my !== undefined && their !== undefined) {
    const order = mergeOrder([...old.keys()], [...my.keys()], [...their.keys()]);
    // In a config the order may count, as that of a switch's cases.
    if (order !== undefined || at.silent) return mergeItems(old, my, their, order ?? [...their.keys(), ...my.keys()], at, on);
  }
  if (typeof base === 'string' && typeof mine === 'string' && typeof theirs === 'string' && at.schema?.widget === 'jsonata') {
    const merged = mergeMappings(base, mine, theirs, (key) => on.choices[`${at.path}#${key}`]);
    if (merged !== undefined) {
      for (const { key, ...texts } of merged.conflicts) on.conflicts.push({ ...named(at), id: `${at.path}#${key}`, code: true, ...texts });
      return merged.text;
    }
  }
  return conflict({ base, mine, theirs }, at, on);
}

/** Three-way merge of two objects, key by key. */
export function mergeObject(
  base: Record<string, unknown>,
  mine: Record<string, unknown>,
  theirs: Record<string, unknown>,
  at: Place,
  on: Merging,
): Record<string, unknown> {
  const merged: Record<string, unknown> = {};
  for (const key of new Set([...Object.keys(theirs), ...Object.keys(mine)])) {
    const value = mergeValue(ownOf(base, key), ownOf(mine, key), ownOf(theirs, key), within(at, key), on);
    // As JSON.parse does: an own property even for __proto__.
    if (value !== undefined) Object.defineProperty(merged, key, { value, writable: true, enumerable: true, configurable: true });
  }
  return merged;
}

/** The place of a key of an object. */
export function within(at: Place, key: string): Place {
  const schema = schemaOf(at.schema, key);
  const own = labelOf(schema, key);
  return { ...at, path: `${at.path}/${key}`, schema, label: at.label === undefined || at.label === '' ? own : `${at.label}, ${own}` };
}

type Items = ReadonlyMap<string, Record<string, unknown>>;

/** Merges the items of a list that have ids, in the order given; those that end up absent are left out. */
export function mergeItems(base: Items, mine: Items, theirs: Items, order: readonly string[], at: Place, on: Merging): unknown[] {
  return [...new Set(order)].flatMap((id) => {
    const item = theirs.get(id) ?? mine.get(id) ?? base.get(id);
    const name = [item?.name, item?.label, item?.title, id].find((text) => typeof text === 'string' && text !== '');
    const label = at.label === undefined ? String(name) : `${at.label}, ${String(name)}`;
    const place: Place = { ...at, path: `${at.path}/${id}`, schema: at.schema?.items, label };
    const value = mergeValue(base.get(id), mine.get(id), theirs.get(id), place, on);
    return value === undefined ? [] : [value];
  });
}

/**
 * The order of the items of two edits of a list: that of the one who changed it, with what the other added behind the
 * same neighbour. What both added at one place stands by its ids, so that the order of the two sides does not matter.
 * Undefined where both put what was there in another order, each in its own.
 */
export function mergeOrder(base: readonly string[], mine: readonly string[], theirs: readonly string[]): string[] | undefined {
  const [inMine, inTheirs] = [new Set(mine), new Set(theirs)];
  const both = (ids: readonly string[]) => ids.filter((id) => inMine.has(id) && inTheirs.has(id));
  const [my, their] = [both(mine), both(theirs)];
  const old = both(base);
  const known = new Set(my);
  let kept = their;
  if (!same(my, their)) {
    if (
      same(
        their.filter((id) => old.includes(id)),
        old,
      )
    )
      kept = my;
    else if (
      !same(
        my.filter((id) => old.includes(id)),
        old,
      )
    )
      return undefined;
  }
  // What only one of the two has, by the neighbour before it.
  const behind = new Map<string, { mine: string[]; theirs: string[] }>();
  const place = (ids: readonly string[], side: 'mine' | 'theirs') => {
    let before = '';
    for (const id of ids) {
      if (known.has(id)) before = id;
      else {
        const found = behind.get(before) ?? { mine: [], theirs: [] };
        found[side].push(id);
        behind.set(before, found);
      }
    }
  };
  place(mine, 'mine');
  place(theirs, 'theirs');
  const added = (id: string): string[] => {
    const found = behind.get(id);
    if (found === undefined) return [];
    const [first = '', second = ''] = [found.mine[0], found.theirs[0]];
    return first < second ? [...found.mine, ...found.theirs] : [...found.theirs, ...found.mine];
  };
  return [...added(''), ...kept.flatMap((id) => [id, ...added(id)])];
}

/** Notes that both changed something, and gives what was chosen; theirs until then. */
export function conflict(values: Record<Side, unknown>, at: Place, on: Merging): unknown {
  if (at.silent) return values.theirs;
  const id = at.path;
  const text = (side: Side) => (values[side] === undefined ? {} : { [side]: textOf(values[side], at) });
  on.conflicts.push({ ...named(at), id, code: at.schema?.widget === 'jsonata', ...text('base'), ...text('mine'), ...text('theirs') });
  return values[on.choices[id] ?? 'theirs'];
}

function named({ place, label, node }: Place): Pick<MergeConflict, 'place' | 'label' | 'node'> {
  return { place, ...(label === undefined || label === '' ? {} : { label }), ...(node === undefined ? {} : { node }) };
}

function textOf(value: unknown, at: Place): string {
  if (at.words !== undefined) return at.words(value);
  if (typeof value === 'string') return at.schema?.enumLabels?.[value] ?? value;
  return typeof value === 'object' ? canonicalJson(value, { indent: 2 }) : valueWords(value, at.schema);
}
