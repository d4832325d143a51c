import { chmodSync, rmSync } from 'node:fs';
import Sqlite from 'better-sqlite3';

/**
 * The file of the index of messages: terms (hashes of keys, fields, origins) and where they stand. Everything in it stands
 * in the log too, so it may be deleted at any time; it is no part of the store and stands in the data folder even where the
 * store is PostgreSQL.
 *
 * Terms are put into chunks, each a run of one topic in the order of the log. A B-tree over all of them would have each
 * insert dirty another page; a chunk fits into memory while it is filled and is never written again, and what retention has
 * taken from a topic goes chunk by chunk.
 */
export interface TraceIndexFile {
  /** What is known of a topic; undefined before the first `put`. */
  topic(name: string): IndexedTopic | undefined;
  names(): string[];
  /** Adds terms, and the positions they were read up to, in one transaction. */
  put(name: string, rule: string, batch: IndexBatch): void;
  /** Newest runs first; `limit` positions at most over all topics. Hashes may collide: whoever asks looks at the message. */
  find(names: readonly string[], hash: number, limit: number): IndexPosition[];
  /** Drops the runs of a topic that lie before these offsets. */
  trim(name: string, lows: ReadonlyMap<number, number>): void;
  /** Drops the oldest runs until no more bytes than this are in use. */
  bound(bytes: number): void;
  forget(name: string): void;
  /** Bytes in use. */
  size(): number;
  close(): void;
}

/** Per partition: everything from `first` on and before `next` is indexed. `reached`: time of the newest message read, ms since 1970. */
export interface IndexedTopic {
  rule: string;
  partitions: ReadonlyMap<number, { first: number; next: number; reached: number }>;
}

export interface IndexTerm {
  hash: number;
  partition: number;
  offset: number;
}

export interface IndexBatch {
  terms: IndexTerm[];
  partitions: ReadonlyMap<number, { first: number; next: number; reached: number }>;
}

export interface IndexPosition {
  topic: string;
  partition: number;
  offset: number;
}

/** Terms of a chunk: some 12 MB. */
const chunkTerms = 500_000;
const format = 1;

const tables = `
  create table topics (id integer primary key, name text not null unique, rule text not null);
  create table positions (topic integer, partition integer, first integer, next integer, reached integer, primary key (topic, partition)) without rowid;
  create table chunks (id integer primary key autoincrement, topic integer not null, terms integer not null);
  create index chunks_topic on chunks (topic, id);
  create table chunk_ends (chunk integer, partition integer, last integer, primary key (chunk, partition)) without rowid;
  create table terms (chunk integer, hash integer, partition integer, "offset" integer, primary key (chunk, hash, partition, "offset")) without rowid;
`;

/**
 * Opens the file, or makes it. One that is damaged or of another format is made anew. With `reading` it must be there and
 * is only read; one writer and any number of readers may have it open.
 */
export function openTraceIndexFile(path: string, { reading = false, chunk = chunkTerms } = {}): TraceIndexFile {
  if (reading) return serve(new Sqlite(path, { readonly: true, fileMustExist: true }), chunk);
  try {
    return serve(prepare(path), chunk);
  } catch (error) {
    if (!isDamage(error)) throw error;
    removeTraceIndexFile(path);
    return serve(prepare(path), chunk);
  }
}

/** Takes the file away, with what SQLite keeps beside it. */
export function removeTraceIndexFile(path: string): void {
  for (const end of ['', '-wal', '-shm']) rmSync(`${path}${end}`, { force: true });
}

