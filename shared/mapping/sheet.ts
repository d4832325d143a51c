import { addressCode, addressOf } from './address.ts';
import { type CsvProblem, type CsvRow, readCsv, writeCsv } from './csv.ts';
import { type Edited, splicesBetween } from './edit/edit.ts';
import { setAt } from './edit/field.ts';
import { replacePart } from './edit/fragment.ts';
import { loopCode, replaceLoopList } from './edit/loop.ts';
import { noteText, setNote } from './edit/note.ts';
import { codeOf } from './edit/rule.ts';
import { addVariable } from './edit/variable.ts';
import { piecesOf, piecesText } from './pieces.ts';
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
  /** Its rule in words, as the row shows it. */
  words: string;
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
      const words = piecesText(piecesOf(rule, view.text));
      into.rows.push({ target: `${targetText(rule.target)}[]`, source, words, rule: view.text.slice(start, end), note, id: rule.id });
      collect(view, rule.body, '', into);
      return;
    }
    default: {
      const all = [...allRules(rule)].flatMap(({ id }) => into.sources.get(id) ?? []);
      const code = codeOf(view, rule.id) ?? '';
      const words = piecesText(piecesOf(rule, view.text));
      into.rows.push({ target: targetText(rule.target), source: [...new Set(all)], words, rule: code, note, id: rule.id });
    }
  }
}

const noteOf = (view: OpenView, { notes }: Pick<Field, 'notes'>): string => noteText(view, notes);

const head = ['target', 'source', 'rule', 'note'];

/** A sheet as rows of cells, the names of the columns first; several sources stand in one cell, with `; ` between them. */
export function sheetCells(rows: readonly SheetRow[]): string[][] {
  const names = ['target', 'source', 'in words', 'rule', 'note'];
  return [names, ...rows.map(({ target, source, words, rule, note }) => [target, source.join('; '), words, rule, note])];
}

/** A sheet as CSV. What a spreadsheet would take for a formula has an apostrophe before it, which {@link importSheet} takes off again. */
export function sheetToCsv(rows: readonly SheetRow[]): string {
  return writeCsv(sheetCells(rows).map((cells) => cells.map((cell) => (formula.test(cell) ? `'${cell}` : cell))));
}

const formula = /^'*[=+\-@]/;

/** What became of one line of a sheet; `line` counts from 1 in the CSV. */
export interface SheetReport {
  line: number;
  target: string;
  /** `same`: the row has this rule already. `skipped`: the line says nothing about a rule. */
  outcome: 'set' | 'added' | 'same' | 'skipped' | 'refused';
  /** Why, for `skipped` and `refused`. */
  message?: string;
  /** The rule of the row before and after, where it is another one. */
  before?: string;
  after?: string;
  /** The note that the row got. */
  note?: string;
}

/**
 * Takes the rules and notes of a sheet into a mapping, line by line; a line that cannot be taken is reported and the others
 * are taken all the same. A line without a rule and with one source becomes a copy of it. Empty notes and rows that are
 * missing in the sheet change nothing. The columns are found by their names in the first line.
 */
export function importSheet(view: View, csv: string): { edit: Edited; reports: SheetReport[] } {
  const { rows, problem } = readCsv(csv);
  return importRows(view, rows, problem);
}

/** The same for a sheet that is cells already; `line` is where each row stands in the sheet. */
export function importRows(view: View, rows: readonly CsvRow[], problem?: CsvProblem): { edit: Edited; reports: SheetReport[] } {
  const names = rows[0]?.cells.map((cell) => cell.trim().toLowerCase()) ?? [];
  const [target, source, rule, note] = head.map((name) => names.indexOf(name));
  const reports: SheetReport[] = [];
  let at: View = view;
  let sheet = view.ok ? sheetOf(view) : [];
  // Where a target has several rows (a list and its values, two branches), the lines name them in their order.
  const seen = new Map<string, number>();
  if (target === undefined || target < 0) {
    reports.push({ line: 1, target: '', outcome: 'refused', message: 'The first line needs the column names target, source, rule, note.' });
  } else {
    for (const { cells, line } of rows.slice(1)) {
      const cell = (i: number | undefined) => plainCell(i === undefined ? '' : (cells[i] ?? ''));
      const nth = seen.get(cell(target)) ?? 0;
      seen.set(cell(target), nth + 1);
      const known = sheet.filter((row) => row.target === cell(target))[nth];
      const taken = takeLine(at, known, { target: cell(target), source: cell(source), rule: cell(rule).replaceAll('\r\n', '\n') });
      if (taken.view !== undefined) {
        at = taken.view;
        sheet = sheetOf(taken.view);
      }
      const now = sheet.filter((row) => row.target === cell(target))[nth];
      const noted = taken.outcome === 'refused' ? undefined : withNote(at, now, cell(note));
      if (noted !== undefined) {
        at = noted;
        sheet = sheetOf(noted);
      }
      const changed = taken.view === undefined ? {} : { ...(known ? { before: known.rule } : {}), ...(now ? { after: now.rule } : {}) };
      const outcome = noted !== undefined && taken.outcome !== 'added' ? 'set' : taken.outcome;
      const message = taken.message !== undefined && outcome === taken.outcome ? { message: taken.message } : {};
      reports.push({ line, target: cell(target), outcome, ...message, ...changed, ...(noted ? { note: cell(note) } : {}) });
    }
  }
  if (problem !== undefined) reports.push({ line: problem.line, target: '', outcome: 'refused', message: problem.message });
  const refusal = { code: 'row' as const, message: 'Nothing of the sheet could be taken.' };
  if (!at.ok) return { edit: { ok: false, refusal }, reports };
  return { edit: { ok: true, text: at.text, splices: splicesBetween(view.text, at.text), view: at }, reports };
}

/** A cell without the apostrophe that keeps a spreadsheet from computing it. */
const plainCell = (cell: string): string => (/^'+[=+\-@]/.test(cell.trim()) ? cell.trim().slice(1) : cell.trim());

/** Gives a row another note; nothing where it has this one, or can have none. */
function withNote(view: View, row: SheetRow | undefined, note: string): OpenView | undefined {
  if (!view.ok || row === undefined || note === '' || note === row.note) return undefined;
  const edit = setNote(view, row.id, note);
  return edit.ok && edit.text !== view.text ? edit.view : undefined;
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
