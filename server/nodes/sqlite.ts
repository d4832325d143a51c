import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { type Column, shapeOfTable } from '#shared/shape/from-table.ts';
import type { SinkBatch, WriteOutcome } from '../sdk.ts';
import { defineNode, ExactNumber, MessageError, RetriableError, z } from '../sdk.ts';
import { confinedPath, pathProblem } from './confined-path.ts';
import {
  checkTable,
  columnText,
  type OffsetRow,
  offsetRow,
  offsetTable,
  quoteName,
  quoteTable,
  type Row,
  remaining,
  rowMaker,
  rowName,
  rowRequest,
  tableHoldings,
  upsertSql,
} from './sql-table.ts';
import { tableFields } from './table-config.ts';

const config = z.object({
  path: z
    .string()
    .min(1)
    .default('warehouse.db')
    .meta({ label: 'File', help: 'Path of the database inside the files folder.', group: 'Basics', examples: ['warehouse.db'] }),
  table: z.string().min(1).max(130).default('orders').meta({ label: 'Table', group: 'Basics' }),
  keys: tableFields.keys,
  columns: tableFields.columns,
  createTable: z.boolean().default(true).meta({
    label: 'Create what is missing',
    help: 'Creates the table and missing columns from the messages. Its columns have no type, so every value is stored as it came.',
    group: 'Advanced',
  }),
  batchSize: tableFields.batchSize,
});

/** Names of rows that are handed on together. */
const keysAtOnce = 1000;
/** Largest and smallest integer that a column holds without loss. */
const int64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n };

