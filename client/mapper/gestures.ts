import { literalCode } from '#shared/mapping/code.ts';
import { type DropSource, type DropTarget, drop, dropOn, type Meaning } from '#shared/mapping/drop.ts';
import type { Edited } from '#shared/mapping/edit/edit.ts';
import { splicesBetween } from '#shared/mapping/edit/edit.ts';
import { setFrom } from '#shared/mapping/edit/field.ts';
import { clearRule } from '#shared/mapping/edit/rule.ts';
import { addVariable } from '#shared/mapping/edit/variable.ts';
import { applyFix } from '#shared/mapping/fix.ts';
import { lookupKeys } from '#shared/mapping/lookup-keys.ts';
import { sourceEnd, targetEnd } from '#shared/mapping/rows/ends.ts';
import type { SourceNode } from '#shared/mapping/rows/source.ts';
import { sourceKey } from '#shared/mapping/rows/source.ts';
import type { TargetNode } from '#shared/mapping/rows/target.ts';
import { targetText } from '#shared/mapping/target.ts';
import { type OpenView, ruleById, viewOf } from '#shared/mapping/view.ts';
import type { Mapper, RowTool } from './mapper-store.ts';
import { type Join, modelOf, shownRow } from './model.ts';

/** What the gestures of the mapper do, one function each. Drag, two clicks and the keyboard all come here, so they write the same text. */

/** The view that an edit begins with: of an empty mapping that of an empty object. Nothing, and the reason said, while the code cannot be read. */
export function editable(mapper: Mapper): OpenView | undefined {
  const { view } = mapper.getState();
  if (view.ok) return view;
  const empty = view.text.trim() === '' ? viewOf('{}') : view;
  if (empty.ok) return empty;
  mapper.editor.say(`Line ${empty.problem.line}: ${empty.problem.message} Mend the code first.`, 'refused');
  return undefined;
}

/** Whether rows can be changed: the code can be read, and the person may edit. */
export function canEdit(mapper: Mapper): boolean {
  const { view } = mapper.getState();
  return (view.ok || view.text.trim() === '') && mapper.editor.getState().readOnly === undefined;
}

/** Does an edit that was made of {@link editable}'s view. */
export function commit(mapper: Mapper, edit: Edited, label: string, say: string): boolean {
  const { text } = mapper.getState();
  return mapper.apply(edit.ok ? { ...edit, splices: splicesBetween(text, edit.text) } : edit, label, say);
}

/** What a row is called in a sentence. */
export function nameOfRow(node: TargetNode): string {
  const place = targetText(node.path);
  if (node.kind === 'branch' || node.kind === 'otherwise' || node.kind === 'stand-in' || node.kind === 'part')
    return `${place === '' ? 'the result' : place}, ${node.label.toLowerCase()}`;
  return place === '' ? 'the result' : place;
}

/** What a field is called in a sentence. */
export const nameOfField = (path: readonly string[]): string => path.join('.') || 'the whole message';

/**
 * Maps a field onto a row. Where that may mean several things it asks, where it means nothing it says why.
 * @param name of a new field in the object that the row adds to
 */
export function mapField(mapper: Mapper, field: SourceNode, row: TargetNode, name?: string): void {
  const view = editable(mapper);
  if (view === undefined) return;
  mapper.set({ picked: undefined });
  if (row.kind === 'add' && name === undefined) {
    mapField(mapper, field, row, freeName(mapper, row, field));
    return;
  }
  const source = withKeys(mapper, view, sourceEnd(field), row);
  const target = targetEnd(bound(view, row), source, name, field.shape);
  const found = dropOn(view, source, target);
  if (found.kind === 'none') mapper.editor.say(found.message, 'refused');
  else if (found.kind === 'ask') mapper.set({ asking: { source, target, choices: found.choices, row: row.key } });
  else finish(mapper, found.edit, source, target, found.meaning);
}

/** The source with the keys by which items of its list can be found from a row, where it stands in another list or is one. */
function withKeys(mapper: Mapper, view: OpenView, source: DropSource, row: TargetNode): DropSource {
  const list = source.kind === 'objects' ? source.path : source.path.slice(0, source.lists.at(-1) ?? 0);
  if (list.length === 0) return source;
  const loops = [...row.loops, ...(row.rule?.kind === 'loop' ? [row.rule.id] : [])];
  const paths = loops.map((id) => view.lines.find((line) => line.row === id && line.role === 'loop')?.path ?? []);
  if (paths.some((path) => path.join('\n') === list.join('\n'))) return source;
  const keys = lookupKeys(mapper.getState().source.shape, list, paths);
  return keys.length === 0 ? source : { ...source, keys };
}

/** An empty mapping has no rules; its view has one. */
function bound(view: OpenView, row: TargetNode): TargetNode {
  return row.from === undefined ? { ...row, from: { rule: view.root.id, rest: row.path } } : row;
}

/** The name of the field, or the next free one like it. */
function freeName(mapper: Mapper, add: TargetNode, field: SourceNode): string {
  const { target } = modelOf(mapper);
  const base = field.label.replace(/^\$/, '') || 'value';
  for (let n = 1; ; n++) {
    const name = n === 1 ? base : `${base}${n}`;
    if (!target.nodes.has(targetText([...add.path, name]))) return name;
  }
}

