import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReadMessage } from '#server/runtime/runtime.ts';
import type { CaptureResult, FlowTestList, FlowTestRecord } from '#shared/flow-test/listing.ts';
import type { FlowTestRun } from '#shared/flow-test/result.ts';
import type { FlowTest } from '#shared/flow-test.ts';
import { aFlow, startTestServer, type TestServer } from './server.ts';

let server: TestServer;
let ordinal = 0;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const test = (name: string, more: Partial<FlowTest> = {}): FlowTest => ({
  format: 1,
  name,
  samples: [{ at: '2026-01-03T10:00:00.000Z', value: { id: 7 } }],
  expect: [{ node: 'out', messages: 1, equals: [{ id: 7 }] }],
  ...more,
});

async function withFlow(...tests: FlowTest[]): Promise<{ id: string; path: string }> {
  const id = `tested-${++ordinal}`;
  const path = `/api/flows/${id}`;
  await server.call('post', '/api/flows', { body: aFlow(id) });
  for (const one of tests) expect((await server.call('post', `${path}/tests`, { as: 'analyst', body: one })).status).toBe(201);
  return { id, path };
}
const listOf = async (path: string): Promise<FlowTestList> => (await server.call('get', `${path}/tests`, { as: 'viewer' })).body;
const run = (path: string, body: object = {}) => server.call('post', `${path}/tests/run`, { as: 'analyst', body });

describe('keeping tests', () => {
  it('saves a test under the name of its file, with every digit, and gives it back', async () => {
    const { path } = await withFlow();
    const body = `{"format":1,"name":"Big order","samples":[{"value":{"id":12345678901234567890}}],"expect":[{"deadLetters":0}]}`;
    const sent = await fetchJson(path, body);
    expect(sent).toMatchObject({ id: 'big-order', revision: 1 });
    const read = await server.call('get', `${path}/tests/big-order`, { as: 'viewer' });
    expect(read.headers.etag).toBe('"1"');
    expect(read.text).toContain('12345678901234567890');
  });

  it('refuses a second test of the same file name, and what is no test, with the place', async () => {
    const { path } = await withFlow(test('Order'));
    const again = await server.call('post', `${path}/tests`, { as: 'analyst', body: test('order!') });
    expect(again.status).toBe(409);
    expect(again.body.detail).toContain('order.json');
    const wrong = await server.call('post', `${path}/tests`, {
      as: 'analyst',
      body: { ...test('b'), expect: [{ node: 'out', mesages: 1 }] },
    });
    expect(wrong.status).toBe(400);
    expect(wrong.body.problems[0]).toMatchObject({ code: 'test/shape', field: 'expect.0' });
  });

  it('saves only over the revision that was seen; another name moves the file', async () => {
    const { path } = await withFlow(test('Order'));
    const put = (name: string, etag: string, body: FlowTest) =>
      server.call('put', `${path}/tests/${name}`, { as: 'analyst', body, headers: { 'if-match': etag } });
    const moved = await put('order', '"1"', test('Paid order'));
    expect(moved.body).toMatchObject({ id: 'paid-order', revision: 2 });
    expect((await put('paid-order', '"1"', test('Paid order'))).status).toBe(412);
    expect((await server.call('get', `${path}/tests/order`)).status).toBe(404);
    expect((await server.call('put', `${path}/tests/paid-order`, { as: 'analyst', body: test('x') })).status).toBe(428);
    expect((await server.call('delete', `${path}/tests/paid-order`, { as: 'analyst' })).status).toBe(204);
    expect((await listOf(path)).tests).toEqual([]);
  });

  it('takes tests away with their flow', async () => {
    const { id, path } = await withFlow(test('Order'));
    await run(path);
    expect((await server.call('delete', path)).status).toBe(204);
    await server.call('post', '/api/flows', { body: aFlow(id) });
    expect(await listOf(path)).toMatchObject({ tests: [], waivers: [] });
  });
});

