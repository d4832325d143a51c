import { type MappingRow, meaningOf, remarksOf, rowsOf } from '../flow-diff/rows.ts';
import type { Edited } from '../mapping/edit/edit.ts';
import { setAt } from '../mapping/edit/field.ts';
import { replacePart } from '../mapping/edit/fragment.ts';
import { replaceLoopList } from '../mapping/edit/loop.ts';
import { clearRule } from '../mapping/edit/rule.ts';
import { addVariable } from '../mapping/edit/variable.ts';
import { sameStep } from '../mapping/target.ts';
import { type OpenView, viewOf } from '../mapping/view.ts';
import { mergeTexts } from './text.ts';

/** Whose state counts. */
export type Side = 'base' | 'mine' | 'theirs';

/** A row that both changed, each to something else; an absent text means that the row is not there. */
export interface RowConflict {
  key: string;
  /** The place of the result. */
  row: string;
  base?: string;
  mine?: string;
  theirs?: string;
}

/** A merged mapping; where both changed a row, the text has what was chosen for it, else theirs. */
export interface MergedMapping {
  text: string;
  conflicts: RowConflict[];
}

type Rows = ReadonlyMap<string, MappingRow>;

/**
 * Merges two edits of one mapping row by row: rows that one of the two changed are taken over, remarks and layout stay
 * where it can be. Undefined where that cannot be done for sure: a text cannot be read, a change is not one of rows, or
 * a remark would be lost. Which of the two is mine makes no difference where there is no conflict.
 */
export function mergeMappings(
  base: string,
  mine: string,
  theirs: string,
  choiceOf: (key: string) => Side | undefined,
): MergedMapping | undefined {
  const [b, m, t] = [viewOf(base), viewOf(mine), viewOf(theirs)];
  if (!b.ok || !m.ok || !t.ok) return undefined;
  const rows = { base: byKey(b), mine: byKey(m), theirs: byKey(t) };
  const conflicts: RowConflict[] = [];
  const wanted = new Map<string, MappingRow>();
  for (const key of new Set([...rows.theirs.keys(), ...rows.mine.keys(), ...rows.base.keys()])) {
    const [was, my, their] = [rows.base.get(key), rows.mine.get(key), rows.theirs.get(key)];
    let row = was?.tokens === my?.tokens ? their : my;
    if (my?.tokens !== their?.tokens && was?.tokens !== my?.tokens && was?.tokens !== their?.tokens) {
      const texts = { ...(was && { base: was.code }), ...(my && { mine: my.code }), ...(their && { theirs: their.code }) };
      conflicts.push({ key, row: (their ?? my ?? was)?.target ?? '', ...texts });
      row = rows[choiceOf(key) ?? 'theirs'].get(key);
    }
    if (row !== undefined) wanted.set(key, row);
  }
  if (inEachOther(wanted, rows.mine, rows.theirs)) return undefined;
  if (conflicts.length === 0) {
    const text = mergeTexts(base, mine, theirs);
    const view = text === undefined ? undefined : viewOf(text);
    if (text !== undefined && view?.ok && sameRows(byKey(view), wanted)) return { text, conflicts };
  }
  // From the one side or from the other: in an order of their own, so that both people get the same.
  const ways = [
    { from: t, fromText: theirs, other: m },
    { from: m, fromText: mine, other: t },
  ].sort((x, y) => (x.fromText < y.fromText ? -1 : 1));
  for (const { from, other } of ways) {
    // What the other did must be rows and nothing else, or some of it would be lost.
    const replayed = replay(b, byKey(b), byKey(other));
    if (replayed === undefined || meaningOf(replayed) !== meaningOf(other)) continue;
    const result = replay(from, byKey(from), wanted);
    if (result === undefined || !sameRows(byKey(result), wanted)) continue;
    if (conflicts.length === 0 && !keepsRemarks(b, other, from, result)) continue;
    return { text: result.text, conflicts };
  }
  return undefined;
}

const byKey = (view: OpenView): Rows => new Map(rowsOf(view).map((row) => [row.key, row]));

