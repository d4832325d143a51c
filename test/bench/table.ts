/** Rows as an aligned text table; numbers with at most three digits after the point. */
export function table(rows: readonly Record<string, string | number>[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cells = [columns, ...rows.map((row) => columns.map((column) => show(row[column])))];
  const widths = columns.map((_, at) => Math.max(...cells.map((line) => line[at]?.length ?? 0)));
  return cells.map((line) => line.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ')).join('\n');
}

function show(value: string | number | undefined): string {
  if (value === undefined) return '';
  return typeof value === 'number' ? String(Math.round(value * 1000) / 1000) : value;
}