/** Does what was chosen of the things that a drop may mean. */
export function choose(mapper: Mapper, meaning: Meaning): void {
  const { asking } = mapper.getState();
  const view = editable(mapper);
  mapper.set({ asking: undefined });
  if (asking === undefined || view === undefined) return;
  finish(mapper, drop(view, asking.source, asking.target, meaning), asking.source, asking.target, meaning);
}

const saying: Partial<Record<Meaning, (field: string) => string>> = {
  each: (field) => `for each ${field}`,
  eachCopy: (field) => `one item for each of ${field}`,
  append: (field) => `${field} joined behind it`,
  fallback: (field) => `${field} where it is missing`,
  nested: (field) => `for each item, each of ${field}`,
  lookup: (field) => `${field}, looked up by its key`,
};

function finish(mapper: Mapper, edit: Edited, source: DropSource, target: DropTarget, meaning: Meaning): void {
  const field = source.variable === undefined ? nameOfField(source.path) : `$${source.variable}`;
  const place = targetText(target.path) || 'the result';
  if (!commit(mapper, edit, `map ${field} to ${place}`, `${place}: ${saying[meaning]?.(field) ?? `from ${field}`}.`)) return;
  select(mapper, keyAfter(mapper, target));
}

/** The key of the row that a drop filled: its place, or where that is a branch or the like, the rule. */
function keyAfter(mapper: Mapper, { path, from }: DropTarget): string {
  const { target, homes } = modelOf(mapper);
  const place = targetText(path);
  const home = from?.rest.length === 0 ? homes.get(from.rule) : undefined;
  return home !== undefined && target.nodes.has(home) ? home : place;
}

/** Selects a row, and opens what it is in. */
export function select(mapper: Mapper, key: string | undefined): void {
  const { target } = modelOf(mapper);
  const folds = new Map(mapper.getState().targetFolds);
  for (let here = key === undefined ? undefined : target.parents.get(key); here !== undefined; here = target.parents.get(here))
    folds.set(here, true);
  const folded = key !== undefined && !target.at.has(key) && target.nodes.has(key);
  mapper.set({ row: key, ...(folded ? { targetFolds: folds } : {}) });
}

/** Selects a field, and opens what it is in. */
export function selectField(mapper: Mapper, path: readonly string[] | undefined): void {
  const { source } = modelOf(mapper);
  const key = path && sourceKey(path);
  const folds = new Map(mapper.getState().sourceFolds);
  for (let here = key === undefined ? undefined : source.parents.get(key); here !== undefined; here = source.parents.get(here))
    folds.set(here, true);
  mapper.set({ field: path, ...(key !== undefined && !source.at.has(key) ? { sourceFolds: folds } : {}) });
}

/** A click on a field: it waits for its row, or waits no more. */
export function pick(mapper: Mapper, field: SourceNode): void {
  const { picked } = mapper.getState();
  const again = picked !== undefined && sourceKey(picked) === field.key;
  mapper.set({ field: field.path, picked: again || !canEdit(mapper) ? undefined : field.path });
  if (!again && canEdit(mapper)) mapper.editor.say(`${nameOfField(field.path)} is picked: choose its row on the right. Esc lets it go.`);
}

/** The field that waits for its row. */
export function pickedField(mapper: Mapper): SourceNode | undefined {
  const { picked } = mapper.getState();
  return picked && modelOf(mapper).source.nodes.get(sourceKey(picked));
}

/** Takes a row's rule away. */
export function clear(mapper: Mapper, node: TargetNode): void {
  const view = editable(mapper);
  if (view === undefined) return;
  if (node.rule === undefined) mapper.editor.say(`${nameOfRow(node)} has no rule.`);
  else
    commit(
      mapper,
      node.kind === 'result' ? setFrom(view, node.rule.id, [], '{}') : clearRule(view, node.rule.id),
      `clear ${nameOfRow(node)}`,
      `${nameOfRow(node)} is cleared.`,
    );
}

/** Opens the editor of a row. */
export function openRow(mapper: Mapper, node: TargetNode, as?: RowTool): void {
  if (node.kind === 'add') mapper.set({ naming: node.key });
  else if (node.kind === 'variables') fold(mapper, 'target', node.key);
  else mapper.set({ open: { kind: 'row', target: node.path, ...(node.rule ? { rule: node.rule.id } : {}), ...(as ? { as } : {}) } });
}

/** Adds a field by name, with an empty text for a start, or with the field that is picked. */
export function addNamed(mapper: Mapper, add: TargetNode, name: string): void {
  const view = editable(mapper);
  mapper.set({ naming: undefined });
  if (view === undefined || name.trim() === '') return;
  if (add.path.length === 0 && add.kind === 'add' && add.label === 'New variable') {
    commit(mapper, addVariable(view, name.replace(/^\$/, ''), 'null', add.from?.rule), `add $${name}`, `$${name} is added.`);
    select(mapper, `$${name.replace(/^\$/, '')}`);
    return;
  }
  const picked = pickedField(mapper);
  if (picked !== undefined) {
    mapField(mapper, picked, add, name);
    return;
  }
  const { from, path } = bound(view, add);
  const edit = setFrom(view, from?.rule ?? view.root.id, [...(from?.rest ?? path), name], literalCode(''));
  if (commit(mapper, edit, `add ${name}`, `${name} is added, with an empty text.`)) select(mapper, targetText([...add.path, name]));
}

