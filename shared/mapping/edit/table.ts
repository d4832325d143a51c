import { literalCode } from '../code.ts';
import { type OpenView, ruleById } from '../view.ts';
import { type Edited, edited, refused, type Splice } from './edit.ts';
import { fragmentOf, replacePart } from './fragment.ts';
import { appended, indentAt, removed } from './layout.ts';
import { noRow } from './rule.ts';

/** One line of a value table: a value of the message as text, and the fixed value that takes its place. */
export interface TableLine {
  from: string;
  to: unknown;
}

/** Translates a row's value by a table; a number or truth value is looked up by its text. */
export function wrapTable(view: OpenView, id: string, lines: readonly TableLine[], otherwise?: string): Edited {
  const read = otherwise === undefined ? undefined : fragmentOf(otherwise);
  if (read?.ok === false) return read;
  const twice = repeated(lines);
  if (twice !== undefined) return refused('name', `The table has ${twice} twice.`);
  const rule = ruleById(view, id);
  if (rule === undefined) return noRow(id);
  const indent = indentAt(view.text, rule.span.start);
  const pairs = lines.map((line) => `\n${indent}  ${pairOf(line)}`).join(',');
  const table = lines.length === 0 ? '{ }' : `{${pairs}\n${indent}}`;
  const input = view.text.slice(rule.span.start, rule.span.end);
  const code = `$lookup(${table}, $string(${input}))`;
  return replacePart(view, rule.span, otherwise === undefined ? code : `${code} ?? ${otherwise}`);
}

/**
 * Gives a value table these lines: lines that stay are not touched, changed values are, new lines come last. Where the
 * order of the lines that stay is another one, the table is written anew.
 */
export function setTable(view: OpenView, id: string, lines: readonly TableLine[]): Edited {
  const twice = repeated(lines);
  if (twice !== undefined) return refused('name', `The table has ${twice} twice.`);
  const rule = ruleById(view, id);
  if (rule?.kind !== 'table') return refused('row', 'This row has no value table.');
  const { rows, tableSpan } = rule;
  const wanted = new Map(lines.map((line) => [line.from, line]));
  const stay = rows.filter((row) => wanted.has(row.from)).map((row) => row.from);
  const order = lines.map((line) => line.from).filter((from) => rows.some((row) => row.from === from));
  const added = lines.filter((line) => !rows.some((row) => row.from === line.from));
  const disordered = stay.some((from, i) => from !== order[i]) || added.some((line) => lines.indexOf(line) < order.length);
  const gone = rows.filter((row) => !wanted.has(row.from));
  // Taking away the last line and adding one would meet at one comma.
  if (disordered || (gone.length > 0 && (added.length > 0 || gone.includes(rows.at(-1) as (typeof rows)[number])))) {
    return edited(view.text, [{ ...tableSpan, insert: tableCode(view, tableSpan.start, lines) }]);
  }
  const items = rows.map((row) => row.span);
  const splices: Splice[] = [];
  rows.forEach((row, i) => {
    const line = wanted.get(row.from);
    if (line === undefined) splices.push(...removed(view, items, i));
    else if (literalCode(line.to) !== literalCode(row.to)) splices.push({ ...row.span, insert: pairOf(line) });
  });
  if (added.length > 0) {
    const enumeration = { items, open: tableSpan.start, close: tableSpan.end - 1, separator: ',' as const };
    splices.push(...appended(view, enumeration, (indent) => added.map(pairOf).join(indent === undefined ? ', ' : `,\n${indent}`)));
  }
  return edited(view.text, splices);
}

function tableCode(view: OpenView, at: number, lines: readonly TableLine[]): string {
  const indent = indentAt(view.text, at);
  return lines.length === 0 ? '{ }' : `{${lines.map((line) => `\n${indent}  ${pairOf(line)}`).join(',')}\n${indent}}`;
}

const pairOf = ({ from, to }: TableLine): string => `${literalCode(from)}: ${literalCode(to)}`;

function repeated(lines: readonly TableLine[]): string | undefined {
  return lines.find((line, i) => lines.findIndex((other) => other.from === line.from) < i)?.from;
}
