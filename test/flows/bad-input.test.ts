import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeadLetter, FlowRecord, ProblemDetails } from '#shared/api.ts';
import type { Timeline } from '#shared/moment.ts';
import type { Catalog } from '#shared/node-type.ts';
import { adminKey, deployFlow, type MillraceProcess, startMillrace, statusOf } from '../millrace.ts';
import { until } from '../wait.ts';
import { flowOf } from './flow.ts';
import { type Receiver, startReceiver } from './receiver.ts';

/** A transform that goes wrong in the way its config says, at the message whose `bad` is true. */
const troubleNode = `
import { defineNode, z } from 'millrace/sdk';
const ways = {
  throw: () => { throw new Error('a bug of the node'); },
  loop: () => { for (;;); },
  hog: () => { const kept = []; for (;;) kept.push(new Array(100_000).fill({ a: kept.length })); },
  exit: () => process.exit(3),
  reject: async () => { throw new Error('a bug after a moment'); },
  stray: () => { setTimeout(() => { throw new Error('a bug in a timer'); }, 0); },
};
export default defineNode({
  type: 'trouble', version: 1, kind: 'transform', title: 'Trouble', summary: 'Goes wrong.', category: 'Test', icon: 'bolt',
  config: z.object({ way: z.string().default('throw'), atCreate: z.boolean().default(false) }),
  create({ way, atCreate }) {
    if (atCreate) throw new Error('the licence file is missing');
    return { process(message, emit) { if (message.value?.bad) return ways[way](); emit(message); } };
  },
});
`;

