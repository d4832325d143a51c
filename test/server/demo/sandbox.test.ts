import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSandbox, type Sandbox } from '#server/demo/sandbox.ts';
import sqlite from '#server/nodes/sqlite.ts';
import { ExactNumber } from '#shared/json.ts';
import { sinkBatch, sinkMessage, testContext } from '../nodes/node-bench.ts';

let folder: string;
let sandbox: Sandbox;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-sandbox-'));
  sandbox = createSandbox({ folder });
});
afterEach(() => sandbox.close());

async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const bytes = new TextEncoder().encode(typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body));
  const response = await sandbox.handle({ method, path, headers, body: bytes });
  return { status: response.status, headers: response.headers, body: JSON.parse(response.body) };
}

describe('sandbox applications', () => {
  it('keep records by id and count how often each was written', async () => {
    expect(await call('PUT', '/sandbox/crm/customers/C-1', { name: 'Ann' })).toMatchObject({ status: 201 });
    expect(await call('PUT', 'crm/customers/C-1', { name: 'Anna' })).toMatchObject({ status: 200, body: { writes: 2 } });
    expect(await call('POST', '/sandbox/erp/orders', { id: 'o1' })).toMatchObject({ status: 201, body: { id: 'o1' } });
    expect((await call('GET', '/sandbox/crm')).body).toMatchObject({
      app: 'crm',
      mode: 'ok',
      records: 1,
      writes: 2,
      last: [{ id: 'C-1', value: { name: 'Anna' } }],
    });
    expect((await call('GET', '/sandbox/crm/customers/C-1')).body.value).toEqual({ name: 'Anna' });
    expect((await call('GET', '/sandbox/erp/records')).body).toHaveLength(1);
    expect((await call('GET', '/sandbox')).body.map(({ app }: { app: string }) => app)).toEqual(['crm', 'marketing', 'erp', 'warehouse']);
  });

  it('answer a known idempotency key as before and write nothing', async () => {
    const key = { 'idempotency-key': 'orders-0-1#0' };
    const first = await call('POST', '/sandbox/erp/orders', { total: 1 }, key);
    const second = await call('POST', '/sandbox/erp/orders', { total: 1 }, key);
    expect(second.body).toEqual(first.body);
    expect(second.headers).toMatchObject({ 'idempotent-replayed': 'true' });
    expect((await call('GET', '/sandbox/erp')).body).toMatchObject({ records: 1, writes: 1, duplicates: 1 });
    expect(await call('POST', '/sandbox/erp/orders', { total: 2 }, key)).toMatchObject({ status: 422 });
  });

  it('fail, slow down, ask to come later, refuse or lose the answer when told to', async () => {
    const put = () => call('PUT', '/sandbox/crm/customers/C-1', { a: 1 });
    const mode = (body: object) => call('POST', '/sandbox/crm/mode', body);
    await mode({ mode: 'fail' });
    expect((await put()).status).toBe(503);
    await mode({ mode: '429', retryAfter: 7 });
    expect(await put()).toMatchObject({ status: 429, headers: { 'retry-after': '7' } });
    await mode({ mode: 'reject' });
    expect((await put()).status).toBe(422);
    await mode({ mode: 'lost' });
    expect((await put()).status).toBe(503);
    expect((await call('GET', '/sandbox/crm')).body).toMatchObject({ records: 1, refused: 4 });
    await mode({ mode: 'slow', delayMs: 150 });
    const began = Date.now();
    expect((await put()).status).toBe(200);
    expect(Date.now() - began).toBeGreaterThanOrEqual(140);
    expect((await mode({ mode: 'nonsense' })).status).toBe(400);
    expect((await call('GET', '/sandbox/erp')).body).toMatchObject({ mode: 'ok' });
  });

  it('still know everything after a restart, and nothing after a reset', async () => {
    await call('PUT', '/sandbox/crm/customers/C-1', '{"number":9007199254740993}', { 'idempotency-key': 'k' });
    await call('POST', '/sandbox/crm/mode', { mode: 'fail' });
    sandbox.close();
    sandbox = createSandbox({ folder });
    expect((await call('GET', '/sandbox/crm')).body).toMatchObject({ mode: 'fail', records: 1 });
    const raw = await sandbox.handle({ method: 'GET', path: '/sandbox/crm/records', headers: {}, body: new Uint8Array() });
    expect(raw.body).toContain('9007199254740993');
    expect((await call('DELETE', '/sandbox/crm')).body).toMatchObject({ mode: 'ok', records: 0, refused: 0 });
  });

  it('show the rows of the warehouse table, which the flow writes itself', async () => {
    expect((await call('GET', '/sandbox/warehouse')).body).toMatchObject({ records: 0 });
    const sink = await sqlite.create(sqlite.config.parse({ keys: ['id'] }), testContext({ filesFolder: folder }));
    await sink.write(sinkBatch([sinkMessage(0, { id: 'a', number: new ExactNumber('9007199254740993') })]), new AbortController().signal);
    expect((await call('GET', '/sandbox/warehouse')).body).toMatchObject({ records: 1, last: [{ id: 'a', number: '9007199254740993' }] });
    expect((await call('DELETE', '/sandbox/warehouse')).body).toMatchObject({ records: 0 });
    await sink.close?.();
  });

  it('refuse what is no record, no application and no method of theirs', async () => {
    expect((await call('PUT', '/sandbox/crm/customers/C-1', 'no json')).status).toBe(400);
    expect((await call('GET', '/sandbox/constructor')).status).toBe(404);
    expect((await call('PATCH', '/sandbox/crm/customers/C-1', {})).status).toBe(405);
    expect((await call('PUT', '/sandbox')).status).toBe(405);
  });
});
