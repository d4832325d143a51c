import { addressCode, addressOf } from './address.ts';
import { readCsv, writeCsv } from './csv.ts';
import { type Edited, splicesBetween } from './edit/edit.ts';
import { setAt } from './edit/field.ts';
import { replacePart } from './edit/fragment.ts';
import { loopCode, replaceLoopList } from './edit/loop.ts';
import { codeOf } from './edit/rule.ts';
import { addVariable } from './edit/variable.ts';
import type { Field, Rule } from './rule.ts';
import { allRules } from './rule.ts';
import { parseTarget, targetText } from './target.ts';
import { type OpenView, ruleById, type View } from './view.ts';

/** One line of a mapping as a sheet, for people to read and sign. */
export interface SheetRow {
  /** `customer.name`, `lines[].sku`; `lines[]` is what a list goes through, `$vat` a variable. */
  target: string;
  /** The fields of the message that it reads, each once. */
  source: string[];
  /** Its rule as code. */
  rule: string;
  /** Its remarks, without their marks. */
  note: string;
  /** The id of the row. */
  id: string;
}

/** A mapping as a sheet: one line for each field, variable and list, in the order of the text. */
export function sheetOf(view: OpenView): SheetRow[] {
  const sources = new Map<string, string[]>();
  for (const { row, path } of view.lines) {
    const known = sources.get(row) ?? [];
    known.push(targetText(path) || '(message)');
    sources.set(row, known);
  }
  const rows: SheetRow[] = [];
  collect(view, view.root, '', { sources, rows });
  return rows;
}

interface Collecting {
  sources: ReadonlyMap<string, string[]>;
  rows: SheetRow[];
}

function collect(view: OpenView, rule: Rule, note: string, into: Collecting): void {
  switch (rule.kind) {
    case 'object':
      for (const field of rule.fields) collect(view, field.rule, noteOf(view, field), into);
      return;
    case 'list':
    case 'merge':
      for (const item of rule.items) collect(view, item, '', into);
      return;
    case 'scope':
      for (const variable of rule.variables) collect(view, variable.rule, noteOf(view, variable), into);
      collect(view, rule.body, note, into);
      return;
    case 'loop': {
      const { start, end } = rule.listSpan;
      const source = [...new Set(into.sources.get(rule.id) ?? [])];
      into.rows.push({ target: `${targetText(rule.target)}[]`, source, rule: view.text.slice(start, end), note, id: rule.id });
      collect(view, rule.body, '', into);
      return;
    }
    default: {
      const all = [...allRules(rule)].flatMap(({ id }) => into.sources.get(id) ?? []);
      const code = codeOf(view, rule.id) ?? '';
      into.rows.push({ target: targetText(rule.target), source: [...new Set(all)], rule: code, note, id: rule.id });
    }
  }
}

function noteOf(view: OpenView, { notes }: Pick<Field, 'notes'>): string {
  return notes.map(({ start, end }) => view.text.slice(start + 2, end - 2).trim()).join(' ');
}

const head = ['target', 'source', 'rule', 'note'];

/** A sheet as CSV with the head `target,source,rule,note`; several sources stand in one cell, with `; ` between them. */
export function sheetToCsv(rows: readonly SheetRow[]): string {
  return writeCsv([head, ...rows.map(({ target, source, rule, note }) => [target, source.join('; '), rule, note])]);
}

/** What became of one line of a sheet; `line` counts from 1 in the CSV. */
export interface SheetReport {
  line: number;
  target: string;
  /** `same`: the row has this rule already. `skipped`: the line says nothing about a rule. */
  outcome: 'set' | 'added' | 'same' | 'skipped' | 'refused';
  /** Why, for `skipped` and `refused`. */
  message?: string;
}

/**
 * Takes the rules of a sheet into a mapping, line by line; a line that cannot be taken is reported and the others are
 * taken all the same. A line without a rule and with one source becomes a copy of it. Notes and rows that are missing
 * in the sheet change nothing. The columns are found by the names in the first line.
 */