describe('running tests', () => {
  it('keeps results by the logic that was tested and the text of the test', async () => {
    const { id, path } = await withFlow(test('Order'), test('Wrong', { expect: [{ node: 'out', equals: [{ id: 8 }] }] }));
    const ran = (await run(path)).body as FlowTestRun;
    expect(ran.results.map(({ state }) => state)).toEqual(['passed', 'failed']);
    expect(ran.results[1]?.checks[0]?.differences).toEqual([{ message: 0, kind: 'changed', path: 'id', expected: 8, actual: 7 }]);
    const list = await listOf(path);
    expect(list.tests.map(({ result }) => result?.state)).toEqual(['passed', 'failed']);
    expect(list.coverage).toMatchObject({ nodes: { all: 2, reached: 2 } });

    // The text of the test changed: its result says nothing any more.
    await server.call('put', `${path}/tests/order`, { as: 'analyst', body: test('Order', { note: 'x' }), headers: { 'if-match': '*' } });
    expect((await listOf(path)).tests[0]?.result).toBeUndefined();
    // The logic changed: none of them does.
    const [source] = aFlow(id).nodes;
    await server.call('put', path, {
      body: aFlow(id, id, { nodes: [source, { id: 'out', type: 'drain', config: { size: 2 } }] }),
      headers: { 'if-match': '*' },
    });
    const after = await listOf(path);
    expect(after.tests.map(({ result }) => result)).toEqual([undefined, undefined]);
    expect(after.coverage).toBeUndefined();
  });

  it('runs those that are named, on a document that is sent along, and refuses unknown ones', async () => {
    const { id, path } = await withFlow(test('Order'), test('Other'));
    const document = aFlow(id);
    document.nodes[0] = { id: 'start', type: 'hook', config: { path: id } };
    document.edges[0] = { id: 'e1', from: { node: 'start', port: 'out' }, to: { node: 'out', port: 'in' } };
    const ran = (await run(path, { names: ['other'], flow: document })).body as FlowTestRun;
    expect(ran.results.map((one) => one.id)).toEqual(['other']);
    expect(ran.hash).not.toBe((await listOf(path)).hash);
    expect((await run(path, { names: ['gone'] })).status).toBe(404);
  });

  it('is not for viewers', async () => {
    const { path } = await withFlow();
    expect((await server.call('post', `${path}/tests/run`, { as: 'viewer', body: {} })).status).toBe(403);
  });
});

