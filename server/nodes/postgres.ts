import pg from 'pg';
import { shapeOfTable, type Column as TableColumn } from '#shared/shape/from-table.ts';
import type { NodeContext, SinkBatch, WriteOutcome } from '../sdk.ts';
import { defineNode, ExactNumber, MessageError, RetriableError, stringifyJson, z } from '../sdk.ts';
import {
  checkTable,
  columnText,
  groupRows,
  type OffsetRow,
  offsetRow,
  offsetTable,
  quoteName,
  quoteTable,
  type Row,
  type RowGroup,
  remaining,
  rowMaker,
  rowName,
  rowRequest,
  tableHoldings,
  upsertSql,
} from './sql-table.ts';
import { tableFields } from './table-config.ts';

const config = z.object({
  connection: z.string().min(1).meta({
    label: 'Connection',
    help: 'Secret that holds the connection string, such as postgres://user:password@host:5432/database.',
    widget: 'secret',
    placeholder: 'warehouse-db',
    group: 'Basics',
  }),
  table: z
    .string()
    .min(1)
    .max(130)
    .default('orders')
    .meta({ label: 'Table', help: 'table or schema.table', group: 'Basics', examples: ['sales.orders'] }),
  keys: tableFields.keys,
  columns: tableFields.columns,
  createTable: z.boolean().default(false).meta({
    label: 'Create what is missing',
    help: 'Creates the table and missing columns from the first messages: numeric, boolean, jsonb, bytea or text.',
    group: 'Advanced',
  }),
  batchSize: tableFields.batchSize,
  timeoutMs: z.number().int().min(1000).max(600_000).default(30_000).meta({
    label: 'Time limit',
    help: 'How long one statement may take.',
    widget: 'duration',
    group: 'Advanced',
  }),
});

/** Parameters of one statement are counted in 16 bits. */
const mostValues = 60_000;

interface Column {
  type: string;
  category: string;
}

