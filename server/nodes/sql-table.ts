import { createHash } from 'node:crypto';
import type { Message, NodeContext, SinkBatch, SinkMessage, SinkRequest, WriteOutcome } from '../sdk.ts';
import { ExactNumber, MessageError, RetriableError, stringifyJson } from '../sdk.ts';
import { compileNodeExpression } from './expression.ts';

/**
 * What the two table sinks share: which columns a message becomes, the statements, and the offset row that stands in
 * the same transaction as the rows, so that a message delivered again writes nothing twice.
 */

/** One message as a row: column name → value. Column order is the order of writing. */
export type Row = Map<string, unknown>;

/** Config fields that both table sinks have. */
export interface TableConfig {
  table: string;
  keys: string[];
  columns: Record<string, string>;
}

/** Quotes an identifier: any text without NUL is safe inside. */
export function quoteName(name: string): string {
  if (name === '' || name.includes('\u0000')) throw new Error(`${JSON.stringify(name)} cannot be the name of a table or column.`);
  return `"${name.replaceAll('"', '""')}"`;
}

/** `sales.orders` → `"sales"."orders"`. A part in double quotes may itself hold dots. */
export function quoteTable(name: string): string {
  const parts = name.match(/"(?:[^"]|"")+"|[^."]+/g) ?? [];
  const rest = name.replace(/"(?:[^"]|"")+"|[^."]+/g, '');
  if (parts.length === 0 || parts.length > 2 || rest !== '.'.repeat(parts.length - 1)) {
    throw new Error(`${JSON.stringify(name)} is not a table name: write "table" or "schema.table".`);
  }
  return parts.map((part) => quoteName(part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part)).join('.');
}

/** Problems of the fields that both table sinks have, for the type's `check`. */
export function checkTable(config: TableConfig): { field: string; message: string }[] {
  const problems: { field: string; message: string }[] = [];
  try {
    quoteTable(config.table);
  } catch (error) {
    problems.push({ field: 'table', message: String((error as Error).message) });
  }
  const columns = Object.keys(config.columns);
  for (const [index, key] of config.keys.entries()) {
    if (columns.length > 0 && !columns.includes(key)) {
      problems.push({ field: `keys.${index}`, message: `The key column ${key} has no value: add it to the columns.` });
    }
  }
  return problems;
}

/**
 * Makes rows of messages: the configured columns, or every field of the value when none are configured.
 * The function throws MessageError `<prefix>/…` when the message gives no row or misses a key.
 */
export function rowMaker(prefix: string, config: TableConfig, context: NodeContext): (message: Message) => Row {
  const columns: [string, (message: Message) => unknown][] = Object.entries(config.columns).map(([column, text]) => [
    column,
    compileNodeExpression(text, context, prefix),
  ]);
  return (message) => {
    const row: Row = new Map();
    if (columns.length > 0) {
      for (const [column, evaluate] of columns) row.set(column, evaluate(message) ?? null);
    } else {
      const value = message.value;
      if (
        typeof value !== 'object' ||
        value === null ||
        Array.isArray(value) ||
        value instanceof Uint8Array ||
        value instanceof ExactNumber
      ) {
        throw new MessageError(
          `${prefix}/not-an-object`,
          'The message is not an object, so it has no fields to make columns of. Map it to an object first.',
        );
      }
      for (const [column, field] of Object.entries(value)) if (field !== undefined) row.set(column, field);
      if (row.size === 0) throw new MessageError(`${prefix}/not-an-object`, 'The message is an empty object, so it makes no row.');
    }
    for (const [column, value] of row) {
      if (typeof value === 'function' || typeof value === 'symbol') {
        throw new MessageError(`${prefix}/value-invalid`, `The value of the column ${column} is a function. Call it in the expression.`, {
          column,
        });
      }
      if (column === '' || column.includes('\u0000')) {
        throw new MessageError(`${prefix}/column-unknown`, `${JSON.stringify(column)} cannot be the name of a column.`, { column });
      }
    }
    for (const key of config.keys) {
      const value = row.get(key);
      if (value === undefined || value === null) {
        throw new MessageError(
          `${prefix}/key-missing`,
          `The key column ${key} is empty, so the row cannot be found again. Give it a value or drop the message before.`,
          { column: key },
        );
      }
    }
    return row;
  };
}

