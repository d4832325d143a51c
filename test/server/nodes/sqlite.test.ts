import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { beforeEach, describe, expect, it } from 'vitest';
import sqlite from '#server/nodes/sqlite.ts';
import type { SinkInstance } from '#server/sdk.ts';
import { ExactNumber } from '#shared/json.ts';
import { codes, sinkBatch, sinkMessage, testContext, writeAll } from './node-bench.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-sqlite-'));
});

async function sinkOf(config: Record<string, unknown> = {}): Promise<SinkInstance> {
  return sqlite.create(sqlite.config.parse(config), testContext({ filesFolder: folder }));
}
function sql(text: string): unknown[] {
  const database = new Database(join(folder, 'warehouse.db')).defaultSafeIntegers(true);
  try {
    if (!/^SELECT/.test(text)) return [database.exec(text)];
    return database.prepare(text).all();
  } finally {
    database.close();
  }
}
const batch = (...values: unknown[]) => sinkBatch(values.map((value, index) => sinkMessage(index, value)));

describe('sqlite sink', () => {
  it('makes the table, writes rows and updates the row of the same key', async () => {
    const sink = await sinkOf({ keys: ['id'] });
    await writeAll(sink, batch({ id: 'a', total: 1.5 }, { id: 'b', total: 2, tags: ['x'] }, { id: 'a', total: 3, ok: true }));
    expect(sql('SELECT id, total, tags, ok FROM orders ORDER BY id')).toEqual([
      { id: 'a', total: 3n, tags: null, ok: 1n },
      { id: 'b', total: 2n, tags: '["x"]', ok: null },
    ]);
  });

  it('keeps every digit, as a 64-bit integer or as text, and refuses a column that would round', async () => {
    const sink = await sinkOf({ keys: ['id'] });
    const long = new ExactNumber('0.12345678901234567890');
    const huge = new ExactNumber('92233720368547758070');
    // JSON gives this one as a double, because its shortest text is what came in; the double itself is 9007199254740990976.
    const round = 9007199254740991000;
    await writeAll(sink, batch({ id: 1, big: new ExactNumber('9007199254740993'), long, huge, round }));
    expect(sql('SELECT big, long, huge, round FROM orders')).toEqual([
      { big: 9007199254740993n, long: long.text, huge: huge.text, round: 9007199254740991000n },
    ]);
    sql('CREATE TABLE strict (id TEXT PRIMARY KEY, n NUMERIC, r REAL, t TEXT)');
    const other = await sinkOf({ table: 'strict', keys: ['id'] });
    const outcomes = await writeAll(other, {
      ...batch(
        { id: 'a', n: long },
        { id: 'b', r: new ExactNumber('9007199254740993') },
        { id: 'c', n: new ExactNumber('9007199254740993'), t: long },
      ),
      group: 'other',
    });
    expect(codes(outcomes)).toEqual(['sqlite/value-invalid', 'sqlite/value-invalid', 'ok']);
    expect(sql('SELECT * FROM strict')).toEqual([{ id: 'c', n: 9007199254740993n, r: null, t: long.text }]);
  });

  it('knows the rows that it holds by the names that its messages have', async () => {
    const config = sqlite.config.parse({ keys: ['id', 'n'] });
    const context = testContext({ filesFolder: folder });
    const values = [
      { id: 'a', n: 5 },
      { id: 'b', n: new ExactNumber('9007199254740993') },
      { id: true, n: 1.5 },
      { id: 'x"y', n: 9007199254740991000 },
    ];
    await writeAll(await sinkOf({ keys: ['id', 'n'] }), batch(...values));
    const held: string[] = [];
    for await (const keys of sqlite.holds?.keys(config, context, AbortSignal.timeout(5000)) ?? []) held.push(...keys);
    const nameOf = sqlite.holds?.key(config, context);
    expect(held.sort()).toEqual(values.map((value) => nameOf?.(sinkMessage(0, value))).sort());
    expect(sqlite.holds?.unable?.(sqlite.config.parse({ keys: [] }))).toContain('no key columns');
  });

  it('fails the bad messages alone, and repeats their failures when they come again', async () => {
    sql('CREATE TABLE orders (id TEXT PRIMARY KEY, total REAL CHECK (total > 0))');
    const sink = await sinkOf({ keys: ['id'], createTable: false });
    const messages = batch({ id: 'a', total: 1 }, { id: 'b', total: -1 }, { total: 1 }, { id: 'd', colour: 1 }, 'text', {
      id: 'f',
      total: 6,
    });
    const expected = ['ok', 'sqlite/constraint', 'sqlite/key-missing', 'sqlite/column-unknown', 'sqlite/not-an-object', 'ok'];
    expect(codes(await writeAll(sink, messages))).toEqual(expected);
    expect(codes(await writeAll(await sinkOf({ keys: ['id'], createTable: false }), messages))).toEqual(expected);
    expect(sql('SELECT id FROM orders')).toHaveLength(2);
  });

  it('writes nothing twice when a batch is delivered again', async () => {
    const messages = Array.from({ length: 10 }, (_, index) => sinkMessage(index, { id: String(index) }));
    await writeAll(await sinkOf(), sinkBatch(messages));
    await writeAll(await sinkOf(), sinkBatch([...messages.slice(5), sinkMessage(10, { id: '10' })]));
    expect(sql('SELECT count(*) AS n FROM orders')).toEqual([{ n: 11n }]);
    await writeAll(await sinkOf(), sinkBatch(messages, { partition: 1 }));
    expect(sql('SELECT count(*) AS n FROM orders')).toEqual([{ n: 21n }]);
  });

  it('waits while another writes to the file, and while there is no table or index', async () => {
    sql('CREATE TABLE orders (id TEXT)');
    const sink = await sinkOf({ keys: ['id'] });
    await expect(writeAll(sink, batch({ id: 'a' }))).rejects.toMatchObject({ name: 'RetriableError', code: 'sqlite/no-unique-index' });
    const missing = await sinkOf({ table: 'nowhere', createTable: false });
    await expect(writeAll(missing, batch({ id: 'a' }))).rejects.toMatchObject({ code: 'sqlite/table-missing' });
    sql('CREATE UNIQUE INDEX one ON orders (id)');
    expect(codes(await writeAll(sink, batch({ id: 'a' })))).toEqual(['ok']);
  });

  it('takes any text for a name, and refuses a path outside the folder', async () => {
    const name = 'a "b"; DROP TABLE orders; --';
    await writeAll(await sinkOf({ table: '"odd; table"', keys: ['id'] }), batch({ id: 1, [name]: 2 }));
    expect(sql('SELECT * FROM "odd; table"')).toEqual([{ id: 1n, [name]: 2n }]);
    await expect(async () => sinkOf({ path: '../x.db' })).rejects.toThrow('does not stay in the files folder');
    expect(sqlite.check?.(sqlite.config.parse({ path: '/x.db', table: 'a.b.c', keys: ['id'], columns: { x: 'x' } }))).toHaveLength(3);
  });
});

