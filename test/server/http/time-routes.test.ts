import { afterAll, beforeAll, expect, it } from 'vitest';
import { emptyMinute } from '#shared/ledger-minutes.ts';
import type { Moment, Timeline } from '#shared/moment.ts';
import type { ReplaySpec } from '#shared/replay.ts';
import { aFlow, startTestServer, type TestServer } from './server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const minute = 60_000;
const nowMinute = () => Math.floor(Date.now() / minute) * minute;

it('tells which version was live, what it looked like and who deployed it, and that it was stopped', async () => {
  await server.call('post', '/api/flows', { body: aFlow('past') });
  expect((await server.call('post', '/api/flows/past/deploy')).status).toBe(200);
  const before = await server.call('get', `/api/flows/past/moment?at=${Date.now() - 3_600_000}`, { as: 'viewer' });
  expect(before.body).toMatchObject({ state: 'unknown', counted: false });
  expect(before.body).not.toHaveProperty('document');
  const { body } = await server.call('get', `/api/flows/past/moment?at=${Date.now()}`, { as: 'viewer' });
  const moment: Moment = body;
  expect(moment).toMatchObject({ state: 'running', version: 1, current: 1, deployedBy: 'admin', counted: false });
  expect(moment.document?.nodes.map(({ id }) => id)).toEqual(['in', 'out']);
  await server.call('post', '/api/flows/past/stages/deliver-out/pause');
  await server.call('post', '/api/flows/past/stop');
  const after: Moment = (await server.call('get', `/api/flows/past/moment?at=${Date.now()}`)).body;
  expect(after.state).toBe('stopped');
  expect(after.events.map(({ kind }) => kind)).toEqual(['stop', 'pause', 'deploy']);
  expect(after.events[1]?.sentence).toBe('admin paused the delivery to “Drain”.');
});

it('tells of minutes only where they are kept, and says since when', async () => {
  await server.call('post', '/api/flows', { body: aFlow('kept') });
  const at = nowMinute() - 10 * minute;
  const counted = {
    ...emptyMinute(at),
    flow: 'kept',
    versions: [1],
    in: 4,
    sent: { out: 3 },
    delivered: { out: 3 },
    dead: { in: { 'json/invalid': 1 } },
  };
  await server.store.ledger.save({}, {}, [counted]);
  const moment: Moment = (await server.call('get', `/api/flows/kept/moment?at=${at + 12_345}`)).body;
  expect(moment).toMatchObject({ at, counted: true, countedSince: at, minute: { in: 4, dead: { in: { 'json/invalid': 1 } } } });
  const earlier: Moment = (await server.call('get', `/api/flows/kept/moment?at=${at - minute}`)).body;
  expect(earlier).toMatchObject({ counted: false, countedSince: at });
  const quiet: Moment = (await server.call('get', `/api/flows/kept/moment?at=${at + minute}`)).body;
  expect(quiet.counted).toBe(true);
  expect(quiet).not.toHaveProperty('minute');
  const axis: Timeline = (await server.call('get', `/api/flows/kept/timeline?since=${at - 5 * minute}&until=${at + 5 * minute}`)).body;
  expect(axis).toMatchObject({ step: minute, countedSince: at, points: [{ at, in: 4, delivered: 3, filtered: 0, dead: 1 }] });
});

it('refuses an axis that ends before it begins, is longer than it can be, or is of no flow', async () => {
  await server.call('post', '/api/flows', { body: aFlow('axis') });
  expect((await server.call('get', '/api/flows/axis/timeline?since=5&until=5')).status).toBe(400);
  expect((await server.call('get', `/api/flows/axis/timeline?since=0&until=${Date.now()}`)).status).toBe(400);
  expect((await server.call('get', '/api/flows/nobody/timeline?since=0&until=60000')).status).toBe(404);
});

