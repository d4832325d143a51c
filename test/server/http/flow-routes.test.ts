import { once } from 'node:events';
import { type IncomingMessage, request as requestTo } from 'node:http';
import { Readable } from 'node:stream';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listen } from '#server/http/listen.ts';
import { aFlow, startTestServer, type TestServer } from './server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

describe('drafts', () => {
  it('are made, read with an ETag, saved over the revision that was read, listed and deleted', async () => {
    const made = await server.call('post', '/api/flows', { as: 'analyst', body: aFlow('orders') });
    expect(made.status).toBe(201);
    expect(made.headers.etag).toBe('"1"');
    expect(made.body).toMatchObject({
      revision: 1,
      updatedBy: 'analyst',
      changed: false,
      flow: { id: 'orders', settings: { partitions: 4 } },
    });

    const read = await server.call('get', '/api/flows/orders', { as: 'viewer' });
    expect(read.body).toEqual(made.body);
    const saved = await server.call('put', '/api/flows/orders', {
      body: { ...read.body.flow, name: 'Renamed', extra: [1] },
      headers: { 'if-match': read.headers.etag ?? '' },
    });
    expect(saved.status).toBe(200);
    expect(saved.headers.etag).toBe('"2"');
    expect(saved.body.flow).toMatchObject({ name: 'Renamed', extra: [1] });

    const list = await server.call('get', '/api/flows');
    expect(list.body).toEqual([expect.objectContaining({ id: 'orders', name: 'Renamed', nodes: 2, revision: 2 })]);
    expect(list.body[0].status).toMatchObject({ state: 'stopped', health: { level: 'off', sentence: 'Not deployed yet.' } });

    const gone = await server.call('delete', '/api/flows/orders');
    expect([gone.status, gone.text]).toEqual([204, '']);
    expect((await server.call('get', '/api/flows/orders')).status).toBe(404);
  });

  it('refuses an id that is taken, also to the second of two at once', async () => {
    const both = await Promise.all([1, 2].map(() => server.call('post', '/api/flows', { body: aFlow('twice') })));
    expect(both.map((one) => one.status).sort()).toEqual([201, 409]);
  });

  it('lets one of two parallel saves through and tells the other which revision stands', async () => {
    await server.call('post', '/api/flows', { body: aFlow('shared') });
    const saves = await Promise.all(
      ['Ann', 'Bob'].map((name) =>
        server.call('put', '/api/flows/shared', { body: { ...aFlow('shared'), name }, headers: { 'if-match': '"1"' } }),
      ),
    );
    expect(saves.map((save) => save.status).sort()).toEqual([200, 412]);
    const lost = saves.find((save) => save.status === 412);
    expect(lost?.body).toMatchObject({ revision: 2, problems: [{ code: 'request/stale' }] });
    const won = saves.find((save) => save.status === 200);
    expect((await server.call('get', '/api/flows/shared')).body.flow.name).toBe(won?.body.flow.name);
  });

  it('asks for If-Match, takes * for any revision, and refuses one that is none', async () => {
    const save = (headers: Record<string, string>) => server.call('put', '/api/flows/shared', { body: aFlow('shared'), headers });
    expect((await save({})).status).toBe(428);
    expect((await save({ 'if-match': '*' })).status).toBe(200);
    expect((await save({ 'if-match': '"abc"' })).status).toBe(412);
    expect((await save({ 'if-match': '"1"' })).status).toBe(412);
  });

  it('does not make a flow by saving one, and does not rename it', async () => {
    const unknown = await server.call('put', '/api/flows/nowhere', { body: aFlow('nowhere'), headers: { 'if-match': '*' } });
    expect(unknown.status).toBe(404);
    const renamed = await server.call('put', '/api/flows/shared', { body: aFlow('other'), headers: { 'if-match': '*' } });
    expect(renamed.status).toBe(400);
    expect(renamed.body.problems[0].field).toBe('id');
  });

  it('keeps an unfinished flow and says what is missing when asked', async () => {
    const body = aFlow('draft', 'draft', {
      nodes: [
        { id: 'in', type: 'hook' },
        { id: 'x', type: 'no-such-type' },
      ],
      edges: [],
    });
    expect((await server.call('post', '/api/flows', { body })).status).toBe(201);
    const { problems } = (await server.call('post', '/api/flows/draft/check', { as: 'viewer' })).body;
    expect(problems.map((problem: { node?: string }) => problem.node)).toContain('x');
    expect(problems).toContainEqual(expect.objectContaining({ node: 'in', field: 'path', severity: 'error' }));
  });
});