/** Opens or closes a row. */
export function fold(mapper: Mapper, side: 'source' | 'target', key: string, open?: boolean): void {
  const model = modelOf(mapper);
  const index = model[side].at.get(key);
  const now = index === undefined ? undefined : model[side].rows[index]?.open;
  if (now === undefined || now === open) return;
  const name = side === 'source' ? 'sourceFolds' : 'targetFolds';
  mapper.set({ [name]: new Map(mapper.getState()[name]).set(key, !now) });
}

/** The rows of the target that read a field or what is in it; the fields that a row and what is in it read. Keys, in the order of the screen. */
export function along(mapper: Mapper, from: 'source' | 'target', key: string): string[] {
  const model = modelOf(mapper);
  const here = model[from].at.get(key);
  const [near, far] = from === 'source' ? (['source', 'target'] as const) : (['target', 'source'] as const);
  const found = model.joins.filter((join) => shownRow<unknown>(model[near], join[near]) === here).map((join) => join[far]);
  return [...new Set(found)].sort((a, b) => (shownRow<unknown>(model[far], a) ?? 0) - (shownRow<unknown>(model[far], b) ?? 0));
}

/** Goes to the next (1) or previous (-1) row that needs something: an unmapped required field, or a problem. */
export function nextNeed(mapper: Mapper, step: 1 | -1): void {
  const model = modelOf(mapper);
  const keys = [...model.target.nodes.values()]
    .filter(
      (node) =>
        node.kind !== 'add' &&
        (model.problems.has(node.key) || model.failed.has(node.key) || (node.required && node.rule === undefined && !node.inherited)),
    )
    .map(({ key }) => key);
  const all = [...model.target.nodes.keys()];
  if (keys.length === 0) {
    mapper.editor.say('No problems, and no required field is unmapped.');
    return;
  }
  const at = all.indexOf(mapper.getState().row ?? '');
  const next =
    step === 1 ? (keys.find((key) => all.indexOf(key) > at) ?? keys[0]) : (keys.findLast((key) => all.indexOf(key) < at) ?? keys.at(-1));
  select(mapper, next);
  const problem = next === undefined ? undefined : model.problems.get(next)?.[0];
  mapper.editor.say(
    `${next}: ${problem?.message ?? (model.failed.has(next ?? '') ? 'it fails on this sample.' : 'it is required and has no rule.')}`,
  );
}

/** Leads the lines of a row to another field, or what the row is made of to another row. */
export function repoint(mapper: Mapper, joins: readonly Join[], end: 'source' | 'target', key: string): void {
  const view = editable(mapper);
  const model = modelOf(mapper);
  const [join] = joins;
  if (view === undefined || join === undefined || join[end] === key) return;
  if (joins.length > 1) {
    mapper.editor.say('This line stands for several: open the row first.', 'refused');
    return;
  }
  const field = model.source.nodes.get(end === 'source' ? key : join.source);
  const rule = ruleById(view, join.rule);
  if (field === undefined || rule === undefined) return;
  if (end === 'source') {
    const from = model.source.nodes.get(join.source);
    if (from === undefined || from.kind === 'variable' || field.kind === 'variable') {
      mapper.editor.say('A variable is changed in the rule: press Enter on the row.', 'refused');
      return;
    }
    const edit = applyFix(view, {
      code: 'unknown-source',
      level: 'error',
      row: rule.id,
      target: [],
      message: '',
      fix: { kind: 'replace-source', from: from.path, to: field.path },
    });
    commit(
      mapper,
      edit,
      `read ${nameOfField(field.path)}`,
      `${targetText(rule.target) || 'The result'} now reads ${nameOfField(field.path)}.`,
    );
    return;
  }
  const row = model.target.nodes.get(key);
  const old = model.target.nodes.get(join.target);
  if (row === undefined || old?.rule === undefined) return;
  if (join.role !== 'copy') {
    mapper.editor.say('Only the line of a plain field can be led to another row.', 'refused');
    return;
  }
  const source = sourceEnd(field);
  const target = targetEnd(bound(view, row), source, row.kind === 'add' ? freeName(mapper, row, field) : undefined);
  const moved = clearRule(view, old.rule.id);
  if (!moved.ok) return void commit(mapper, moved, '', '');
  const put = dropOn(moved.view, source, target);
  if (put.kind !== 'edit') {
    mapper.editor.say('Clear the other row first, or drag the field there.', 'refused');
    return;
  }
  commit(mapper, put.edit, `move ${nameOfField(field.path)}`, `${targetText(target.path)}: from ${nameOfField(field.path)}.`);
  select(mapper, key);
}
