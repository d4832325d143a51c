import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Comparison } from '#shared/comparison.ts';
import { aFlow, startTestServer, type TestServer } from './server.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
  await server.call('post', '/api/flows', { body: aFlow('shop') });
});
afterEach(() => server.close());

const group = { signature: 'value-changed.1', class: 'value-changed' as const, places: ['total'], added: [], removed: [], messages: 3 };
const report: Comparison = {
  id: 'r1',
  flow: 'shop',
  state: 'done',
  scope: { by: 'newest', count: 1000 },
  draft: { hash: 'of another draft' },
  against: 1,
  startedAt: '2026-01-01T00:00:00Z',
  startedBy: 'Mira',
  ms: 1,
  done: 3,
  total: 3,
  topics: [],
  missing: 0,
  counts: { 'value-changed': 3 },
  groups: [{ ...group, examples: [], causes: [] }],
  unseen: [],
  labels: {},
};

describe('what would change, over HTTP', () => {
  it('is null before anybody has compared, and says so where there is nothing to compare with', async () => {
    const none = await server.call('get', '/api/flows/shop/comparison');
    expect([none.status, none.body]).toEqual([200, null]);
    const begun = await server.call('post', '/api/flows/shop/comparison');
    expect(begun.status).toBe(201);
    expect(begun.body).toMatchObject({ state: 'done', reason: { code: 'first-deploy' }, stale: false });
    expect((await server.call('get', '/api/flows/shop/comparison')).body).toMatchObject({ id: begun.body.id });
  });

  it('keeps a tick with its note, who and when, tells the audit log, and takes it back', async () => {
    await server.store.comparisons.put(report);
    const path = '/api/flows/shop/comparison/r1/groups/value-changed.1';
    const ticked = await server.call('put', path, { as: 'analyst', body: { expected: true, note: 'As agreed' } });
    expect(ticked.body.groups[0].expected).toMatchObject({ by: 'analyst', note: 'As agreed', at: expect.stringMatching(/^\d{4}-/) });
    expect((await server.store.audit.list(1))[0]).toMatchObject({ who: 'analyst', action: 'comparison/expected', flow: 'shop' });
    const untouched = await server.call('put', path, { as: 'viewer', body: { expected: false } });
    expect(untouched.status).toBe(403);
    const back = await server.call('put', path, { as: 'analyst', body: { expected: false } });
    expect(back.body.groups[0].expected).toBeUndefined();
    expect((await server.call('put', `${path}x`, { body: { expected: true } })).status).toBe(404);
  });

  it('calls a report of another draft stale, and refuses what is out of bounds', async () => {
    await server.store.comparisons.put(report);
    expect((await server.call('get', '/api/flows/shop/comparison/r1')).body.stale).toBe(true);
    expect((await server.call('get', '/api/flows/shop/comparison/r2')).status).toBe(404);
    expect((await server.call('get', '/api/flows/none/comparison')).status).toBe(404);
    expect((await server.call('post', '/api/flows/shop/comparison', { body: { scope: { by: 'newest', count: 10_001 } } })).status).toBe(
      400,
    );
    expect((await server.call('post', '/api/flows/shop/comparison', { as: 'viewer' })).status).toBe(403);
  });
});