/** PostgreSQL table sink: rows and the offset of the batch in one transaction. */
export default defineNode({
  type: 'postgres',
  version: 1,
  kind: 'sink',
  title: 'PostgreSQL',
  summary: 'Writes each message as a row, updating the row of the same key.',
  category: 'Databases',
  icon: 'database',
  keywords: ['sql', 'database', 'table', 'warehouse', 'upsert'],
  docs: `Writes a batch of messages in **one transaction**, together with the offset up to which the partition is written (table \`${offsetTable}\`, made by itself). A message that is delivered again writes nothing again.

- A message that the database refuses is a dead letter of its own; the rest of the batch is written.
- Lost connections, deadlocks, a missing table or a missing unique index are waited for.
- Numbers keep every digit in \`numeric\`, \`bigint\` and \`text\` columns. Objects and lists are written as JSON, lists into array columns as arrays.

| code | meaning |
| --- | --- |
| \`postgres/value-invalid\` | a value does not fit its column (SQLSTATE class 22) |
| \`postgres/constraint\` | a constraint refuses the row (class 23) |
| \`postgres/rejected\` | the database refuses the row for another reason, such as a trigger |
| \`postgres/column-unknown\` | the table has no such column |
| \`postgres/key-missing\` · \`postgres/not-an-object\` | the message gives no key · no columns |
| \`postgres/unreachable\` · \`postgres/table-missing\` · \`postgres/no-unique-index\` · \`postgres/offsets-ahead\` · \`postgres/unavailable\` | waited for: no connection · no such table · no unique index on the key columns · the offsets are not this topic's · anything else |`,
  config,
  guarantee: 'transaction',
  check: checkTable,
  async takes(config, context, signal) {
    // With expressions for its columns a row is not what the message is.
    if (Object.keys(config.columns).length > 0) return undefined;
    const client = new pg.Client({
      connectionString: connectionOf(config.connection, context),
      connectionTimeoutMillis: 5000,
      query_timeout: 5000,
      application_name: 'millrace',
    });
    client.on('error', () => undefined);
    const stop = (): void => void client.end().catch(() => undefined);
    signal.addEventListener('abort', stop, { once: true });
    try {
      await client.connect();
      await client.query('SET default_transaction_read_only = on');
      const columns = await describeColumns(client, config.table);
      return columns.length === 0 ? undefined : { what: `the table ${config.table}`, shape: shapeOfTable(columns) };
    } finally {
      signal.removeEventListener('abort', stop);
      await client.end().catch(() => undefined);
    }
  },
  prepare: (config, context) => rowRequest('postgres', config, context),
  holds: {
    ...tableHoldings('postgres'),
    async *keys(config, context, signal) {
      const client = new pg.Client({
        connectionString: connectionOf(config.connection, context),
        connectionTimeoutMillis: 5000,
        query_timeout: config.timeoutMs,
        application_name: 'millrace',
      });
      client.on('error', () => undefined);
      try {
        await client.connect();
        if ((await readColumns(client, config.table)) === undefined) return;
        await client.query('BEGIN READ ONLY');
        // As text: so every digit is the one that the database shows.
        const names = config.keys.map((key) => `${quoteName(key)}::text`).join(', ');
        await client.query(`DECLARE millrace_keys NO SCROLL CURSOR FOR SELECT ${names} FROM ${quoteTable(config.table)}`);
        while (!signal.aborted) {
          const { rows } = await client.query<unknown[]>({ text: 'FETCH 5000 FROM millrace_keys', rowMode: 'array' });
          if (rows.length === 0) return;
          yield rows.map(rowName);
        }
      } finally {
        await client.end().catch(() => undefined);
      }
    },
  },
  create(config, context) {
    const makeRow = rowMaker('postgres', config, context);
    const connectionString = connectionOf(config.connection, context);
    const pool = new pg.Pool({
      connectionString,
      max: 4,
      connectionTimeoutMillis: 10_000,
      idleTimeoutMillis: 30_000,
      statement_timeout: config.timeoutMs,
      // Larger than the server's own limit, so that it only speaks when the server is gone.
      query_timeout: config.timeoutMs + 5000,
      keepAlive: true,
      application_name: `millrace ${context.flow}/${context.node}`,
    });
    pool.on('error', (error) => context.log.warn('A resting connection to PostgreSQL was lost.', { error: error.message }));
    let known: Map<string, Column> | undefined;
    let offsetsReady = false;

    /** Columns of the table, made or completed where the config asks for it. */
    async function columnsFor(client: pg.PoolClient, rows: readonly Row[]): Promise<Map<string, Column>> {
      const complete = (columns: Map<string, Column>) => rows.every((row) => [...row.keys()].every((column) => columns.has(column)));
      if (known && complete(known)) return known;
      let columns = await readColumns(client, config.table);
      if (config.createTable && (!columns || !complete(columns))) {
        const types = inferTypes(rows);
        if (types.size === 0 && !columns)
          throw new RetriableError('postgres/table-missing', `The table ${config.table} waits for a message to be made from.`);
        if (!columns) {
          const primary = config.keys.length > 0 ? `, PRIMARY KEY (${config.keys.map(quoteName).join(', ')})` : '';
          const list = [...types].map(([column, type]) => `${quoteName(column)} ${type}`).join(', ');
          await client.query(`CREATE TABLE IF NOT EXISTS ${quoteTable(config.table)} (${list}${primary})`);
        } else {
          for (const [column, type] of types) {
            await client.query(`ALTER TABLE ${quoteTable(config.table)} ADD COLUMN IF NOT EXISTS ${quoteName(column)} ${type}`);
          }
        }
        columns = await readColumns(client, config.table);
      }
      if (!columns) {
        throw new RetriableError(
          'postgres/table-missing',
          `The table ${config.table} does not exist. Create it, or switch on “Create what is missing”.`,
        );
      }
      known = columns;
      return columns;
    }

    /** Writes one group; where the database refuses it, halves it until the bad rows stand alone. */
    async function writeGroup(
      client: pg.PoolClient,
      group: RowGroup,
      columns: Map<string, Column>,
      outcomes: WriteOutcome[],
    ): Promise<void> {
      const values = group.rows.flatMap((row) => row.map((value, index) => parameter(value, columns.get(group.columns[index] ?? ''))));
      await client.query('SAVEPOINT millrace_rows');
      try {
        await client.query(
          upsertSql(config.table, group.columns, config.keys, group.rows.length, (n) => `$${n}`),
          values,
        );
        await client.query('RELEASE SAVEPOINT millrace_rows');
      } catch (error) {
        const refusal = asMessageError(error);
        if (!refusal) throw error;
        await client.query('ROLLBACK TO SAVEPOINT millrace_rows');
        const [index] = group.indexes;
        if (group.rows.length === 1 && index !== undefined) {
          outcomes[index] = refusal;
          return;
        }
        const half = Math.ceil(group.rows.length / 2);
        for (const [from, to] of [
          [0, half],
          [half, group.rows.length],
        ] as const) {
          await writeGroup(
            client,
            { columns: group.columns, indexes: group.indexes.slice(from, to), rows: group.rows.slice(from, to) },
            columns,
            outcomes,
          );
        }
      }
    }

    async function writeBatch(client: pg.PoolClient, batch: SinkBatch): Promise<WriteOutcome[]> {
      const made = batch.messages.map((message) => {
        try {
          return makeRow(message);
        } catch (error) {
          if (error instanceof MessageError) return error;
          throw error;
        }
      });
      if (!offsetsReady) await createOffsets(client);
      offsetsReady = true;
      const columns = await columnsFor(
        client,
        made.filter((row) => row instanceof Map),
      );
      // A constraint checked only at the commit would fail the whole batch for one row.
      await client.query('BEGIN; SET CONSTRAINTS ALL IMMEDIATE');
      const { todo, outcomes } = remaining('postgres', await lockOffset(client, batch), batch);
      const rows: { index: number; row: Row }[] = [];
      for (const index of todo) {
        const row = made[index];
        if (row instanceof MessageError) outcomes[index] = row;
        else if (row) {
          const stranger = [...row.keys()].find((column) => !columns.has(column));
          if (stranger === undefined) rows.push({ index, row });
          else
            outcomes[index] = new MessageError('postgres/column-unknown', `The table ${config.table} has no column ${stranger}.`, {
              column: stranger,
            });
        }
      }
      for (const group of groupRows(rows, config.keys, mostValues)) await writeGroup(client, group, columns, outcomes);
      if (todo.length > 0) {
        const row = offsetRow(batch.cluster, batch.messages, outcomes);
        await client.query(
          `UPDATE ${offsetTable} SET next_offset = $4, cluster = $5, recent = $6, updated_at = now() WHERE group_name = $1 AND topic = $2 AND partition = $3`,
          [batch.group, batch.topic, batch.partition, row.next, row.cluster, row.recent],
        );
      }
      await client.query('COMMIT');
      return outcomes;
    }

    return {
      batchSize: config.batchSize,
      async write(batch, signal) {
        if (batch.messages.length === 0) return;
        if (signal.aborted) throw new RetriableError('postgres/unavailable', 'The stage is stopping; nothing of the batch was written.');
        let client: pg.PoolClient;
        try {
          client = await pool.connect();
        } catch (error) {
          throw new RetriableError('postgres/unreachable', `PostgreSQL cannot be reached: ${reason(error)}.`, { cause: error });
        }
        // Without a listener, a connection that is lost between two statements would end the process.
        const lost = (error: Error) => context.log.warn('The connection to PostgreSQL was lost.', { error: error.message });
        client.on('error', lost);
        let broken: Error | undefined;
        try {
          const outcomes = await writeBatch(client, batch);
          return outcomes.some((outcome) => outcome !== undefined) ? outcomes : undefined;
        } catch (error) {
          known = undefined;
          offsetsReady = false;
          await client.query('ROLLBACK').catch((failure: Error) => {
            broken = failure;
          });
          throw isBug(error) ? error : asRetriable(error, config.keys);
        } finally {
          client.off('error', lost);
          client.release(broken);
        }
      },
      close: () => pool.end(),
    };
  },
});

