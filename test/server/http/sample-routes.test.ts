import { request as requestTo } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listen } from '#server/http/listen.ts';
import type { ReadMessage } from '#server/runtime/runtime.ts';
import { formatFlow } from '#shared/document.ts';
import type { FindReport, SavedSample } from '#shared/sample.ts';
import type { EdgeCase } from '#shared/sample-edge-cases.ts';
import { until } from '../../wait.ts';
import { aFlow, startTestServer, type TestServer } from './server.ts';

let server: TestServer;
let ordinal = 0;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const utf8 = (text: string) => ({ text, encoding: 'utf8' as const });
const read = (position: string, text: string, more: Partial<ReadMessage> = {}): ReadMessage => ({
  position,
  message: { key: utf8('k'), headers: { Authorization: utf8('Bearer x') }, timestamp: 5, value: utf8(text) },
  ...more,
});

/** A flow whose source's topic holds these values; gives its path. */
async function withMessages(...values: string[]): Promise<{ id: string; path: string; topic: string }> {
  const id = `flow-${++ordinal}`;
  await server.call('post', '/api/flows', { body: aFlow(id) });
  const topic = `millrace.${id}.in`;
  server.runtime.messages.set(
    topic,
    values.map((value, index) => read(`${topic}/0/${index}`, value)),
  );
  return { id, path: `/api/flows/${id}`, topic };
}

const paste = (path: string, text: string, more: object = {}) =>
  server.call('post', `${path}/samples`, { as: 'analyst', body: { from: 'paste', format: 'json', text, ...more } });
const samplesOf = async (path: string): Promise<SavedSample[]> =>
  (await server.call('get', `${path}/samples?values=true`, { as: 'viewer' })).body;

