import { table } from './table.ts';

/** A benchmark: its figures as rows, always with a ratio against a baseline measured in the same run where there is one. */
export interface Bench {
  title: string;
  run(): Promise<Row[] | Table[]>;
}

/** A line of figures by column. */
export type Row = Record<string, string | number>;

/** One of several tables of a benchmark. */
export interface Table {
  /** Its key in the figures that `--json` prints. */
  name: string;
  title: string;
  rows: Row[];
}

const isTable = (one: Row | Table): one is Table => Array.isArray(one.rows);
const isRow = (one: Row | Table): one is Row => !isTable(one);

const benches: Record<string, () => Promise<Bench>> = {
  'exactly-once': async () => (await import('./exactly-once.ts')).bench,
  start: async () => (await import('./start.ts')).bench,
  flows: async () => (await import('./flows.ts')).bench,
  webhook: async () => (await import('./webhook.ts')).bench,
  comparison: async () => (await import('./comparison.ts')).bench,
  preview: async () => (await import('./preview.ts')).bench,
  inbox: async () => (await import('./inbox.ts')).bench,
  ledger: async () => (await import('./ledger.ts')).bench,
  replay: async () => (await import('./replay.ts')).bench,
  trace: async () => (await import('./trace.ts')).bench,
  try: async () => (await import('./try.ts')).bench,
  jsonata: async () => (await import('./jsonata.ts')).bench,
  mapping: async () => (await import('./mapping.ts')).bench,
};

const args = process.argv.slice(2);
const json = args.includes('--json');
const names = args.filter((arg) => !arg.startsWith('--'));
const unknown = names.filter((name) => benches[name] === undefined);
if (unknown.length > 0 || names.length === 0) {
  console.error(`Usage: npm run bench -- NAME… [--json], with NAME one of ${Object.keys(benches).join(', ')}.`);
  process.exit(2);
}
const figures: Record<string, Row[] | Record<string, Row[]>> = {};
for (const name of names) {
  const bench = await benches[name]?.();
  if (bench === undefined) continue;
  console.log(`\n${bench.title}`);
  const results: (Row | Table)[] = await bench.run();
  const tables = results.filter(isTable);
  for (const { title, rows } of tables) console.log(`\n${title}\n${table(rows)}`);
  const rows = results.filter(isRow);
  if (rows.length > 0) console.log(table(rows));
  figures[name] = tables.length > 0 ? Object.fromEntries(tables.map((one) => [one.name, one.rows])) : rows;
}
if (json) console.log(JSON.stringify({ node: process.version, at: new Date().toISOString(), figures }));
process.exit(0);
