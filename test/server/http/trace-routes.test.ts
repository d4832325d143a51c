import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TraceSearch } from '#shared/trace.ts';
import { until } from '../../wait.ts';
import { aFlow, startTestServer, type TestServer } from './server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await server.call('post', '/api/flows', { body: aFlow('shop') });
  await server.call('post', '/api/flows', { body: aFlow('idle') });
  await server.call('post', '/api/flows/shop/deploy', { body: {} });
});
afterAll(() => server.close());

it('a search needs something to look for, in a flow that there is', async () => {
  for (const body of [{}, { text: ' ' }, { text: 'x', by: 'guess' }, { text: 'x', by: 'field' }, { text: 'x', limit: 101 }])
    expect([body, (await server.call('post', '/api/traces', { as: 'viewer', body })).status]).toEqual([body, 400]);
  expect((await server.call('post', '/api/traces', { body: { text: 'x', flow: 'none' } })).status).toBe(404);
  expect((await server.call('post', '/api/traces', { as: 'nobody', body: { text: 'x' } })).status).toBe(401);
});

it('searches are few at a time, can be stopped, and belong to whom they are of', async () => {
  // Kafka does not answer here, so they go on for a while.
  const started: TraceSearch[] = [];
  for (let at = 0; at < 3; at++) {
    const { status, body } = await server.call('post', '/api/traces', { as: 'viewer', body: { text: `A-${at}` } });
    expect([status, body.state]).toEqual([201, 'running']);
    started.push(body as TraceSearch);
  }
  const refused = await server.call('post', '/api/traces', { body: { text: 'A-4' } });
  expect([refused.status, refused.headers['retry-after'], refused.body.type]).toEqual([429, '2', 'urn:millrace:trace:busy']);
  const id = started[0]?.id ?? '';
  expect((await server.call('get', `/api/traces/${id}`, { as: 'analyst' })).status).toBe(404);
  expect((await server.call('delete', `/api/traces/${id}`, { as: 'analyst' })).status).toBe(404);
  const stopped = await server.call('delete', `/api/traces/${id}`, { as: 'viewer' });
  expect([stopped.status, stopped.body.state]).toEqual([200, 'stopped']);
  expect((await server.call('get', '/api/traces', { as: 'viewer' })).body.map((one: TraceSearch) => one.query.text)).toEqual([
    'A-2',
    'A-1',
    'A-0',
  ]);
  for (const one of started) await server.call('delete', `/api/traces/${one.id}`, { as: 'viewer' });
  await until('there is room again', async () => {
    const again = await server.call('post', '/api/traces', { as: 'viewer', body: { text: 'A-9' } });
    if (again.status === 201) await server.call('delete', `/api/traces/${again.body.id}`, { as: 'viewer' });
    return again.status === 201;
  });
});

it('the fields of the index are chosen beside the flow, whose draft and version stay as they are', async () => {
  const before = (await server.call('get', '/api/flows/shop')).body;
  expect((await server.call('get', '/api/flows/shop/trace-fields', { as: 'viewer' })).body).toEqual({ fields: null });
  expect((await server.call('put', '/api/flows/shop/trace-fields', { as: 'viewer', body: { fields: ['id'] } })).status).toBe(403);
  const set = await server.call('put', '/api/flows/shop/trace-fields', { as: 'analyst', body: { fields: ['orderNo', 'lines.sku'] } });
  expect(set.body).toMatchObject({ fields: ['orderNo', 'lines.sku'], by: 'analyst' });
  for (const fields of [['a..b'], ['**'], [''], Array.from({ length: 21 }, (_, at) => `f${at}`)])
    expect([fields, (await server.call('put', '/api/flows/shop/trace-fields', { body: { fields } })).status]).toEqual([fields, 400]);
  expect((await server.call('get', '/api/flows/shop')).body).toEqual(before);
  const [entry] = (await server.call('get', '/api/audit?limit=1')).body;
  expect(entry).toMatchObject({ who: 'analyst', action: 'trace/fields', flow: 'shop', detail: 'orderNo, lines.sku' });
  expect((await server.call('put', '/api/flows/shop/trace-fields', { body: { fields: null } })).body).toEqual({ fields: null });
  expect((await server.call('get', '/api/flows/none/trace-fields')).status).toBe(404);
});

it('a way needs a deployed flow that reads the topic', async () => {
  const way = (flow: string, origin: string) =>
    server.call('get', `/api/flows/${flow}/way?origin=${encodeURIComponent(origin)}`, { as: 'viewer' });
  const idle = await way('idle', 'orders/0/1');
  expect([idle.status, idle.body.detail]).toEqual([409, expect.stringContaining('was never deployed')]);
  const other = await way('shop', 'orders/0/1');
  expect([other.status, other.body.detail]).toEqual([409, '“Flow shop” does not read “orders”; it reads “millrace.shop.in”.']);
  expect((await way('shop', 'orders')).status).toBe(400);
  expect((await way('none', 'orders/0/1')).status).toBe(404);
  expect((await server.call('get', '/api/trace-index', { as: 'viewer' })).body).toEqual({ on: false, behind: 0, bytes: 0, topics: [] });
});

it('the audit is asked by text, in which no sign is a pattern', async () => {
  const { audit } = server.store;
  await audit.add({ who: 'x', action: 'test', flow: 'shop', detail: 'about in_a%b/0/1 only' });
  await audit.add({ who: 'x', action: 'test', flow: 'shop', detail: 'about inXaYb/0/1' });
  const found = async (...texts: string[]) => (await audit.about('shop', 0, texts, 10)).map(({ detail }) => detail);
  expect(await found('in_a%b/0/1')).toEqual(['about in_a%b/0/1 only']);
  expect(await found('%')).toEqual(['about in_a%b/0/1 only']);
  expect(await found('!', "' OR 1=1")).toEqual([]);
  expect(await found()).toEqual([]);
  expect(await audit.about('shop', Date.now() + 60_000, ['about'], 10)).toEqual([]);
});
