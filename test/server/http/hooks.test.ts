import request from 'supertest';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { KafkaUnreachable } from '#server/kafka/port.ts';
import { aFlow, startTestServer, type TestServer } from './server.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer({
    sandbox: {
      handle: async ({ method, path, body }) =>
        path === 'crm/contacts' ? { status: 201, body: `${method} ${Buffer.from(body)}` } : undefined,
    },
  });
  await server.call('post', '/api/flows', { body: aFlow('orders') });
  await server.call('post', '/api/flows/orders/deploy');
});
afterEach(() => server.close());

const post = (path: string, body: string | Buffer, headers: Record<string, string> = {}) =>
  request(server.app.handler)
    .post(path)
    .set({ 'content-type': 'application/json', ...headers })
    .serialize((value: unknown) => value as string)
    .send(body as string);

it('hands over the body byte for byte, with method, path, query and headers', async () => {
  const body = Buffer.from('{ "a" : 1.0,\n\t"x": "\u00e4" }broken\u0000');
  server.runtime.hookAnswer = { status: 202, headers: { 'x-mark': 'yes', 'content-type': 'application/json' }, body: '{"taken":true}' };
  const answer = await post('/hooks/orders?shop=7&x=a%20b', body, { 'X-Signature': 'sha256=abc', authorization: 'Bearer theirs' });
  expect(answer.status).toBe(202);
  expect(answer.headers['x-mark']).toBe('yes');
  expect(answer.body).toEqual({ taken: true });
  const [received] = server.runtime.received;
  expect(received).toMatchObject({ method: 'POST', path: 'orders', query: { shop: '7', x: 'a b' } });
  expect(received?.headers).toMatchObject({ 'x-signature': 'sha256=abc', authorization: 'Bearer theirs' });
  expect(Buffer.from(received?.body ?? []).equals(body)).toBe(true);
});

it('takes the largest body that the source takes and refuses one byte more', async () => {
  expect((await post('/hooks/orders', 'x'.repeat(1000))).status).toBe(200);
  const refused = await post('/hooks/orders', 'x'.repeat(1001));
  expect(refused.status).toBe(413);
  expect(refused.type).toBe('application/problem+json');
  expect((await post('/hooks/orders', Buffer.alloc(20 * 1024 * 1024))).status).toBe(413);
  expect(server.runtime.received).toHaveLength(1);
});

it('tells an unknown path from a wrong method', async () => {
  expect((await post('/hooks/nothing', '{}')).status).toBe(404);
  expect((await post('/hooks/..%2Forders', '{}')).status).toBe(404);
  const wrong = await request(server.app.handler).put('/hooks/orders').send('x');
  expect(wrong.status).toBe(405);
  expect(wrong.headers.allow).toBe('POST');
});

it('asks the sender to come again while the flow does not run or Kafka is away', async () => {
  server.runtime.failure = new KafkaUnreachable('No broker answers.');
  const away = await post('/hooks/orders', '{}');
  expect(away.status).toBe(503);
  expect(away.headers['retry-after']).toBe('10');
  expect(away.body.detail).toContain('Kafka does not answer');
  server.runtime.failure = undefined;
  await server.call('post', '/api/flows/orders/stop');
  const stopped = await post('/hooks/orders', '{}');
  expect(stopped.status).toBe(503);
  expect(stopped.headers['retry-after']).toBe('10');
  expect((await request(server.app.handler).get('/hooks/orders')).status).toBe(405);
});

it('hands requests to the sandbox, and says when there is no such application', async () => {
  expect((await post('/sandbox/crm/contacts', '{"a":1}')).text).toBe('POST {"a":1}');
  expect((await post('/sandbox/other', '{}')).status).toBe(404);
});
