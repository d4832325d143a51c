/** Reads CSV (RFC 4180) as it comes in; cells may hold line breaks in quotes. `row` gets each line's cells. */
export function csvReader(delimiter: string, row: (cells: string[]) => void): { push(text: string): void; end(): void } {
  let cells: string[] = [];
  let cell = '';
  let state: 'cell' | 'quoted' | 'quote' = 'cell';

  const endCell = (): void => {
    cells.push(cell);
    cell = '';
  };
  const endRow = (): void => {
    endCell();
    if (cells.length > 1 || cells[0] !== '') row(cells);
    cells = [];
  };
  return {
    push(text) {
      for (const char of text) {
        if (state === 'quoted') {
          if (char === '"') state = 'quote';
          else cell += char;
        } else if (state === 'quote' && char === '"') {
          cell += char;
          state = 'quoted';
        } else {
          if (char === '"' && cell === '' && state === 'cell') state = 'quoted';
          else if (char === delimiter) {
            endCell();
            state = 'cell';
          } else if (char === '\n') {
            endRow();
            state = 'cell';
          } else if (char !== '\r') cell += char;
        }
      }
    },
    end() {
      if (cell !== '' || cells.length > 0) endRow();
    },
  };
}

/** What separates the cells of a first line: the most frequent of tab, semicolon and comma. */
export function delimiterOf(line: string): string {
  const count = (char: string) => line.split(char).length - 1;
  return ['\t', ';', ','].reduce((best, char) => (count(char) > count(best) ? char : best), ',');
}
