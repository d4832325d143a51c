import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deployments, ProblemDetails } from '#shared/api.ts';
import { aFlow, startTestServer, type TestServer } from './server.ts';

describe('what runs of a flow: canaries and parked keys', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
    await server.call('post', '/api/flows', { body: aFlow('shop') });
  });
  afterAll(() => server.close());

  const save = async (body: object) => {
    const { body: record } = await server.call('get', '/api/flows/shop');
    const saved = await server.call('put', '/api/flows/shop', { body, headers: { 'if-match': `"${record.revision}"` } });
    expect(saved.status).toBe(200);
  };
  const start = (body: object) => server.call('post', '/api/flows/shop/canary', { body });

  it('a canary needs a version that runs beside it, and a share of more than nothing', async () => {
    const answer = await start({ share: 0.1 });
    expect(answer.status).toBe(409);
    expect((answer.body as ProblemDetails).detail).toContain('Deploy this one instead');
    expect((await server.call('post', '/api/flows/shop/deploy')).status).toBe(200);
    for (const share of [0, -1, 1.5]) expect((await start({ share })).status).toBe(400);
  });

  it('a canary is refused with a sentence where the two versions cannot share sinks, sources or anything to try', async () => {
    expect(((await start({ share: 0.1 })).body as ProblemDetails).detail).toContain('there is nothing to try');
    const other = aFlow('shop');
    await save({ ...other, nodes: other.nodes.map((node) => (node.id === 'out' ? { ...node, config: { size: 2 } } : node)) });
    const answer = await start({ share: 0.1 });
    expect(answer.status).toBe(422);
    expect((answer.body as ProblemDetails).detail).toMatch(
      /cannot run side by side; deploy it instead\. The settings of the sink .* differ/,
    );
    expect((await server.call('get', '/api/flows/shop/canary')).body).toBeNull();
    // What was refused made no version.
    expect((await server.call('get', '/api/flows/shop/versions')).body).toHaveLength(1);
  });

  it('a canary takes its share, changes it, is taken back and promoted, and all of it is told with who', async () => {
    await save({ ...aFlow('shop'), settings: { onError: 'skip' } });
    expect((await start({ share: 0.1 })).body).toMatchObject({ version: 2, base: 1, share: 0.1, startedBy: 'admin' });
    expect((await server.call('put', '/api/flows/shop/canary', { body: { share: 0.5 } })).body).toMatchObject({ share: 0.5 });
    expect((await server.call('get', '/api/flows/shop/canary')).body).toMatchObject({ version: 2, share: 0.5 });
    expect((await server.call('post', '/api/flows/shop/canary/rollback')).body).toMatchObject({
      ended: { how: 'rolled-back', who: 'admin' },
    });
    expect((await server.call('post', '/api/flows/shop/canary/rollback')).status).toBe(409);
    await start({ version: 2, share: 0.2 });
    expect((await server.call('post', '/api/flows/shop/canary/promote')).body).toMatchObject({ version: 2, replaced: 1 });
    const { body } = await server.call('get', '/api/flows/shop/deployments');
    expect((body as Deployments).canaries.map(({ ended }) => ended?.how)).toEqual(['promoted', 'rolled-back']);
    expect((body as Deployments).deployments.map(({ version, until }) => [version, until === undefined])).toEqual([
      [2, true],
      [1, false],
    ]);
    const told = (await server.call('get', '/api/audit?limit=20')).body as { action: string }[];
    expect(told.map(({ action }) => action).filter((action) => action.startsWith('canary/'))).toEqual([
      'canary/promoted',
      'canary/start',
      'canary/rolled-back',
      'canary/share',
      'canary/start',
    ]);
  });

  it('a canary is ended by a deploy of another version', async () => {
    await save({ ...aFlow('shop'), settings: { onError: 'stop' } });
    await start({ share: 0.1 });
    expect((await server.call('post', '/api/flows/shop/deploy', { body: { version: 1 } })).status).toBe(200);
    const { body } = await server.call('get', '/api/flows/shop/deployments');
    expect((body as Deployments).canaries[0]).toMatchObject({ version: 3, ended: { how: 'replaced' } });
  });

  it('a parked key that is parked no more is not released: nothing is done, and the sentence says so', async () => {
    expect((await server.call('get', '/api/flows/shop/parked')).body).toEqual([]);
    const answer = await server.call('post', '/api/flows/shop/parked/release', { body: { sink: 'out', key: 'a', first: 'retry' } });
    expect(answer.status).toBe(409);
    expect((answer.body as ProblemDetails).detail).toContain('somebody has released it');
  });
});