describe('finding messages', () => {
  it('shows them masked as they would be stored, and stores nothing', async () => {
    const { path, topic } = await withMessages('{"id":12345678901234567890,"password":"geheim"}');
    const found = await server.call('post', `${path}/samples/find`, { as: 'analyst' });
    expect(found.status).toBe(200);
    const [report] = found.body.topics as FindReport[];
    expect(report).toMatchObject({ topic, ended: 'all', scanned: { messages: 1 } });
    expect(report?.messages[0]).toMatchObject({
      position: `${topic}/0/0`,
      preview: utf8('{"id":12345678901234567890,"password":"•••"}'),
      headers: { Authorization: utf8('•••') },
      masked: 2,
      truncated: false,
    });
    expect(await samplesOf(path)).toEqual([]);
  });

  it('looks in the topic of a node, in the dead letters, or in a topic by its name', async () => {
    const { id, path } = await withMessages('{}');
    for (const topic of [`millrace.${id}.out`, `millrace.${id}.dead`, 'orders'])
      server.runtime.messages.set(topic, [read(`${topic}/0/7`, '1')]);
    const find = (body: object) => server.call('post', `${path}/samples/find`, { body });
    const topicOf = async (body: object): Promise<string> => (await find(body)).body.topics[0].topic;
    expect(await topicOf({ node: 'in' })).toBe(`millrace.${id}.in`);
    expect(await topicOf({ node: 'out' })).toBe(`millrace.${id}.out`);
    expect(await topicOf({ deadLetters: true })).toBe(`millrace.${id}.dead`);
    expect(await topicOf({ topic: 'orders', how: { by: 'text', text: 'x' }, before: { 0: '12' }, bounds: { ms: 900 } })).toBe('orders');
    expect(server.runtime.searched?.spec).toMatchObject({
      how: { by: 'text', text: 'x' },
      before: { 0: '12' },
      bounds: { ms: 900, messages: 100_000 },
    });
  });

  it('says what is wrong with a search', async () => {
    const { path } = await withMessages('{}');
    const refused = async (body: object) => {
      const { status, body: problem } = await server.call('post', `${path}/samples/find`, { body });
      return [status, problem.problems[0].code, problem.problems[0].field];
    };
    expect(await refused({ count: 1000 })).toEqual([400, 'body/invalid', 'count']);
    expect(await refused({ how: { by: 'offset', partition: 0, offset: '-1' } })).toEqual([400, 'body/invalid', 'how.offset']);
    expect(await refused({ bounds: { ms: 600_000 } })).toEqual([400, 'body/invalid', 'bounds.ms']);
    expect(await refused({ topic: 'a', node: 'in' })).toEqual([400, 'body/invalid', undefined]);
    expect(await refused({ before: { 0: '1' } })).toEqual([400, 'body/invalid', 'before']);
    expect(await refused({ node: 'nothing' })).toEqual([404, 'request/unknown', undefined]);
    expect(await refused({ topic: 'nowhere' })).toEqual([404, 'request/unknown', undefined]);
    expect(await refused({ topic: '__consumer_offsets' })).toEqual([403, 'samples/internal', undefined]);
    expect(await refused({ deadLetters: true })).toEqual([409, 'samples/no-topic', undefined]);
    expect((await server.call('post', '/api/flows/nowhere/samples/find', { body: {} })).status).toBe(404);
  });

  it('says in lines how far it is where that is asked for, and last what it found or why not', async () => {
    const { path, topic } = await withMessages('{"id":12345678901234567890}');
    const listening = await listen(server.app, { host: '127.0.0.1', port: 0 });
    const ask = async (body: object) => {
      const headers = {
        authorization: `Bearer ${server.keys.analyst}`,
        accept: 'application/x-ndjson',
        'content-type': 'application/json',
      };
      const response = await fetch(`${listening.url}${path}/samples/find`, { method: 'POST', headers, body: JSON.stringify(body) });
      return { status: response.status, type: response.headers.get('content-type'), lines: (await response.text()).split('\n') };
    };
    const { status, type, lines } = await ask({});
    expect([status, type?.split(';')[0]]).toEqual([200, 'application/x-ndjson']);
    expect(lines).toHaveLength(3);
    expect(JSON.parse(lines[0] ?? '')).toEqual({ progress: { topic, messages: 4, bytes: 40, ms: 2, found: 1 } });
    expect(lines[1]).toMatch(/^\{"answer":\{"topics":\[\{/);
    expect(lines[1]).toContain('12345678901234567890');
    expect(lines[2]).toBe('');

    const failed = await ask({ deadLetters: true });
    expect(failed.status).toBe(200);
    expect(JSON.parse(failed.lines[1] ?? '')).toMatchObject({ problem: { status: 409, detail: expect.stringContaining('dead letters') } });
    // What is refused before anything was looked at is answered as everywhere else.
    expect(await ask({ node: 'nothing' })).toMatchObject({ status: 404, type: expect.stringContaining('problem+json') });
    await listening.close();
  });

  it('refuses a fourth search while three are running, and takes it when one has ended', async () => {
    const { path } = await withMessages('{}');
    let open = (): void => undefined;
    server.runtime.gate = new Promise((resolve) => {
      open = resolve;
    });
    const search = () => server.call('post', `${path}/samples/find`, { as: 'analyst', body: {} });
    const three: ReturnType<typeof search>[] = [];
    while (three.length < 3) {
      server.runtime.searched = undefined;
      three.push(search());
      await until('the search has begun', async () => server.runtime.searched !== undefined);
    }
    const refused = await search();
    expect(refused.body).toMatchObject({ status: 429, problems: [{ code: 'samples/busy' }] });
    expect(refused.headers['retry-after']).toBe('2');
    open();
    server.runtime.gate = Promise.resolve();
    expect((await Promise.all(three)).map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await search()).status).toBe(200);
  });

  it('ends when the client breaks the request off', async () => {
    const { path } = await withMessages('{}');
    const listening = await listen(server.app, { host: '127.0.0.1', port: 0 });
    let open = (): void => undefined;
    server.runtime.gate = new Promise((resolve) => {
      open = resolve;
    });
    server.runtime.searched = undefined;
    const headers = { authorization: `Bearer ${server.keys.analyst}` };
    const asking = requestTo(`${listening.url}${path}/samples/find`, { method: 'POST', headers });
    asking.on('error', () => undefined);
    const closed = new Promise<void>((resolve) => asking.once('close', resolve));
    asking.end();
    await until('the search has begun', async () => server.runtime.searched !== undefined);
    asking.destroy();
    await closed;
    await until('the search has ended', async () => server.runtime.searched?.signal.aborted === true);
    open();
    server.runtime.gate = Promise.resolve();
    await listening.close();
    expect(server.logged()).not.toContain('a request failed');
  });
});

describe('taking samples', () => {
  it('takes messages from their positions, masked before they are stored', async () => {
    const { path, topic } = await withMessages('{"id":12345678901234567890,"token":"t"}', '2');
    const taken = await server.call('post', `${path}/samples`, {
      as: 'analyst',
      body: { from: 'topic', positions: [`${topic}/0/0`, `${topic}/0/99`] },
    });
    expect(taken.status).toBe(201);
    expect(taken.body.missing).toEqual([`${topic}/0/99`]);
    const [sample] = await samplesOf(path);
    expect(sample).toMatchObject({
      name: 'k (0/0)',
      origin: { kind: 'topic', position: `${topic}/0/0` },
      key: utf8('k'),
      timestamp: 5,
      value: utf8('{"id":12345678901234567890,"token":"•••"}'),
      headers: { Authorization: utf8('•••') },
      masked: 2,
      createdBy: 'analyst',
    });
    expect((await server.call('get', `${path}/samples/${sample?.id}`, { as: 'viewer' })).body).toEqual(sample);
    const { value, ...short } = sample as SavedSample;
    expect((await server.call('get', `${path}/samples`)).body).toEqual([short]);
  });

  it('keeps of a dead letter which message it was and why', async () => {
    const { id, path } = await withMessages();
    const dead = { code: 'map/failed', message: 'It failed.', node: 'map', of: 'orders/2/7' };
    const position = `millrace.${id}.dead/0/3`;
    server.runtime.messages.set(`millrace.${id}.dead`, [read(position, '{"broken', { dead })]);
    await server.call('post', `${path}/samples`, { body: { from: 'topic', positions: [position] } });
    expect((await samplesOf(path))[0]).toMatchObject({
      origin: { kind: 'dead-letter', position, of: 'orders/2/7', code: 'map/failed' },
      value: utf8('{"broken'),
    });
  });

  it('takes pasted and uploaded text, each line or element a sample when asked', async () => {
    const { path } = await withMessages();
    expect((await paste(path, '[{"a":1},{"a":2}]', { split: true })).body.samples.map(({ name }: SavedSample) => name)).toEqual([
      'Pasted 1',
      'Pasted 2',
    ]);
    const upload = { from: 'upload', file: 'a.jsonl', format: 'json-lines', text: '1\n2', key: 'k', headers: { h: 'x' }, timestamp: 9 };
    await paste(path, '', upload);
    await paste(path, '', { from: 'upload', format: 'base64', text: 'AP8=' });
    await paste(path, '', { from: 'upload', format: 'base64', text: Buffer.from('ä').toString('base64'), name: 'Text' });
    const samples = await samplesOf(path);
    expect(samples.map(({ name }) => name)).toEqual(['Pasted 1', 'Pasted 2', 'a.jsonl', 'Uploaded', 'Text']);
    expect(samples[2]).toMatchObject({
      origin: { kind: 'uploaded', file: 'a.jsonl' },
      key: utf8('k'),
      headers: { h: utf8('x') },
      timestamp: 9,
    });
    expect(samples.slice(2).map(({ value }) => value)).toEqual([utf8('1\n2'), { text: 'AP8=', encoding: 'base64' }, utf8('ä')]);
  });

  it('names line and column of what is not JSON, and every sample that is too large', async () => {
    const { path } = await withMessages();
    const broken = await paste(path, '{"a": 1}\n{"a": }', { format: 'json-lines' });
    expect(broken.status).toBe(400);
    expect(broken.body.problems).toEqual([
      { code: 'sample/not-json', severity: 'error', message: 'Line 2, column 7: a value was expected.', field: 'text', position: 15 },
    ]);
    const large = await paste(path, JSON.stringify(['x', 'x'.repeat(1024 * 1024), 'x'.repeat(2 * 1024 * 1024)]), { split: true });
    expect(large.status).toBe(413);
    expect(large.body.problems.map(({ message }: { message: string }) => message)).toEqual([
      '“Pasted 2” has 1025 KB; a sample has at most 1024 KB.',
      '“Pasted 3” has 2049 KB; a sample has at most 1024 KB.',
    ]);
    expect(await samplesOf(path)).toEqual([]);
  });

  it('refuses positions that are none, and those at which nothing stands', async () => {
    const { path } = await withMessages();
    const take = async (...positions: string[]) =>
      (await server.call('post', `${path}/samples`, { body: { from: 'topic', positions } })).status;
    expect(await take('orders')).toBe(400);
    expect(await take('../x/0/1')).toBe(400);
    expect(await take('__consumer_offsets/0/1')).toBe(403);
    expect(await take('orders/0/1')).toBe(404);
  });

  it('says how much room is left when there is not enough', async () => {
    const { path } = await withMessages();
    const many = `[${Array.from({ length: 150 }, (_, n) => n).join()}]`;
    expect((await paste(path, many, { split: true })).status).toBe(201);
    const second = await paste(path, many, { split: true });
    expect([second.status, second.body.detail]).toEqual([409, 'A flow keeps at most 200 samples: there is room for 50 more, not for 150.']);
  });
});

describe('a sample', () => {
  it('is renamed and removed by analysts, and both stand in the audit trail', async () => {
    const { id, path } = await withMessages();
    const [sample] = (await paste(path, '1')).body.samples as SavedSample[];
    const at = `${path}/samples/${sample?.id}`;
    expect((await server.call('put', at, { as: 'analyst', body: { name: ' One ' } })).body.name).toBe('One');
    expect((await server.call('put', at, { body: { name: ' ' } })).body.problems[0].field).toBe('name');
    expect((await server.call('delete', at, { as: 'analyst' })).status).toBe(204);
    expect((await server.call('delete', at)).status).toBe(404);
    const audit = (await server.store.audit.list(20)).filter(({ flow }) => flow === id).map(({ action, detail }) => `${action} ${detail}`);
    expect(audit).toEqual(['sample/remove One', 'sample/rename One', 'sample/take 1 from paste: Pasted', `flow/create Flow ${id}`]);
  });

  it('has edge cases, which are stored only when they are taken', async () => {
    const { path } = await withMessages();
    const [sample] = (await paste(path, '{"id": 12345678901234567890, "name": "x"}', { name: 'Order' })).body.samples as SavedSample[];
    const derived = await server.call('post', `${path}/samples/${sample?.id}/edge-cases`, { as: 'viewer' });
    expect(derived.body.cases.map(({ name }: EdgeCase) => name)).toContain('name is missing');
    expect(await samplesOf(path)).toHaveLength(1);
    const take = (...cases: string[]) =>
      server.call('post', `${path}/samples`, { as: 'analyst', body: { from: 'edge-cases', sample: sample?.id, cases } });
    expect((await take('missing:name', 'no-value:')).status).toBe(201);
    expect((await take('missing:nothing')).status).toBe(404);
    expect((await samplesOf(path)).slice(1)).toMatchObject([
      {
        name: 'Order: name is missing',
        origin: { kind: 'derived', of: sample?.id, edgeCase: 'missing:name' },
        value: utf8('{"id": 12345678901234567890}'),
      },
      { name: 'Order: the message has no value', value: null },
    ]);
  });

  it('changes nothing of the flow: document, revision, version, plan', async () => {
    const { path } = await withMessages();
    const before = await server.call('get', path);
    const { hash } = (await server.call('post', `${path}/versions`, { body: {} })).body;
    await paste(path, '{"password":"p"}');
    const { body: masks } = await server.call('get', `${path}/masks`);
    await server.call('put', `${path}/masks`, { body: { masks: masks.masks.slice(1) }, headers: { 'if-match': '"0"' } });
    const after = await server.call('get', path);
    expect(formatFlow(after.body.flow)).toBe(formatFlow(before.body.flow));
    expect(after.headers.etag).toBe(before.headers.etag);
    expect((await server.call('post', `${path}/deploy`)).body.version).toBe(1);
    expect((await server.call('get', `${path}/versions`)).body).toMatchObject([{ hash }]);
    expect(JSON.stringify([...server.runtime.running.values()])).not.toMatch(/sample|mask/);
  });
});

describe('masks', () => {
  it('are set over the revision that was read and mask what is stored', async () => {
    const { path } = await withMessages();
    await paste(path, '{"customer":{"email":"ann@shop.org"},"n":1.10}');
    const masks = [{ in: 'value', path: 'customer.email', kind: 'email' }];
    const put = (headers: Record<string, string>, body: object = { masks }) =>
      server.call('put', `${path}/masks`, { as: 'analyst', body, headers });
    expect((await put({})).status).toBe(428);
    const set = await put({ 'if-match': (await server.call('get', `${path}/masks`, { as: 'viewer' })).headers.etag ?? '' });
    expect(set.body).toEqual({ masks, revision: 1, default: false, changed: 1 });
    expect(set.headers.etag).toBe('"1"');
    expect((await put({ 'if-match': '"0"' })).body).toMatchObject({ status: 412, revision: 1 });
    expect((await put({ 'if-match': '*' }, { masks: [{ in: 'value', path: 'a..b', kind: 'hide' }] })).body.problems[0].field).toBe(
      'masks.0.path',
    );
    expect((await samplesOf(path))[0]?.value).toEqual(utf8('{"customer":{"email":"xxx@example.com"},"n":1.10}'));
  });
});
