import { childrenOf, type Expression, isExpression, type SyntaxNode } from '../jsonata/syntax/tree.ts';
import type { Fix, MappingProblem } from '../shape/checks/row.ts';
import { convert } from '../shape/conversions.ts';
import type { Path } from '../shape/path.ts';
import { addressCode, addressOf } from './address.ts';
import { pathCode } from './code.ts';
import { type Edited, refused, splicesBetween } from './edit/edit.ts';
import { replacePart } from './edit/fragment.ts';
import { wrapArray } from './edit/loop.ts';
import { clearRule, codeOf, noRow, setRule } from './edit/rule.ts';
import { setTable, type TableLine, wrapTable } from './edit/table.ts';
import { wrapFunction } from './edit/wrap.ts';
import { reachesOf, samePath } from './reach.ts';
import type { Rule } from './rule.ts';
import { type OpenView, ruleById } from './view.ts';

/** What the button of a fix says; nothing where a person must choose first, as for a row that is missing. */
export function fixLabel(fix: Fix): string | undefined {
  switch (fix.kind) {
    case 'replace-source':
      return `Use ${namesOf(fix.to).join('.')}`;
    case 'wrap-list':
      return 'Keep it a list';
    case 'convert':
      return 'Convert it';
    case 'add-table-values':
      return fix.values.length === 1 ? 'Add it to the table' : `Add ${fix.values.length} values`;
    case 'make-table':
      return 'Translate by a table';
    case 'shorten':
      return `Cut off after ${fix.length}`;
    case 'replace-code':
      return fix.label ?? `Write ${fix.code}`;
    case 'remove-row':
      return 'Remove it';
    case 'add-row':
      return undefined;
  }
}

/** Does the fix of a problem of this very view. Refuses what has no edit of its own: a missing row needs a source first. */
export function applyFix(view: OpenView, { row, fix }: MappingProblem): Edited {
  if (fix === undefined || fix.kind === 'add-row') return refused('row', 'Choose where the value comes from.');
  if (fix.kind === 'replace-code') return replacePart(view, { start: fix.start, end: fix.end }, fix.code);
  const rule = row === undefined ? undefined : ruleById(view, row);
  if (rule === undefined) return noRow(row ?? '');
  switch (fix.kind) {
    case 'replace-source':
      return replaceSource(view, rule, namesOf(fix.from), namesOf(fix.to));
    case 'wrap-list':
      return wrapArray(view, rule.id);
    case 'convert':
      return setRule(view, rule.id, convert(fix.conversion, codeOf(view, rule.id) ?? ''));
    case 'add-table-values': {
      if (rule.kind !== 'table') return refused('row', 'This row has no value table.');
      const known: TableLine[] = rule.rows.map(({ from, to }) => ({ from, to }));
      return setTable(view, rule.id, [...known, ...fix.values.map((from) => ({ from, to: '' }))]);
    }
    case 'make-table': {
      const lines = fix.values.map((from) => ({ from, to: closest(from, fix.allowed) }));
      return wrapTable(view, rule.id, lines);
    }
    case 'shorten':
      return wrapFunction(view, rule.id, 'substring', ['0', String(fix.length)]);
    case 'remove-row':
      return clearRule(view, rule.id);
  }
}

const namesOf = (path: Path): string[] => path.filter((step): step is string => step !== null);

/** The allowed value that differs in letter case or punctuation alone; else nothing is chosen yet. */
function closest(value: string, allowed: readonly string[]): string {
  const plain = (text: string) => text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
  return allowed.find((one) => plain(one) === plain(value)) ?? '';
}

/** Lets a row read another field: the names that differ are replaced where they stand, or the whole path where it is another one. */
function replaceSource(view: OpenView, rule: Rule, from: readonly string[], to: readonly string[]): Edited {
  const own = nodesIn(view.syntax.root, rule);
  const reaches = reachesOf(view.syntax.root, new Set(own));
  const placeOf = (node: Expression): readonly string[] | undefined => {
    const [path, ...more] = reaches.get(node)?.paths ?? [];
    return more.length === 0 ? path : undefined;
  };
  if (from.length === to.length) {
    const names = own.flatMap((node) => {
      const path = node.kind === 'name' ? placeOf(node) : undefined;
      const at = (path?.length ?? 0) - 1;
      const next = to[at];
      const differs = path !== undefined && next !== undefined && samePath(path, from.slice(0, at + 1)) && next !== from[at];
      return differs ? [{ start: node.start, end: node.end, insert: pathCode([next]) }] : [];
    });
    const common = from.findIndex((name, i) => name !== to[i]);
    const all = new Set(names.map(({ start }) => start));
    if (names.length > 0 && from.slice(common + 1).every((name, i) => name === to[common + 1 + i])) {
      let edit: Edited = { ok: true, text: view.text, splices: [], view };
      for (const { start, end, insert } of [...names].sort((a, b) => b.start - a.start)) {
        if (!edit.ok || !all.has(start)) break;
        edit = replacePart(edit.view, { start, end }, insert);
      }
      return edit.ok ? { ...edit, splices: splicesBetween(view.text, edit.text) } : edit;
    }
  }
  const whole = own.find((node) => (node.kind === 'path' || node.kind === 'name') && samePath(placeOf(node) ?? [''], from));
  if (whole === undefined)
    return refused('row', `The field ${from.join('.')} does not stand in the row by itself: open the row and choose another.`);
  return replacePart(view, whole, addressCode(addressOf(view, [...to], rule.target)));
}

/** The expressions of a rule, each before those inside it. */
function nodesIn(root: SyntaxNode, { span }: Rule): Expression[] {
  const found: Expression[] = [];
  const walk = (node: SyntaxNode): void => {
    if (node.end <= span.start || node.start >= span.end) return;
    if (isExpression(node) && node.start >= span.start && node.end <= span.end) found.push(node);
    for (const child of childrenOf(node)) walk(child);
  };
  walk(root);
  return found;
}
