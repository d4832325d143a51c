import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import postgres from '#server/nodes/postgres.ts';
import { MessageError, RetriableError, type SinkInstance } from '#server/sdk.ts';
import { ExactNumber } from '#shared/json.ts';
import { hasPostgres, startPostgres, type TestPostgres } from '../../postgres.ts';
import { codes, sinkBatch, sinkMessage, testContext, writeAll } from './node-bench.ts';

describe.skipIf(!hasPostgres())('postgres sink', () => {
  let server: TestPostgres;
  let admin: pg.Client;
  const sinks: SinkInstance[] = [];

  beforeAll(async () => {
    server = await startPostgres();
    admin = new pg.Client({ connectionString: server.url });
    await admin.connect();
  });
  afterAll(async () => {
    for (const sink of sinks) await sink.close?.();
    await admin.end();
    await server.stop();
  });
  beforeEach(async () => {
    await admin.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
  });

  async function sinkOf(config: Record<string, unknown>): Promise<SinkInstance> {
    const full = postgres.config.parse({ connection: 'db', table: 'orders', ...config });
    const sink = await postgres.create(full, testContext({ secrets: { db: server.url } }));
    sinks.push(sink);
    return sink;
  }
  const rows = async (sql = 'SELECT * FROM orders ORDER BY id') => (await admin.query(sql)).rows as Record<string, unknown>[];

  const takes = (config: Record<string, unknown> = {}, url = server.url) => {
    const full = postgres.config.parse({ connection: 'db', table: 'orders', ...config });
    return postgres.takes?.(full, { filesFolder: '', allowPrivate: [], secret: () => url }, new AbortController().signal);
  };

  it('names all rows that it holds, more than it fetches at a time, and none of a table that is not there', async () => {
    await admin.query('CREATE TABLE held (id bigint, part text, PRIMARY KEY (id, part))');
    await admin.query("INSERT INTO held SELECT 9007199254740993 + n, 'p' FROM generate_series(0, 5999) AS n");
    const context = { filesFolder: '', allowPrivate: [], secret: () => server.url };
    const namesOf = async (table: string): Promise<string[]> => {
      const full = postgres.config.parse({ connection: 'db', table, keys: ['id', 'part'] });
      const names: string[] = [];
      for await (const some of postgres.holds?.keys(full, context, AbortSignal.timeout(20_000)) ?? []) names.push(...some);
      return names;
    };
    const names = await namesOf('held');
    expect(new Set(names).size).toBe(6000);
    expect(names).toContain('["9007199254740993","p"]');
    expect(await namesOf('nowhere')).toEqual([]);
    await admin.query('DROP TABLE held');
  });

  it('tells what the columns of its table take, and nothing of a table that is not there', async () => {
    await admin.query(`CREATE TYPE state AS ENUM ('paid', 'it''s open');
      CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, no varchar(12) NOT NULL, total numeric(10,2), at timestamptz NOT NULL DEFAULT now(),
        state state NOT NULL, tags text[], twice numeric GENERATED ALWAYS AS (total * 2) STORED);
      COMMENT ON COLUMN orders.no IS 'as printed'`);
    expect(await takes()).toEqual({
      what: 'the table orders',
      shape: {
        kinds: ['object'],
        fields: [
          { name: 'id', required: false, shape: { kinds: ['number'], facts: { whole: true, default: 'the next number', key: true } } },
          { name: 'no', required: true, shape: { kinds: ['text'], facts: { maxLength: 12 }, doc: 'as printed' } },
          { name: 'total', required: false, shape: { kinds: ['number', 'null'] } },
          { name: 'at', required: false, shape: { kinds: ['text'], facts: { looks: ['date-time'], default: 'now()' } } },
          { name: 'state', required: true, shape: { kinds: ['text'], facts: { allowed: ['paid', "it's open"] } } },
          { name: 'tags', required: false, shape: { kinds: ['list', 'null'], item: { kinds: ['text'] } } },
        ],
      },
    });
    expect(await takes({ table: 'others' })).toBeUndefined();
    expect(await takes({ columns: { id: 'order.id' } })).toBeUndefined();
    await expect(takes({}, 'mysql://elsewhere')).rejects.toThrow('The secret db is not a connection string');
  });

  it('writes rows and updates the row of the same key', async () => {
    await admin.query('CREATE TABLE orders (id text PRIMARY KEY, total numeric, items jsonb)');
    const sink = await sinkOf({ keys: ['id'] });
    await sink.write(
      sinkBatch([sinkMessage(0, { id: 'a', total: 1.5, items: [1, 2] }), sinkMessage(1, { id: 'b', total: 2, items: 'text' })]),
      new AbortController().signal,
    );
    await sink.write(
      sinkBatch([sinkMessage(2, { id: 'a', total: 9 }), sinkMessage(3, { id: 'a', total: 10 })]),
      new AbortController().signal,
    );
    expect(await rows()).toEqual([
      { id: 'a', total: '10', items: [1, 2] },
      { id: 'b', total: '2', items: 'text' },
    ]);
  });

  it('keeps every digit of long numbers', async () => {
    await admin.query('CREATE TABLE orders (id bigint PRIMARY KEY, rate numeric, doc jsonb, word text)');
    const sink = await sinkOf({ keys: ['id'] });
    const rate = new ExactNumber('0.12345678901234567890123');
    await sink.write(
      sinkBatch([sinkMessage(0, { id: new ExactNumber('9007199254740993'), rate, doc: { rate }, word: rate })]),
      new AbortController().signal,
    );
    expect(await rows('SELECT id::text, rate::text, doc::text, word FROM orders')).toEqual([
      { id: '9007199254740993', rate: rate.text, doc: `{"rate": ${rate.text}}`, word: rate.text },
    ]);
  });

  it('takes columns from expressions and lists into array columns', async () => {
    await admin.query('CREATE TABLE orders (id text PRIMARY KEY, tags text[], "odd ""name" text)');
    const sink = await sinkOf({ keys: ['id'], columns: { id: 'order.id', tags: 'order.tags', 'odd "name': 'order.missing' } });
    await sink.write(sinkBatch([sinkMessage(0, { order: { id: 'a', tags: ['x', 'y, "z"'] } })]), new AbortController().signal);
    expect(await rows()).toEqual([{ id: 'a', tags: ['x', 'y, "z"'], 'odd "name': null }]);
  });

  it('fails the bad messages alone and writes the others of the batch', async () => {
    await admin.query('CREATE TABLE orders (id text PRIMARY KEY, total numeric CHECK (total > 0))');
    const sink = await sinkOf({ keys: ['id'] });
    const messages = Array.from({ length: 20 }, (_, index) => sinkMessage(index, { id: `o${index}`, total: index + 1 }));
    messages[3] = sinkMessage(3, { id: 'o3', total: '12,50' });
    messages[7] = sinkMessage(7, { id: 'o7', total: -1 });
    messages[8] = sinkMessage(8, { total: 1 });
    messages[9] = sinkMessage(9, { id: 'o9', colour: 'red' });
    messages[10] = sinkMessage(10, 'no object');
    messages[11] = sinkMessage(11, { id: 'nul \u0000' });
    const outcomes = await writeAll(sink, sinkBatch(messages));
    expect(codes(outcomes).flatMap((code, index) => (code === 'ok' ? [] : [`${index} ${code}`]))).toEqual([
      '3 postgres/value-invalid',
      '7 postgres/constraint',
      '8 postgres/key-missing',
      '9 postgres/column-unknown',
      '10 postgres/not-an-object',
      '11 postgres/value-invalid',
    ]);
    expect(await rows()).toHaveLength(14);
  });

  it('writes nothing twice when a batch is delivered again, and repeats its failures', async () => {
    await admin.query('CREATE TABLE orders (id text, total numeric)');
    const messages = [
      sinkMessage(0, { id: 'a', total: 1 }),
      sinkMessage(1, { id: 'b', total: 'x' }),
      sinkMessage(2, { id: 'c', total: 3 }),
    ];
    const first = await writeAll(await sinkOf({}), sinkBatch(messages));
    // Another worker, as after a crash before the offsets were committed; its batch reaches further.
    const second = await writeAll(await sinkOf({}), sinkBatch([...messages, sinkMessage(3, { id: 'd', total: 4 })]));
    expect(codes(first)).toEqual(['ok', 'postgres/value-invalid', 'ok']);
    expect(codes(second)).toEqual(['ok', 'postgres/value-invalid', 'ok', 'ok']);
    expect(second[1]?.message).toBe(first[1]?.message);
    expect((await rows()).map((row) => row.id)).toEqual(['a', 'c', 'd']);
    // One by one, as a stage does after a crash.
    for (const message of messages)
      await writeAll(await sinkOf({}), sinkBatch([message])).catch((error) =>
        expect(error).toMatchObject({ code: 'postgres/offsets-ahead' }),
      );
    expect(await rows()).toHaveLength(3);
  });

  it('writes nothing of a worker that lost its partition, also when both write at once', async () => {
    await admin.query('CREATE TABLE orders (id text)');
    const [zombie, owner] = [await sinkOf({}), await sinkOf({})];
    const messages = Array.from({ length: 50 }, (_, index) => sinkMessage(index, { id: String(index) }));
    const [one, two] = await Promise.all([writeAll(zombie, sinkBatch(messages)), writeAll(owner, sinkBatch(messages))]);
    expect(codes([...one, ...two]).every((code) => code === 'ok')).toBe(true);
    expect(await rows()).toHaveLength(50);
    await writeAll(owner, sinkBatch([sinkMessage(50, { id: '50' })]));
    await expect(writeAll(zombie, sinkBatch(messages))).rejects.toMatchObject({ code: 'postgres/offsets-ahead' });
    expect(await rows()).toHaveLength(51);
  });

  it('does not take a topic that was made anew for the old one', async () => {
    await admin.query('CREATE TABLE orders (id text)');
    const sink = await sinkOf({});
    await writeAll(sink, sinkBatch([sinkMessage(0, { id: 'a' }), sinkMessage(1, { id: 'b' })], { cluster: 'one' }));
    const anew = sinkMessage(0, { id: 'new' }, { timestamp: 1_800_000_000_000 });
    await expect(writeAll(sink, sinkBatch([anew], { cluster: 'one' }))).rejects.toMatchObject({ code: 'postgres/offsets-ahead' });
    await writeAll(sink, sinkBatch([anew], { cluster: 'two' }));
    expect((await rows()).map((row) => row.id)).toEqual(['a', 'b', 'new']);
  });

  it('writes a batch once although its worker is killed in the middle of the transaction', async () => {
    await admin.query('CREATE TABLE orders (id text)');
    await writeAll(await sinkOf({}), sinkBatch([sinkMessage(0, { id: 'before' })]));
    // The lock lets the worker take its offset row and stops it at its first insert.
    await admin.query('BEGIN; LOCK TABLE orders IN SHARE ROW EXCLUSIVE MODE');
    const worker = spawn(
      process.execPath,
      ['--import', 'tsx', fileURLToPath(new URL('./postgres-worker.ts', import.meta.url)), server.url],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const monitor = new pg.Client({ connectionString: server.url });
    await monitor.connect();
    const waiting = async () =>
      (await monitor.query("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'INSERT INTO \"orders\"%'"))
        .rowCount;
    await expect.poll(waiting, { timeout: 20_000 }).toBe(1);
    worker.kill('SIGKILL');
    await once(worker, 'exit');
    await admin.query('COMMIT');
    await monitor.end();
    const messages = Array.from({ length: 100 }, (_, index) => sinkMessage(index + 1, { id: `o${index + 1}` }));
    await expect.poll(() => writeAll(sinks.at(-1) as SinkInstance, sinkBatch(messages)).then(codes)).toEqual(messages.map(() => 'ok'));
    expect(await rows('SELECT count(*)::int AS all, count(DISTINCT id)::int AS different FROM orders')).toEqual([
      { all: 101, different: 101 },
    ]);
  });

  it('creates the table and missing columns when asked to', async () => {
    const sink = await sinkOf({ keys: ['id'], createTable: true });
    await writeAll(sink, sinkBatch([sinkMessage(0, { id: 1, name: 'Ann', ok: true, tags: ['a'] })]));
    await writeAll(sink, sinkBatch([sinkMessage(1, { id: 2, extra: new ExactNumber('1.00000000000000000001') })]));
    expect(await rows('SELECT id::text, name, ok, tags, extra::text FROM orders ORDER BY id')).toEqual([
      { id: '1', name: 'Ann', ok: true, tags: ['a'], extra: null },
      { id: '2', name: null, ok: null, tags: null, extra: '1.00000000000000000001' },
    ]);
  });

  it('waits for a missing table, a missing unique index and a server that is away, with a sentence for each', async () => {
    const batch = sinkBatch([sinkMessage(0, { id: 'a', total: 1 })]);
    const sink = await sinkOf({ keys: ['id'] });
    await expect(writeAll(sink, batch)).rejects.toMatchObject({ code: 'postgres/table-missing' });
    await admin.query('CREATE TABLE orders (id text, total numeric)');
    await expect(writeAll(sink, batch)).rejects.toMatchObject({
      code: 'postgres/no-unique-index',
      message: expect.stringContaining('no unique index on exactly the key columns id'),
    });
    await admin.query('CREATE UNIQUE INDEX ON orders (id)');
    expect(codes(await writeAll(sink, batch))).toEqual(['ok']);
    const away = await postgres.create(
      postgres.config.parse({ connection: 'db' }),
      testContext({ secrets: { db: 'postgres://x@127.0.0.1:1/x' } }),
    );
    const error = await writeAll(away, batch).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RetriableError);
    expect(error).toMatchObject({ code: 'postgres/unreachable' });
  });

  it('tries again after a deadlock or a lost connection, and the batch is then written once', async () => {
    await admin.query('CREATE TABLE orders (id text PRIMARY KEY)');
    const sink = await sinkOf({ keys: ['id'] });
    await writeAll(sink, sinkBatch([sinkMessage(0, { id: 'a' })]));
    await admin.query('BEGIN; LOCK TABLE orders IN SHARE ROW EXCLUSIVE MODE');
    const stuck = writeAll(sink, sinkBatch([sinkMessage(1, { id: 'b' })])).catch((error: unknown) => error);
    const monitor = new pg.Client({ connectionString: server.url });
    await monitor.connect();
    const kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
    await expect.poll(async () => (await monitor.query(kill)).rowCount).toBe(1);
    expect(await stuck).toMatchObject({ name: 'RetriableError', code: 'postgres/unreachable' });
    await admin.query('COMMIT');
    await monitor.end();
    expect(codes(await writeAll(sink, sinkBatch([sinkMessage(1, { id: 'b' })])))).toEqual(['ok']);
    expect(await rows()).toHaveLength(2);
  });

  it('takes keys that only the database holds for equal, the later message last', async () => {
    await admin.query('CREATE TABLE orders (id integer PRIMARY KEY, name text)');
    const sink = await sinkOf({ keys: ['id'] });
    const outcomes = await writeAll(
      sink,
      sinkBatch([sinkMessage(0, { id: '1', name: 'first' }), sinkMessage(1, { id: '01', name: 'second' })]),
    );
    expect(codes(outcomes)).toEqual(['ok', 'ok']);
    expect(await rows()).toEqual([{ id: 1, name: 'second' }]);
  });

  it('refuses a row that a constraint would only refuse at the commit, alone', async () => {
    await admin.query(
      'CREATE TABLE customer (id text PRIMARY KEY); CREATE TABLE orders (id text, customer text REFERENCES customer DEFERRABLE INITIALLY DEFERRED)',
    );
    await admin.query("INSERT INTO customer VALUES ('c')");
    const outcomes = await writeAll(
      await sinkOf({}),
      sinkBatch([sinkMessage(0, { id: 'a', customer: 'c' }), sinkMessage(1, { id: 'b', customer: 'nobody' })]),
    );
    expect(codes(outcomes)).toEqual(['ok', 'postgres/constraint']);
    expect(outcomes[1]).toBeInstanceOf(MessageError);
  });

  it('says at the start when the secret is no connection string', () => {
    expect(() => postgres.create(postgres.config.parse({ connection: 'db' }), testContext({ secrets: { db: 'nonsense' } }))).toThrow(
      'not a connection string',
    );
  });
});