/** For a Try: the row that a message becomes. The function throws MessageError as {@link rowMaker}'s does. */
export function rowRequest(prefix: string, config: TableConfig, context: NodeContext): (message: Message) => SinkRequest {
  const makeRow = rowMaker(prefix, config, context);
  return (message) => {
    const row = new Map([...makeRow(message)].map(([column, value]) => [column, shownValue(value)]));
    const keys = config.keys.map((key) => [key, row.get(key)] as const);
    const named = keys.map(([key, value]) => `${key} = ${stringifyJson(value) ?? ''}`).join(', ');
    const what = named === '' ? `a new row of ${config.table}` : `the row of ${config.table} with ${named}`;
    return {
      what,
      data: { table: config.table, ...(keys.length > 0 && { keys: Object.fromEntries(keys) }), row: Object.fromEntries(row) },
    };
  };
}

/** The name under which a table keeps a row: the value of its key column, or a JSON list of them when there are several. */
export function rowName(values: readonly unknown[]): string {
  const texts = values.map((value) => nameText(columnText(value)));
  return texts.length === 1 ? (texts[0] ?? '') : JSON.stringify(texts);
}

function nameText(value: ReturnType<typeof columnText>): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  return String(value);
}

/** Of a table sink's `holds`: what needs no database. @param stored what becomes of a value that is stored */
export function tableHoldings(
  prefix: string,
  stored: (value: unknown) => unknown = (value) => value,
): {
  unable(config: TableConfig): string | undefined;
  key(config: TableConfig, context: NodeContext): (message: Message) => string;
} {
  return {
    unable: (config) =>
      config.keys.length > 0 ? undefined : 'The sink has no key columns, so its rows cannot be told apart. Name them in its settings.',
    key(config, context) {
      const makeRow = rowMaker(prefix, config, context);
      return (message) => {
        const row = makeRow(message);
        return rowName(config.keys.map((key) => stored(row.get(key))));
      };
    },
  };
}

function shownValue(value: unknown): unknown {
  return value instanceof Uint8Array ? { base64: Buffer.from(value).toString('base64') } : value;
}

/** A value as a table stores text: digits of an ExactNumber as they came, objects and lists as JSON. */
export function columnText(value: unknown): string | number | bigint | boolean | Uint8Array | null {
  if (value === undefined || value === null) return null;
  if (value instanceof ExactNumber) return value.text;
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'object') return stringifyJson(value) ?? null;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return value;
  throw new TypeError(`A ${typeof value} cannot be stored in a table.`);
}

/** Rows that one statement can write: same columns in the same order, no key twice, in the order they came. */
export interface RowGroup {
  columns: string[];
  /** Index of each row's message in the batch. */
  indexes: number[];
  rows: unknown[][];
}

/**
 * Cuts rows into groups for one `INSERT … ON CONFLICT` each. A key that comes again opens a new group, because one
 * statement cannot update a row twice and the later message must win.
 * @param most the most values (rows × columns) of a group
 */
export function groupRows(rows: readonly { index: number; row: Row }[], keys: readonly string[], most: number): RowGroup[] {
  const groups: RowGroup[] = [];
  let seen = new Set<string>();
  let signature = '';
  for (const { index, row } of rows) {
    const columns = [...row.keys()];
    const shape = JSON.stringify(columns);
    const key = keys.length > 0 ? JSON.stringify(keys.map((name) => String(columnText(row.get(name))))) : undefined;
    let group = groups.at(-1);
    const full = group && (group.rows.length + 1) * columns.length > most;
    if (!group || shape !== signature || full || (key !== undefined && seen.has(key))) {
      group = { columns, indexes: [], rows: [] };
      groups.push(group);
      signature = shape;
      seen = new Set();
    }
    if (key !== undefined) seen.add(key);
    group.indexes.push(index);
    group.rows.push([...row.values()]);
  }
  return groups;
}