describe('making a test of messages', () => {
  const utf8 = (text: string) => ({ text, encoding: 'utf8' as const });
  const read = (position: string, text: string): ReadMessage => ({
    position,
    message: { key: utf8('k'), headers: { Authorization: utf8('Bearer x') }, timestamp: 5, value: utf8(text) },
  });

  it('takes a live message, masked, and expects what comes of it; nothing is stored', async () => {
    const { id, path } = await withFlow();
    const topic = `millrace.${id}.in`;
    server.runtime.messages.set(topic, [read(`${topic}/0/4`, '{"id":1,"password":"geheim"}')]);
    const answer = await server.call('post', `${path}/tests/from-try`, {
      as: 'analyst',
      body: { name: 'Live', positions: [`${topic}/0/4`, `${topic}/0/5`] },
    });
    const { test: made, result, missing, masked } = answer.body as CaptureResult;
    expect(made.samples).toEqual([
      {
        name: `${topic}/0/4`,
        topic,
        origin: `${topic}/0/4`,
        at: '1970-01-01T00:00:00.005Z',
        key: 'k',
        headers: { Authorization: '•••' },
        value: { id: 1, password: '•••' },
      },
    ]);
    expect(made.expect).toContainEqual(expect.objectContaining({ node: 'out', messages: 1, equals: [{ id: 1, password: '•••' }] }));
    expect({ state: result.state, missing, masked }).toEqual({ state: 'passed', missing: [`${topic}/0/5`], masked: 2 });
    expect((await listOf(path)).tests).toEqual([]);
    expect((await server.call('post', `${path}/tests`, { as: 'analyst', body: made })).status).toBe(201);
    expect(((await run(path)).body as FlowTestRun).results[0]?.state).toBe('passed');
  });

  it('takes samples of the workspace and messages that stand nowhere', async () => {
    const { path } = await withFlow();
    const taken = await server.call('post', `${path}/samples`, {
      as: 'analyst',
      body: { from: 'paste', format: 'json', text: '{"a":1}', name: 'Pasted' },
    });
    const sample = taken.body.samples[0].id as string;
    const answer = await server.call('post', `${path}/tests/from-try`, {
      as: 'analyst',
      body: { name: 'Both', samples: [sample], messages: [{ value: { token: 'geheim', b: 2 } }] },
    });
    expect((answer.body as CaptureResult).test.samples).toMatchObject([
      { name: 'Pasted', value: { a: 1 } },
      { value: { token: '•••', b: 2 } },
    ]);
  });

  it('refuses what is gone, what is no position, and a flow that cannot run', async () => {
    const { id, path } = await withFlow();
    const from = (body: object) => server.call('post', `${path}/tests/from-try`, { as: 'analyst', body: { name: 'x', ...body } });
    expect((await from({ positions: ['orders/0/1'] })).status).toBe(404);
    expect((await from({ positions: ['orders'] })).status).toBe(400);
    expect((await from({ positions: ['__consumer_offsets/0/1'] })).status).toBe(403);
    expect((await from({})).status).toBe(400);
    const broken = { ...aFlow(id), nodes: [{ id: 'in', type: 'hook', config: {} }], edges: [] };
    const refused = await from({ messages: [{ value: 1 }], flow: broken });
    expect(refused.status).toBe(422);
    expect(refused.body.detail).toContain('No test can be made of this');
  });
});

describe('accepting a new result', () => {
  it('needs a reason, which stays in the file and in the audit trail', async () => {
    const { id, path } = await withFlow(test('Order', { expect: [{ node: 'out', equals: [{ id: 8 }] }] }));
    const accept = (body: object) => server.call('post', `${path}/tests/order/accept`, { as: 'analyst', body });
    expect((await accept({ reason: ' ' })).status).toBe(400);
    const { test: made, revision } = (await accept({ reason: 'Ids begin at seven' })).body as FlowTestRecord;
    expect(made.expect).toEqual([{ node: 'out', equals: [{ id: 7 }] }]);
    expect(made.accepted).toMatchObject([{ by: 'analyst', reason: 'Ids begin at seven' }]);
    expect(revision).toBe(2);
    expect(((await run(path)).body as FlowTestRun).results[0]?.state).toBe('passed');
    const audit = (await server.call('get', '/api/audit')).body as { action: string; flow?: string; detail: string }[];
    expect(audit.find((entry) => entry.flow === id && entry.action === 'test/accept')?.detail).toBe('Order: Ids begin at seven');
  });
});

describe('places that need not be reached', () => {
  it('are noted with a reason and taken back', async () => {
    const { path } = await withFlow(test('Order'));
    const put = (body: object) => server.call('put', `${path}/waivers`, { as: 'analyst', body });
    expect((await put({ node: 'out', reason: '' })).status).toBe(400);
    expect((await put({ node: 'out', reason: 'Only on Mondays' })).status).toBe(204);
    expect((await listOf(path)).waivers).toEqual([{ node: 'out', reason: 'Only on Mondays' }]);
    expect((await server.call('delete', `${path}/waivers?node=out`, { as: 'analyst' })).status).toBe(204);
    expect((await server.call('delete', `${path}/waivers?node=out`, { as: 'analyst' })).status).toBe(404);
  });
});

/** As a browser sends it: digits that JSON.stringify would refuse. */
async function fetchJson(path: string, body: string): Promise<FlowTestRecord> {
  const answer = await server.call('post', `${path}/tests`, {
    as: 'analyst',
    body: body as unknown as object,
    headers: { 'content-type': 'application/json' },
  });
  expect(answer.status).toBe(201);
  return answer.body;
}
