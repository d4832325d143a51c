import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openStore } from '#server/store/store.ts';
import type { AlertRule } from '#shared/alert.ts';
import type { Incident } from '#shared/incident.ts';
import { nextTime } from '#shared/reconcile/schedule-times.ts';
import type { ReconcileItem, ReconcileReport } from '#shared/reconcile.ts';
import type { ShownSchedule } from '#shared/reconcile-schedule.ts';
import { describeBrokers } from '../kafka/brokers.ts';
import { adminKey, deployFlow, type MillraceProcess, startMillrace } from '../millrace.ts';
import { until } from '../wait.ts';
import { flowOf } from './flow.ts';

/** More than one part of a backfill, which enters what is written part by part. */
const orders = Array.from({ length: 560 }, (_, n) => `o-${n}`);
/** From here on the shop does not answer, so that the server is killed in the second part. */
const held = 530;
const dayMs = 24 * 3_600_000;

describeBrokers('Reconciling', (broker) => {
  let folder = '';
  let server: MillraceProcess;
  let shop: Server;
  let shopUrl = '';
  let asked = 0;
  let isHolding = true;

  const start = () =>
    startMillrace({
      MILLRACE_DATA: join(folder, 'data'),
      MILLRACE_ALLOW_PRIVATE: '127.0.0.0/8',
      KAFKA_BROKERS: broker.brokers.join(','),
    });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-reconcile-'));
    shop = createServer((request, response) => {
      const id = request.url?.split('/').at(-1) ?? '';
      asked++;
      if (isHolding && asked > held) return;
      response.end(JSON.stringify({ id, total: 5 }));
    });
    await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve));
    const address = shop.address();
    shopUrl = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
    server = await start();
    await deployFlow(
      server,
      flowOf('killed', [
        { id: 'shop', type: 'webhook', config: { path: 'killed', key: 'id' } },
        { id: 'table', type: 'sqlite', config: { path: 'killed.db', table: 'orders', keys: ['id'] } },
      ]),
    );
    await deployFlow(
      server,
      flowOf('repeated', [
        { id: 'shop', type: 'webhook', config: { path: 'repeated', key: 'id' } },
        { id: 'file', type: 'file', label: 'Orders file', config: { path: 'repeated.jsonl', id: 'id' } },
      ]),
    );
  });
  afterAll(async () => {
    await server?.stop();
    shop.closeAllConnections();
    await new Promise((resolve) => shop.close(resolve));
    await rm(folder, { recursive: true, force: true });
  });

  const pathOf = (report: ReconcileReport): string => `/api/flows/${report.flow}/reconciles/${report.id}`;
  async function ended(report: ReconcileReport): Promise<ReconcileReport> {
    let now = report;
    await until('the comparison and its backfill have ended', async () => {
      now = await server.api<ReconcileReport>('GET', pathOf(report));
      return now.state !== 'running' && now.backfill?.state !== 'running';
    });
    return now;
  }
  async function compare(): Promise<ReconcileReport> {
    const query = new URLSearchParams({ node: 'shop', since: '0', until: String(Date.now() + 60_000), name: 'list' });
    const answer = await fetch(`${server.url}/api/flows/killed/reconciles/upload?${query}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/octet-stream' },
      body: orders.join('\n'),
    });
    expect(answer.status).toBe(201);
    return ended((await answer.json()) as ReconcileReport);
  }
  function rows(): string[] {
    const file = new Sqlite(join(folder, 'data', 'files', 'killed.db'), { timeout: 5000 });
    try {
      return (file.prepare('SELECT id FROM orders').all() as { id: string }[]).map(({ id }) => id);
    } finally {
      file.close();
    }
  }
  /** Moves the time that a schedule runs for next: to the past, as if the server had been down then, or close to now. */
  async function due({ id, next, progress }: ShownSchedule, at: number): Promise<void> {
    const store = await openStore({ dataFolder: join(folder, 'data') });
    await store.reconcileSchedules.setProgress(id, { from: next, to: at }, progress);
    await store.close();
  }
  /** What a schedule has found, the oldest first. */
  const foundBy = async ({ id, flow }: ShownSchedule): Promise<ReconcileReport[]> =>
    (await server.api<ReconcileReport[]>('GET', `/api/flows/${flow}/reconciles`))
      .filter(({ schedule }) => schedule?.id === id)
      .sort((a, b) => a.startedAt - b.startedAt);
  const schedules = () => server.api<ShownSchedule[]>('GET', '/api/flows/repeated/reconcile-schedules');

  it('makes up for what was due while it was down, and says how far a backfill came that a SIGKILL ended; begun again it doubles nothing', async () => {
    const schedule = {
      name: 'Every morning',
      what: { kind: 'sink', node: 'file' },
      times: { kind: 'daily', at: '06:00' },
      zone: 'Europe/Berlin',
      period: { kind: 'hours', hours: 24, settleMinutes: 0 },
    };
    const made = await server.api<ShownSchedule>('POST', '/api/flows/repeated/reconcile-schedules', schedule);
    const report = await compare();
    expect(report.counts).toEqual({ missing: orders.length });
    const record = { record: { from: 'fetch', url: `${shopUrl}/{id}` } };
    await server.api('POST', `${pathOf(report)}/backfill`, record);
    await until('it is in the middle of the second part', () => asked > held);
    server.signal('SIGKILL');
    await server.exited;
    isHolding = false;
    const first = nextTime(made, Date.now() - 2 * dayMs);
    await due(made, first);
    server = await start();

    const after = await server.api<ReconcileReport>('GET', pathOf(report));
    expect(after.backfill).toMatchObject({ state: 'failed', written: 500, total: orders.length });
    expect(after.backfill?.reason).toContain('The server ended while it ran');
    expect(after.counts).toMatchObject({ written: 500, missing: orders.length - 500 });
    let now = made;
    await until('what was due is made up for', async () => {
      now = (await schedules())[0] as ShownSchedule;
      return now.next > Date.now() && !now.running;
    });
    const missed: number[] = [];
    for (let at = first; at < now.next; at = nextTime(made, at)) missed.push(at);
    expect(missed.length).toBeGreaterThanOrEqual(2);
    const found = await foundBy(made);
    expect(found.map(({ spec, state, schedule }) => [spec.until, state, schedule?.name])).toEqual(
      missed.map((at) => [at, 'done', 'Every morning']),
    );
    expect(now).toMatchObject({ id: made.id, progress: { attempts: 0, lastDone: found.at(-1)?.id } });

    const again = await ended(await server.api<ReconcileReport>('POST', `${pathOf(report)}/backfill`, record));
    expect(again.backfill).toMatchObject({ state: 'done', written: orders.length - 500, arrived: 0, failed: 0 });
    expect(again.counts).toEqual({ written: orders.length });
    await until('the table has all', () => rows().length === orders.length);
    expect(rows().sort()).toEqual([...orders].sort());
    const clean = await compare();
    expect(clean.counts, 'nothing came in twice').toEqual({});
    expect(clean.matched).toBe(orders.length);
  });

  it('runs a schedule by itself at its own time, and goes on with the next', async () => {
    const schedule = (await schedules())[0] as ShownSchedule;
    const before = (await foundBy(schedule)).length;
    const at = Date.now() + 1000;
    await due(schedule, at);
    // It looks at the store again when somebody changes a schedule, else within half a minute; then it waits for the time.
    await server.api('POST', `/api/flows/repeated/reconcile-schedules/${schedule.id}/pause`, { paused: false });
    await until('it has run', async () => (await schedules())[0]?.progress.last?.tick === at);
    const found = await foundBy(schedule);
    expect(found).toHaveLength(before + 1);
    expect(found.at(-1)).toMatchObject({ state: 'done', spec: { since: at - dayMs, until: at } });
    expect(found.at(-1)?.startedAt, 'not before its time').toBeGreaterThanOrEqual(at);
    expect((await schedules())[0]?.next).toBe(nextTime(schedule, at));
  });

  const rule = (id: string, input: Partial<AlertRule>) =>
    server.api<AlertRule>(id === '' ? 'POST' : 'PUT', `/api/alerts/rules${id}`, input);
  /** Of the flow and kind; a rule that is saved again makes the alerts look now. */
  async function incidents(kind: string, look: () => Promise<unknown>): Promise<Incident[]> {
    await look();
    return (await server.api<Incident[]>('GET', '/api/incidents?flow=repeated')).filter((incident) => incident.kind === kind);
  }
  const post = async (body: object): Promise<void> =>
    expect((await fetch(`${server.url}/hooks/repeated`, { method: 'POST', body: JSON.stringify(body) })).status).toBe(200);
  const file = () => join(folder, 'data', 'files', 'repeated.jsonl');
  const lines = (): string[] => readFileSync(file(), 'utf8').split('\n').filter(Boolean);

  it('opens one incident when a scheduled comparison finds gaps in a file, and closes it when the next is clean', async () => {
    for (let n = 0; n < 5; n++) await post({ id: `r-${n}`, email: '' });
    await until('the file has them', () => lines().length === 5);
    const [schedule] = await schedules();
    const run = async (): Promise<ReconcileReport> => {
      const report = await ended(await server.api<ReconcileReport>('POST', `/api/flows/repeated/reconcile-schedules/${schedule?.id}/run`));
      await until('it is the last', async () => (await schedules())[0]?.progress.lastDone === report.id);
      expect(report).toMatchObject({ state: 'done', schedule: { name: 'Every morning' } });
      return report;
    };
    const look = () =>
      rule('/default-comparison', {
        name: 'Gaps',
        enabled: true,
        condition: { kind: 'comparison-gaps', atLeast: 2, extra: false },
        channels: [],
        tellEnd: true,
        calmSeconds: 0,
      });
    expect((await run()).counts).toEqual({});
    expect(await incidents('comparison-gaps', look)).toEqual([]);

    const all = lines();
    writeFileSync(file(), `${all.slice(2).join('\n')}\n${all.at(-1)}\n`);
    const gaps = await run();
    expect(gaps.counts).toEqual({ missing: 2, doubled: 1 });
    const named = await server.api<ReconcileItem[]>('GET', `${pathOf(gaps)}/items?state=missing`);
    const lost = all.slice(0, 2).map((line) => (JSON.parse(line) as { id: string }).id);
    expect(named.map(({ id }) => id).sort()).toEqual(lost.sort());
    const [incident] = await incidents('comparison-gaps', look);
    expect(incident).toMatchObject({ node: 'file', link: `/flows/repeated/reconcile?side=sink&report=${gaps.id}` });
    expect(incident?.sentence).toContain('“Every morning” found 2 gaps at “Orders file”: 2 missing.');
    const same = await run();
    expect(await incidents('comparison-gaps', look)).toMatchObject([{ id: incident?.id, link: expect.stringContaining(same.id) }]);

    // What was sent after the period is no row that the log does not know.
    const early = await ended(
      await server.api<ReconcileReport>('POST', '/api/flows/repeated/reconciles', { kind: 'sink', node: 'file', since: 0, until: 1 }),
    );
    expect(early.counts).toEqual({});

    writeFileSync(file(), `${all.join('\n')}\n`);
    expect((await run()).counts).toEqual({});
    await until('it is over', async () => (await incidents('comparison-gaps', look))[0]?.until !== undefined);
    expect(await incidents('comparison-gaps', look)).toHaveLength(1);
  });

  it('opens an incident when a field is empty in all that goes to a sink, and closes it when it is filled', async () => {
    const input = (minutes: number): Partial<AlertRule> => ({
      name: 'E-mail',
      flow: 'repeated',
      enabled: true,
      condition: { kind: 'field-empty', node: 'file', path: 'email', minutes, share: 1, atLeast: 5 },
      channels: [],
      tellEnd: true,
      calmSeconds: 0,
    });
    const { id } = await rule('', input(60));
    let found: Incident[] = [];
    await until('it is an incident', async () => {
      found = await incidents('field-empty', () => rule(`/${id}`, input(60)));
      return found.length > 0;
    });
    expect(found).toMatchObject([{ node: 'file', link: '/flows/repeated?node=file' }]);
    expect(found[0]?.sentence).toMatch(/^“email” is empty or missing in all of 5 messages that went to “Orders file” in the last 1 h\./);
    const before = lines().length;
    for (let n = 0; n < 6; n++) await post({ id: `filled-${n}`, email: 'someone@example.com' });
    await until('the file has them', () => lines().length === before + 6);
    // Another question is measured at once, not at the next turn.
    await until('it is over', async () => (await incidents('field-empty', () => rule(`/${id}`, input(59))))[0]?.until !== undefined);
  });
});