/** SQLite table sink: rows and the offset of the batch in one transaction of one file. */
export default defineNode({
  type: 'sqlite',
  version: 1,
  kind: 'sink',
  title: 'SQLite',
  summary: 'Writes each message as a row of a database file, updating the row of the same key.',
  category: 'Databases',
  icon: 'database',
  keywords: ['sql', 'database', 'table', 'file', 'upsert', 'warehouse'],
  docs: `Writes a batch of messages in **one transaction**, together with the offset up to which the partition is written (table \`${offsetTable}\`). A message that is delivered again writes nothing again. The commit is on disk before the batch counts as written.

A 64-bit integer is stored as one; a longer number is stored as its text, digit by digit, and refused by a column whose type would round it.

| code | meaning |
| --- | --- |
| \`sqlite/constraint\` | a constraint refuses the row |
| \`sqlite/value-invalid\` | a value does not fit its column, or would lose digits in it |
| \`sqlite/column-unknown\` · \`sqlite/key-missing\` · \`sqlite/not-an-object\` | no such column · the message gives no key · no columns |
| \`sqlite/unavailable\` · \`sqlite/table-missing\` · \`sqlite/no-unique-index\` · \`sqlite/offsets-ahead\` | waited for: file locked, disk full · no such table · no unique index on the key columns · the offsets are not this topic's |`,
  config,
  guarantee: 'transaction',
  check: (config) => {
    const problem = pathProblem(config.path);
    return [...(problem === undefined ? [] : [{ field: 'path', message: problem }]), ...checkTable(config)];
  },
  async takes(config, context) {
    // With expressions for its columns a row is not what the message is.
    if (Object.keys(config.columns).length > 0 || pathProblem(config.path) !== undefined) return undefined;
    if (!existsSync(join(context.filesFolder, config.path))) return undefined;
    const opened = new Database(confinedPath(context.filesFolder, config.path), { readonly: true, fileMustExist: true, timeout: 2000 });
    try {
      const columns = describeColumns(opened, config.table);
      return columns.length === 0 ? undefined : { what: `the table ${config.table} in ${config.path}`, shape: shapeOfTable(columns) };
    } finally {
      opened.close();
    }
  },
  prepare: (config, context) => rowRequest('sqlite', config, context),
  holds: {
    // SQLite stores true and false as 1 and 0.
    ...tableHoldings('sqlite', (value) => (typeof value === 'boolean' ? Number(value) : value)),
    async *keys(config, context, signal) {
      if (!existsSync(join(context.filesFolder, config.path))) return;
      const opened = new Database(confinedPath(context.filesFolder, config.path), { readonly: true, fileMustExist: true, timeout: 2000 });
      try {
        if (readColumns(opened, config.table).size === 0) return;
        const names = config.keys.map(quoteName).join(', ');
        const rows = opened
          .prepare(`SELECT ${names} FROM ${quoteTable(config.table)}`)
          .safeIntegers()
          .raw()
          .iterate();
        let chunk: string[] = [];
        for (const row of rows as IterableIterator<unknown[]>) {
          chunk.push(rowName(row));
          if (chunk.length < keysAtOnce) continue;
          yield chunk;
          chunk = [];
          if (signal.aborted) return;
        }
        if (chunk.length > 0) yield chunk;
      } finally {
        opened.close();
      }
    },
  },
  create(config, context) {
    const makeRow = rowMaker('sqlite', config, context);
    const file = confinedPath(context.filesFolder, config.path);
    let database: Database.Database | undefined;
    let affinities: Map<string, string> | undefined;
    const statements = new Map<string, Database.Statement>();

    /** Opened at the first batch and again after an error, because the file may not be ready when the flow starts. */
    function open(): Database.Database {
      if (database) return database;
      const opened = new Database(file, { timeout: 5000 });
      opened.pragma('journal_mode = WAL');
      opened.pragma('synchronous = FULL');
      opened.exec(
        `CREATE TABLE IF NOT EXISTS ${offsetTable} (group_name TEXT NOT NULL, topic TEXT NOT NULL, partition INTEGER NOT NULL, next_offset TEXT NOT NULL,
          cluster TEXT NOT NULL DEFAULT '', recent TEXT NOT NULL DEFAULT '[]', PRIMARY KEY (group_name, topic, partition))`,
      );
      database = opened;
      return opened;
    }

    function columnsFor(opened: Database.Database, rows: readonly Row[]): Map<string, string> {
      const names = new Set(rows.flatMap((row) => [...row.keys()]));
      const complete = (columns: Map<string, string>) => [...names].every((name) => columns.has(name));
      if (affinities && complete(affinities)) return affinities;
      let columns = readColumns(opened, config.table);
      if (config.createTable && names.size > 0) {
        if (columns.size === 0) {
          const primary = config.keys.length > 0 ? `, PRIMARY KEY (${config.keys.map(quoteName).join(', ')})` : '';
          opened.exec(`CREATE TABLE IF NOT EXISTS ${quoteTable(config.table)} (${[...names].map(quoteName).join(', ')}${primary})`);
        } else {
          for (const name of names)
            if (!columns.has(name)) opened.exec(`ALTER TABLE ${quoteTable(config.table)} ADD COLUMN ${quoteName(name)}`);
        }
        columns = readColumns(opened, config.table);
      }
      if (columns.size === 0)
        throw new RetriableError(
          'sqlite/table-missing',
          `The table ${config.table} does not exist in ${config.path}. Create it, or switch on “Create what is missing”.`,
        );
      affinities = columns;
      return columns;
    }

    function writeBatch(opened: Database.Database, batch: SinkBatch): WriteOutcome[] {
      const made = batch.messages.map((message) => {
        try {
          return makeRow(message);
        } catch (error) {
          if (error instanceof MessageError) return error;
          throw error;
        }
      });
      const transaction = opened.transaction(() => {
        const columns = columnsFor(
          opened,
          made.filter((row) => row instanceof Map),
        );
        const where = [batch.group, batch.topic, batch.partition];
        const found = opened
          .prepare(`SELECT next_offset AS next, cluster, recent FROM ${offsetTable} WHERE group_name = ? AND topic = ? AND partition = ?`)
          .get(where);
        const { todo, outcomes } = remaining('sqlite', found as OffsetRow | undefined, batch);
        for (const index of todo) {
          const row = made[index];
          outcomes[index] = row instanceof MessageError ? row : row && writeRow(opened, row, columns);
        }
        if (todo.length > 0) {
          const row = offsetRow(batch.cluster, batch.messages, outcomes);
          opened
            .prepare(
              `INSERT OR REPLACE INTO ${offsetTable} (group_name, topic, partition, next_offset, cluster, recent) VALUES (?, ?, ?, ?, ?, ?)`,
            )
            .run(...where, row.next, row.cluster, row.recent);
        }
        return outcomes;
      });
      // Immediate: the write lock is taken before the offset is read, so that two writers cannot read the same one.
      return transaction.immediate();
    }

    function statementFor(opened: Database.Database, names: string[]): Database.Statement {
      const shape = JSON.stringify(names);
      let statement = statements.get(shape);
      if (!statement) {
        statement = opened.prepare(upsertSql(config.table, names, config.keys, 1, () => '?'));
        // Messages of ever other shapes must not fill the memory.
        if (statements.size > 100) statements.clear();
        statements.set(shape, statement);
      }
      return statement;
    }

    function writeRow(opened: Database.Database, row: Row, columns: Map<string, string>): MessageError | undefined {
      const names = [...row.keys()];
      try {
        const values = names.map((name) => parameter(row.get(name), name, columns.get(name)));
        // SQLite takes back a statement that fails, and only that; the transaction goes on.
        statementFor(opened, names).run(values);
        return undefined;
      } catch (error) {
        const refusal = asMessageError(error);
        if (refusal) return refusal;
        throw error;
      }
    }

    return {
      batchSize: config.batchSize,
      async write(batch, signal) {
        if (batch.messages.length === 0) return;
        if (signal.aborted) throw new RetriableError('sqlite/unavailable', 'The stage is stopping; nothing of the batch was written.');
        try {
          const outcomes = writeBatch(open(), batch);
          return outcomes.some((outcome) => outcome !== undefined) ? outcomes : undefined;
        } catch (error) {
          affinities = undefined;
          statements.clear();
          database?.close();
          database = undefined;
          throw asRetriable(error, config);
        }
      },
      close() {
        database?.close();
        database = undefined;
      },
    };
  },
});

