import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KafkaUnreachable } from '#server/kafka/port.ts';
import { aFlow, startTestServer, type TestServer } from './server.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(() => server.close());

const create = (id: string, path = id, change: object = {}) => server.call('post', '/api/flows', { body: aFlow(id, path, change) });
const save = (body: ReturnType<typeof aFlow> & { layout?: unknown }) =>
  server.call('put', `/api/flows/${body.id}`, { body, headers: { 'if-match': '*' } });

describe('deploying', () => {
  it('publishes the draft, makes it live and records who did it', async () => {
    await create('orders');
    const answer = await server.call('post', '/api/flows/orders/deploy');
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ flow: 'orders', version: 1, deployedBy: 'admin', status: { state: 'running' } });
    expect(answer.body.topicsCreated).toContain('millrace.orders.in');
    expect((await server.call('get', '/api/flows/orders')).body).toMatchObject({ latestVersion: 1, deployedVersion: 1, changed: false });
    expect(await server.store.deployments.running()).toHaveLength(1);
    expect((await server.call('get', '/api/flows/orders/status')).body.state).toBe('running');
  });

  it('makes a new version only when what the flow does has changed', async () => {
    await create('orders');
    await server.call('post', '/api/flows/orders/deploy');
    await save({ ...aFlow('orders'), name: 'Renamed', layout: { positions: { in: { x: 5, y: 5 } } } });
    expect((await server.call('get', '/api/flows/orders')).body.changed).toBe(false);
    expect((await server.call('post', '/api/flows/orders/preview')).body).toMatchObject({ nextVersion: 1, replaces: 1, restarts: false });
    expect((await server.call('post', '/api/flows/orders/deploy')).body.version).toBe(1);

    await save({ ...aFlow('orders', 'elsewhere') });
    expect((await server.call('get', '/api/flows/orders')).body.changed).toBe(true);
    const preview = await server.call('post', '/api/flows/orders/preview', { as: 'viewer' });
    expect(preview.body).toMatchObject({ nextVersion: 2, replaces: 1, restarts: true, problems: [] });
    expect(preview.body.groups[0]).toMatchObject({ stage: 'transform', start: 'continues' });
    expect((await server.call('post', '/api/flows/orders/deploy')).body).toMatchObject({ version: 2, replaced: 1 });
  });

  it('takes an older version and leaves the draft alone', async () => {
    await create('orders');
    await server.call('post', '/api/flows/orders/deploy');
    await save(aFlow('orders', 'elsewhere'));
    await server.call('post', '/api/flows/orders/deploy');
    expect((await server.call('post', '/api/flows/orders/deploy', { body: { version: 1 } })).body).toMatchObject({
      version: 1,
      replaced: 2,
    });
    expect((await server.call('get', '/api/flows/orders')).body).toMatchObject({ latestVersion: 2, deployedVersion: 1, changed: true });
    expect((await server.call('post', '/api/flows/orders/deploy', { body: { version: 9 } })).status).toBe(404);
    expect((await server.call('post', '/api/flows/orders/deploy', { body: { version: '1' } })).body.problems[0].field).toBe('version');
  });

  it('refuses a draft that cannot run, with its problems, and publishes nothing', async () => {
    await server.call('post', '/api/flows', { body: aFlow('orders', 'orders', { edges: [] }) });
    const answer = await server.call('post', '/api/flows/orders/deploy');
    expect(answer.status).toBe(422);
    expect(answer.body.problems.length).toBeGreaterThan(0);
    expect((await server.call('get', '/api/flows/orders/versions')).body).toEqual([]);
    expect((await server.call('post', '/api/flows/orders/versions')).status).toBe(422);
    const preview = await server.call('post', '/api/flows/orders/preview');
    expect(preview.body).toMatchObject({ restarts: false, groups: [], nextVersion: 1 });
    expect(preview.body.problems.length).toBeGreaterThan(0);
  });

  it('refuses a path that another running flow listens on, also of two deployed at once', async () => {
    await create('first', 'orders');
    await create('second', 'orders');
    const both = await Promise.all(['first', 'second'].map((id) => server.call('post', `/api/flows/${id}/deploy`)));
    expect(both.map((one) => one.status).sort()).toEqual([200, 422]);
    const lost = both.find((one) => one.status === 422);
    expect(lost?.body.problems).toEqual([expect.objectContaining({ code: 'deploy/taken', node: 'in', field: 'path' })]);

    const [winner, loser] = both[0]?.status === 200 ? ['first', 'second'] : ['second', 'first'];
    expect((await server.call('post', `/api/flows/${loser}/preview`)).body.problems[0].code).toBe('deploy/taken');
    await server.call('post', `/api/flows/${winner}/stop`);
    expect((await server.call('post', `/api/flows/${loser}/deploy`)).status).toBe(200);
  });

  it('keeps the old deployment when the new one cannot start', async () => {
    await create('orders');
    await server.call('post', '/api/flows/orders/deploy');
    await save(aFlow('orders', 'elsewhere'));
    server.runtime.failure = new Error('The topic "crm" does not exist. Create it, or let the node create it.');
    const failed = await server.call('post', '/api/flows/orders/deploy');
    expect(failed.status).toBe(409);
    expect(failed.body.detail).toContain('The topic "crm" does not exist.');
    expect((await server.store.deployments.current('orders'))?.version).toBe(1);
    server.runtime.failure = new KafkaUnreachable('No broker answers at 127.0.0.1:9092.');
    const away = await server.call('post', '/api/flows/orders/deploy');
    expect(away.status).toBe(503);
    expect(away.headers['retry-after']).toBe('5');
    // The version that was published for the first attempt serves the later ones.
    expect((await server.call('get', '/api/flows/orders/versions')).body).toHaveLength(2);
  });

  it('tells nothing of a bug of ours but that there is one, and logs it', async () => {
    await create('orders');
    server.runtime.failure = new TypeError('secret detail');
    const answer = await server.call('post', '/api/flows/orders/deploy');
    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain('secret detail');
    expect(server.logged()).toContain('secret detail');
  });
});

