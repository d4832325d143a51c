import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ReconcileReport } from '#shared/reconcile.ts';
import { aFlow, startTestServer, type TestServer } from './server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await server.call('post', '/api/flows', { body: aFlow('shop') });
});
afterAll(() => server.close());

const period = { since: 1, until: 2 };
const report = (id: string, more: Partial<ReconcileReport> = {}): ReconcileReport => ({
  id,
  flow: 'shop',
  spec: { kind: 'sink', node: 'out', ...period },
  state: 'done',
  startedBy: 'Mira',
  startedAt: 1,
  listed: 3,
  scanned: 3,
  total: 3,
  matched: 1,
  counts: { missing: 2 },
  backfillable: true,
  notes: [],
  ...more,
});

it('refuses with a sentence what cannot be compared', async () => {
  const start = (spec: object, as: 'analyst' | 'developer' = 'developer') =>
    server.call('post', '/api/flows/shop/reconciles', { as, body: spec });
  expect((await start({ kind: 'sink', node: 'out', ...period })).body.detail).toBe(
    'The flow was never deployed, so there is no log to compare with.',
  );
  await server.call('post', '/api/flows/shop/deploy', { body: {} });
  expect((await start({ kind: 'sink', node: 'out', ...period })).body.detail).toContain('cannot be asked what it holds');
  expect((await start({ kind: 'sink', node: 'none', ...period })).body.detail).toContain('no such sink');
  const list = { from: 'poll', url: 'https://shop.example.com/orders', id: 'id' };
  const source = { kind: 'source', node: 'in', named: { by: 'key' }, ...period, list };
  expect((await start(source, 'analyst')).status).toBe(403);
  expect((await start({ ...source, node: 'none' })).body.detail).toContain('no such source');
  expect((await start({ ...source, since: 5 })).body.detail).toBe('The period ends before it begins.');
  expect((await start({ ...source, list: { ...list, url: 'file:///etc/passwd' } })).status).toBe(400);
});

it('takes a list only as bytes, and says what is wrong with it', async () => {
  const path = '/api/flows/shop/reconciles/upload?node=in&since=1&until=2&idField=id';
  expect((await server.call('post', path, { headers: { 'content-type': 'text/plain' }, body: 'a' as unknown as object })).status).toBe(415);
  const bytes = { 'content-type': 'application/octet-stream' };
  const send = (text: string) => server.call('post', path, { headers: bytes, body: text as unknown as object });
  expect((await send('number\n1')).body.detail).toContain('has no column “id”');
  expect((await send('[{"id": 1}, {"id"')).body.detail).toContain('cut off');
  expect((await send('id\n')).body.detail).toContain('holds no id');
  expect((await server.call('get', '/api/flows/shop/reconciles')).body, 'nothing of a refused list stays').toEqual([]);
});

it('gives back reports with their things, page by page and as CSV that no sheet runs', async () => {
  await server.store.reconciles.put(report('r1'));
  const item = (ordinal: number, id: string) => ({ ordinal, state: 'missing' as const, id, row: '{"secret": 1}', note: '' });
  await server.store.reconciles.addItems('r1', [item(0, 'a'), item(1, '=1+1'), item(2, 'c,"d"')]);
  expect((await server.call('get', '/api/flows/shop/reconciles', { as: 'viewer' })).body).toMatchObject([{ id: 'r1' }]);
  const items = await server.call('get', '/api/flows/shop/reconciles/r1/items?after=0&limit=1', { as: 'viewer' });
  expect(items.body).toEqual([{ ordinal: 1, state: 'missing', id: '=1+1', note: '' }]);
  const csv = await server.call('get', '/api/flows/shop/reconciles/r1/items.csv', { as: 'viewer' });
  expect(csv.text).toBe('state,id,position,count,note\r\nmissing,a,,,\r\nmissing,\'=1+1,,,\r\nmissing,"c,""d""",,,\r\n');
  expect((await server.call('get', '/api/flows/shop/reconciles/none')).status).toBe(404);
  await server.call('post', '/api/flows', { body: aFlow('other') });
  expect((await server.call('get', '/api/flows/other/reconciles/r1')).status).toBe(404);
});

it('backfills for admins alone, and only what was compared to its end', async () => {
  const body = { record: { from: 'list' } };
  expect((await server.call('post', '/api/flows/shop/reconciles/r1/backfill', { as: 'developer', body })).status).toBe(403);
  expect((await server.call('post', '/api/flows/shop/reconciles/r1/backfill', { body })).body.detail).toContain('mended by a replay');
  const spec: ReconcileReport['spec'] = {
    kind: 'source',
    node: 'in',
    named: { by: 'key' },
    slackMinutes: 0,
    ...period,
    list: { from: 'upload', name: 'x', idField: '' },
  };
  await server.store.reconciles.put(report('r2', { spec, state: 'stopped' }));
  expect((await server.call('post', '/api/flows/shop/reconciles/r2/backfill', { body })).body.detail).toContain('did not come to its end');
  await server.store.reconciles.put(report('r3', { spec, counts: {} }));
  expect((await server.call('post', '/api/flows/shop/reconciles/r3/backfill', { body })).body.detail).toBe('Nothing is missing any more.');
  const noId = { record: { from: 'fetch', url: 'https://shop.example.com/orders' } };
  expect((await server.call('post', '/api/flows/shop/reconciles/r3/backfill', { body: noId })).status).toBe(400);
});

