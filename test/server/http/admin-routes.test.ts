import { afterAll, beforeAll, expect, it } from 'vitest';
import { aFlow, startTestServer, type TestServer } from './server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

it('keeps the values of secrets to itself: in no answer, no error, no log, no audit entry', async () => {
  const value = 'hunter2-very-secret';
  const set = await server.call('put', '/api/secrets/crm.token', { body: { value } });
  expect(set.body).toMatchObject({ name: 'crm.token', updatedBy: 'admin' });
  const answers = [
    set,
    await server.call('get', '/api/secrets', { as: 'analyst' }),
    await server.call('get', '/api/audit'),
    await server.call('put', '/api/secrets/other', { body: { value: [value] } }),
    await server.call('put', '/api/secrets/bad%20name', { body: { value } }),
    await server.call('put', '/api/secrets/other', { body: `{"value": "${value}`, headers: { 'content-type': 'application/json' } }),
    await server.call('get', `/api/nothing?value=${value}`),
  ];
  expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200, 400, 400, 400, 404]);
  expect(answers.map((answer) => answer.text).join()).not.toContain(value);
  expect(server.logged()).not.toContain(value);
  expect(await server.store.secrets.reveal()).toEqual({ 'crm.token': value });
  expect((await server.call('delete', '/api/secrets/crm.token')).status).toBe(204);
  expect((await server.call('delete', '/api/secrets/crm.token')).status).toBe(404);
});

it('shows an API key once, and lets it work until it is removed', async () => {
  const made = await server.call('post', '/api/keys', { body: { name: 'ci', role: 'viewer' } });
  expect(made.status).toBe(201);
  const headers = { authorization: `Bearer ${made.body.key}` };
  expect((await server.call('get', '/api/me', { as: 'nobody', headers })).body).toMatchObject({ name: 'ci', role: 'viewer' });
  expect((await server.call('get', '/api/keys')).text).not.toContain(made.body.key);
  expect((await server.call('delete', `/api/keys/${made.body.id}`)).status).toBe(204);
  expect((await server.call('get', '/api/me', { as: 'nobody', headers })).status).toBe(401);
  expect(server.logged()).not.toContain(made.body.key);
});

it.each([{ name: '', role: 'viewer' }, { name: 'x', role: 'root' }, { name: 'x' }, { role: 'viewer' }])(
  'refuses the key %j',
  async (body) => {
    expect((await server.call('post', '/api/keys', { body })).status).toBe(400);
  },
);

it('writes down every change: who, what, on which flow', async () => {
  const body = aFlow('audited');
  await server.call('post', '/api/flows', { as: 'analyst', body });
  await server.call('put', '/api/flows/audited', { body, headers: { 'if-match': '*' } });
  await server.call('post', '/api/flows/audited/versions');
  await server.call('post', '/api/flows/audited/deploy');
  await server.call('post', '/api/flows/audited/stages/transform/pause');
  await server.call('post', '/api/flows/audited/stages/transform/resume');
  await server.call('post', '/api/flows/audited/stop');
  await server.call('delete', '/api/flows/audited');
  const { body: entries } = await server.call('get', '/api/audit?limit=8');
  expect(entries.map((entry: { action: string }) => entry.action).reverse()).toEqual([
    'flow/create',
    'flow/save',
    'version/publish',
    'flow/deploy',
    'stage/pause',
    'stage/resume',
    'flow/stop',
    'flow/delete',
  ]);
  expect(entries.at(-1)).toMatchObject({ who: 'analyst', flow: 'audited' });
});

it('gives the catalog as it is', async () => {
  const { body } = await server.call('get', '/api/node-types', { as: 'viewer' });
  expect(body.types.map((type: { type: string }) => type.type)).toEqual(['hook', 'drain', 'shelf', 'to-topic']);
});