function prepare(path: string): Sqlite.Database {
  const db = new Sqlite(path);
  try {
    chmodSync(path, 0o600);
    db.pragma('page_size = 8192');
    db.pragma('journal_mode = WAL');
    // A power cut may take the last transactions, whole: positions go with their terms, so these are read again.
    db.pragma('synchronous = NORMAL');
    db.pragma('cache_size = -32768');
    db.pragma('journal_size_limit = 67108864');
    const found = db.pragma('user_version', { simple: true });
    if (found !== format) {
      if (found !== 0) throw Object.assign(new Error('The index is of another format.'), { code: 'SQLITE_NOTADB' });
      db.transaction(() => {
        db.exec(tables);
        db.pragma(`user_version = ${format}`);
      })();
    }
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function isDamage(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  return /^SQLITE_(CORRUPT|NOTADB|ERROR|CANTOPEN)/.test(code);
}

type Numbers = Record<string, number>;

function serve(db: Sqlite.Database, most: number): TraceIndexFile {
  const sql = {
    topic: db.prepare<[string], { id: number; rule: string }>('select id, rule from topics where name = ?'),
    names: db.prepare<[], { name: string }>('select name from topics order by name'),
    addTopic: db.prepare('insert into topics (name, rule) values (?, ?)'),
    positions: db.prepare<[number], Numbers>('select partition, first, next, reached from positions where topic = ?'),
    setPosition: db.prepare(
      'insert into positions values (?, ?, ?, ?, ?) on conflict do update set next = excluded.next, first = excluded.first, reached = max(reached, excluded.reached)',
    ),
    moveFirst: db.prepare('update positions set first = max(first, ?) where topic = ? and partition = ?'),
    chunks: db.prepare<[number], { id: number; terms: number }>('select id, terms from chunks where topic = ? order by id desc'),
    oldest: db.prepare<[], { id: number; topic: number }>('select id, topic from chunks order by id limit 1'),
    addChunk: db.prepare('insert into chunks (topic, terms) values (?, 0)'),
    grow: db.prepare('update chunks set terms = terms + ? where id = ?'),
    ends: db.prepare<[number], Numbers>('select partition, last from chunk_ends where chunk = ?'),
    setEnd: db.prepare('insert into chunk_ends values (?, ?, ?) on conflict do update set last = max(last, excluded.last)'),
    add: db.prepare('insert or ignore into terms values (?, ?, ?, ?)'),
    find: db.prepare<[number, number], Numbers>(
      'select partition, "offset" from terms where chunk = ? and hash = ? order by "offset" desc limit 2000',
    ),
    dropTerms: db.prepare('delete from terms where chunk = ?'),
    dropEnds: db.prepare('delete from chunk_ends where chunk = ?'),
    dropChunk: db.prepare('delete from chunks where id = ?'),
    dropPositions: db.prepare('delete from positions where topic = ?'),
    dropTopic: db.prepare('delete from topics where id = ?'),
  };

  function drop(chunk: number): void {
    sql.dropTerms.run(chunk);
    sql.dropEnds.run(chunk);
    sql.dropChunk.run(chunk);
  }

  function topicOf(name: string): IndexedTopic | undefined {
    const known = sql.topic.get(name);
    if (!known) return undefined;
    const partitions = sql.positions
      .all(known.id)
      .map(({ partition = 0, first = 0, next = 0, reached = 0 }) => [partition, { first, next, reached }] as const);
    return { rule: known.rule, partitions: new Map(partitions) };
  }

  const put = db.transaction((name: string, rule: string, { terms, partitions }: IndexBatch): void => {
    const topic = sql.topic.get(name)?.id ?? Number(sql.addTopic.run(name, rule).lastInsertRowid);
    // By hash: neighbours go to one page.
    for (let from = 0; from < terms.length; ) {
      const newest = sql.chunks.get(topic);
      const chunk = newest && newest.terms < most ? newest : { id: Number(sql.addChunk.run(topic).lastInsertRowid), terms: 0 };
      const part = terms.slice(from, from + most - chunk.terms).sort((a, b) => a.hash - b.hash);
      const ends = new Map<number, number>();
      for (const { hash, partition, offset } of part) {
        sql.add.run(chunk.id, hash, partition, offset);
        if (offset > (ends.get(partition) ?? -1)) ends.set(partition, offset);
      }
      for (const [partition, last] of ends) sql.setEnd.run(chunk.id, partition, last);
      sql.grow.run(part.length, chunk.id);
      from += part.length;
    }
    for (const [partition, { first, next, reached }] of partitions) sql.setPosition.run(topic, partition, first, next, reached);
  });

  const trim = db.transaction((name: string, lows: ReadonlyMap<number, number>): void => {
    const topic = sql.topic.get(name)?.id;
    if (topic === undefined) return;
    for (const { id } of sql.chunks.all(topic).reverse()) {
      // A later run holds later offsets, so the first that is still needed ends this.
      if (sql.ends.all(id).some(({ partition = 0, last = 0 }) => last >= (lows.get(partition) ?? 0))) return;
      drop(id);
    }
  });

  const dropOldest = db.transaction((): boolean => {
    const oldest = sql.oldest.get();
    if (!oldest) return false;
    for (const { partition = 0, last = 0 } of sql.ends.all(oldest.id)) sql.moveFirst.run(last + 1, oldest.topic, partition);
    drop(oldest.id);
    return true;
  });

  const size = (): number => {
    const [pages, free, bytes] = ['page_count', 'freelist_count', 'page_size'].map((name) => Number(db.pragma(name, { simple: true })));
    return ((pages ?? 0) - (free ?? 0)) * (bytes ?? 0);
  };

  return {
    topic: topicOf,
    names: () => sql.names.all().map(({ name }) => name),
    put: (name, rule, batch) => put(name, rule, batch),
    find(names, hash, limit) {
      const found: IndexPosition[] = [];
      for (const name of names) {
        const topic = sql.topic.get(name)?.id;
        let left = limit;
        for (const { id } of topic === undefined ? [] : sql.chunks.all(topic)) {
          if (left <= 0) break;
          for (const { partition = 0, offset = 0 } of sql.find.all(id, hash).slice(0, left)) {
            found.push({ topic: name, partition, offset });
            left--;
          }
        }
      }
      return found;
    },
    trim: (name, lows) => trim(name, lows),
    bound(bytes) {
      while (size() > bytes && dropOldest());
    },
    forget: db.transaction((name: string): void => {
      const topic = sql.topic.get(name)?.id;
      if (topic === undefined) return;
      for (const { id } of sql.chunks.all(topic)) drop(id);
      sql.dropPositions.run(topic);
      sql.dropTopic.run(topic);
    }),
    size,
    close: () => void db.close(),
  };
}
