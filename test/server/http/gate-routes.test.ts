import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditEntry, FlowHistory } from '#shared/api.ts';
import type { FlowTest } from '#shared/flow-test.ts';
import type { Gate, GateOverride, GateSectionId } from '#shared/gate.ts';
import { aFlow, startTestServer, type TestServer } from './server.ts';

let server: TestServer;
let ordinal = 0;
beforeAll(async () => {
  server = await startTestServer({ environment: 'production' });
});
afterAll(() => server.close());

const order: FlowTest = {
  format: 1,
  name: 'Order',
  samples: [{ value: { id: 7 } }],
  expect: [{ node: 'out', messages: 1, equals: [{ id: 7 }] }],
};

/** A flow that the analyst has drawn. */
async function drawn(): Promise<{ id: string; path: string }> {
  const id = `gated-${++ordinal}`;
  const path = `/api/flows/${id}`;
  expect((await server.call('post', '/api/flows', { as: 'analyst', body: aFlow(id) })).status).toBe(201);
  return { id, path };
}
const gateOf = async (path: string): Promise<Gate> => (await server.call('get', `${path}/gate`, { as: 'viewer' })).body;
const verdicts = ({ sections }: Gate): Partial<Record<GateSectionId, string>> =>
  Object.fromEntries(sections.map(({ id, verdict }) => [id, verdict]));
const deploy = (path: string, body: object = {}) => server.call('post', `${path}/deploy`, { as: 'admin', body });

/** Everything that production asks for. */
async function proven(path: string): Promise<void> {
  await server.call('post', `${path}/tests`, { as: 'analyst', body: order });
  await server.call('post', `${path}/tests/run`, { as: 'analyst', body: {} });
  expect((await server.call('post', `${path}/approvals`, { as: 'developer', body: { comment: 'Checked' } })).status).toBe(200);
}

describe('the gate of production', () => {
  it('refuses a deploy with all that blocks it, and lets it through when it is proven and approved', async () => {
    const { path } = await drawn();
    expect(verdicts(await gateOf(path))).toEqual({
      checks: 'ok',
      tests: 'blocked',
      coverage: 'blocked',
      comparison: 'ok',
      approval: 'blocked',
    });
    const refused = await deploy(path);
    expect(refused.status).toBe(409);
    expect(refused.body.problems.map(({ code }: { code: string }) => code)).toEqual(['gate/tests', 'gate/coverage', 'gate/approval']);

    await proven(path);
    expect(await gateOf(path)).toMatchObject({ blocked: false, editedBy: 'analyst', approvals: [{ by: 'developer', comment: 'Checked' }] });
    expect((await deploy(path)).status).toBe(200);
  });

  it('speaks about this very draft: an edit of the logic takes results and approval away, an edit of the drawing does not', async () => {
    const { id, path } = await drawn();
    await proven(path);
    const save = (change: object) =>
      server.call('put', path, { as: 'developer', body: aFlow(id, id, change), headers: { 'if-match': '*' } });
    await save({ layout: { positions: { in: { x: 1, y: 2 } } } });
    expect(await gateOf(path)).toMatchObject({ blocked: false, editedBy: 'analyst' });
    const [source] = aFlow(id).nodes;
    await save({ nodes: [source, { id: 'out', type: 'drain', config: { size: 2 } }] });
    const gate = await gateOf(path);
    expect(gate).toMatchObject({ blocked: true, editedBy: 'developer', approvals: [] });
    expect(verdicts(gate)).toMatchObject({ tests: 'blocked', coverage: 'blocked', approval: 'blocked' });
  });

  it('wants four eyes: who changed the draft last cannot approve it, nor can an analyst', async () => {
    const { path } = await drawn();
    const approve = (as: 'analyst' | 'developer' | 'admin', body: object = {}) => server.call('post', `${path}/approvals`, { as, body });
    expect((await approve('analyst')).status).toBe(403);
    const id = path.split('/').at(-1) ?? '';
    const [source] = aFlow(id).nodes;
    await server.call('put', path, {
      as: 'developer',
      body: aFlow(id, id, { nodes: [source, { id: 'out', type: 'drain', config: { size: 3 } }] }),
      headers: { 'if-match': '*' },
    });
    const own = await approve('developer');
    expect(own.status).toBe(409);
    expect(own.body.problems[0].code).toBe('approval/own');
    expect((await approve('admin', { hash: 'a'.repeat(64) })).body.problems[0].code).toBe('approval/stale');
    const { hash } = await gateOf(path);
    expect((await approve('admin', { hash, comment: 'Fine' })).status).toBe(200);
    const back = await server.call('delete', `${path}/approvals`, { as: 'admin' });
    expect(back.body.approvals).toEqual([]);
  });

  it('is overridden by an admin with a reason, which stays in the audit trail, the history and for ever', async () => {
    const { id, path } = await drawn();
    expect((await deploy(path, { override: { reason: 'short' } })).status).toBe(400);
    const reason = 'The shop is down and waits for this';
    const done = await deploy(path, { override: { reason } });
    expect(done.status).toBe(200);

    const audit = (await server.call('get', '/api/audit')).body as AuditEntry[];
    const entry = audit.find(({ flow, action }) => flow === id && action === 'flow/override');
    expect(entry?.detail).toContain(reason);
    expect(entry?.detail).toContain('This flow has no tests');
    const history = (await server.call('get', `${path}/history`)).body as FlowHistory;
    expect(history.versions[0]?.deployments).toMatchObject([{ deployedBy: 'admin', override: reason }]);
    const overrides = (await server.call('get', `${path}/overrides`, { as: 'viewer' })).body as GateOverride[];
    expect(overrides).toMatchObject([{ version: 1, by: 'admin', reason, environment: 'production', blocked: { length: 3 } }]);
  });

  it('asks for nothing again where the logic was live before', async () => {
    const { path } = await drawn();
    await deploy(path, { override: { reason: 'The first one of all' } });
    const gate = await gateOf(path);
    expect(gate.blocked).toBe(false);
    expect(verdicts(gate)).toMatchObject({ tests: 'not-needed', approval: 'not-needed' });
    expect((await deploy(path, { version: 1 })).status).toBe(200);
  });

  it('notes no override where nothing had to be overridden', async () => {
    const { path } = await drawn();
    await proven(path);
    expect((await deploy(path, { override: { reason: 'Just to be sure' } })).status).toBe(200);
    expect((await server.call('get', `${path}/overrides`)).body).toEqual([]);
  });
});
