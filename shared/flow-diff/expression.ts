import { sameStep, sameTarget } from '../mapping/target.ts';
import { type OpenView, type View, viewOf } from '../mapping/view.ts';
import { type ChangeKind, type ChangeWeight, counted, listed, quoted } from './change.ts';
import { type MappingRow, meaningOf, remarksOf, rowsOf, tokensIn } from './rows.ts';
import { ruleWords, tableWords } from './rule-words.ts';

/** A difference between two texts of one expression; `row` is the place of the result, absent for the whole. */
export interface ExpressionChange {
  kind: ChangeKind;
  weight: ChangeWeight;
  row?: string;
  sentence: string;
  before?: string;
  after?: string;
}

/** How two texts of one JSONata expression differ, row by row; nothing for equal texts, at least one change for others. */
export function diffExpressions(before: string, after: string): ExpressionChange[] {
  if (before === after) return [];
  const [old, now]: [View, View] = [viewOf(before), viewOf(after)];
  if (!old.ok || !now.ok) {
    const why = now.ok ? 'could not be read as rows before' : 'cannot be read as rows';
    return [{ kind: 'changed', weight: 'logic', sentence: `changed; it ${why}`, before, after }];
  }
  const changes = diffRows(old, now);
  const remarks = remarkChange(old, now, changes);
  if (!changes.some(({ weight }) => weight === 'logic') && wholeTokens(old) !== wholeTokens(now)) {
    const order = meaningOf(old) === meaningOf(now);
    if (order) changes.push({ kind: 'moved', weight: 'logic', sentence: 'the fields stand in another order', before, after });
    else changes.push({ kind: 'changed', weight: 'logic', sentence: 'changed around its rows', before, after });
  }
  if (remarks !== undefined) changes.push(remarks);
  if (changes.length === 0) {
    changes.push({ kind: 'changed', weight: 'words', sentence: 'formatted anew; it does the same as before', before, after });
  }
  return changes;
}

const wholeTokens = (view: OpenView): string => tokensIn(view, { start: 0, end: view.text.length });

function diffRows(old: OpenView, now: OpenView): ExpressionChange[] {
  const [was, is] = [rowsOf(old), rowsOf(now)];
  const wasByKey = new Map(was.map((row) => [row.key, row]));
  const isByKey = new Map(is.map((row) => [row.key, row]));
  const removed = was.filter(({ key }) => !isByKey.has(key));
  const added = is.filter(({ key }) => !wasByKey.has(key));
  const changes: ExpressionChange[] = [];

  const renamed = renames(removed, added);
  for (const row of is) {
    const from = renamed.get(row);
    const match = wasByKey.get(row.key);
    if (from !== undefined) {
      const moved = { weight: 'logic' as const, row: from.target, before: from.code, after: row.code };
      changes.push({ kind: 'moved', ...moved, sentence: `${sameParent(from, row) ? 'renamed to' : 'now fills'} ${row.target}` });
    } else if (match !== undefined && match.tokens !== row.tokens) changes.push(changed(old, match, now, row));
    else if (match !== undefined && match.note !== row.note) changes.push(noteChange(match, row));
    else if (match === undefined && !inLoop(row, added)) {
      const fields = row.loop ? added.filter((other) => other !== row && within(other, row)).length : 0;
      const more = fields === 0 ? '' : `, with ${counted(fields, 'field')}`;
      changes.push({
        kind: 'added',
        weight: 'logic',
        row: row.target,
        sentence: `new: ${ruleWords(now, row.rule)}${more}`,
        after: wholeCode(now, row),
      });
    }
  }
  const gone = [...renamed.values()];
  for (const row of removed) {
    if (gone.includes(row) || inLoop(row, removed)) continue;
    changes.push({
      kind: 'removed',
      weight: 'logic',
      row: row.target,
      sentence: `removed (was ${ruleWords(old, row.rule)})`,
      before: wholeCode(old, row),
    });
  }
  return changes;
}

function changed(old: OpenView, from: MappingRow, now: OpenView, to: MappingRow): ExpressionChange {
  const change = { kind: 'changed', weight: 'logic', row: to.target, before: from.code, after: to.code } as const;
  if (from.rule.kind === 'table' && to.rule.kind === 'table') {
    const words = tableWords(from.rule.rows, to.rule.rows);
    const same = tokensIn(old, from.rule.input) === tokensIn(now, to.rule.input);
    if (words !== '' && same) return { ...change, sentence: `value table: ${words}` };
  }
  const [was, is] = [ruleWords(old, from.rule), ruleWords(now, to.rule)];
  return { ...change, sentence: was === is ? `changed: ${is}` : `was ${was}, now ${is}` };
}

function noteChange(from: MappingRow, to: MappingRow): ExpressionChange {
  const sentence =
    to.note === ''
      ? `remark ${quoted(from.note)} removed`
      : from.note === ''
        ? `remark ${quoted(to.note)} added`
        : `remark is now ${quoted(to.note)}`;
  return { kind: 'changed', weight: 'words', row: to.target, sentence, before: from.note, after: to.note };
}

/** Rows that went and came with the very same rule: each new one with the old one that it was. */
function renames(removed: readonly MappingRow[], added: readonly MappingRow[]): Map<MappingRow, MappingRow> {
  const found = new Map<MappingRow, MappingRow>();
  const free = new Set(removed.filter((row) => !row.loop));
  for (const row of added) {
    if (row.loop) continue;
    const same = [...free].filter((other) => other.tokens === row.tokens);
    const best = same.find((other) => sameParent(other, row)) ?? (same.length === 1 ? same[0] : undefined);
    if (best === undefined) continue;
    free.delete(best);
    found.set(row, best);
  }
  return found;
}

function sameParent(a: MappingRow, b: MappingRow): boolean {
  return sameTarget(a.path.slice(0, -1), b.path.slice(0, -1));
}

/** True for a row inside a list that came or went as a whole. */
const inLoop = (row: MappingRow, rows: readonly MappingRow[]): boolean =>
  rows.some((loop) => loop !== row && loop.loop && within(row, loop));

function within(row: MappingRow, { path }: MappingRow): boolean {
  return row.path.length > path.length && path.every((step, at) => sameStep(step, row.path[at]));
}

const wholeCode = (view: OpenView, { rule, loop, code }: MappingRow): string =>
  loop ? view.text.slice(rule.span.start, rule.span.end) : code;

/** Remarks that no row's own change tells of. */
function remarkChange(old: OpenView, now: OpenView, changes: readonly ExpressionChange[]): ExpressionChange | undefined {
  const [was, is] = [remarksOf(old), remarksOf(now)];
  const [gone, fresh] = [without(was, is), without(is, was)];
  const told = changes.some((change) => change.weight === 'words');
  if (told || (gone.length === 0 && fresh.length === 0)) return undefined;
  const parts = [
    ...(fresh.length > 0 ? [`${fresh.length === 1 ? 'remark' : 'remarks'} ${listed(fresh.map((text) => quoted(text)))} added`] : []),
    ...(gone.length > 0 ? [`${gone.length === 1 ? 'remark' : 'remarks'} ${listed(gone.map((text) => quoted(text)))} removed`] : []),
  ];
  return { kind: 'changed', weight: 'words', sentence: parts.join(', '), before: was.join('\n'), after: is.join('\n') };
}

/** The items of a list that another one does not have, each as often as it has it more. */
function without(list: readonly string[], other: readonly string[]): string[] {
  const left = [...other];
  return list.filter((item) => {
    const at = left.indexOf(item);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