describe('what a SQLite table takes', () => {
  const context = () => ({ filesFolder: folder, allowPrivate: [], secret: () => '' });
  const takes = (config: Record<string, unknown> = {}) =>
    sqlite.takes?.(sqlite.config.parse(config), context(), new AbortController().signal);

  it('is what its columns say, and reading it makes and changes nothing', async () => {
    expect(await takes()).toBeUndefined();
    expect(existsSync(join(folder, 'warehouse.db'))).toBe(false);
    sql('CREATE TABLE orders (id INTEGER PRIMARY KEY, no VARCHAR(12) NOT NULL, total NUMERIC, paid BOOLEAN NOT NULL DEFAULT 0, any_thing)');
    expect(await takes()).toEqual({
      what: 'the table orders in warehouse.db',
      shape: {
        kinds: ['object'],
        fields: [
          { name: 'id', required: false, shape: { kinds: ['number'], facts: { whole: true, default: 'the next number', key: true } } },
          { name: 'no', required: true, shape: { kinds: ['text'], facts: { maxLength: 12 } } },
          { name: 'total', required: false, shape: { kinds: ['number', 'null'] } },
          { name: 'paid', required: false, shape: { kinds: ['boolean'], facts: { default: '0' } } },
          { name: 'any_thing', required: false, shape: { kinds: [] } },
        ],
      },
    });
    expect(sql("SELECT name FROM sqlite_master WHERE type = 'table'")).toEqual([{ name: 'orders' }]);
  });

  it('says nothing of a table that is not there, of one that gets its columns by expressions, and of files outside', async () => {
    sql('CREATE TABLE orders (id)');
    expect(await takes({ table: 'others' })).toBeUndefined();
    expect(await takes({ columns: { id: 'order.id' } })).toBeUndefined();
    expect(await takes({ path: '../warehouse.db' })).toBeUndefined();
  });
});