it('repeats comparisons for those who may start them, and says in the audit who did what', async () => {
  const path = '/api/flows/shop/reconcile-schedules';
  const sink = {
    name: 'Every morning',
    what: { kind: 'sink', node: 'out' },
    times: { kind: 'daily', at: '06:00' },
    zone: 'Europe/Berlin',
    period: { kind: 'yesterday' },
  };
  expect((await server.call('post', path, { as: 'viewer', body: sink })).status).toBe(403);
  expect((await server.call('post', path, { as: 'analyst', body: sink })).body.detail).toContain('cannot be asked what it holds');
  expect((await server.call('post', path, { body: { ...sink, zone: 'Berlin' } })).status).toBe(400);
  expect((await server.call('post', path, { body: { ...sink, times: { kind: 'hours', hours: 5 } } })).status).toBe(400);
  const list = { from: 'poll', url: 'https://shop.example.com/orders', id: 'id' };
  const source = { ...sink, what: { kind: 'source', node: 'in', named: { by: 'key' }, list } };
  expect((await server.call('post', path, { as: 'analyst', body: source })).status).toBe(403);
  const made = await server.call('post', path, { as: 'developer', body: source });
  expect(made.body).toMatchObject({ name: 'Every morning', paused: false, running: false, progress: { attempts: 0 } });
  expect(made.body.next).toBeGreaterThan(Date.now());
  const one = `${path}/${made.body.id}`;
  expect((await server.call('get', path, { as: 'viewer' })).body).toMatchObject([{ id: made.body.id }]);
  expect((await server.call('post', `${one}/pause`, { as: 'analyst', body: { paused: true } })).status).toBe(403);
  expect((await server.call('post', `${one}/pause`, { as: 'developer', body: { paused: true } })).body.paused).toBe(true);
  const changed = { ...source, name: 'Every evening', times: { kind: 'daily', at: '18:30' } };
  expect((await server.call('put', one, { as: 'viewer', body: changed })).status).toBe(403);
  expect((await server.call('put', one, { as: 'analyst', body: changed })).status).toBe(403);
  expect((await server.call('put', one, { as: 'analyst', body: sink })).status, 'nor by turning it into another').toBe(403);
  expect((await server.call('put', one, { as: 'developer', body: { ...changed, zone: 'Berlin' } })).status).toBe(400);
  expect((await server.call('put', one, { as: 'developer', body: sink })).body.detail).toContain('stays with its source or sink');
  const { body } = await server.call('put', one, { as: 'developer', body: changed });
  expect(body).toMatchObject({ name: 'Every evening', times: changed.times, paused: true, createdBy: made.body.createdBy });
  expect(body.changedAt).toBeGreaterThan(0);
  const otherList = { ...changed, what: { ...changed.what, list: { ...list, items: 'orders' } } };
  expect((await server.call('put', one, { as: 'developer', body: otherList })).body.what.list.items).toBe('orders');
  expect((await server.call('put', `${path}/none`, { as: 'developer', body: changed })).status).toBe(404);
  expect((await server.call('delete', one, { as: 'viewer' })).status).toBe(403);
  expect((await server.call('delete', `/api/flows/other/reconcile-schedules/${made.body.id}`)).status).toBe(404);
  expect((await server.call('delete', one, { as: 'developer' })).status).toBe(204);
  expect((await server.call('delete', one)).status).toBe(404);
  const told = (await server.call('get', '/api/audit')).body as { action: string; detail: string }[];
  expect(told.filter(({ action }) => action.startsWith('reconcile/schedule')).map(({ action, detail }) => `${action} ${detail}`)).toEqual([
    'reconcile/schedule-remove Every evening',
    'reconcile/schedule-change Every evening: in, Daily at 18:30 Europe/Berlin, the day before; it asks for its list in another way; before: Every evening: in, Daily at 18:30 Europe/Berlin, the day before',
    'reconcile/schedule-change Every evening: in, Daily at 18:30 Europe/Berlin, the day before; before: Every morning: in, Daily at 06:00 Europe/Berlin, the day before',
    'reconcile/schedule-pause Every morning',
    'reconcile/schedule-create Every morning: in, Daily at 06:00 Europe/Berlin, the day before',
  ]);
});