describe('stopping and deleting', () => {
  it('stops a flow for good, and only then lets it be deleted', async () => {
    await create('orders');
    await server.call('post', '/api/flows/orders/deploy');
    expect((await server.call('delete', '/api/flows/orders')).status).toBe(409);
    const stopped = await server.call('post', '/api/flows/orders/stop');
    expect(stopped.body).toMatchObject({ state: 'stopped', version: 1, health: { level: 'off' } });
    expect(await server.store.deployments.running()).toEqual([]);
    expect((await server.call('post', '/api/flows/orders/stop')).status).toBe(200);
    expect((await server.call('delete', '/api/flows/orders')).status).toBe(204);
    expect(server.runtime.forgotten).toEqual(['orders']);
    expect((await server.call('post', '/api/flows/orders/stop')).status).toBe(404);
  });

  it('waits with a delete for a deploy that is under way, and then refuses it', async () => {
    await create('orders');
    let open = (): void => undefined;
    server.runtime.gate = new Promise((resolve) => {
      open = resolve;
    });
    const deploying = server.call('post', '/api/flows/orders/deploy');
    const publishing = async (): Promise<void> => {
      while ((await server.store.versions.list('orders')).length === 0) await new Promise(setImmediate);
    };
    // Asked for first, so that supertest sends it.
    deploying.then(
      () => undefined,
      () => undefined,
    );
    await publishing();
    const deleting = server.call('delete', '/api/flows/orders');
    open();
    expect((await deploying).status).toBe(200);
    expect((await deleting).status).toBe(409);
  });
});

it('says before a deploy that a topic of somebody else is not there, and of which node', async () => {
  const nodes = [
    { id: 'in', type: 'hook', config: { path: 'orders' } },
    { id: 'out', type: 'to-topic', config: { topic: 'nobody.made.this' } },
  ];
  await create('orders', 'orders', { nodes });
  const { body } = await server.call('post', '/api/flows/orders/preview');
  expect(body.problems).toHaveLength(1);
  expect(body.problems[0]).toMatchObject({ code: 'deploy/no-topic', severity: 'error', node: 'out', field: 'topic' });
  expect(body.problems[0].message).toContain('“nobody.made.this” of “To topic”');
});