describe('bad input', () => {
  let folder = '';
  let server: MillraceProcess;
  let receiver: Receiver;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-bad-'));
    const nodes = join(folder, 'nodes');
    await mkdir(nodes);
    await writeFile(join(nodes, 'trouble.mjs'), troubleNode);
    await writeFile(join(nodes, 'breaks-at-load.mjs'), "throw new Error('cannot be loaded today');");
    await writeFile(join(nodes, 'not-javascript.ts'), 'export default {{{');
    receiver = await startReceiver();
    server = await startMillrace({ MILLRACE_DATA: join(folder, 'data'), MILLRACE_NODES: nodes, MILLRACE_ALLOW_PRIVATE: '127.0.0.0/8' });
  });
  afterAll(async () => {
    await server?.stop();
    await receiver?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** A raw call, for answers that are not 200. */
  async function call(method: string, path: string, body?: string, headers: Record<string, string> = {}) {
    const response = await fetch(server.url + path, {
      method,
      headers: { authorization: `Bearer ${adminKey}`, ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body }),
    });
    const text = await response.text();
    return { status: response.status, details: (text.startsWith('{') ? JSON.parse(text) : {}) as ProblemDetails };
  }

  const post = (path: string, value: unknown, headers: Record<string, string> = {}) =>
    fetch(`${server.url}/hooks/${path}`, { method: 'POST', body: typeof value === 'string' ? value : JSON.stringify(value), headers });

  /**
   * Posts again while the answer is not 200, as a careful sender does: with an event id. A thread that ends itself
   * may have made the event durable and take the answer with it; without the id the repetition is a second event.
   */
  const untilTaken = (path: string, value: unknown) => {
    const id = { 'x-event-id': `event-${++events}` };
    return until(`${path} takes it`, async () => (await post(path, value, id)).status === 200);
  };
  let events = 0;

  /** The dead letters of a flow, once there are so many. */
  async function deadLetters(flow: string, least: number): Promise<DeadLetter[]> {
    let letters: DeadLetter[] = [];
    await until(`${flow} has ${least} dead letters`, async () => {
      letters = await server.api<DeadLetter[]>('GET', `/api/flows/${flow}/dead-letters?limit=50`);
      return letters.length >= least;
    });
    return letters;
  }

  /** A flow from a webhook over one node to the receiver. */
  const through = (id: string, node: Record<string, unknown> & { type: string }, settings: Record<string, unknown> = {}) =>
    flowOf(
      id,
      [
        { id: 'in', type: 'webhook', config: { path: id, eventId: 'header', eventIdHeader: 'x-event-id' } },
        { id: 'middle', ...node },
        { id: 'out', type: 'http', config: { url: JSON.stringify(receiver.url) } },
      ],
      undefined,
      { partitions: 1, ...settings },
    );

  describe('at the deploy', () => {
    async function refusedDeploy(flow: ReturnType<typeof flowOf>) {
      await server.api('POST', '/api/flows', flow);
      const answer = await call('POST', `/api/flows/${flow.id}/deploy`, '{}');
      return { status: answer.status, problems: answer.details.problems };
    }

    it('refuses what is no flow with the place of each fault, and what is not JSON', async () => {
      expect(await call('POST', '/api/flows', '{"format":1,')).toMatchObject({
        status: 400,
        details: { problems: [{ code: 'body/not-json' }] },
      });
      const broken = { ...flowOf('broken', [{ id: 'a', type: 'map' }]), nodes: [{ id: 'UPPER', type: 'map' }] };
      const answer = await call('POST', '/api/flows', JSON.stringify(broken));
      expect([400, 422]).toContain(answer.status);
      expect(JSON.stringify(answer.details.problems)).toMatch(/nodes\.0\.id|UPPER/);
    });

    it('names node and field of a config of the wrong type', async () => {
      const answer = await refusedDeploy(through('wrong-type', { type: 'filter', config: { condition: 12 } }));
      expect(answer).toMatchObject({ status: 422, problems: [{ severity: 'error', node: 'middle', field: 'condition' }] });
    });

    it('names the node of an unknown type', async () => {
      const answer = await refusedDeploy(through('unknown-type', { type: 'teleport' }));
      expect(answer.status).toBe(422);
      expect(answer.problems.find(({ node }) => node === 'middle')?.message).toContain('teleport');
    });

    it('says where an expression does not parse', async () => {
      const answer = await refusedDeploy(through('no-parse', { type: 'map', config: { expression: '{ "a": (b }' } }));
      expect(answer).toMatchObject({ status: 422, problems: [{ node: 'middle', field: 'expression', position: expect.any(Number) }] });
    });

    it('refuses a topic that does not exist, by its name', async () => {
      const flow = flowOf('no-topic', [
        { id: 'in', type: 'kafka.source', config: { topic: 'nobody.made.this' } },
        { id: 'out', type: 'log' },
      ]);
      await server.api('POST', '/api/flows', flow);
      const answer = await call('POST', '/api/flows/no-topic/deploy', '{}');
      expect(answer.status).toBe(409);
      expect(answer.details.detail).toContain('“nobody.made.this” does not exist');
    });

    it('refuses a stale ETag with 412, and a wrong role with 403', async () => {
      const flow = through('stale', { type: 'map', config: { expression: '$' } });
      const record = await server.api<FlowRecord>('POST', '/api/flows', flow);
      const etag = { 'if-match': `"${record.revision}"` };
      expect((await call('PUT', '/api/flows/stale', JSON.stringify({ ...flow, name: 'First' }), etag)).status).toBe(200);
      expect((await call('PUT', '/api/flows/stale', JSON.stringify({ ...flow, name: 'Second' }), etag)).status).toBe(412);
      const key = await server.api<{ key: string }>('POST', '/api/keys', { name: 'Reader', role: 'viewer' });
      const answer = await call('POST', '/api/flows/stale/deploy', '{}', { authorization: `Bearer ${key.key}` });
      expect(answer.status).toBe(403);
      expect((await call('GET', '/api/flows/stale', undefined, { authorization: 'Bearer wrong-key-altogether' })).status).toBe(401);
    });
  });

  describe('at the webhook', () => {
    it('answers 413 to 20 MB, 401 to a wrong signature and counts it, 404 to a path of nobody', async () => {
      await server.api('PUT', '/api/secrets/door', { value: 'a-shared-secret' });
      await deployFlow(
        server,
        flowOf('door', [
          { id: 'in', type: 'webhook', config: { path: 'door', signature: 'hmac-sha256', secret: 'door' } },
          { id: 'out', type: 'log' },
        ]),
      );
      expect((await post('door', 'x'.repeat(20 * 1024 * 1024))).status).toBe(413);
      expect((await post('door', { a: 1 })).status).toBe(401);
      expect((await post('nobody-listens', { a: 1 })).status).toBe(404);
      await until('the refusal is counted', async () => (await statusOf(server, 'door')).nodes.in?.refused?.signature === 1);
      expect((await statusOf(server, 'door')).balance.in).toBe(0);
    });

    it('takes what is not JSON and keeps its bytes in a dead letter', async () => {
      await deployFlow(server, through('not-json', { type: 'map', config: { expression: '$' } }));
      expect((await post('not-json', '{"half": ')).status).toBe(200);
      const bytes = new Uint8Array([0xff, 0xfe, 0x00, 0x41]);
      expect((await fetch(`${server.url}/hooks/not-json`, { method: 'POST', body: bytes })).status).toBe(200);
      await until('both are dead letters', async () => (await statusOf(server, 'not-json')).balance.dead === 2);
      const letters = await deadLetters('not-json', 2);
      expect(letters.map(({ value, encoding }) => ({ value, encoding }))).toEqual(
        expect.arrayContaining([
          { value: '{"half": ', encoding: 'utf8' },
          { value: Buffer.from(bytes).toString('base64'), encoding: 'base64' },
        ]),
      );
      expect(letters.every(({ message }) => message.length > 0)).toBe(true);
    });
  });

  describe('in an expression', () => {
    it.each([
      ['endless', '($f := function($n){ $f($n + 1) }; bad ? $f(1) : n)'],
      ['gigantic', 'bad ? $pad("x", 3e8) : n'],
    ])('%s work makes a dead letter with a code; the flow goes on and the server answers all the time', async (id, expression) => {
      await deployFlow(server, through(id, { type: 'map', config: { expression: `{ "${id}": ${expression} }` } }));
      let slowest = 0;
      let over = false;
      const probing = (async () => {
        while (!over) {
          const before = Date.now();
          expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
          slowest = Math.max(slowest, Date.now() - before);
        }
      })();
      for (const value of [{ n: 1 }, { n: 2, bad: true }, { n: 3 }]) expect((await post(id, value)).status).toBe(200);
      await until('all is settled', async () => {
        const { balance } = await statusOf(server, id);
        return balance.delivered === 2 && balance.dead === 1;
      });
      over = true;
      await probing;
      expect(slowest).toBeLessThan(3000);
      const [letter] = await deadLetters(id, 1);
      expect(letter).toMatchObject({ node: 'middle', value: '{"n":2,"bad":true}' });
      expect(letter?.code).toMatch(/^[a-z0-9]+[a-z0-9/-]*$/i);
      expect((await statusOf(server, id)).restarts).toBe(0);
    });
  });

  describe('in a custom node', () => {
    it('that throws at load is a failure in the catalog, with file and reason, and harms nothing else', async () => {
      const catalog = await server.api<Catalog>('GET', '/api/node-types');
      const failures = Object.fromEntries(catalog.failures.map(({ file, message }) => [file.split('/').at(-1), message]));
      expect(failures['breaks-at-load.mjs']).toContain('cannot be loaded today');
      expect(failures['not-javascript.ts']).toMatch(/line 1/);
      expect(catalog.types.some(({ type }) => type === 'trouble')).toBe(true);
    });

    it('that throws at create is a deploy refused with a sentence, and the old version runs on', async () => {
      const good = through('at-create', { type: 'trouble', config: {} });
      const record = await deployFlow(server, good);
      const bad = through('at-create', { type: 'trouble', config: { atCreate: true } });
      await server.api('PUT', '/api/flows/at-create', bad, { 'if-match': `"${record.revision}"` });
      const answer = await call('POST', '/api/flows/at-create/deploy', '{}');
      expect(answer.status).toBe(409);
      expect(answer.details.detail).toMatch(/Version 2 did not start, so version 1 runs on: .*the licence file is missing/);
      expect(await statusOf(server, 'at-create')).toMatchObject({ version: 1, state: 'running' });
      expect((await post('at-create', { id: 'after-refusal' })).status).toBe(200);
      await until('it is delivered', async () => (await statusOf(server, 'at-create')).balance.delivered === 1);
    });

    it.each([
      ['throw', 'a plain error in process', /a bug of the node/, {}],
      ['reject', 'a promise that rejects', /a bug after a moment/, {}],
      ['exit', 'an end of its thread', /exit code 3/, {}],
      ['loop', 'an endless loop', /kept the worker busy/, { messageTimeoutMs: 3000, quarantineAfter: 1 }],
      ['hog', 'more memory than it may use', /MB of memory/, { memoryMb: 64, quarantineAfter: 1 }],
    ])('that goes wrong by “%s” (%s) is restarted, its message set aside, and the others go through', async (way, _what, said, more) => {
      const id = `way-${way}`;
      const settings = { quarantineAfter: 2, ...more };
      const crashes = settings.quarantineAfter;
      await deployFlow(server, through(id, { type: 'trouble', config: { way } }, settings));
      for (const value of [{ n: 1 }, { n: 2, bad: true }, { n: 3 }]) await untilTaken(id, value);
      await until(
        'all is settled',
        async () => {
          const { balance } = await statusOf(server, id);
          return balance.delivered === 2 && balance.dead === 1 && balance.inFlight === 0;
        },
        90_000,
      );
      const [letter, ...rest] = await deadLetters(id, 1);
      expect(rest).toEqual([]);
      expect(letter).toMatchObject({ code: 'quarantined', value: '{"n":2,"bad":true}' });
      expect(letter?.message).toMatch(said);
      const status = await statusOf(server, id);
      expect(status).toMatchObject({ state: 'running', restarts: crashes, balance: { difference: 0 } });
      // The axis of time shows when and why, as one mark.
      const { events } = await server.api<Timeline>(
        'GET',
        `/api/flows/${id}/timeline?since=${Date.now() - 600_000}&until=${Date.now() + 1}`,
      );
      const marks = events.filter(({ kind }) => kind === 'crash');
      expect(marks).toHaveLength(1);
      expect(marks[0]?.sentence).toMatch(said);
      expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    });

    it('that fails where no message can be named says so, loses nothing, and a corrected version goes on', async () => {
      const record = await deployFlow(server, through('stray', { type: 'trouble', config: { way: 'stray' } }));
      await untilTaken('stray', { n: 1, bad: true });
      await until('it is told', async () => {
        const { health, restarts } = await statusOf(server, 'stray');
        return restarts > 0 && health.level === 'error' && health.sentence.includes('a bug in a timer');
      });
      const corrected = through('stray', { type: 'map', config: { expression: '{ "stray": n }' } });
      await server.api('PUT', '/api/flows/stray', corrected, { 'if-match': `"${record.revision}"` });
      await server.api('POST', '/api/flows/stray/deploy', {});
      await until('it is delivered', () => [...receiver.done.values()].includes('{"stray":1}'));
      await until('it is counted', async () => (await statusOf(server, 'stray')).balance.delivered === 1);
      expect((await statusOf(server, 'stray')).balance).toMatchObject({ in: 1, delivered: 1, dead: 0, inFlight: 0, difference: 0 });
    });

    it('that crashes while a deliver stage writes delivers nothing twice to who knows the key', async () => {
      const slow = await startReceiver(300);
      try {
        const flow = through('crash-in-write', { type: 'trouble', config: { way: 'exit' } }, { quarantineAfter: 1 });
        const sink = flow.nodes[2];
        if (sink) sink.config = { url: JSON.stringify(slow.url), concurrency: 1 };
        await deployFlow(server, flow);
        for (let n = 0; n < 5; n++) await post('crash-in-write', { n });
        await until('a write is under way', () => slow.calls() > 0);
        await untilTaken('crash-in-write', { n: 5, bad: true });
        await untilTaken('crash-in-write', { n: 6 });
        await until('all is settled', async () => {
          const { balance } = await statusOf(server, 'crash-in-write');
          return balance.delivered === 6 && balance.dead === 1 && balance.inFlight === 0;
        });
        expect([...slow.done.values()].map((text) => (JSON.parse(text) as { n: number }).n).sort()).toEqual([0, 1, 2, 3, 4, 6]);
        expect((await statusOf(server, 'crash-in-write')).balance.difference).toBe(0);
      } finally {
        await slow.close();
      }
    });
  });
});
