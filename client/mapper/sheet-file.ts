import type { CsvRow } from '#shared/mapping/csv.ts';
import { type SheetRow, sheetCells } from '#shared/mapping/sheet.ts';

/** What an exported sheet says of itself, one line each. */
export type SheetFacts = readonly (readonly [name: string, value: string])[];

/** Characters of a cell that a spreadsheet takes. */
const mostCell = 32_767;

/** A sheet as an Excel workbook: the mapping on its first page, what it is of on the second. */
export async function sheetToXlsx(rows: readonly SheetRow[], facts: SheetFacts): Promise<Blob> {
  const { default: writeXlsxFile } = await import('write-excel-file/browser');
  const [names = [], ...lines] = sheetCells(rows);
  const text = (value: string) => ({ value: value.slice(0, mostCell), type: String, wrap: true, alignVertical: 'top' }) as const;
  const title = (value: string) => ({ value, type: String, fontWeight: 'bold', backgroundColor: '#eef0ff' }) as const;
  const mapping = {
    sheet: 'Mapping',
    columns: [{ width: 32 }, { width: 36 }, { width: 48 }, { width: 56 }, { width: 40 }],
    stickyRowsCount: 1,
    data: [names.map(title), ...lines.map((cells) => cells.map(text))],
  };
  const about = {
    sheet: 'About',
    columns: [{ width: 24 }, { width: 64 }],
    data: [...facts.map(([name, value]) => [{ value: name, type: String, fontWeight: 'bold' } as const, text(value)])],
  };
  return writeXlsxFile([mapping, about]).toBlob();
}

/** The first page of an Excel workbook as rows of cells; `line` is the row in the sheet. Throws an Error with a sentence for what is no workbook. */
export async function rowsOfXlsx(file: Blob): Promise<CsvRow[]> {
  const { readSheet } = await import('read-excel-file/browser');
  // Numbers stay the text that stands in the sheet, with every digit.
  const data = await readSheet(file, { parseNumber: (text: string) => text }).catch((error: unknown) => {
    throw new Error('This file is no Excel workbook that can be read. Save it as .xlsx or .csv and try again.', { cause: error });
  });
  return data
    .map((row, index) => ({ cells: row.map((cell) => (cell === null || cell === undefined ? '' : String(cell))), line: index + 1 }))
    .filter(({ cells }) => cells.some((cell) => cell !== ''));
}
