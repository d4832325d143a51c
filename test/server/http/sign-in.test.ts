import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aFlow, startTestServer, type TestServer } from './server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const signIn = (body: object, headers: Record<string, string> = {}) =>
  request(server.app.handler).post('/api/session').set(headers).send(body);
const cookieOf = (response: request.Response): string => String(response.headers['set-cookie']?.[0]).split(';')[0] ?? '';

describe('signing in', () => {
  it('sets a cookie that scripts of a page cannot read and other sites cannot send', async () => {
    const answer = await signIn({ key: server.keys.analyst });
    expect(answer.body).toEqual({
      name: 'analyst',
      role: 'analyst',
      demo: false,
      environment: 'development',
      version: '1.2.3',
      hooksUrl: 'http://localhost:3400/hooks',
    });
    const cookie = String(answer.headers['set-cookie']);
    expect(cookie).toMatch(/HttpOnly/);
    expect(cookie).toMatch(/SameSite=Strict/);
    expect(cookie).not.toContain(server.keys.analyst);
    const me = await request(server.app.handler).get('/api/me').set('cookie', cookieOf(answer));
    expect(me.body.role).toBe('analyst');
  });

  it('takes a link once', async () => {
    const link = await server.store.sessions.createLink('admin', 60_000);
    expect((await signIn({ link })).body).toMatchObject({ name: 'admin', role: 'admin' });
    const again = await signIn({ link });
    expect(again.status).toBe(401);
    expect(again.body.detail).toContain('used already');
  });

  it.each([{ key: 'wrong' }, { link: 'wrong' }])('refuses %j', async (body) => {
    const answer = await signIn(body);
    expect(answer.status).toBe(401);
    expect(answer.headers['set-cookie']).toBeUndefined();
  });

  it.each([{}, { key: 1 }, { key: '' }, { key: 'a', link: 'b' }])('refuses %j as malformed', async (body) => {
    expect((await signIn(body)).status).toBe(400);
  });

  it('ends with signing out, and when the key is removed', async () => {
    const cookie = cookieOf(await signIn({ key: server.keys.viewer }));
    const out = await request(server.app.handler).delete('/api/session').set({ cookie, 'sec-fetch-site': 'same-origin' });
    expect(out.status).toBe(204);
    expect((await request(server.app.handler).get('/api/me').set('cookie', cookie)).status).toBe(401);

    const made = await server.call('post', '/api/keys', { body: { name: 'short-lived', role: 'viewer' } });
    const other = cookieOf(await signIn({ key: made.body.key }));
    await server.call('delete', `/api/keys/${made.body.id}`);
    expect((await request(server.app.handler).get('/api/me').set('cookie', other)).status).toBe(401);
  });
});

describe('a request with a cookie', () => {
  let cookie: string;
  beforeAll(async () => {
    cookie = cookieOf(await signIn({ key: server.keys.admin }));
  });
  const change = (headers: Record<string, string>) =>
    request(server.app.handler)
      .post('/api/flows')
      .set({ cookie, host: 'millrace.test', ...headers })
      .send(aFlow(`f-${Math.random().toString(36).slice(2)}`));

  it.each([
    [{ origin: 'http://millrace.test' }],
    [{ origin: 'http://millrace.test', 'sec-fetch-site': 'same-origin' }],
    [{ 'sec-fetch-site': 'same-origin' }],
  ])('changes something when it comes from the studio: %j', async (headers) => {
    expect((await change(headers as unknown as Record<string, string>)).status).toBe(201);
  });

  it.each([
    [{}],
    [{ origin: 'http://evil.test' }],
    [{ origin: 'null' }],
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'same-site', origin: 'http://millrace.test:81' }],
    [{ 'sec-fetch-site': 'none' }],
  ])('changes nothing when it does not: %j', async (headers) => {
    expect((await change(headers as Record<string, string>)).status).toBe(403);
  });

  it('may read without further ado, and a script with a key may write', async () => {
    expect((await request(server.app.handler).get('/api/flows').set({ cookie, 'sec-fetch-site': 'none' })).status).toBe(200);
    expect((await server.call('post', '/api/flows', { body: aFlow('by-script') })).status).toBe(201);
  });

  it('cannot be signed in from another site', async () => {
    expect((await signIn({ key: server.keys.admin }, { origin: 'http://evil.test' })).status).toBe(403);
  });
});
