import { readCsv } from '#shared/mapping/csv.ts';
import { type PasteFormat, splitPasted } from '#shared/sample-paste.ts';

/**
 * How a text is most likely to be read: by the ending of its file's name, else JSON where it is JSON, lines of it, a
 * table with a header of two or more columns, or plain text. Broken JSON counts as JSON, so that its fault is named.
 */
export function detectFormat(text: string, file = ''): PasteFormat {
  if (/\.(ndjson|jsonl)$/i.test(file)) return 'json-lines';
  if (/\.(csv|tsv)$/i.test(file)) return 'csv';
  if ('values' in splitPasted(text, 'json', false)) return 'json';
  if (/[\r\n]/.test(text.trim()) && 'values' in splitPasted(text, 'json-lines', true)) return 'json-lines';
  if (/^\uFEFF?\s*[{[]/.test(text)) return 'json';
  const { rows, problem } = readCsv(text);
  const columns = rows[0]?.cells.length ?? 0;
  if (problem === undefined && columns > 1 && rows.length > 1 && rows.every(({ cells }) => cells.length === columns)) return 'csv';
  return 'text';
}
