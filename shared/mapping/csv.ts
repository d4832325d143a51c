/** A problem of a CSV text; `line` counts from 1. */
export interface CsvProblem {
  line: number;
  message: string;
}

/** Rows as CSV (RFC 4180): comma, CRLF, quotes where a cell needs them. */
export function writeCsv(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

const cell = (text: string): string => (/[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** One row of a CSV text and the line on which it begins, from 1. */
export interface CsvRow {
  cells: string[];
  line: number;
}

/**
 * Reads CSV (RFC 4180). Also takes a byte order mark, bare line feeds, and semicolons or tabs between the cells where
 * the first line has no comma, as spreadsheets of other countries write them. Empty lines do not count.
 */
export function readCsv(text: string): { rows: CsvRow[]; problem?: CsvProblem } {
  const source = text.startsWith('\uFEFF') ? text.slice(1) : text;
  const separator = separatorOf(source);
  const rows: CsvRow[] = [];
  let at = 0;
  let line = 1;
  while (at < source.length) {
    const row: CsvRow = { cells: [], line };
    for (let more = true; more; ) {
      const read = source[at] === '"' ? quoted(source, at) : plain(source, at, separator);
      if (read === undefined)
        return { rows, problem: { line: row.line, message: 'A cell that begins with a quote does not end with one.' } };
      row.cells.push(read.text);
      line += read.text.split('\n').length - 1;
      at = read.end;
      more = source[at] === separator;
      if (more) at++;
    }
    if (at < source.length && source[at] !== '\n' && source[at] !== '\r') {
      return { rows, problem: { line, message: 'Text follows the closing quote of a cell.' } };
    }
    at += source.startsWith('\r\n', at) ? 2 : 1;
    line++;
    if (row.cells.some((one) => one !== '')) rows.push(row);
  }
  return { rows };
}

function separatorOf(source: string): string {
  const first = source.slice(0, /[\r\n]|$/.exec(source)?.index);
  if (first.includes(',')) return ',';
  return first.includes(';') ? ';' : first.includes('\t') ? '\t' : ',';
}

function plain(source: string, at: number, separator: string): { text: string; end: number } {
  let end = at;
  while (end < source.length && source[end] !== separator && source[end] !== '\n' && source[end] !== '\r') end++;
  return { text: source.slice(at, end), end };
}

function quoted(source: string, at: number): { text: string; end: number } | undefined {
  let text = '';
  for (let from = at + 1; ; ) {
    const quote = source.indexOf('"', from);
    if (quote < 0) return undefined;
    text += source.slice(from, quote);
    if (source[quote + 1] !== '"') return { text, end: quote + 1 };
    text += '"';
    from = quote + 2;
  }
}