async function createOffsets(client: pg.PoolClient): Promise<void> {
  // Asking first lets a user without the right to create tables use one that an administrator made.
  const found = await client.query<{ name: string | null }>('SELECT to_regclass($1) AS name', [offsetTable]);
  if (found.rows[0]?.name) return;
  // IF NOT EXISTS looks before it makes, so two that come at the same moment both see nothing and the second one fails;
  // the lock, held to the end of these statements' one transaction, lets them come one after the other.
  await client.query(
    `SELECT pg_advisory_xact_lock(hashtext('${offsetTable}'));
    CREATE TABLE IF NOT EXISTS ${offsetTable} (group_name text NOT NULL, topic text NOT NULL, partition integer NOT NULL, next_offset bigint NOT NULL,
      cluster text NOT NULL DEFAULT '', recent text NOT NULL DEFAULT '[]', updated_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (group_name, topic, partition))`,
  );
}

/** Takes the offset row for this transaction alone; whoever else writes the partition waits here. */
async function lockOffset(client: pg.PoolClient, batch: SinkBatch): Promise<OffsetRow | undefined> {
  const where = [batch.group, batch.topic, batch.partition];
  const select = `SELECT next_offset::text AS next, cluster, recent FROM ${offsetTable} WHERE group_name = $1 AND topic = $2 AND partition = $3 FOR UPDATE`;
  const found = await client.query<OffsetRow>(select, where);
  if (found.rows[0]) return found.rows[0];
  await client.query(
    `INSERT INTO ${offsetTable} (group_name, topic, partition, next_offset) VALUES ($1, $2, $3, 0) ON CONFLICT DO NOTHING`,
    where,
  );
  return (await client.query<OffsetRow>(select, where)).rows[0];
}