export function importSheet(view: View, csv: string): { edit: Edited; reports: SheetReport[] } {
  const { rows, problem } = readCsv(csv);
  const names = rows[0]?.cells.map((cell) => cell.trim().toLowerCase()) ?? [];
  const [target, source, rule] = head.map((name) => names.indexOf(name));
  const reports: SheetReport[] = [];
  let at: View = view;
  let sheet = view.ok ? sheetOf(view) : [];
  // Where a target has several rows (a list and its values, two branches), the lines name them in their order.
  const seen = new Map<string, number>();
  if (target === undefined || target < 0) {
    reports.push({ line: 1, target: '', outcome: 'refused', message: 'The first line needs the column names target, source, rule, note.' });
  } else {
    for (const { cells, line } of rows.slice(1)) {
      const cell = (i: number | undefined) => (i === undefined ? '' : (cells[i] ?? '').trim());
      const nth = seen.get(cell(target)) ?? 0;
      seen.set(cell(target), nth + 1);
      const known = sheet.filter((row) => row.target === cell(target))[nth];
      const taken = takeLine(at, known, { target: cell(target), source: cell(source), rule: cell(rule).replaceAll('\r\n', '\n') });
      if (taken.view !== undefined) {
        at = taken.view;
        sheet = sheetOf(taken.view);
      }
      reports.push({ line, target: cell(target), outcome: taken.outcome, ...(taken.message ? { message: taken.message } : {}) });
    }
  }
  if (problem !== undefined) reports.push({ line: problem.line, target: '', outcome: 'refused', message: problem.message });
  const refusal = { code: 'row' as const, message: 'Nothing of the sheet could be taken.' };
  if (!at.ok) return { edit: { ok: false, refusal }, reports };
  return { edit: { ok: true, text: at.text, splices: splicesBetween(view.text, at.text), view: at }, reports };
}

interface Taken {
  outcome: SheetReport['outcome'];
  message?: string;
  view?: OpenView;
}

function takeLine(view: View, known: SheetRow | undefined, line: { target: string; source: string; rule: string }): Taken {
  if (line.target === '') return { outcome: 'skipped', message: 'The line names no target.' };
  if (line.rule !== '') {
    if (known?.rule === line.rule) return { outcome: 'same' };
    return outcomeOf(known ? 'set' : 'added', write(view, known, line.target, line.rule));
  }
  if (line.source === '') return { outcome: 'skipped', message: 'The line has neither a rule nor a source.' };
  if (line.source.includes(';')) return { outcome: 'skipped', message: 'Several sources need a rule.' };
  const path = parseTarget(line.source)?.filter((step) => typeof step === 'string');
  if (path === undefined) return { outcome: 'refused', message: `"${line.source}" is no path of a message.` };
  const target = parseTarget(line.target.replace(/\[\]$/, '')) ?? [];
  const code = addressCode(view.ok ? addressOf(view, path, target) : { start: '', names: path, base: 0 });
  if (known?.rule === code) return { outcome: 'same' };
  return outcomeOf(known ? 'set' : 'added', write(view, known, line.target, code));
}

function outcomeOf(done: 'set' | 'added', edit: Edited): Taken {
  return edit.ok ? { outcome: done, view: edit.view } : { outcome: 'refused', message: edit.refusal.message };
}

function write(view: View, known: SheetRow | undefined, target: string, code: string): Edited {
  const list = target.endsWith('[]');
  if (view.ok && known !== undefined) {
    const rule = ruleById(view, known.id);
    if (rule?.kind === 'loop') return list ? replaceLoopList(view, rule.id, code) : setAt(view, rule.target, code);
    if (rule !== undefined) return replacePart(view, rule.span, code);
  }
  if (view.ok && /^\$\w+$/.test(target)) return addVariable(view, target.slice(1), code);
  const path = parseTarget(list ? target.slice(0, -2) : target);
  if (path === undefined) return { ok: false, refusal: { code: 'name', message: `"${target}" is no place of a result.` } };
  return setAt(view, path, list ? loopCode(code) : code);
}
