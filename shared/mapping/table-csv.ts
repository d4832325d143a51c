import { type CsvProblem, readCsv, writeCsv } from './csv.ts';
import type { TableLine } from './edit/table.ts';

/** A value table as CSV with the head `from,to`. A text that would read as something else stands in JSON's quotes. */
export function tableToCsv(lines: readonly TableLine[]): string {
  return writeCsv([['from', 'to'], ...lines.map(({ from, to }) => [from, cellOf(to)])]);
}

/**
 * Reads a value table from CSV. A head line is skipped where it says so (`from,to` or `source,target`). A cell of `to`
 * that is a JSON number, `true`, `false`, `null`, or a text in quotes is that value; all else is text. What cannot be
 * taken is reported by line, and the rest is taken; of a repeated `from` the first counts.
 */
export function tableFromCsv(text: string): { lines: TableLine[]; problems: CsvProblem[] } {
  const { rows, problem } = readCsv(text);
  const problems: CsvProblem[] = problem ? [problem] : [];
  const lines: TableLine[] = [];
  rows.forEach(({ cells, line }, i) => {
    const [from = '', to, ...more] = cells;
    if (i === 0 && heads.has(`${from},${to}`.toLowerCase().replaceAll(' ', ''))) return;
    if (to === undefined) problems.push({ line, message: 'The line has one cell only; two are needed: the value and what it becomes.' });
    else if (more.some((cell) => cell !== '')) problems.push({ line, message: `The line has ${cells.length} cells, and two are needed.` });
    else if (lines.some((known) => known.from === from)) problems.push({ line, message: `"${from}" stands in the table already.` });
    else lines.push({ from, to: valueIn(to) });
  });
  return { lines, problems };
}

const heads = new Set(['from,to', 'source,target', 'value,becomes', 'in,out']);

/** A value of a table as the text of a cell; a text that would read as something else stands in JSON's quotes. */
export function cellOf(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value) ?? '';
  return valueIn(value) === value ? value : JSON.stringify(value);
}

/** The value that the text of a cell means. Numbers with leading zeros or more digits than a number keeps stay text. */
export function valueIn(cell: string): unknown {
  if (cell === 'true' || cell === 'false') return cell === 'true';
  if (cell === 'null') return null;
  if (/^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(cell)) return String(Number(cell)) === cell ? Number(cell) : cell;
  if (!/^".*"$/s.test(cell)) return cell;
  try {
    return JSON.parse(cell);
  } catch (error) {
    if (error instanceof SyntaxError) return cell;
    throw error;
  }
}