describe('looking inside', () => {
  it('pauses and resumes a stage of a running flow only', async () => {
    await create('orders');
    expect((await server.call('post', '/api/flows/orders/stages/transform/pause')).status).toBe(409);
    await server.call('post', '/api/flows/orders/deploy');
    expect((await server.call('post', '/api/flows/orders/stages/transform/pause')).body.flow).toBe('orders');
    expect(server.runtime.paused).toEqual(new Set(['transform']));
    await server.call('post', '/api/flows/orders/stages/transform/resume');
    expect(server.runtime.paused.size).toBe(0);
    expect((await server.call('post', '/api/flows/orders/stages/nothing/pause')).status).toBe(404);
  });

  it('tries messages without losing a digit, over the draft or a document sent along', async () => {
    await create('orders');
    const value = '{"id":12345678901234567890,"price":0.10000000000000000001}';
    const sent = await server.call('post', '/api/flows/orders/try', {
      as: 'analyst',
      headers: { 'content-type': 'application/json' },
      body: `{"messages":[{"value":${value}}]}`,
    });
    expect(sent.status).toBe(200);
    expect(sent.text).toContain(value);
    const other = await server.call('post', '/api/flows/orders/try', {
      body: {
        messages: [{ value: 1 }],
        flow: aFlow('orders', 'orders', {
          nodes: [
            { id: 'other', type: 'hook', config: { path: 'orders' } },
            { id: 'out', type: 'drain' },
          ],
          edges: [{ id: 'e1', from: { node: 'other', port: 'out' }, to: { node: 'out', port: 'in' } }],
        }),
      },
    });
    expect(other.body.problems).toEqual([]);
    expect(Object.keys(other.body.nodes)).toEqual(['other', 'out']);
    expect((await server.call('post', '/api/flows/orders/try', { body: { messages: [] } })).body.problems[0].field).toBe('samples');
    expect((await server.call('post', '/api/flows/orders/try', { body: { messages: [{ value: 1 }], flow: { format: 1 } } })).status).toBe(
      400,
    );
  });

  it('gives what the live tap saw, dead letters and topics, within bounds', async () => {
    await create('orders');
    expect((await server.call('get', '/api/flows/orders/tap?node=in&port=out')).body[0]).toMatchObject({ node: 'in', port: 'out' });
    expect((await server.call('get', '/api/flows/orders/tap?node=in')).body.problems[0].field).toBe('port');
    expect((await server.call('get', '/api/flows/orders/dead-letters?limit=2')).body).toHaveLength(2);
    for (const limit of ['0', '-1', '1e9', 'x'])
      expect((await server.call('get', `/api/flows/orders/dead-letters?limit=${limit}`)).status).toBe(400);
    expect((await server.call('get', '/api/topics')).body).toEqual([{ name: 'orders', partitions: 4, messages: 10 }]);
    for (const part of ['status', 'tap?node=a&port=b', 'dead-letters', 'versions', 'versions/1']) {
      expect((await server.call('get', `/api/flows/unknown/${part}`)).status).toBe(404);
    }
    server.runtime.failure = new KafkaUnreachable('No broker answers.');
    expect((await server.call('get', '/api/topics')).status).toBe(503);
  });

  it('publishes versions with a note and gives each back as it was', async () => {
    await create('orders');
    expect((await server.call('post', '/api/flows/orders/versions', { body: { note: 'first' } })).body).toMatchObject({
      version: 1,
      note: 'first',
    });
    await save(aFlow('orders', 'elsewhere'));
    expect((await server.call('get', '/api/flows/orders/versions/1')).body.nodes[0].config.path).toBe('orders');
    for (const version of ['0', '2', 'x', '1.0', '99999999999']) {
      expect((await server.call('get', `/api/flows/orders/versions/${version}`)).status).toBe(404);
    }
  });
});