it('shows messages of about a moment from the topics of the version that was live, masked, with what failed', async () => {
  await server.call('post', '/api/flows', { body: aFlow('seen') });
  await server.call('post', '/api/flows/seen/deploy');
  const value = JSON.stringify({ orderNo: 7, password: 'open sesame' });
  const message = (position: string, timestamp: number) => ({
    position,
    message: { key: { text: '7', encoding: 'utf8' as const }, headers: {}, timestamp, value: { text: value, encoding: 'utf8' as const } },
  });
  server.runtime.messages.set('millrace.seen.in', [message('millrace.seen.in/0/1', Date.now())]);
  server.runtime.messages.set('millrace.seen.dead', [
    {
      ...message('millrace.seen.dead/0/0', Date.now()),
      dead: { code: 'map/failed', message: 'No total.', node: 'out', of: 'millrace.seen.in/0/1' },
    },
  ]);
  const { body } = await server.call('get', `/api/flows/seen/moment/messages?at=${Date.now()}`, { as: 'viewer' });
  expect(body.sources).toMatchObject([{ node: 'in', topic: 'millrace.seen.in', messages: [{ position: 'millrace.seen.in/0/1' }] }]);
  expect(body.dead).toMatchObject([{ error: { code: 'map/failed', of: 'millrace.seen.in/0/1' } }]);
  expect(JSON.stringify(body)).not.toContain('open sesame');
  const long = await server.call('get', `/api/flows/seen/moment/messages?at=${Date.now() - 3_600_000}`);
  expect(long.body.notes).toEqual(['The flow was not deployed then, so it read no messages.']);
});

it('says that messages of a moment are gone when the oldest one came later and is not the first', async () => {
  await server.call('post', '/api/flows', { body: aFlow('gone') });
  await server.call('post', '/api/flows/gone/deploy');
  const later = nowMinute() + 10 * minute;
  const value = { text: '{}', encoding: 'utf8' as const };
  server.runtime.messages.set('millrace.gone.in', [
    { position: 'millrace.gone.in/0/9', message: { key: null, headers: {}, timestamp: later, value } },
  ]);
  const whole = await server.call('get', `/api/flows/gone/moment/messages?at=${Date.now()}`);
  expect(whole.body.sources).toMatchObject([{ messages: [{ position: 'millrace.gone.in/0/9' }] }]);
  const { findMessages } = server.runtime;
  server.runtime.findMessages = async (...asked) => {
    const found = await findMessages(...asked);
    return found && { ...found, scanned: { ...found.scanned, partitions: [{ partition: 0, from: '5', to: '10' }] } };
  };
  const { body } = await server.call('get', `/api/flows/gone/moment/messages?at=${Date.now()}`);
  server.runtime.findMessages = findMessages;
  expect(body.sources).toEqual([{ node: 'in', topic: 'millrace.gone.in', messages: [], goneBefore: later }]);
});

it('marks replays, retries and incidents beside what was recorded, with the page about each', async () => {
  await server.call('post', '/api/flows', { body: aFlow('marks') });
  const at = nowMinute() - 30 * minute;
  const spec: ReplaySpec = {
    flow: 'marks',
    name: 'Yesterday',
    range: { by: 'time', since: 0, until: 1 },
    filter: {},
    version: 1,
    sinks: ['out'],
    target: 'compare',
    overtaken: 'skip',
    ids: 'same',
    perSecond: 0,
    pauseAtErrorShare: 1,
  };
  const balance = { read: 0, written: 0, filtered: 0, failed: 0, skipped: 0 };
  const run = { state: 'done' as const, startedBy: 'Mira', startedAt: at, endedAt: at + minute };
  await server.store.replays.add({ id: 'r1', spec, ...run, total: 0, balance, outputs: {}, failures: {} }, '');
  await server.store.replays.add(
    { id: 'r0', spec, ...run, startedAt: at - 60 * minute, endedAt: at - 50 * minute, total: 0, balance, outputs: {}, failures: {} },
    '',
  );
  const request = { flow: 'marks', from: 'node' as const, version: 2, perSecond: 0, stopAfter: 0, count: 3, edited: 0 };
  await server.store.retries.add({ id: 't1', request, ...run, startedAt: at + minute, done: 3, passed: 3, failed: 0, skipped: 0 }, '');
  await server.store.incidents.apply({
    opened: [
      {
        id: 'i1',
        kind: 'behind',
        rule: 'u1',
        subject: 'marks',
        flow: 'marks',
        since: at + 2 * minute,
        sentence: 'It is behind.',
        link: '/flows/marks',
        told: true,
      },
    ],
    changed: [],
    notices: [],
  });
  await server.store.flowEvents.add({ flow: 'marks', at: at + 3 * minute, kind: 'crash', sentence: 'The worker ended: lost.' });
  const { events }: Timeline = (await server.call('get', `/api/flows/marks/timeline?since=${at - 5 * minute}&until=${at + 5 * minute}`))
    .body;
  expect(events.map(({ kind, sentence, link }) => [kind, sentence, link])).toEqual([
    ['replay', 'Mira started the replay “Yesterday”, only compared.', '/replays/r1'],
    ['retry', 'Mira retried 3 dead letters with version 2.', '/dead-letters/marks'],
    ['incident', 'It is behind.', '/flows/marks'],
    ['crash', 'The worker ended: lost.', undefined],
  ]);
});
