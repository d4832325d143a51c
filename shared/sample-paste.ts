import { JsonTextError, placeInText, readJsonTree } from './json-tree.ts';
import { readCsv } from './mapping/csv.ts';
import type { Problem } from './problem.ts';

export const pasteFormats = ['json', 'json-lines', 'csv', 'text'] as const;
export type PasteFormat = (typeof pasteFormats)[number];

/** Faulty lines that are named at most; a file of another format has as many as it has lines. */
const namedFaults = 20;

/**
 * The values in pasted or uploaded text, each as it was written. With `split` each element of a JSON list, each line of
 * JSON Lines, each row of CSV and each line of text is one value, blank lines left out; without it the text is one value,
 * of CSV the list of its rows. CSV has its names in the first row, and every cell stays text, so that no digit is lost
 * and no code becomes a number. A byte order mark at the beginning is dropped. Problems name line and column, both from 1.
 */
export function splitPasted(text: string, format: PasteFormat, split: boolean): { values: string[] } | { problems: Problem[] } {
  const whole = text.startsWith('\uFEFF') ? text.slice(1) : text;
  if (whole.trim() === '') return { problems: [problem('sample/empty', 'There is no text, so there is nothing to take.')] };
  if (/\p{Surrogate}/u.test(whole)) {
    const fault = 'The text holds half a character (a lone surrogate), which no message can hold; copy it again from its source.';
    return { problems: [problem('sample/not-text', fault)] };
  }
  if (format === 'json') return splitJson(whole, split);
  if (format === 'csv') return splitCsv(whole, split);
  const lines = linesOf(whole).filter(({ text: line }) => line.trim() !== '');
  if (format === 'json-lines') {
    const problems = lines.flatMap(({ text: line, start }) => jsonFault(line, whole, start) ?? []);
    if (problems.length > namedFaults) {
      const rest = `${problems.length - namedFaults} more lines are not JSON. Is this one JSON value over many lines? Then choose JSON.`;
      return { problems: [...problems.slice(0, namedFaults), problem('sample/not-json', rest)] };
    }
    if (problems.length > 0) return { problems };
  }
  return { values: split ? lines.map(({ text: line }) => line) : [whole] };
}

function splitJson(text: string, split: boolean): { values: string[] } | { problems: Problem[] } {
  const fault = jsonFault(text, text, 0);
  if (fault) return { problems: [fault] };
  const tree = readJsonTree(text);
  if (!split || tree.kind !== 'list') return { values: [text] };
  if (tree.items.length === 0) return { problems: [problem('sample/empty', 'The list is empty, so there is nothing to take.')] };
  return { values: tree.items.map(({ start, end }) => text.slice(start, end)) };
}

function splitCsv(text: string, split: boolean): { values: string[] } | { problems: Problem[] } {
  const { rows, problem: fault } = readCsv(text);
  if (fault) return { problems: [problem('sample/not-csv', `Line ${fault.line}: ${fault.message}`)] };
  const [header, ...body] = rows;
  if (!header || body.length === 0) {
    const message = 'There is only a header row, so there is nothing to take: put the rows below the names of the columns.';
    return { problems: [problem('sample/empty', message)] };
  }
  const names = header.cells;
  const nameless = names.indexOf('');
  if (nameless >= 0) return { problems: [problem('sample/not-csv', `Line ${header.line}: column ${nameless + 1} has no name.`)] };
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) return { problems: [problem('sample/not-csv', `Line ${header.line}: two columns are called “${twice}”.`)] };
  const uneven = body.filter(({ cells }) => cells.length !== names.length);
  if (uneven.length > 0) {
    const problems = uneven.slice(0, namedFaults).map(({ cells, line }) => {
      const message = `Line ${line}: ${cells.length} cells for ${names.length} columns. Does a cell with the separator in it lack its quotes?`;
      return problem('sample/not-csv', message);
    });
    return { problems };
  }
  // By hand: an object would put a column that is called 7 first, and lose one that is called __proto__.
  const values = body.map(
    ({ cells }) => `{${cells.map((cell, index) => `${JSON.stringify(names[index])}:${JSON.stringify(cell)}`).join(',')}}`,
  );
  return { values: split ? values : [`[${values.join(',')}]`] };
}

/** What is wrong with a part of a text, which begins at `start`; undefined when it is JSON. */
function jsonFault(part: string, whole: string, start: number): Problem | undefined {
  try {
    readJsonTree(part);
    return undefined;
  } catch (error) {
    if (!(error instanceof JsonTextError)) throw error;
    const offset = start + error.offset;
    const { line, column } = placeInText(whole, offset);
    return { ...problem('sample/not-json', `Line ${line}, column ${column}: ${error.message}.`), position: offset };
  }
}

function linesOf(text: string): { text: string; start: number }[] {
  const lines: { text: string; start: number }[] = [];
  let start = 0;
  for (const { 0: end, index } of text.matchAll(/\r\n|\n|\r/g)) {
    lines.push({ text: text.slice(start, index), start });
    start = index + end.length;
  }
  return [...lines, { text: text.slice(start), start }];
}

const problem = (code: string, message: string): Problem => ({ code, severity: 'error', message, field: 'text' });
