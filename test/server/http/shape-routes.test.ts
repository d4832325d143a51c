import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TargetShape } from '#shared/target-shape.ts';
import { targetLimits } from '#shared/target-shape.ts';
import { aFlow, startTestServer, type TestServer } from './server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  const sinks = [
    { id: 'shelf', type: 'shelf', config: { key: 'shelf.key', field: 'orderNo' } },
    { id: 'empty', type: 'shelf', config: { key: 'shelf.key' } },
    { id: 'shut', type: 'shelf', config: { key: 'wrong.key', field: 'x' } },
    { id: 'lost', type: 'shelf', config: { key: 'no.such.key', field: 'x' } },
    { id: 'unset', type: 'shelf', config: {} },
    { id: 'topic', type: 'to-topic', config: { topic: 'orders' } },
    { id: 'nowhere', type: 'to-topic', config: {} },
    { id: 'inner', type: 'to-topic', config: { topic: '__consumer_offsets' } },
  ];
  const flow = aFlow('shapes');
  expect((await server.call('post', '/api/flows', { body: { ...flow, nodes: [...flow.nodes, ...sinks] } })).status).toBe(201);
  await server.call('put', '/api/secrets/shelf.key', { body: { value: 'open sesame' } });
  await server.call('put', '/api/secrets/wrong.key', { body: { value: 'hunter2-secret' } });
});
afterAll(() => server.close());

const target: TargetShape = {
  origin: { kind: 'schema', name: 'ERP order' },
  shape: { kinds: ['object'], fields: [{ name: 'id', required: true, shape: { kinds: ['text'], facts: { maxLength: 10 } } }] },
};
const place = '/api/flows/shapes/targets/in';
const read = (node: string) => server.call('post', '/api/flows/shapes/targets/read', { as: 'analyst', body: { node } });

it('keeps what was laid down for a node, with who and when, until it is forgotten', async () => {
  expect((await server.call('get', place, { as: 'viewer' })).body).toEqual({ target: null });
  const set = await server.call('put', place, { as: 'analyst', body: target });
  expect(set.body).toMatchObject({ target: { ...target, savedBy: 'analyst', savedAt: expect.stringMatching(/^\d{4}-/) } });
  expect((await server.call('get', place, { as: 'viewer' })).body).toEqual(set.body);
  await server.call('put', place, { body: { ...target, origin: { kind: 'sample' } } });
  expect((await server.call('get', place)).body).toMatchObject({ target: { origin: { kind: 'sample' }, savedBy: 'admin' } });
  expect((await server.call('delete', place, { as: 'analyst' })).status).toBe(204);
  expect((await server.call('delete', place, { as: 'analyst' })).status).toBe(204);
  expect((await server.call('get', place)).body).toEqual({ target: null });
});

it('knows only flows and nodes that there are, and takes nothing that is no shape or too much', async () => {
  expect((await server.call('get', '/api/flows/none/targets/in')).status).toBe(404);
  expect((await server.call('put', '/api/flows/shapes/targets/none', { body: target })).status).toBe(404);
  expect((await server.call('put', place, { body: { ...target, shape: { kinds: ['sausage'] } } })).status).toBe(400);
  expect((await server.call('put', place, { body: { ...target, origin: { kind: 'guess' } } })).status).toBe(400);
  let deep: unknown = { kinds: ['text'] };
  for (let n = 0; n < targetLimits.depth + 5; n++) deep = { kinds: ['list'], item: deep };
  expect((await server.call('put', place, { body: { ...target, shape: deep } })).status).toBe(400);
  const long = { ...target, shape: { kinds: ['text'], doc: 'x'.repeat(targetLimits.bytes) } };
  expect((await server.call('put', place, { body: long })).status).toBe(413);
});

it('forgets it with its flow', async () => {
  await server.call('post', '/api/flows', { body: aFlow('gone') });
  await server.call('put', '/api/flows/gone/targets/in', { body: target });
  await server.call('delete', '/api/flows/gone');
  await server.call('post', '/api/flows', { body: aFlow('gone') });
  expect((await server.call('get', '/api/flows/gone/targets/in')).body).toEqual({ target: null });
});

it('reads what the place behind a sink takes', async () => {
  expect((await read('shelf')).body).toEqual({
    origin: { kind: 'sink', node: 'shelf', what: 'the shelf' },
    shape: { kinds: ['object'], fields: [{ name: 'orderNo', required: true, shape: { kinds: ['text'] } }] },
  });
  const refusals = await Promise.all(['empty', 'lost', 'unset', 'out', 'in', 'nowhere'].map(read));
  expect(refusals.map(({ status }) => status)).toEqual([409, 409, 409, 409, 409, 409]);
  expect((await read('none')).status).toBe(404);
});

it('says why a place could not be read, without the value of any secret', async () => {
  const answer = await read('shut');
  expect([answer.status, answer.body.detail]).toEqual([503, 'It could not be read: … opens nothing.']);
  expect(answer.text + server.logged()).not.toContain('hunter2');
});

it('reads the messages that are in a topic, masked, and never what is Kafka’s own', async () => {
  expect((await read('topic')).status).toBe(409);
  const message = (text: string) => ({
    key: null,
    headers: {},
    timestamp: 1,
    value: { text, encoding: 'utf8' as const },
  });
  server.runtime.messages.set('orders', [
    { position: 'orders/0/1', message: message('{ "id": 9007199254740993, "password": "hunter2" }') },
    { position: 'orders/0/2', message: message('{ "id": 2, "total": 1.5 }') },
    { position: 'orders/0/3', message: message('no json') },
  ]);
  const { body } = await read('topic');
  expect(body).toMatchObject({
    origin: { kind: 'topic', node: 'topic', topic: 'orders', messages: 2 },
    shape: { fields: [{ name: 'id', shape: { examples: ['9007199254740993', '2'] } }, { name: 'password' }, { name: 'total', seen: 0.5 }] },
  });
  expect(JSON.stringify(body)).not.toContain('hunter2');
  expect((await read('inner')).status).toBe(403);
});
