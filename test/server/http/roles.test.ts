import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admits, type Role, roles } from '#shared/api.ts';
import { startTestServer, type TestServer } from './server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

/** What the routes of shared/api.ts and the design say; a new route has to be entered here on purpose. */
const table = [
  'get /api/flows/:id/ledger viewer',
  'get /api/flows/:id/ledger/filtered viewer',
  'get /api/flows/:id/ledger/gaps viewer',
  'get /api/me viewer',
  'post /api/flows/:id/ledger/gaps/:gap/settle analyst',
  'post /api/session public',
  'delete /api/session public',
  'get /api/node-types viewer',
  'get /api/secrets analyst',
  'put /api/secrets/:name admin',
  'delete /api/secrets/:name admin',
  'get /api/keys admin',
  'post /api/keys admin',
  'delete /api/keys/:id admin',
  'get /api/audit admin',
  'get /api/incidents viewer',
  'post /api/flows/:id/reconciles/upload analyst',
  'get /api/flows/:id/reconciles/:report/items.csv viewer',
  'get /api/flows/:id/reconciles viewer',
  'post /api/flows/:id/reconciles analyst',
  'get /api/flows/:id/reconciles/:report viewer',
  'get /api/flows/:id/reconciles/:report/items viewer',
  'post /api/flows/:id/reconciles/:report/stop analyst',
  'post /api/flows/:id/reconciles/:report/backfill admin',
  'get /api/flows/:id/reconcile-schedules viewer',
  'post /api/flows/:id/reconcile-schedules analyst',
  'put /api/flows/:id/reconcile-schedules/:schedule analyst',
  'post /api/flows/:id/reconcile-schedules/:schedule/pause analyst',
  'post /api/flows/:id/reconcile-schedules/:schedule/run analyst',
  'delete /api/flows/:id/reconcile-schedules/:schedule analyst',
  'post /api/incidents/:id/acknowledge analyst',
  'get /api/alerts/rules viewer',
  'post /api/alerts/rules admin',
  'put /api/alerts/rules/:id admin',
  'delete /api/alerts/rules/:id admin',
  'post /api/alerts/rules/:id/mute analyst',
  'get /api/alerts/channels viewer',
  'post /api/alerts/channels admin',
  'put /api/alerts/channels/:id admin',
  'delete /api/alerts/channels/:id admin',
  'post /api/alerts/channels/:id/test admin',
  'get /api/events viewer',
  'get /api/flows viewer',
  'post /api/flows analyst',
  'get /api/flows/:id viewer',
  'put /api/flows/:id analyst',
  'delete /api/flows/:id analyst',
  'post /api/flows/:id/check viewer',
  'get /api/flows/:id/versions viewer',
  'post /api/flows/:id/versions analyst',
  'get /api/flows/:id/versions/:version viewer',
  'get /api/flows/:id/history viewer',
  'post /api/flows/:id/parked/release analyst',
  'post /api/flows/:id/parked/release-all analyst',
  'post /api/flows/:id/parked/release-all/stop analyst',
  'post /api/flows/:id/preview viewer',
  'post /api/flows/:id/deploy admin',
  'post /api/flows/:id/stop admin',
  'post /api/flows/:id/stages/:stage/pause admin',
  'post /api/flows/:id/stages/:stage/resume admin',
  'get /api/flows/:id/status viewer',
  'get /api/flows/:id/deployments viewer',
  'get /api/flows/:id/canary viewer',
  'get /api/flows/:id/canaries/:canary/handled viewer',
  'post /api/flows/:id/canary admin',
  'put /api/flows/:id/canary admin',
  'post /api/flows/:id/canary/promote admin',
  'post /api/flows/:id/canary/rollback admin',
  'post /api/flows/:id/try analyst',
  'get /api/flows/:id/parked viewer',
  'get /api/flows/:id/parked/releases viewer',
  'get /api/flows/:id/recordings viewer',
  'delete /api/flows/:id/recordings analyst',
  'get /api/flows/:id/tap viewer',
  'get /api/flows/:id/samples viewer',
  'post /api/flows/:id/samples analyst',
  'post /api/flows/:id/samples/find analyst',
  'get /api/flows/:id/samples/:sample viewer',
  'put /api/flows/:id/samples/:sample analyst',
  'delete /api/flows/:id/samples/:sample analyst',
  'post /api/flows/:id/samples/:sample/edge-cases viewer',
  'get /api/flows/:id/masks viewer',
  'put /api/flows/:id/masks analyst',
  'get /api/flows/:id/timeline viewer',
  'get /api/flows/:id/moment viewer',
  'get /api/flows/:id/moment/messages viewer',
  'get /api/flows/:id/targets/:node viewer',
  'put /api/flows/:id/targets/:node analyst',
  'delete /api/flows/:id/targets/:node analyst',
  'post /api/flows/:id/targets/read analyst',
  'get /api/flows/:id/tests viewer',
  'post /api/flows/:id/tests analyst',
  'get /api/flows/:id/tests/:name viewer',
  'put /api/flows/:id/tests/:name analyst',
  'delete /api/flows/:id/tests/:name analyst',
  'post /api/flows/:id/tests/run analyst',
  'post /api/flows/:id/tests/from-try analyst',
  'post /api/flows/:id/tests/:name/accept analyst',
  'put /api/flows/:id/waivers analyst',
  'delete /api/flows/:id/waivers analyst',
  'get /api/flows/:id/comparison viewer',
  'post /api/flows/:id/comparison analyst',
  'get /api/flows/:id/comparison/:run viewer',
  'delete /api/flows/:id/comparison/:run analyst',
  'put /api/flows/:id/comparison/:run/groups/:signature analyst',
  'get /api/flows/:id/gate viewer',
  'post /api/flows/:id/approvals developer',
  'delete /api/flows/:id/approvals developer',
  'get /api/flows/:id/overrides viewer',
  'get /api/flows/:id/dead-letters viewer',
  'get /api/flows/:id/resends viewer',
  'get /api/topics viewer',
  'get /api/traces viewer',
  'post /api/traces viewer',
  'get /api/traces/:id viewer',
  'delete /api/traces/:id viewer',
  'get /api/trace-index viewer',
  'get /api/flows/:id/trace-fields viewer',
  'put /api/flows/:id/trace-fields analyst',
  'get /api/flows/:id/way viewer',
  'get /api/flows/:id/standing viewer',
  'get /api/lineage viewer',
  'post /api/flows/:id/replays/plan viewer',
  'post /api/flows/:id/replays/sample analyst',
  'post /api/flows/:id/replays analyst',
  'get /api/replays viewer',
  'get /api/replays/:id viewer',
  'post /api/replays/:id/pause analyst',
  'post /api/replays/:id/resume analyst',
  'post /api/replays/:id/stop analyst',
  'put /api/replays/:id/rate analyst',
  'get /api/flows/:id/volume viewer',
  'post /api/flows/:id/retries analyst',
  'get /api/flows/:id/retries viewer',
  'get /api/retries/:id viewer',
  'post /api/retries/:id/stop analyst',
  'get /api/inbox viewer',
  'post /api/inbox/refresh viewer',
  'get /api/inbox/causes/:cause viewer',
  'put /api/inbox/causes/:cause analyst',
  'get /api/inbox/causes/:cause/items viewer',
  'get /api/inbox/letter viewer',
  'get /api/inbox/letter/value viewer',
  'post /api/inbox/causes/:cause/check analyst',
  'post /api/inbox/causes/:cause/fixes analyst',
  'post /api/inbox/causes/:cause/overtaken viewer',
  'post /api/inbox/causes/:cause/retry analyst',
  'post /api/inbox/causes/:cause/discard analyst',
  'post /api/inbox/causes/:cause/recover analyst',
  'all /hooks/*path public',
  'get /healthz public',
  'get /readyz public',
  'get /metrics public',
];

it('names a role for every route', () => {
  expect(server.app.routes.map((route) => `${route.method} ${route.path} ${route.role}`).sort()).toEqual([...table].sort());
});

const guarded = table.map((line) => line.split(' ') as ['get', string, Role | 'public']).filter(([, , needed]) => needed !== 'public');

describe.each(guarded as ['get', string, Role][])('%s %s', (method, path, needed) => {
  const real = path.replace(':version', '1').replace(/:\w+/g, 'nothing');

  it.each(roles)('admits or refuses the role %s', async (role) => {
    const stream = path === '/api/events';
    if (stream && admits('viewer', role)) return;
    const { status } = await server.call(method, real, { as: role });
    if (admits(needed, role)) expect([401, 403]).not.toContain(status);
    else expect(status).toBe(403);
  });

  it('refuses who is not signed in, before it looks at anything else', async () => {
    const nobody = await server.call(method, real, { as: 'nobody' });
    expect(nobody.status).toBe(401);
    expect(nobody.headers['www-authenticate']).toContain('Bearer');
    const wrong = await server.call(method, real, { as: 'nobody', headers: { authorization: 'Bearer mrk_wrong' } });
    expect(wrong.status).toBe(401);
  });
});