/** `INSERT … VALUES … ON CONFLICT …` for a number of rows; `parameter(n)` names the n-th parameter from 1. */
export function upsertSql(
  table: string,
  columns: readonly string[],
  keys: readonly string[],
  rows: number,
  parameter: (n: number) => string,
): string {
  const names = columns.map(quoteName).join(', ');
  const tuples: string[] = [];
  for (let row = 0; row < rows; row++)
    tuples.push(`(${columns.map((_, column) => parameter(row * columns.length + column + 1)).join(', ')})`);
  const insert = `INSERT INTO ${quoteTable(table)} (${names}) VALUES ${tuples.join(', ')}`;
  if (keys.length === 0) return insert;
  const others = columns.filter((column) => !keys.includes(column));
  const update =
    others.length === 0
      ? 'NOTHING'
      : `UPDATE SET ${others.map((column) => `${quoteName(column)} = excluded.${quoteName(column)}`).join(', ')}`;
  return `${insert} ON CONFLICT (${keys.map(quoteName).join(', ')}) DO ${update}`;
}

/** Name of the table that holds how far each partition is written, beside the rows. */
export const offsetTable = 'millrace_offsets';

/** The offset row of one group, topic and partition, as stored. */
export interface OffsetRow {
  /** The first offset that is not written yet, decimal. */
  next: string;
  /** Kafka cluster that the offsets belong to; empty when unknown. */
  cluster: string;
  /** What became of the last batch: JSON of {@link Remembered}[]. */
  recent: string;
}

/** One message of the last batch: offset, fingerprint, and code and sentence when it failed. */
type Remembered = [offset: string, fingerprint: string] | [offset: string, fingerprint: string, code: string, message: string];

/** What is left to do of a batch, given the offset row. */
export interface Remaining {
  /** Indexes of the messages that are not written yet. */
  todo: number[];
  /** Outcome of those that an earlier delivery has dealt with. */
  outcomes: WriteOutcome[];
}

/**
 * Compares a batch with the offset row. A message below the row's offset was dealt with in a committed transaction:
 * it gets the outcome it had then and is not written again. So a redelivery repeats its dead letters (the first
 * delivery may have died before it could write them), and a worker that lost its partition without knowing writes nothing.
 *
 * Only messages of the last batch are recognised. Others below the offset mean that the group was reset or that the
 * topic was made anew and counts from 0 again. Skipping those would lose messages without a word, so it is refused.
 * @throws RetriableError `<prefix>/offsets-ahead`
 */
export function remaining(prefix: string, row: OffsetRow | undefined, batch: SinkBatch): Remaining {
  const outcomes: WriteOutcome[] = batch.messages.map(() => undefined);
  const all = { todo: batch.messages.map((_, index) => index), outcomes };
  if (!row) return all;
  const otherCluster = row.cluster !== '' && batch.cluster !== undefined && row.cluster !== batch.cluster;
  if (otherCluster) return all;
  const next = BigInt(row.next);
  const recent = new Map((JSON.parse(row.recent) as Remembered[]).map((entry) => [entry[0], entry]));
  const todo: number[] = [];
  for (const [index, message] of batch.messages.entries()) {
    if (BigInt(message.position.offset) >= next) {
      todo.push(index);
      continue;
    }
    const known = recent.get(message.position.offset);
    if (!known || known[1] !== fingerprint(message)) {
      throw new RetriableError(
        `${prefix}/offsets-ahead`,
        `The table ${offsetTable} says that ${batch.topic}/${batch.partition} is written up to offset ${row.next}, but offset ${message.position.offset} is not among the last written. ` +
          `If the topic was made anew or the group was set back on purpose, delete the row of ${batch.group} from ${offsetTable}.`,
      );
    }
    const [, , code, sentence] = known;
    if (code !== undefined) outcomes[index] = new MessageError(code, sentence ?? code);
  }
  return { todo, outcomes };
}

/** The offset row after a batch: its last offset + 1, and what became of each of its messages. */
export function offsetRow(cluster: string | undefined, messages: readonly SinkMessage[], outcomes: readonly WriteOutcome[]): OffsetRow {
  const last = messages.at(-1);
  const recent = messages.map((message, index): Remembered => {
    const outcome = outcomes[index];
    const mark = fingerprint(message);
    return outcome ? [message.position.offset, mark, outcome.code, outcome.message.slice(0, 1000)] : [message.position.offset, mark];
  });
  return { next: last ? String(BigInt(last.position.offset) + 1n) : '0', cluster: cluster ?? '', recent: JSON.stringify(recent) };
}

function fingerprint(message: SinkMessage): string {
  return createHash('sha256').update(`${message.id}@${message.timestamp}`).digest('base64url').slice(0, 12);
}
