import { randomUUID } from 'node:crypto';
import Database from 'better-sqlite3';
import { parseJson, stringifyJson } from '#shared/json.ts';

/** A record as the sandbox shows it. */
export interface SandboxRecord {
  collection: string;
  id: string;
  /** How often it was written. */
  writes: number;
  updatedAt: string;
  /** The body as it came, every digit of it. */
  value: unknown;
}

/** What the sandbox applications keep, in one SQLite file. */
export interface SandboxStore {
  mode(app: string): unknown;
  setMode(app: string, mode: unknown): void;
  counts(app: string): { records: number; writes: number; duplicates: number; refused: number };
  count(app: string, what: 'duplicates' | 'refused'): void;
  /** The answer that an idempotency key got before. */
  answer(app: string, key: string): { print: string; status: number; body: string } | undefined;
  /** Writes a record and remembers the answer in the same transaction. */
  write(
    app: string,
    collection: string,
    id: string | undefined,
    body: string,
    key?: { key: string; print: string },
  ): { status: number; body: string };
  /** Records, the last written first. */
  records(app: string, only: { collection: string; id?: string | undefined } | undefined, limit: number): SandboxRecord[];
  /** Forgets everything of an application, its mode too. */
  reset(app: string): void;
  close(): void;
}

/** Opens the file, or makes it. */
export function sandboxStore(file: string): SandboxStore {
  const database = new Database(file);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.exec(`
    CREATE TABLE IF NOT EXISTS app (name TEXT PRIMARY KEY, mode TEXT, duplicates INTEGER NOT NULL DEFAULT 0, refused INTEGER NOT NULL DEFAULT 0);
    CREATE TABLE IF NOT EXISTS record (turn INTEGER PRIMARY KEY AUTOINCREMENT, app TEXT NOT NULL, collection TEXT NOT NULL, id TEXT NOT NULL,
      body TEXT NOT NULL, writes INTEGER NOT NULL, updated_at TEXT NOT NULL, UNIQUE (app, collection, id));
    CREATE TABLE IF NOT EXISTS answer (app TEXT NOT NULL, key TEXT NOT NULL, print TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (app, key));
  `);
  const touch = database.prepare('INSERT OR IGNORE INTO app (name) VALUES (?)');

  const write = database.transaction((app: string, collection: string, id: string, body: string, key?: { key: string; print: string }) => {
    const before = database.prepare('SELECT writes FROM record WHERE app = ? AND collection = ? AND id = ?').get(app, collection, id) as
      | { writes: number }
      | undefined;
    // Replacing gives the record a new turn, so that the last written stands first.
    database
      .prepare('INSERT OR REPLACE INTO record (app, collection, id, body, writes, updated_at) VALUES (?, ?, ?, ?, ?, ?)')
      .run(app, collection, id, body, (before?.writes ?? 0) + 1, new Date().toISOString());
    const answer = { status: before ? 200 : 201, body: JSON.stringify({ id, collection, writes: (before?.writes ?? 0) + 1 }) };
    if (key)
      database
        .prepare('INSERT INTO answer (app, key, print, status, body) VALUES (?, ?, ?, ?, ?)')
        .run(app, key.key, key.print, answer.status, answer.body);
    return answer;
  });

  return {
    mode(app) {
      const row = database.prepare('SELECT mode FROM app WHERE name = ?').get(app) as { mode: string | null } | undefined;
      return row?.mode ? JSON.parse(row.mode) : undefined;
    },
    setMode(app, mode) {
      touch.run(app);
      database.prepare('UPDATE app SET mode = ? WHERE name = ?').run(stringifyJson(mode), app);
    },
    counts(app) {
      const records = database
        .prepare('SELECT count(*) AS records, coalesce(sum(writes), 0) AS writes FROM record WHERE app = ?')
        .get(app) as { records: number; writes: number };
      const other = database.prepare('SELECT duplicates, refused FROM app WHERE name = ?').get(app) as
        | { duplicates: number; refused: number }
        | undefined;
      return { ...records, duplicates: other?.duplicates ?? 0, refused: other?.refused ?? 0 };
    },
    count(app, what) {
      touch.run(app);
      database.prepare(`UPDATE app SET ${what} = ${what} + 1 WHERE name = ?`).run(app);
    },
    answer: (app, key) =>
      database.prepare('SELECT print, status, body FROM answer WHERE app = ? AND key = ?').get(app, key) as ReturnType<
        SandboxStore['answer']
      >,
    write: (app, collection, id, body, key) => write.immediate(app, collection, id ?? randomUUID(), body, key),
    records(app, only, limit) {
      const rows = database
        .prepare(
          'SELECT collection, id, writes, updated_at, body FROM record WHERE app = ? AND (? IS NULL OR collection = ?) AND (? IS NULL OR id = ?) ORDER BY turn DESC LIMIT ?',
        )
        .all(app, only?.collection ?? null, only?.collection ?? null, only?.id ?? null, only?.id ?? null, limit) as {
        collection: string;
        id: string;
        writes: number;
        updated_at: string;
        body: string;
      }[];
      return rows.map(({ collection, id, writes, updated_at, body }) => ({
        collection,
        id,
        writes,
        updatedAt: updated_at,
        value: parseJson(body),
      }));
    },
    reset(app) {
      database.transaction(() => {
        for (const [table, column] of [
          ['record', 'app'],
          ['answer', 'app'],
          ['app', 'name'],
        ]) {
          database.prepare(`DELETE FROM ${table} WHERE ${column} = ?`).run(app);
        }
      })();
    },
    close: () => void database.close(),
  };
}
