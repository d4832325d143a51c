import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FlowHistory } from '#shared/api.ts';
import { aFlow, startTestServer, type TestServer } from './server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const call: TestServer['call'] = (...args) => server.call(...args);
const historyOf = async (id: string): Promise<FlowHistory> => (await call('get', `/api/flows/${id}/history`, { as: 'viewer' })).body;

async function save(id: string, name: string, as: 'analyst' | 'developer'): Promise<void> {
  const { revision } = (await call('get', `/api/flows/${id}`)).body;
  const saved = await call('put', `/api/flows/${id}`, { as, body: { ...aFlow(id), name }, headers: { 'If-Match': `"${revision}"` } });
  expect(saved.status).toBe(200);
}

describe('the history of a flow', () => {
  it('counts the saves of each person between two versions, who saved last first', async () => {
    await call('post', '/api/flows', { as: 'analyst', body: aFlow('counted') });
    for (const name of ['one', 'two']) await save('counted', name, 'analyst');
    await save('counted', 'three', 'developer');
    expect((await call('post', '/api/flows/counted/versions', { body: { note: 'first' } })).status).toBe(201);
    await save('counted', 'four', 'analyst');
    const { versions, draft } = await historyOf('counted');
    const saves = (edits: typeof draft.edits) => edits.map((edit) => [edit.who, edit.saves]);
    expect(versions.map(({ version, note, edits }) => [version, note, saves(edits)])).toEqual([
      [
        1,
        'first',
        [
          ['developer', 1],
          ['analyst', 2],
        ],
      ],
    ]);
    expect(saves(draft.edits)).toEqual([['analyst', 1]]);
    expect(Date.parse(draft.edits[0]?.first ?? '')).toBeLessThanOrEqual(Date.parse(draft.edits[0]?.last ?? ''));
  });

  it('says when each version was made live and by whom, newest first, and which one is', async () => {
    await call('post', '/api/flows', { body: aFlow('lived') });
    for (const version of [1, 2]) {
      await save('lived', `name ${version}`, 'analyst');
      await call('post', '/api/flows/lived/versions');
    }
    for (const version of [1, 2, 1]) expect((await call('post', '/api/flows/lived/deploy', { body: { version } })).status).toBe(200);
    const { versions, deployedVersion } = await historyOf('lived');
    expect(deployedVersion).toBe(1);
    expect(
      versions.map(({ version, deployments }) => [version, deployments.map(({ deployedBy, replaced }) => [deployedBy, replaced])]),
    ).toEqual([
      [2, [['admin', 1]]],
      [
        1,
        [
          ['admin', 2],
          ['admin', undefined],
        ],
      ],
    ]);
  });

  it('knows by the hash that a draft runs as a version does, also under another name', async () => {
    await call('post', '/api/flows', { body: aFlow('alike') });
    await call('post', '/api/flows/alike/versions');
    await save('alike', 'Another name', 'analyst');
    const { versions, draft } = await historyOf('alike');
    expect(draft.hash).toBe(versions[0]?.hash);
  });

  it('is empty for a flow without versions, and 404 for none', async () => {
    await call('post', '/api/flows', { body: aFlow('fresh') });
    expect(await historyOf('fresh')).toMatchObject({ versions: [], draft: { revision: 1, edits: [] } });
    expect((await call('get', '/api/flows/nowhere/history')).status).toBe(404);
  });
});
