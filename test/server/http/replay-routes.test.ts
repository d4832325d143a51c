import { afterAll, beforeAll, expect, it } from 'vitest';
import { aFlow, startTestServer, type TestServer } from './server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await server.call('post', '/api/flows', { body: aFlow('shop') });
});
afterAll(() => server.close());

const spec = { range: { by: 'time', since: 0, until: 1 }, version: 1, sinks: ['out'] };

it('lets only an admin replay to the real sinks', async () => {
  const asked = { as: 'analyst' as const, body: { spec: { ...spec, target: 'real' } } };
  const refused = await server.call('post', '/api/flows/shop/replays', asked);
  expect(refused.status).toBe(403);
  expect(refused.body.detail).toContain('needs the role admin');
});

it('tells of a version that is not there, and of a spec that is none', async () => {
  const plan = await server.call('post', '/api/flows/shop/replays/plan', { body: spec });
  expect(plan.body.problems).toMatchObject([{ code: 'replay/version', message: 'The flow "shop" has no version 1.' }]);
  expect((await server.call('post', '/api/flows/shop/replays/plan', { body: { ...spec, range: { by: 'luck' } } })).status).toBe(400);
  expect((await server.call('post', '/api/flows/none/replays/plan', { body: spec })).status).toBe(404);
});

it('refuses to retry what is no dead letter of the flow', async () => {
  const { status, body } = await server.call('post', '/api/flows/shop/retries', {
    body: { letters: ['millrace.other.dead/0/1'], version: 1 },
  });
  expect([status, body.detail]).toEqual([409, 'None of these is a dead letter of this flow. Choose messages of its inbox.']);
});

it('knows no replay and no retry of an id that nobody gave', async () => {
  expect((await server.call('get', '/api/replays/none')).status).toBe(404);
  expect((await server.call('post', '/api/retries/none/stop')).status).toBe(404);
  expect((await server.call('get', '/api/replays?flow=shop')).body).toEqual([]);
});
