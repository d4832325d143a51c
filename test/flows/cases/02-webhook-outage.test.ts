import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseJson } from '#shared/json.ts';
import { idText } from '#shared/reconcile/path.ts';
import type { ReconcileItem, ReconcileReport } from '#shared/reconcile.ts';
import type { Replay, ReplayPlan } from '#shared/replay.ts';
import { describeBrokers } from '../../kafka/brokers.ts';
import { adminKey, deployFlow, type MillraceProcess, startMillrace } from '../../millrace.ts';
import { until } from '../../wait.ts';
import { flowOf } from '../flow.ts';

/** An order as the shop posts it; the id has more digits than a double keeps. */
const order = (n: number): string => `{"id": 900719925474099${1000 + n}, "customer": "c${n % 7}", "total": ${n}.10}`;
const idOf = (n: number): string => `900719925474099${1000 + n}`;

const flow = (id: string) =>
  flowOf(id, [
    { id: 'shop', type: 'webhook', config: { path: id, key: 'customer' } },
    { id: 'row', type: 'map', config: { expression: '{ "id": id, "customer": customer, "total": total }' } },
    { id: 'warehouse', type: 'sqlite', config: { path: `${id}.db`, table: 'orders', keys: ['id'] } },
  ]);

describeBrokers('Case 2, a webhook that never arrived', (broker) => {
  let folder = '';
  let server: MillraceProcess;
  let shop: Server;
  let shopUrl = '';
  const all = Array.from({ length: 60 }, (_, n) => n);
  /** What the shop could not post while its webhooks were down. */
  const lost = all.filter((n) => n >= 20 && n < 40);
  const since = Date.now() - 3_600_000;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-case-2-'));
    // The shop's own list, in pages, behind a key.
    shop = createServer((request, response) => {
      const url = new URL(request.url ?? '/', 'http://shop');
      if (request.headers.authorization !== 'Bearer shop key') return void response.writeHead(401).end();
      const single = /^\/orders\/(.+)$/.exec(url.pathname)?.[1];
      if (single !== undefined) {
        const n = all.find((one) => idOf(one) === single);
        return void response.writeHead(n === undefined ? 404 : 200).end(n === undefined ? '' : order(n));
      }
      const page = Number(url.searchParams.get('page'));
      response.end(
        `{"orders": [${all
          .slice((page - 1) * 25, page * 25)
          .map(order)
          .join(', ')}]}`,
      );
    });
    await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve));
    const address = shop.address();
    shopUrl = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
    server = await startMillrace({
      MILLRACE_DATA: join(folder, 'data'),
      MILLRACE_ALLOW_PRIVATE: '127.0.0.0/8',
      KAFKA_BROKERS: broker.brokers.join(','),
    });
    await server.api('PUT', '/api/secrets/shop', { value: 'shop key' });
    for (const id of ['outage', 'undisturbed']) await deployFlow(server, flow(id));
    for (const n of all) {
      await post('undisturbed', order(n));
      if (!lost.includes(n)) await post('outage', order(n));
    }
    await until('both warehouses have what came in', () => rows('undisturbed').length === 60 && rows('outage').length === 40);
  });
  afterAll(async () => {
    await server?.stop();
    await new Promise((resolve) => shop.close(resolve));
    await rm(folder, { recursive: true, force: true });
  });

  async function post(path: string, body: string): Promise<void> {
    const answer = await fetch(`${server.url}/hooks/${path}`, { method: 'POST', body });
    expect(answer.status).toBe(200);
  }
  function table<T>(id: string, work: (file: Sqlite.Database) => T): T {
    const file = new Sqlite(join(folder, 'data', 'files', `${id}.db`), { timeout: 5000 });
    try {
      return work(file);
    } finally {
      file.close();
    }
  }
  function rows(id: string): unknown[] {
    try {
      return table(id, (file) => file.prepare('SELECT * FROM orders ORDER BY id').safeIntegers().all());
    } catch (error) {
      if (error instanceof Sqlite.SqliteError) return [];
      throw error;
    }
  }
  async function ended(report: ReconcileReport): Promise<ReconcileReport> {
    let now = report;
    await until('the comparison and its backfill have ended', async () => {
      now = await server.api<ReconcileReport>('GET', `/api/flows/outage/reconciles/${report.id}`);
      return now.state !== 'running' && now.backfill?.state !== 'running';
    });
    expect(now.reason).toBeUndefined();
    return now;
  }
  const poll = () =>
    server.api<ReconcileReport>('POST', '/api/flows/outage/reconciles', {
      kind: 'source',
      node: 'shop',
      named: { by: 'field', path: 'id' },
      since,
      until: Date.now() + 60_000,
      list: { from: 'poll', url: `${shopUrl}/orders?page={page}`, items: 'orders', id: 'id', auth: 'bearer', authSecret: 'shop' },
    });
  const itemsOf = (report: ReconcileReport, state: string) =>
    server.api<ReconcileItem[]>('GET', `/api/flows/outage/reconciles/${report.id}/items?state=${state}&limit=1000`);

  it('is found by an uploaded list, backfilled once, and the end is as if nothing had happened', async () => {
    const query = new URLSearchParams({
      node: 'shop',
      field: 'id',
      idField: 'id',
      since: `${since}`,
      until: `${Date.now() + 60_000}`,
      name: 'orders.json',
    });
    const answer = await fetch(`${server.url}/api/flows/outage/reconciles/upload?${query}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/octet-stream' },
      body: `[${all.map(order).join(',\n')}]`,
    });
    expect(answer.status).toBe(201);
    const report = await ended((await answer.json()) as ReconcileReport);
    expect(report).toMatchObject({ state: 'done', listed: 60, matched: 40, counts: { missing: 20 }, backfillable: true });
    expect((await itemsOf(report, 'missing')).map(({ id }) => id)).toEqual(lost.map(idOf));

    // One comes late, after the comparison: it must not come in twice.
    await post('outage', order(25));
    await server.api('POST', `/api/flows/outage/reconciles/${report.id}/backfill`, { record: { from: 'list' } });
    const mended = await ended(report);
    expect(mended.backfill).toMatchObject({ state: 'done', total: 20, written: 19, arrived: 1, failed: 0 });
    expect(mended.counts).toEqual({ written: 19, arrived: 1 });
    await until('the warehouse has all', () => rows('outage').length === 60);
    expect(rows('outage')).toEqual(rows('undisturbed'));
    await expect(server.api('POST', `/api/flows/outage/reconciles/${report.id}/backfill`, { record: { from: 'list' } })).rejects.toThrow(
      /Nothing is missing/,
    );

    // In the log each stands once, under the key that the webhook would have given it, and says who wrote it.
    const ids: string[] = [];
    const filled: unknown[] = [];
    for await (const { records } of broker.kafka.read({ topic: 'millrace.outage.shop' })) {
      for (const { key, value, headers } of records) {
        const { id, customer } = parseJson(Buffer.from(value ?? []).toString()) as { id: unknown; customer: string };
        ids.push(idText(id) ?? '');
        expect(Buffer.from(key ?? []).toString()).toBe(customer);
        if (headers['millrace-backfill'] === report.id) filled.push(headers['millrace-backfill-by']);
      }
    }
    expect(ids.sort()).toEqual(all.map(idOf).sort());
    expect(filled).toEqual(Array.from({ length: 19 }, () => 'First admin key'));
  });

  it('is no more when the shop is asked itself, page by page', async () => {
    const report = await ended(await poll());
    expect(report).toMatchObject({ state: 'done', listed: 60, matched: 60, counts: {}, backfillable: false });
  });

  it('is fetched one by one where the list has ids alone', async () => {
    const late = [60, 61, 62];
    all.push(...late);
    const query = new URLSearchParams({ node: 'shop', field: 'id', since: `${since}`, until: `${Date.now() + 60_000}` });
    const answer = await fetch(`${server.url}/api/flows/outage/reconciles/upload?${query}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/octet-stream' },
      body: [...all.map(idOf), 'nobody-knows-it'].join('\n'),
    });
    const report = await ended((await answer.json()) as ReconcileReport);
    expect(report.counts).toEqual({ missing: 4 });
    await server.api('POST', `/api/flows/outage/reconciles/${report.id}/backfill`, {
      record: { from: 'fetch', url: `${shopUrl}/orders/{id}`, auth: 'bearer', authSecret: 'shop' },
    });
    const mended = await ended(report);
    expect(mended.backfill).toMatchObject({ state: 'done', written: 3, failed: 1 });
    expect(await itemsOf(report, 'missing')).toMatchObject([{ id: 'nobody-knows-it', note: 'The other side has no record of it (404).' }]);
    for (const n of late) await post('undisturbed', order(n));
    await until('the warehouses have them', () => rows('outage').length === 63 && rows('undisturbed').length === 63);
    expect(rows('outage')).toEqual(rows('undisturbed'));
  });

  it('has its counterpart at the sink: rows that were deleted are found and sent again by a replay', async () => {
    table('outage', (file) => {
      file.prepare('DELETE FROM orders WHERE customer = ?').run('c2');
      file.prepare('INSERT INTO orders (id, customer) VALUES (?, ?)').run('by hand', 'x');
    });
    const gone = all.filter((n) => n % 7 === 2);
    const spec = { kind: 'sink', node: 'warehouse', since, until: Date.now() + 60_000 };
    const report = await ended(await server.api<ReconcileReport>('POST', '/api/flows/outage/reconciles', spec));
    expect(report).toMatchObject({ state: 'done', matched: 63 - gone.length, counts: { missing: gone.length, extra: 1 } });
    expect(await itemsOf(report, 'extra')).toMatchObject([{ id: 'by hand' }]);
    const missing = await itemsOf(report, 'missing');
    expect(missing.map(({ id }) => id).sort()).toEqual(gone.map(idOf).sort());

    const positions = missing.map(({ position = '' }) => {
      const [topic = '', partition = '', offset = ''] = position.split('/');
      return { topic, partition: Number(partition), offset };
    });
    const replay = {
      flow: 'outage',
      name: 'Rows that were deleted',
      range: { by: 'time', since, until: Date.now() + 60_000 },
      filter: { positions },
      version: 1,
      sinks: ['warehouse'],
      target: 'real',
      overtaken: 'send',
      ids: 'same',
      perSecond: 0,
      pauseAtErrorShare: 1,
      reason: 'They were deleted by hand.',
    };
    const plan = await server.api<ReplayPlan>('POST', '/api/flows/outage/replays/plan', replay);
    expect(plan.messages).toBe(gone.length);
    const started = await server.api<Replay>('POST', '/api/flows/outage/replays', {
      spec: replay,
      ...(plan.confirm !== undefined && { confirm: plan.confirm }),
    });
    await until('the replay is done', async () => (await server.api<Replay>('GET', `/api/replays/${started.id}`)).state === 'done');
    await until('the rows are back', () => rows('outage').length === 64);
    table('outage', (file) => file.prepare('DELETE FROM orders WHERE id = ?').run('by hand'));
    expect(rows('outage')).toEqual(rows('undisturbed'));
    const after = await ended(
      await server.api<ReconcileReport>('POST', '/api/flows/outage/reconciles', { ...spec, until: Date.now() + 60_000 }),
    );
    expect(after).toMatchObject({ matched: 63, counts: {} });
  });
});
