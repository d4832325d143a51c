import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LoadedCatalog, loadCatalog } from '#server/catalog.ts';
import { compile } from '#server/compile.ts';
import type { Recording } from '#server/try/calls.ts';
import type { TrialOutcome } from '#server/try/trial.ts';
import type { TrialSpec } from '#server/try/trial-protocol.ts';
import { createTrialRunner, type OpenOptions, type TrialRunner, TrialStopped } from '#server/try/trial-runner.ts';
import { stringifyJson } from '#shared/json.ts';
import type { Plan } from '#shared/plan.ts';
import { edges, flowOf } from '../sample-flow.ts';
import { input } from './trial-flow.ts';

/** A custom node type that runs code of the message: `value.code` names a function of the file. */
const script = `
import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { get } from 'node:http';
import { connect } from 'node:net';
import { defineNode, z } from 'millrace/sdk';

const hoard = [];
const acts = {
  now: () => ({ ms: Date.now(), iso: new Date().toISOString(), made: new Date(5).toISOString() }),
  dice: () => [Math.random(), randomUUID(), crypto.randomUUID(), randomBytes(4).toString('hex'), randomInt(1000), [...crypto.getRandomValues(new Uint8Array(4))]],
  loop: () => { for (;;); },
  hoard: () => { for (;;) hoard.push(new Array(1000).fill(String(hoard.length))); },
  exit: () => process.exit(3),
  throw: () => { throw new TypeError('undefined is not a function'); },
  fetch: (_, { url }) => fetch(url).then((answer) => answer.text()),
  get: (_, { url }) => new Promise((resolve, reject) => get(url, resolve).on('error', reject)),
  connect: (_, { url }) => new Promise((resolve, reject) => connect(Number(new URL(url).port)).on('error', reject).on('connect', resolve)),
  spawn: () => String(spawnSync('true').status),
  asks: (context, { url }) => context.call({ what: 'POST ' + url, readsOnly: false, request: { url } }, () => fetch(url, { method: 'POST' }).then(() => 'done')),
  secret: (context) => context.secret('token'),
};
export default defineNode({
  type: 'acme.script', version: 1, kind: 'transform', title: 'Script', summary: 'Runs', category: 'Test', icon: 'code',
  config: z.object({ on: z.string().default('') }),
  create: (_config, context) => ({
    process(message, emit) {
      const made = acts[message.value.code]?.(context, message.value) ?? message.value;
      if (typeof made?.then === 'function') return made.then((value) => emit({ ...message, value }));
      emit({ ...message, value: made });
    },
  }),
});
`;