/** The connection string in a secret. @throws Error when it is none, without saying what it is */
function connectionOf(secret: string, context: Pick<NodeContext, 'secret'>): string {
  const text = context.secret(secret);
  if (/^postgres(ql)?:\/\//.test(text)) return text;
  throw new Error(`The secret ${secret} is not a connection string of the form postgres://user:password@host:5432/database.`);
}

/** The columns as the catalogue has them; none where there is no such table. What the database works out itself is left out. */
async function describeColumns(client: pg.Client, table: string): Promise<TableColumn[]> {
  const found = await client.query<TableColumn & { labels: string[] | null; identity: string }>(
    `SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, NOT a.attnotnull AS nullable,
        pg_get_expr(d.adbin, d.adrelid) AS "default", a.attidentity AS identity, col_description(a.attrelid, a.attnum) AS comment,
        EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisprimary AND a.attnum = ANY (i.indkey)) AS key,
        (SELECT array_agg(e.enumlabel::text ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = a.atttypid) AS labels
      FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
      WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum`,
    [quoteTable(table)],
  );
  return found.rows.map(({ labels, identity, ...column }) => ({
    ...column,
    ...(labels ? { type: `enum(${labels.map((label) => `'${label.replaceAll("'", "''")}'`).join(',')})` } : {}),
    ...(identity === '' ? {} : { default: 'the next number' }),
  }));
}

async function readColumns(client: pg.ClientBase, table: string): Promise<Map<string, Column> | undefined> {
  const found = await client.query<{ name: string; type: string; category: string }>(
    `SELECT a.attname AS name, t.typname AS type, t.typcategory AS category FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
      WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped`,
    [quoteTable(table)],
  );
  return found.rows.length === 0 ? undefined : new Map(found.rows.map(({ name, type, category }) => [name, { type, category }]));
}

function inferTypes(rows: readonly Row[]): Map<string, string> {
  const types = new Map<string, string>();
  for (const row of rows) {
    for (const [column, value] of row) if (value !== null && !types.has(column)) types.set(column, inferType(value));
  }
  for (const row of rows) for (const column of row.keys()) if (!types.has(column)) types.set(column, 'text');
  return types;
}

function inferType(value: unknown): string {
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'number' || typeof value === 'bigint' || value instanceof ExactNumber) return 'numeric';
  if (value instanceof Uint8Array) return 'bytea';
  return typeof value === 'object' ? 'jsonb' : 'text';
}

/** A value as PostgreSQL's text form, which the server reads by the column's type: no digit passes through a double. */
function parameter(value: unknown, column: Column | undefined): unknown {
  if (value === null || value === undefined) return null;
  if (column?.type === 'json' || column?.type === 'jsonb') return stringifyJson(value);
  if (column?.category === 'A' && Array.isArray(value))
    return value.map((item) => (Array.isArray(item) ? parameter(item, column) : columnText(item)));
  const plain = columnText(value);
  return plain instanceof Uint8Array ? Buffer.from(plain) : plain;
}

function sqlState(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined;
}

/** Only what speaks of the row itself; see the error codes in appendix A of PostgreSQL's manual. */
function asMessageError(error: unknown): MessageError | undefined {
  const state = sqlState(error);
  if (!(error instanceof pg.DatabaseError) || state === undefined) return undefined;
  const details = {
    sqlstate: state,
    ...(error.constraint ? { constraint: error.constraint } : {}),
    ...(error.column ? { column: error.column } : {}),
  };
  if (state.startsWith('22')) return new MessageError('postgres/value-invalid', `PostgreSQL refuses a value: ${error.message}.`, details);
  if (state.startsWith('23')) return new MessageError('postgres/constraint', `A constraint refuses the row: ${error.message}.`, details);
  // 21000: one statement met a key twice that is equal for the database alone ('1' and '01'). Halving parts the two.
  if (
    state === '21000' ||
    state === '42804' ||
    state === '428C9' ||
    state.startsWith('54') ||
    state.startsWith('P0') ||
    state.startsWith('44')
  ) {
    return new MessageError('postgres/rejected', `PostgreSQL refuses the row: ${error.message}.`, details);
  }
  return undefined;
}

/** A connection fails with a plain Error; these are thrown by code that is wrong. */
function isBug(error: unknown): boolean {
  return error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
}

function asRetriable(error: unknown, keys: readonly string[]): RetriableError {
  if (error instanceof RetriableError) return error;
  const state = sqlState(error);
  if (state === '42P10') {
    return new RetriableError(
      'postgres/no-unique-index',
      `The table has no unique index on exactly the key columns ${keys.join(', ')}. Create one, then the stage goes on.`,
      { cause: error },
    );
  }
  const unreachable = state === undefined || state.startsWith('08') || state.startsWith('57P');
  return new RetriableError(
    unreachable ? 'postgres/unreachable' : 'postgres/unavailable',
    `PostgreSQL did not take the batch: ${reason(error)}.`,
    { cause: error },
  );
}

function reason(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map((one) => reason(one)).join('; ');
  return error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
}
