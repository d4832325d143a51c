import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Receiver, startReceiver } from '../../flows/receiver.ts';
import { aFlow, startTestServer, type TestServer } from './server.ts';

let server: TestServer;
let receiver: Receiver;
beforeAll(async () => {
  [server, receiver] = await Promise.all([startTestServer(), startReceiver()]);
});
afterAll(async () => {
  await Promise.all([server.close(), receiver.close()]);
});

const silent = { name: 'Quiet', condition: { kind: 'silent', minutes: 30 } };

describe('rules', () => {
  it('are there from the beginning, can be added, changed, muted and removed, and all of it is audited', async () => {
    const before = (await server.call('get', '/api/alerts/rules', { as: 'viewer' })).body as { id: string }[];
    expect(before.length).toBeGreaterThan(5);
    const made = await server.call('post', '/api/alerts/rules', { body: silent });
    expect(made).toMatchObject({ status: 201, body: { ...silent, enabled: true, tellEnd: true } });
    const { id } = made.body as { id: string };
    const muted = await server.call('post', `/api/alerts/rules/${id}/mute`, { as: 'analyst', body: { minutes: 60 } });
    expect(muted.body.mutedUntil).toBeGreaterThan(Date.now() + 3_500_000);
    const changed = await server.call('put', `/api/alerts/rules/${id}`, { body: { ...silent, enabled: false } });
    expect(changed.body).toMatchObject({ enabled: false, mutedUntil: muted.body.mutedUntil });
    expect((await server.call('post', `/api/alerts/rules/${id}/mute`, { body: { minutes: 0 } })).body.mutedUntil).toBeUndefined();
    expect((await server.call('delete', `/api/alerts/rules/${id}`)).status).toBe(204);
    const actions = (await server.store.audit.list(10)).map(({ action }) => action);
    expect(actions).toEqual(expect.arrayContaining(['alert/rule-create', 'alert/rule-change', 'alert/mute', 'alert/rule-remove']));
  });

  it('are refused where they make no sense, and those that Millrace brings stay', async () => {
    const bad = (condition: object) => server.call('post', '/api/alerts/rules', { body: { name: 'x', condition } });
    expect((await bad({ kind: 'silent', minutes: -1 })).status).toBe(400);
    expect((await bad({ kind: 'silent', minutes: 5, hours: { days: [1], from: '08:00', to: '18:00', zone: 'Nowhere/Land' } })).status).toBe(
      400,
    );
    expect((await bad({ kind: 'flow-failed', restarts: 3, more: 1 })).status).toBe(400);
    expect((await server.call('post', '/api/alerts/rules', { body: { ...silent, flow: 'none' } })).status).toBe(404);
    const empty = (flow: string | undefined, node: string) =>
      server.call('post', '/api/alerts/rules', {
        body: { name: 'x', flow, condition: { kind: 'field-empty', node, path: 'a', minutes: 5, share: 1, atLeast: 1 } },
      });
    await server.call('post', '/api/flows', { body: aFlow('watched') });
    expect((await empty(undefined, 'out')).body.detail).toContain('Choose the flow');
    expect((await empty('watched', 'gone')).body.detail).toContain('Choose a source or a sink');
    expect((await empty('watched', 'out')).status).toBe(201);
    expect((await server.call('delete', '/api/alerts/rules/default-ledger-gap')).status).toBe(409);
    expect((await server.call('put', '/api/alerts/rules/none', { body: silent })).status).toBe(404);
  });
});

describe('channels', () => {
  it('take a test at once, and say why when they do not', async () => {
    const body = { name: 'On call', groupSeconds: 0, to: { kind: 'webhook', url: receiver.url } };
    const { id } = (await server.call('post', '/api/alerts/channels', { body })).body as { id: string };
    expect((await server.call('post', `/api/alerts/channels/${id}/test`)).status).toBe(204);
    expect([...receiver.done.values()].join()).toContain('This is a test of the channel “On call”');
    receiver.answerWith(500);
    const refused = await server.call('post', `/api/alerts/channels/${id}/test`);
    expect(refused).toMatchObject({ status: 409, body: { detail: 'The other side answered 500.' } });
    receiver.answerWith(undefined);
    await server.call('put', `/api/alerts/channels/${id}`, { body: { ...body, to: { ...body.to, secret: 'not-there' } } });
    expect((await server.call('post', `/api/alerts/channels/${id}/test`)).body.detail).toContain('There is no secret "not-there"');
    expect((await server.call('delete', `/api/alerts/channels/${id}`)).status).toBe(204);
  });

  it('show the whole of an address to admins alone, and never a secret', async () => {
    await server.store.secrets.set('signing', 'very secret', 'test');
    const to = { kind: 'webhook', url: 'https://chat.example.com/hooks/as-good-as-a-password', secret: 'signing' };
    const { id } = (await server.call('post', '/api/alerts/channels', { body: { name: 'Chat', to } })).body as { id: string };
    const seen = await server.call('get', '/api/alerts/channels', { as: 'developer' });
    expect(seen.text).not.toContain('as-good-as-a-password');
    expect(seen.body).toMatchObject([{ id, to: { url: 'https://chat.example.com/…' }, health: { waiting: 0, failed: 0 } }]);
    const all = await server.call('get', '/api/alerts/channels');
    expect(all.text).toContain('as-good-as-a-password');
    expect(all.text).not.toContain('very secret');
    expect((await server.call('post', '/api/alerts/channels', { body: { name: 'x', to: { kind: 'webhook', url: '' } } })).status).toBe(400);
    expect(
      (await server.call('post', '/api/alerts/channels', { body: { name: 'x', to: { kind: 'email', addresses: ['no'] } } })).status,
    ).toBe(400);
  });
});

it('incidents are listed and acknowledged by whoever looks after them', async () => {
  const opened = {
    id: 'i1',
    kind: 'behind' as const,
    rule: 'r',
    flow: 'shop',
    subject: 's',
    since: 1,
    sentence: 'Behind.',
    link: '/',
    told: true,
  };
  await server.store.incidents.apply({ opened: [opened], changed: [], notices: [] });
  expect((await server.call('get', '/api/incidents?flow=shop&open=true', { as: 'viewer' })).body).toMatchObject([
    { id: 'i1', sentence: 'Behind.' },
  ]);
  const seen = await server.call('post', '/api/incidents/i1/acknowledge', { as: 'analyst' });
  expect(seen.body.acknowledged).toMatchObject({ who: 'analyst' });
  expect((await server.call('post', '/api/incidents/none/acknowledge')).status).toBe(404);
  expect((await server.call('get', '/api/incidents?open=perhaps')).status).toBe(400);
});