let folder: string;
let catalog: LoadedCatalog;
let runner: TrialRunner;
let server: Server;
let url: string;
const seen: { method: string; path: string; authorization: string | undefined }[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-try-'));
  await writeFile(join(folder, 'script.ts'), script);
  catalog = await loadCatalog({ folders: [folder] });
  expect(catalog.catalog.failures).toEqual([]);
  server = createServer((request, response) => {
    seen.push({ method: request.method ?? '', path: request.url ?? '', authorization: request.headers.authorization });
    response.setHeader('content-type', 'application/json');
    response.end(`{"name":"Zoë","limit":9007199254740993,"token":"abc-secret"}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  url = `http://127.0.0.1:${port}`;
  runner = createTrialRunner(
    { nodeFolders: [folder], filesFolder: folder, bindings: {}, allowPrivate: [`127.0.0.1:${port}`] },
    { memoryMb: 96 },
  );
});
afterAll(async () => {
  await runner.close();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

const source = { id: 'in', type: 'kafka.source', label: 'Orders', config: { topic: 'orders' } };
const topic = (id: string) => ({ id, type: 'kafka.sink', label: id, config: { topic: `${id}.out` } });

function planOf(node: object): Plan {
  const { plan, problems } = compile(
    flowOf({ nodes: [source, { id: 'it', label: 'It', ...node }, topic('erp')], edges: edges('in>it', 'it>erp') }),
    catalog,
    1,
  );
  if (plan === undefined) throw new Error(problems.map(({ message }) => message).join(' '));
  return plan;
}
const scripted = () => planOf({ type: 'acme.script', config: {} });
const looking = (more = {}) => planOf({ type: 'http-lookup', config: { url: `"${url}/customers/" & id`, ...more } });

function specOf(plan: Plan, more: Partial<TrialSpec> = {}): TrialSpec {
  return { plan, calls: '{}', recordings: [], mayCall: [], secrets: {}, seed: 1, ...more };
}

/** Runs values; what came before it was stopped, and why it was. */
async function attempt(
  spec: TrialSpec,
  values: unknown[],
  options: OpenOptions = {},
): Promise<{ outcomes: TrialOutcome[]; stopped?: TrialStopped }> {
  const outcomes: TrialOutcome[] = [];
  const trial = await runner.open(spec, options);
  try {
    for await (const some of trial.run(values.map((value, at) => input('in', value, at)))) outcomes.push(...some);
    return { outcomes };
  } catch (error) {
    if (error instanceof TrialStopped) return { outcomes, stopped: error };
    throw error;
  } finally {
    await trial.close();
  }
}

const values = (outcomes: TrialOutcome[]) =>
  outcomes.flatMap(({ records }) => records.filter(({ node }) => node === 'erp').map(({ value }) => value));
const failures = (outcomes: TrialOutcome[]) => outcomes.flatMap(({ failed }) => failed.map(({ code, end }) => [code, end]));

describe('a Try in its thread', { timeout: 90_000 }, () => {
  it('gives nodes of others the clock and the random numbers of the Try', async () => {
    const run = async (seed: number) =>
      (await attempt(specOf(scripted(), { seed }), [{ code: 'now' }, { code: 'dice' }, { code: 'dice' }])).outcomes;
    const first = await run(1);
    expect(stringifyJson(await run(1))).toBe(stringifyJson(first));
    expect(stringifyJson(await run(2))).not.toBe(stringifyJson(first));
    const [now, one, two] = values(first);
    expect(now).toEqual({ ms: 1_700_000_000_000, iso: '2023-11-14T22:13:20.000Z', made: '1970-01-01T00:00:00.005Z' });
    expect(one).not.toEqual(two);
    expect(one).toEqual([
      expect.any(Number),
      expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      expect.stringMatching(/^[0-9a-f-]{36}$/),
      expect.stringMatching(/^[0-9a-f]{8}$/),
      expect.any(Number),
      expect.any(Array),
    ]);
  });

  it.each(['loop', 'hoard', 'exit'])('ends when a node does %s, says where, and leaves the server and the next Try alone', async (code) => {
    const { outcomes, stopped } = await attempt(specOf(scripted()), [{ code: 'fine' }, { code }, { code: 'fine' }], {
      ms: code === 'hoard' ? 30_000 : 3000,
    });
    expect(stopped?.why).toBe({ loop: 'time', hoard: 'memory', exit: 'fault' }[code]);
    expect(stopped?.at).toEqual({ input: 1, node: 'it' });
    expect(stopped?.message).toContain('“It” with input 2');
    expect(values(outcomes)).toEqual([{ code: 'fine' }]);
    expect(values((await attempt(specOf(scripted()), [{ code: 'fine' }])).outcomes)).toEqual([{ code: 'fine' }]);
  });

  it('ends when nobody waits for it any more', async () => {
    const leaving = new AbortController();
    const running = attempt(specOf(scripted()), [{ code: 'fine' }, { code: 'loop' }], { signal: leaving.signal, ms: 60_000 });
    setTimeout(() => leaving.abort(), 50);
    await expect(
      running.then(
        ({ stopped }) => stopped?.why,
        (error: TrialStopped) => error.why,
      ),
    ).resolves.toBe('aborted');
  });

  it('refuses what a node does by itself: calls and programs', async () => {
    seen.length = 0;
    const acts = ['fetch', 'get', 'connect', 'spawn'].map((code) => ({ code, url }));
    const { outcomes } = await attempt(specOf(scripted()), acts);
    expect(failures(outcomes)).toEqual(acts.map(() => ['call/not-declared', 'unanswered']));
    expect(seen).toEqual([]);
  });

  it('answers a call with a fixed value, or says that no answer is recorded', async () => {
    seen.length = 0;
    const fixed = JSON.stringify({ it: { mode: 'fixed', value: { status: 200, body: { n: 1 } } } });
    const { outcomes } = await attempt(specOf(looking(), { calls: fixed }), [{ id: 1 }]);
    expect(values(outcomes)).toEqual([{ id: 1, lookup: { n: 1 } }]);
    expect(outcomes[0]?.calls).toEqual([{ node: 'it', record: 0, what: `GET ${url}/customers/1`, answered: 'fixed', ms: 0 }]);
    expect(failures((await attempt(specOf(looking()), [{ id: 1 }])).outcomes)).toEqual([['call/not-recorded', 'unanswered']]);
    expect(seen).toEqual([]);
  });

  it('really calls only what reads, for those who may, and then knows the answer', async () => {
    const real = JSON.stringify({ it: { mode: 'real' } });
    seen.length = 0;
    expect(failures((await attempt(specOf(looking(), { calls: real }), [{ id: 1 }])).outcomes)).toEqual([
      ['call/not-allowed', 'unanswered'],
    ]);
    const writing = specOf(scripted(), { calls: real, mayCall: ['it'] });
    expect(failures((await attempt(writing, [{ code: 'asks', url }])).outcomes)).toEqual([['call/not-allowed', 'unanswered']]);
    expect(seen).toEqual([]);

    const recordings: Recording[] = [];
    const plan = looking({ auth: 'bearer', authSecret: 'token' });
    const spec = specOf(plan, { calls: real, mayCall: ['it'], secrets: { token: 'abc-secret' } });
    const called = await attempt(spec, [{ id: 1 }, { id: 2 }], { record: (recording) => void recordings.push(recording) });
    expect(seen.map(({ path, authorization }) => [path, authorization])).toEqual([
      ['/customers/1', 'Bearer abc-secret'],
      ['/customers/2', 'Bearer abc-secret'],
    ]);
    expect(recordings).toHaveLength(2);
    expect(stringifyJson([called, recordings])).not.toContain('abc-secret');
    expect(stringifyJson(values(called.outcomes)[0])).toBe('{"id":1,"lookup":{"name":"Zoë","limit":9007199254740993,"token":"***"}}');

    const again = await attempt(specOf(plan, { recordings }), [{ id: 1 }, { id: 2 }]);
    expect(seen).toHaveLength(2);
    expect(stringifyJson(values(again.outcomes))).toBe(stringifyJson(values(called.outcomes)));
    expect(again.outcomes.flatMap(({ calls }) => calls.map(({ answered }) => answered))).toEqual(['recorded', 'recorded']);
  });

  it('gives no node the value of a secret that may not really call', async () => {
    const spec = specOf(scripted(), { secrets: { token: 'abc-secret' } });
    expect(values((await attempt(spec, [{ code: 'secret' }])).outcomes)).toEqual(['***']);
  });
});

describe('a Try of thousands of messages', { timeout: 90_000 }, () => {
  const plan = () => planOf({ type: 'map', config: { expression: '{ "id": id, "n": $count(lines) }' } });
  const many = (count: number) => Array.from({ length: count }, (_, at) => input('in', { id: at, lines: [1, 2, 3] }, at));

  it('gives outcomes in the order of the inputs, counting on from run to run', async () => {
    const trial = await runner.open(specOf(plan()), { lane: 'batch' });
    let next = 0;
    let records = 0;
    for (const inputs of [many(1500), many(500)])
      for await (const outcomes of trial.run(inputs))
        for (const outcome of outcomes) {
          expect(outcome.input).toBe(next++);
          for (const { id } of outcome.records) expect(id).toBe(records++);
        }
    await trial.close();
    expect(next).toBe(2000);
  });

  it('reads its inputs as it needs them, and ends when nobody wants more', async () => {
    let read = 0;
    async function* endless() {
      for (;;) yield input('in', { id: read, lines: [] }, read++);
    }
    const trial = await runner.open(specOf(plan()), { lane: 'batch' });
    let got = 0;
    for await (const outcomes of trial.run(endless())) {
      got += outcomes.length;
      if (got >= 1000) break;
    }
    await trial.close();
    expect(read).toBeLessThanOrEqual(got + 400);
  });

  it('carries the records of sinks alone, and cuts long values, where that is wanted', async () => {
    const { outcomes } = await attempt(specOf(plan(), { sinksOnly: true }), [{ id: 1, lines: [] }, 'not JSON']);
    expect(outcomes.map(({ records }) => records.map(({ node }) => node))).toEqual([['erp'], ['in']]);
    expect(outcomes[0]?.arrived).toHaveLength(3);
    const text = 'x'.repeat(500);
    const cut = (await attempt(specOf(plan(), { valueLimit: 100 }), [{ id: text, lines: [] }])).outcomes[0]?.records[0];
    expect(cut).toMatchObject({ truncated: 520, value: `{"id":"${'x'.repeat(93)}` });
  });

  it('ends with what was there before its results became too large', async () => {
    const { outcomes, stopped } = await attempt(specOf(plan()), Array(50).fill({ id: 'x'.repeat(1000), lines: [] }), { textLimit: 50_000 });
    expect(stopped?.why).toBe('size');
    expect(outcomes.length).toBeGreaterThan(5);
  });
});