function sameRows(a: Rows, b: Rows): boolean {
  return a.size === b.size && [...a].every(([key, { tokens }]) => b.get(key)?.tokens === tokens);
}

/** True where a rule of the one would fill a place around a row of the other: neither of the two ever saw that together. */
function inEachOther(wanted: Rows, mine: Rows, theirs: Rows): boolean {
  const around = [...wanted.values()].filter(({ loop, rule, path }) => !loop && !(rule.kind === 'object' && path.length === 0));
  return around.some((outer) =>
    [...wanted.values()].some(
      (inner) =>
        inner.path.length > outer.path.length &&
        outer.path.every((step, at) => sameStep(step, inner.path[at])) &&
        ![mine, theirs].some((rows) => rows.has(inner.key) && rows.has(outer.key)),
    ),
  );
}

/** Brings the rows of a mapping to what is wanted, by gestures; undefined where one of them is refused. */
function replay(view: OpenView, have: Rows, wanted: Rows): OpenView | undefined {
  let at = view;
  let rows = have;
  const done = (edit: Edited): boolean => {
    if (!edit.ok) return false;
    at = edit.view;
    rows = byKey(at);
    return true;
  };
  const now = (key: string) => rows.get(key);
  for (const [key, row] of [...have].reverse()) {
    if (wanted.has(key) || (row.rule.kind === 'object' && row.path.length === 0)) continue;
    const there = now(key);
    // It may have gone with the list around it.
    if (there !== undefined && (!row.writable || !done(clearRule(at, there.rule.id)))) return undefined;
  }
  for (const [key, row] of wanted) {
    const there = now(key);
    if (there?.tokens === row.tokens) continue;
    if (!row.writable) return undefined;
    if (there !== undefined) {
      const edit = row.loop ? replaceLoopList(at, there.rule.id, row.code) : replacePart(at, there.rule.span, row.code);
      if (!done(edit)) return undefined;
    } else if (!done(add(at, row, wanted))) return undefined;
  }
  return at;
}

function add(view: OpenView, row: MappingRow, rows: Rows): Edited {
  const remark = row.note === '' ? '' : ` /* ${row.note} */`;
  const [first] = row.path;
  if (row.path.length === 1 && typeof first === 'object' && first !== null && 'variable' in first) {
    return addVariable(view, first.variable, row.code);
  }
  if (!row.loop) return setAt(view, row.path, row.code + remark);
  // A list begins empty: its fields are rows of their own and follow.
  const { rule } = row;
  if (rule.kind !== 'loop' || rule.form !== 'dot' || rule.itemName !== undefined || rule.indexName !== undefined) {
    return { ok: false, refusal: { code: 'row', message: 'Only a plain list can be built row by row.' } };
  }
  const plainBody = [...rows.values()].some((other) => other !== row && other.path.length > row.path.length + 1 && startsWith(other, row));
  const code = `${row.code}.${plainBody ? '{ }' : '$'}`;
  return setAt(view, row.path, rule.array ? `[${code}]` : code);
}

function startsWith({ path }: MappingRow, { path: begin }: MappingRow): boolean {
  return begin.every((step, at) => sameStep(step, path[at])) && path[begin.length] === null;
}

/** True when every remark that one of the two added, and every one that neither removed, is in the result. */
function keepsRemarks(base: OpenView, other: OpenView, from: OpenView, result: OpenView): boolean {
  const count = (view: OpenView) => {
    const counts = new Map<string, number>();
    for (const remark of remarksOf(view)) counts.set(remark, (counts.get(remark) ?? 0) + 1);
    return counts;
  };
  const [was, theirs, ours, is] = [count(base), count(other), count(from), count(result)];
  return [...new Set([...was.keys(), ...theirs.keys(), ...ours.keys()])].every((remark) => {
    const [b, o, f] = [was.get(remark) ?? 0, theirs.get(remark) ?? 0, ours.get(remark) ?? 0];
    return (is.get(remark) ?? 0) === f + o - b;
  });
}
