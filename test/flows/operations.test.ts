import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SpawnedBroker, spawnEmbeddedBroker } from '#server/kafka/embedded/spawn.ts';
import type { DeadLetter, Deployment, FlowRecord } from '#shared/api.ts';
import type { FlowStatus } from '#shared/events.ts';
import { freePort } from '../free-port.ts';
import { adminKey, deployFlow, type MillraceProcess, spawnMillrace, startMillrace, statusOf } from '../millrace.ts';
import { until } from '../wait.ts';
import { flowOf } from './flow.ts';
import { each, type Receiver, startReceiver } from './receiver.ts';

type Env = Record<string, string> & { MILLRACE_DATA: string };

/** A flow from a webhook over a mapping to the receiver. */
function through(id: string, receiver: Receiver, expression = '$', sink: Record<string, unknown> = {}) {
  return flowOf(id, [
    { id: 'in', type: 'webhook', config: { path: id } },
    { id: 'map', type: 'map', config: { expression } },
    { id: 'out', type: 'http', config: { url: JSON.stringify(receiver.url) }, ...sink },
  ]);
}

/** Posts one event: its status, or undefined when there was no answer. */
async function post(server: Pick<MillraceProcess, 'url'>, path: string, value: unknown): Promise<number | undefined> {
  try {
    const answer = await fetch(`${server.url}/hooks/${path}`, { method: 'POST', body: JSON.stringify(value) });
    await answer.arrayBuffer();
    return answer.status;
  } catch (error) {
    // A process that dies answers nothing; the sender knows no more than that.
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** How often the receiver has done each `n`. */
function doneOf(receiver: Receiver): Map<number, number> {
  const times = new Map<number, number>();
  for (const body of receiver.done.values()) {
    const { n } = JSON.parse(body) as { n: number };
    times.set(n, (times.get(n) ?? 0) + 1);
  }
  return times;
}

/** Which of the accepted numbers were done other than exactly once, and which of the others more than once. */
function wrongOf(receiver: Receiver, accepted: ReadonlySet<number>): { n: number; times: number }[] {
  const times = doneOf(receiver);
  const all = new Set([...accepted, ...times.keys()]);
  return [...all].flatMap((n) => {
    const count = times.get(n) ?? 0;
    return count === 1 || (count === 0 && !accepted.has(n)) ? [] : [{ n, times: count }];
  });
}

/** Nothing is under way any more, and the receiver has all that was accepted: what still waits in the log is in no balance yet. */
const isSettled = async (server: MillraceProcess, flow: string, receiver: Receiver, accepted: ReadonlySet<number>) => {
  const times = doneOf(receiver);
  if (![...accepted].every((n) => times.has(n))) return false;
  const { balance, state } = await statusOf(server, flow);
  return state === 'running' && balance.in >= accepted.size && balance.inFlight === 0;
};

describe('one machine', () => {
  let folder = '';
  let env: Env;
  let server: MillraceProcess;
  let receiver: Receiver;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-operations-'));
    receiver = await startReceiver();
    env = {
      MILLRACE_DATA: join(folder, 'data'),
      MILLRACE_PORT: String(await freePort()),
      MILLRACE_ALLOW_PRIVATE: '127.0.0.0/8',
    };
    server = await startMillrace(env);
  });
  afterAll(async () => {
    await server?.stop();
    await receiver?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('loses and doubles nothing in a deploy under load, and reports the barrier', async () => {
    const path = 'deploy-under-load';
    const target = await startReceiver();
    const first = through(path, target, '{ "n": n, "v": 1 }');
    const record = await deployFlow(server, first);
    await server.api('PUT', `/api/flows/${path}`, through(path, target, '{ "n": n, "v": 2 }'), { 'if-match': `"${record.revision}"` });

    const accepted = new Set<number>();
    const others = new Set<number | undefined>();
    let deploying: Promise<Deployment> | undefined;
    const work = Array.from({ length: 1500 }, (_, n) => n);
    await each(work, 8, async (n) => {
      if (n === 300) deploying = server.api<Deployment>('POST', `/api/flows/${path}/deploy`, {});
      // However long it took, the last ones come to the new version.
      if (n >= 1400) await deploying;
      const status = await post(server, path, { n });
      if (status === 200) accepted.add(n);
      else others.add(status);
    });
    const deployment = await deploying;
    expect([...others].filter((status) => status !== 503)).toEqual([]);
    expect(accepted.size).toBeGreaterThan(1400);
    expect(deployment).toMatchObject({ version: 2, replaced: 1 });
    expect(deployment?.barrier.some(({ group, offset }) => group === `millrace.${path}.transform` && Number(offset) > 0)).toBe(true);
    await until('all is delivered', () => isSettled(server, path, target, accepted));
    expect(wrongOf(target, accepted)).toEqual([]);
    const versions = new Set([...target.done.values()].map((body) => (JSON.parse(body) as { v: number }).v));
    expect(versions).toEqual(new Set([1, 2]));
    expect((await statusOf(server, path)).balance.difference).toBe(0);
    await target.close();
  });

  it('does not restart a flow whose nodes were renamed or moved', async () => {
    const flow = through('renamed', receiver);
    const record = await deployFlow(server, flow);
    await until('every stage runs', async () => {
      const { stages } = await statusOf(server, 'renamed');
      return stages.length === 3 && stages.every(({ state }) => state === 'running');
    });
    const before = await statusOf(server, 'renamed');
    const renamed = {
      ...flow,
      nodes: flow.nodes.map((node) => ({ ...node, label: `${node.label} of the shop` })),
      layout: { positions: { in: { x: 500, y: 40 } } },
    };
    await server.api('PUT', '/api/flows/renamed', renamed, { 'if-match': `"${record.revision}"` });
    await server.api('POST', '/api/flows/renamed/deploy', {});
    const after = await statusOf(server, 'renamed');
    const sinces = (status: FlowStatus) => status.stages.map(({ stage, since }) => ({ stage, since }));
    expect(after).toMatchObject({ state: 'running', deployedAt: before.deployedAt });
    expect(sinces(after)).toEqual(sinces(before));
  });

  it('pauses one deliver stage and goes on where it stood', async () => {
    const target = await startReceiver();
    await deployFlow(server, through('paused', target));
    await server.api('POST', '/api/flows/paused/stages/deliver-out/pause');
    for (let n = 0; n < 10; n++) expect(await post(server, 'paused', { n })).toBe(200);
    await until('ten wait before the sink', async () => (await statusOf(server, 'paused')).balance.inFlight === 10);
    await until('it is shown', async () =>
      (await statusOf(server, 'paused')).stages.some(({ stage, state }) => stage === 'deliver-out' && state === 'paused'),
    );
    expect(target.calls()).toBe(0);
    await server.api('POST', '/api/flows/paused/stages/deliver-out/resume');
    await until('all ten are delivered', () => target.done.size === 10);
    await target.close();
  });

  it('makes a dead letter of what the sink does not take within its retry budget', async () => {
    const target = await startReceiver();
    target.answerWith(503);
    await deployFlow(server, through('budget', target, '$', { retry: { minutes: 0.02, giveUp: 'dead-letter' } }));
    expect(await post(server, 'budget', { n: 1 })).toBe(200);
    await until('it is given up', async () => (await statusOf(server, 'budget')).balance.dead === 1);
    expect(target.calls()).toBeGreaterThan(1);
    let letter: DeadLetter | undefined;
    await until('it can be read', async () => {
      [letter] = await server.api<DeadLetter[]>('GET', '/api/flows/budget/dead-letters?limit=5');
      return letter !== undefined;
    });
    expect(letter).toMatchObject({ node: 'out', value: '{"n":1}' });
    expect(letter?.message).toMatch(/503.*Given up after/);
    target.answerWith(undefined);
    expect(await post(server, 'budget', { n: 2 })).toBe(200);
    await until('the next one is delivered', () => target.done.size === 1);
    await target.close();
  });

  it('starts a killed embedded broker again and goes on by itself', async () => {
    const path = 'broker-killed';
    await deployFlow(server, through(path, receiver));
    const accepted = new Set<number>();
    const pid = brokerPidOf(server.pid);
    await each(
      Array.from({ length: 300 }, (_, n) => 10_000 + n),
      8,
      async (n, index) => {
        if (index === 100) process.kill(pid, 'SIGKILL');
        const status = await post(server, path, { n });
        if (status === 200) accepted.add(n);
        else expect(status).toBe(503);
      },
    );
    await until('it is ready again', async () => (await fetch(`${server.url}/readyz`)).ok);
    expect(brokerPidOf(server.pid)).not.toBe(pid);
    expect(await post(server, path, { n: 10_999 })).toBe(200);
    accepted.add(10_999);
    await until('all is delivered', () => isSettled(server, path, receiver, accepted));
    expect((await statusOf(server, path)).balance.difference).toBe(0);
  });

  it.each(['SIGKILL', 'SIGTERM'] as const)(
    'delivers each accepted post exactly once although the server ends by %s under load',
    async (signal) => {
      const path = `ends-by-${signal.toLowerCase()}`;
      const target = await startReceiver();
      await deployFlow(server, through(path, target));
      const accepted = new Set<number>();
      await each(
        Array.from({ length: 2000 }, (_, n) => n),
        8,
        async (n) => {
          if (n === 700) server.signal(signal);
          if ((await post(server, path, { n })) === 200) accepted.add(n);
        },
      );
      const code = await server.exited;
      if (signal === 'SIGTERM') expect(code).toBe(0);
      expect(accepted.size).toBeGreaterThan(600);
      server = await startMillrace(env);
      await until('the flow runs again and all is delivered', () => isSettled(server, path, target, accepted));
      expect(wrongOf(target, accepted)).toEqual([]);
      expect((await statusOf(server, path)).balance.difference).toBe(0);
      await target.close();
    },
  );

  describe('refuses to start with one sentence and exit code 1', () => {
    const cases: [string, () => Record<string, string>, RegExp][] = [
      ['a second process on the data folder', () => ({ MILLRACE_DATA: env.MILLRACE_DATA }), /already|in use|another/i],
      ['a port that is taken', () => ({ MILLRACE_PORT: env.MILLRACE_PORT ?? '' }), /Port \d+ is taken/],
      ['a port that is none', () => ({ MILLRACE_PORT: 'abc' }), /MILLRACE_PORT is “abc”/],
      ['brokers that are none', () => ({ KAFKA_BROKERS: 'kafka one, ::::' }), /KAFKA_BROKERS/],
      ['a database that is none', () => ({ DATABASE_URL: 'mysql://localhost/x' }), /DATABASE_URL/],
      ['a database that does not answer', () => ({ DATABASE_URL: 'postgres://127.0.0.1:1/millrace' }), /database|PostgreSQL/i],
      ['a wrong choice', () => ({ MILLRACE_FSYNC: 'sometimes' }), /MILLRACE_FSYNC is “sometimes”/],
    ];
    it.each(cases)('%s', async (name, settings, said) => {
      const { output, exited } = spawnMillrace(['start'], {
        MILLRACE_DATA: join(folder, name.replaceAll(' ', '-')),
        MILLRACE_PORT: '0',
        MILLRACE_DEMO: '0',
        MILLRACE_LOG: 'error',
        ...settings(),
      });
      expect(await exited).toBe(1);
      expect(output()).toMatch(said);
      expect(output().trim().split('\n')).toHaveLength(1);
    });
  });
});

describe('Kafka that comes and goes', () => {
  let folder = '';
  let port = 0;
  let broker: SpawnedBroker | undefined;
  let server: MillraceProcess;
  let receiver: Receiver;

  const startBroker = async () => {
    if (port === 0) port = await freePort();
    broker = await spawnEmbeddedBroker({ dir: join(folder, 'kafka'), port });
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-outage-'));
    receiver = await startReceiver();
    await startBroker();
  });
  afterAll(async () => {
    await server?.stop();
    await broker?.close();
    await receiver?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('is waited for at the start: the server answers, says why it is not ready, and starts the flow when Kafka comes', async () => {
    const env: Env = {
      MILLRACE_DATA: join(folder, 'data'),
      MILLRACE_PORT: String(await freePort()),
      KAFKA_BROKERS: `127.0.0.1:${port}`,
      MILLRACE_ALLOW_PRIVATE: '127.0.0.0/8',
    };
    server = await startMillrace(env);
    await deployFlow(server, through('outage', receiver));
    expect(await server.stop()).toBe(0);
    await broker?.close();

    server = await startMillrace(env);
    const readyz = await fetch(`${server.url}/readyz`);
    expect(readyz.status).toBe(503);
    expect(((await readyz.json()) as { reasons: string[] }).reasons.join(' ')).toContain(`127.0.0.1:${port}`);
    expect(await server.api<FlowRecord[]>('GET', '/api/flows')).toHaveLength(1);
    expect(await post(server, 'outage', { n: -1 })).toBe(503);
    await server.api('POST', '/api/flows', through('new-one', receiver));
    const refused = await fetch(`${server.url}/api/flows/new-one/deploy`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
      body: '{}',
    });
    expect(refused.status).toBe(503);
    expect(await refused.text()).toContain(`127.0.0.1:${port}`);

    await startBroker();
    await until('the flow runs', async () => (await statusOf(server, 'outage')).state === 'running', 60_000);
    expect(await post(server, 'outage', { n: 0 })).toBe(200);
    await until('it is delivered', () => doneOf(receiver).get(0) === 1);
  });

  it('is waited for in the middle: nothing that was accepted is lost, and all goes on by itself', async () => {
    const accepted = new Set<number>([0]);
    const statuses = new Set<number | undefined>();
    let back: Promise<void> | undefined;
    await each(
      Array.from({ length: 600 }, (_, n) => n + 1),
      8,
      async (n) => {
        if (n === 200 && broker) {
          process.kill(broker.pid, 'SIGKILL');
          await broker.exited;
          back = until('its absence is noticed', async () => !(await fetch(`${server.url}/readyz`)).ok).then(startBroker);
        }
        const status = await post(server, 'outage', { n });
        statuses.add(status);
        if (status === 200) accepted.add(n);
      },
    );
    await back;
    expect([...statuses].filter((status) => status !== 200 && status !== 503)).toEqual([]);
    await until('it is ready again', async () => (await fetch(`${server.url}/readyz`)).ok);
    await until('all is delivered', () => isSettled(server, 'outage', receiver, accepted));
    expect(wrongOf(receiver, accepted)).toEqual([]);
    expect((await statusOf(server, 'outage')).balance.difference).toBe(0);
  });

  it('does not keep a stop waiting for ever while it is away', async () => {
    if (broker) process.kill(broker.pid, 'SIGKILL');
    await broker?.exited;
    const before = Date.now();
    expect(await server.stop()).toBe(0);
    expect(Date.now() - before).toBeLessThan(30_000);
  });
});

/** Process id of the embedded broker that this server has started. */
function brokerPidOf(server: number): number {
  const list = spawnSync('ps', ['-o', 'pid=,args=', '--ppid', String(server)]).stdout.toString();
  const line = list.split('\n').find((text) => text.includes('broker.js'));
  if (line === undefined) throw new Error(`No broker runs under process ${server}:\n${list}`);
  return Number.parseInt(line.trim(), 10);
}