const nameInPragma = (table: string): string => (table.split('.').at(-1) ?? table).replace(/^"|"$/g, '');

/** The columns as the table declares them. A whole number that is the key alone is given by SQLite itself. */
function describeColumns(opened: Database.Database, table: string): Column[] {
  const rows = opened
    .prepare('SELECT name, type, "notnull" AS required, dflt_value AS fallback, pk FROM pragma_table_info(?)')
    .all(nameInPragma(table)) as { name: string; type: string; required: number; fallback: string | null; pk: number }[];
  const alone = rows.filter(({ pk }) => pk > 0).length === 1;
  return rows.map(({ name, type, required, fallback, pk }) => ({
    name,
    type,
    nullable: required === 0 && pk === 0,
    default: fallback ?? (pk > 0 && alone && type.toUpperCase() === 'INTEGER' ? 'the next number' : null),
    key: pk > 0,
  }));
}

function readColumns(opened: Database.Database, table: string): Map<string, string> {
  const rows = opened.prepare('SELECT name, upper(type) AS type FROM pragma_table_info(?)').all(nameInPragma(table)) as {
    name: string;
    type: string;
  }[];
  return new Map(rows.map(({ name, type }) => [name, affinity(type)]));
}

/** Column affinity by the declared type, as SQLite's own five rules have it (datatype3.html, 3.1). */
function affinity(type: string): string {
  if (type.includes('INT')) return 'INTEGER';
  if (/CHAR|CLOB|TEXT/.test(type)) return 'TEXT';
  if (type === '' || type.includes('BLOB')) return 'BLOB';
  return /REAL|FLOA|DOUB/.test(type) ? 'REAL' : 'NUMERIC';
}

function parameter(value: unknown, column: string, columnAffinity: string | undefined): string | number | bigint | Uint8Array | null {
  if (columnAffinity === undefined) throw new MessageError('sqlite/column-unknown', `The table has no column ${column}.`, { column });
  if (value instanceof ExactNumber) {
    const integer = /^-?\d+$/.test(value.text) ? BigInt(value.text) : undefined;
    if (integer !== undefined && integer >= int64.min && integer <= int64.max && columnAffinity !== 'REAL') return integer;
    if (columnAffinity !== 'TEXT' && columnAffinity !== 'BLOB') {
      throw new MessageError('sqlite/value-invalid', `The column ${column} would round ${value.text}. Give it the type TEXT.`, { column });
    }
    return value.text;
  }
  const plain = columnText(value);
  if (typeof plain === 'boolean') return plain ? 1n : 0n;
  // A whole number bound as a double would be stored as 5.0 in a column without a type.
  if (typeof plain === 'number' && Number.isInteger(plain) && Math.abs(plain) < 2 ** 63 && columnAffinity !== 'REAL') {
    // By its text, which is what came in: beyond 2^53 the double itself stands for another whole number.
    return BigInt(String(plain));
  }
  return plain instanceof Uint8Array ? Buffer.from(plain) : plain;
}

function asMessageError(error: unknown): MessageError | undefined {
  if (error instanceof MessageError) return error;
  if (!(error instanceof Database.SqliteError)) return undefined;
  if (error.code.startsWith('SQLITE_CONSTRAINT'))
    return new MessageError('sqlite/constraint', `A constraint refuses the row: ${error.message}.`, { code: error.code });
  if (error.code === 'SQLITE_MISMATCH' || error.code === 'SQLITE_TOOBIG')
    return new MessageError('sqlite/value-invalid', `SQLite refuses a value: ${error.message}.`, { code: error.code });
  return undefined;
}

function asRetriable(error: unknown, config: { path: string; keys: string[] }): unknown {
  if (error instanceof RetriableError || error instanceof TypeError || error instanceof RangeError) return error;
  const text = error instanceof Error ? error.message : String(error);
  if (text.includes('ON CONFLICT clause does not match')) {
    return new RetriableError(
      'sqlite/no-unique-index',
      `The table has no unique index on exactly the key columns ${config.keys.join(', ')}. Create one, then the stage goes on.`,
      { cause: error },
    );
  }
  return new RetriableError('sqlite/unavailable', `${config.path} did not take the batch: ${text}.`, { cause: error });
}
