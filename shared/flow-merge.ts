import type { Flow, Layout } from './flow.ts';
import { typesOf } from './flow-diff/names.ts';
import { settingSchema, settingWords } from './flow-diff/settings.ts';
import { keyedItems, ownOf, same } from './flow-diff/values.ts';
import { mergeEdges } from './flow-merge/edges.ts';
import { mergeNodes, type Three } from './flow-merge/nodes.ts';
import {
  type Choices,
  conflict,
  type MergeConflict,
  type Merging,
  mergeItems,
  mergeObject,
  mergeOrder,
  mergeValue,
} from './flow-merge/value.ts';
import type { Catalog } from './node-type.ts';

/** A merged flow. Where there are conflicts it has what was chosen for each, else theirs. */
export interface MergedFlow {
  flow: Flow;
  conflicts: MergeConflict[];
}

/**
 * Three-way merge of a flow that two people changed since `base`: by node, setting, connection, and inside a mapping by
 * row. Drawing alone is never a conflict: theirs stands. Unknown keys are merged like the others. The catalog says which
 * texts are mappings; without it, two edits of one text are a conflict. To settle conflicts, call it again with choices.
 */
export function mergeFlows(base: Flow, mine: Flow, theirs: Flow, options: { catalog?: Catalog; choices?: Choices } = {}): MergedFlow {
  if (same(base, mine) || same(mine, theirs)) return { flow: theirs, conflicts: [] };
  if (same(base, theirs)) return { flow: mine, conflicts: [] };
  const on: Merging = { conflicts: [], choices: options.choices ?? {} };
  const three: Three = { base, mine, theirs };
  const types = typesOf(options.catalog);
  const nodes = mergeNodes(three, types, on);
  const edges = nodes && mergeEdges(three, nodes, types, on);
  if (nodes === undefined || edges === undefined) return asWholes(three, on);
  const head = mergeObject(othersOf(base), othersOf(mine), othersOf(theirs), { path: 'flow', place: 'Flow' }, on);
  const settings = { path: 'settings', place: 'Settings', schema: settingSchema };
  const known = mergeSettings(three, settings, on);
  const layout = mergeLayout(three, new Set(nodes.map(({ id }) => id)), on);
  return { flow: { ...head, nodes, edges, settings: known, layout } as Flow, conflicts: on.conflicts };
}

/** Documents in which an id is there twice cannot be taken apart. */
function asWholes({ base, mine, theirs }: Three, on: Merging): MergedFlow {
  const words = (value: unknown) => `The flow with ${(value as Flow).nodes.length} nodes`;
  const flow = conflict({ base, mine, theirs }, { path: 'flow', place: 'Flow', label: 'The whole flow', words }, on) as Flow;
  return { flow, conflicts: on.conflicts };
}

function othersOf({ nodes: _nodes, edges: _edges, settings: _settings, layout: _layout, ...others }: Flow): Record<string, unknown> {
  return others;
}

function mergeSettings(three: Three, at: { path: string; place: string; schema: typeof settingSchema }, on: Merging): Flow['settings'] {
  const [base, mine, theirs]: Record<string, unknown>[] = [three.base.settings, three.mine.settings, three.theirs.settings];
  const merged: Record<string, unknown> = {};
  for (const key of new Set([...Object.keys(theirs ?? {}), ...Object.keys(mine ?? {})])) {
    const place = { path: `${at.path}/${key}`, place: at.place, label: ownOf(settingSchema.properties, key)?.label ?? key };
    const words = settingWords(key);
    const value = mergeValue(ownOf(base, key), ownOf(mine, key), ownOf(theirs, key), words === undefined ? place : { ...place, words }, on);
    if (value !== undefined) merged[key] = value;
  }
  return merged as Flow['settings'];
}

/** Places, groups and other drawing: theirs stands where both changed it. Only the words of a note are worth a question. */
function mergeLayout({ base, mine, theirs }: Three, alive: ReadonlySet<string>, on: Merging): Layout {
  const silent = { path: 'layout', place: 'Drawing', silent: true };
  const { notes: oldNotes, ...old } = base.layout;
  const { notes: myNotes, ...my } = mine.layout;
  const { notes: theirNotes, ...their } = theirs.layout;
  const merged = mergeObject(old, my, their, silent, on) as Pick<Layout, 'positions' | 'groups'>;
  const known = new Set([base, mine, theirs].flatMap(({ nodes }) => nodes.map(({ id }) => id)));
  const gone = (id: string) => known.has(id) && !alive.has(id);
  return {
    ...merged,
    positions: Object.fromEntries(Object.entries(merged.positions).filter(([id]) => !gone(id))),
    groups: merged.groups.flatMap((group) => {
      const left = group.nodes.filter((id) => !gone(id));
      if (left.length === group.nodes.length) return [group];
      return left.length === 0 ? [] : [{ ...group, nodes: left }];
    }),
    notes: mergeNotes(oldNotes, myNotes, theirNotes, on),
  } as Layout;
}

function mergeNotes(base: Layout['notes'], mine: Layout['notes'], theirs: Layout['notes'], on: Merging): Layout['notes'] {
  if (same(base, mine) || same(mine, theirs)) return theirs;
  if (same(base, theirs)) return mine;
  const [old, my, their] = [keyedItems(base), keyedItems(mine), keyedItems(theirs)];
  if (old === undefined || my === undefined || their === undefined) return theirs;
  const place = { path: 'layout/notes', place: 'Note on the canvas', silent: true };
  const order = mergeOrder([...old.keys()], [...my.keys()], [...their.keys()]) ?? [...their.keys(), ...my.keys()];
  const merged = mergeItems(old, my, their, order, place, on) as Layout['notes'];
  return merged.map((note) => {
    const texts = { base: old.get(note.id)?.text, mine: my.get(note.id)?.text, theirs: their.get(note.id)?.text };
    if (texts.mine === undefined || texts.theirs === undefined) return note;
    const text = mergeValue(
      texts.base,
      texts.mine,
      texts.theirs,
      { path: `layout/notes/${note.id}/text`, place: 'Note on the canvas' },
      on,
    );
    return text === note.text ? note : { ...note, text: String(text) };
  });
}