describe('bad input', () => {
  it('names every place of a document that is wrong', async () => {
    const body = aFlow('Bad Id', 'x', { name: '', settings: { partitions: 'many' }, nodes: [{ id: 'a' }] });
    const answer = await server.call('post', '/api/flows', { body });
    expect(answer.status).toBe(400);
    const fields = answer.body.problems.map((problem: { field: string }) => problem.field);
    expect(fields).toEqual(expect.arrayContaining(['id', 'name', 'settings.partitions', 'nodes.0.type']));
  });

  it.each([
    ['broken JSON', '{"format": 1,', 400],
    ['an empty body', '', 400],
    ['a list', '[]', 400],
    ['null', 'null', 400],
    ['a document of a later format', '{"format": 99}', 400],
    ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22]), 400],
  ])('answers %s with a problem', async (_name, body, status) => {
    const answer = await request(server.app.handler)
      .post('/api/flows')
      .set('authorization', `Bearer ${server.keys.admin}`)
      .set('content-type', 'application/json')
      .serialize((value: unknown) => value as string)
      .send(body as string);
    expect(answer.status).toBe(status);
    expect(answer.type).toBe('application/problem+json');
    expect(answer.body.problems[0].message).toMatch(/\.$/);
  });

  it('refuses a body that is not sent as JSON or that is packed', async () => {
    const send = (headers: Record<string, string>) =>
      request(server.app.handler)
        .post('/api/flows')
        .set({ authorization: `Bearer ${server.keys.admin}`, ...headers })
        .send('{}');
    expect((await send({ 'content-type': 'text/plain' })).status).toBe(415);
    expect((await send({ 'content-type': 'application/json', 'content-encoding': 'gzip' })).status).toBe(415);
  });

  it('refuses a body of 20 MB, announced or not, and serves the next request', async () => {
    const body = { ...aFlow('big'), padding: 'x'.repeat(20 * 1024 * 1024) };
    expect((await server.call('post', '/api/flows', { body })).status).toBe(413);
    const streamed = await sendStreamed(server, '/api/flows', 20);
    expect(streamed).toBe(413);
    expect((await server.call('get', '/healthz')).status).toBe(200);
  });

  it.each([
    ['/api/flows/..%2F..%2Fetc%2Fpasswd', 404],
    ['/api/flows/%00', 404],
    ['/api/flows/%E0%A4%A', 400],
    ['/api/flows/__proto__', 404],
    ['/api/flows/orders%0d%0aset-cookie:%20a=b', 404],
    ['/api/nothing', 404],
    ['/api//flows', 404],
  ])('answers the path %s with %i', async (path, status) => {
    const answer = await server.call('get', path);
    expect(answer.status).toBe(status);
    expect(answer.headers['set-cookie']).toBeUndefined();
  });

  it('says which methods a path takes', async () => {
    const answer = await server.call('patch', '/api/flows');
    expect(answer.status).toBe(405);
    expect(answer.headers.allow).toBe('GET, POST');
  });

  it('does not let a document reach the prototype of anything', async () => {
    const text = JSON.stringify(aFlow('proto')).replace('{', '{"__proto__":{"polluted":true},');
    await request(server.app.handler)
      .post('/api/flows')
      .set({ authorization: `Bearer ${server.keys.admin}`, 'content-type': 'application/json' })
      .send(text);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

/** Sends megabytes without a length and gives the status. */
async function sendStreamed(to: TestServer, path: string, megabytes: number): Promise<number> {
  const listening = await listen(to.app, { host: '127.0.0.1', port: 0 });
  const sending = requestTo(`${listening.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${to.keys.admin}`, 'content-type': 'application/json' },
  });
  const answered = once(sending, 'response') as Promise<[IncomingMessage]>;
  Readable.from(Array.from({ length: megabytes }, () => Buffer.alloc(1024 * 1024, ' '))).pipe(sending);
  const [response] = await answered;
  response.resume();
  await once(response, 'end');
  await listening.close();
  return response.statusCode ?? 0;
}
