import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Deployment, Deployments } from '#shared/api.ts';
import type { CanaryStatus } from '#shared/canary.ts';
import { type Handover, handoverVerdict } from '#shared/handover.ts';
import { imbalance, type LedgerEntry } from '#shared/ledger.ts';
import { header, parsePosition } from '#shared/message.ts';
import { ledgerTopic } from '#shared/plan.ts';
import { freePort } from '../free-port.ts';
import { describeBrokers } from '../kafka/brokers.ts';
import { type MillraceProcess, startMillrace, statusOf } from '../millrace.ts';
import { until } from '../wait.ts';
import { flowOf } from './flow.ts';

const partitions = 3;
const keys = 400;

describeBrokers('Changing versions under load', (broker) => {
  let folder = '';
  let server: MillraceProcess;
  let env: Record<string, string> & { MILLRACE_DATA: string };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-handover-'));
    env = { MILLRACE_DATA: join(folder, 'data'), MILLRACE_PORT: String(await freePort()), KAFKA_BROKERS: broker.brokers.join(',') };
    server = await startMillrace(env);
  });
  afterAll(async () => {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const flow = (id: string, version: number) =>
    flowOf(
      id,
      [
        { id: 'in', type: 'kafka.source', config: { topic: `${id}.in` } },
        { id: 'map', type: 'map', config: { expression: `{ "n": n, "by": ${version} }` } },
        { id: 'out', type: 'kafka.sink', config: { topic: `${id}.out` } },
      ],
      undefined,
      { partitions },
    );

  /** Saves the draft of this version; its number is the one that a publish gives it. */
  async function draft(id: string, version: number): Promise<void> {
    const { revision } = await server.api<{ revision: number }>('GET', `/api/flows/${id}`);
    await server.api('PUT', `/api/flows/${id}`, flow(id, version), { 'if-match': `"${revision}"` });
  }

  async function begin(id: string): Promise<void> {
    const admin = broker.kafka.admin();
    await admin.ensureTopics([`${id}.in`, `${id}.out`].map((name) => ({ name, partitions })));
    await admin.close();
    await server.api('POST', '/api/flows', flow(id, 1));
    await server.api('POST', `/api/flows/${id}/deploy`, {});
  }

  /** Sends numbered messages until it is told to stop; gives how many there were. */
  function load(id: string): { stop(): Promise<number>; sent(): number } {
    let n = 0;
    let over = false;
    const done = (async () => {
      const producer = await broker.kafka.producer();
      try {
        while (!over) {
          const sends = Array.from({ length: 20 }, () => {
            const key = `k${n % keys}`;
            return producer.send({ topic: `${id}.in`, key, value: JSON.stringify({ n: n++ }) });
          });
          await Promise.all(sends);
          // A steady load, not as much as it takes.
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
      } finally {
        await producer.close();
      }
      return n;
    })();
    return {
      sent: () => n,
      stop: () => {
        over = true;
        return done;
      },
    };
  }

  interface Out {
    n: number;
    key: string;
    version: number;
    partition: number;
    /** Offset in the source's topic. */
    of: number;
  }

  async function outputs(id: string): Promise<Out[]> {
    const all: Out[] = [];
    for await (const { records } of broker.kafka.read({ topic: `${id}.out` }))
      for (const { key, value, headers } of records) {
        const { n, by } = JSON.parse(Buffer.from(value ?? []).toString()) as { n: number; by: number };
        const origin = parsePosition(String(headers[header.origin]));
        expect(headers[header.flow]).toBe(`${id}@${by}`);
        all.push({
          n,
          key: Buffer.from(key ?? []).toString(),
          version: by,
          partition: origin?.partition ?? -1,
          of: Number(origin?.offset ?? -1),
        });
      }
    return all;
  }

  async function settled(id: string, count: number): Promise<Out[]> {
    await until(`all ${count} are through`, async () => (await statusOf(server, id)).balance.in >= count);
    // Each partition shows what was committed by itself, that of the ledger perhaps before that of the outputs.
    let all: Out[] = [];
    await until('all outputs can be read', async () => {
      all = await outputs(id);
      return all.length >= count;
    });
    expect(new Set(all.map(({ n }) => n)).size).toBe(count);
    expect(all.length).toBe(count);
    // The order of each key, whoever handled it.
    const last = new Map<string, number>();
    for (const { key, n } of all) {
      expect(n).toBeGreaterThan(last.get(key) ?? -1);
      last.set(key, n);
    }
    return all;
  }

  /** Waits until the flow has processed so many of the messages that are sent from now on. */
  async function more(id: string, sending: { sent(): number }, count: number): Promise<void> {
    const wanted = sending.sent() + count;
    await until(`${count} more are processed`, async () => (await statusOf(server, id)).balance.in >= wanted);
  }

  const deployments = (id: string) => server.api<Deployments>('GET', `/api/flows/${id}/deployments`);

  async function complete(id: string, version: number): Promise<Handover> {
    let report: Handover | undefined;
    await until(`the report of version ${version} is complete`, async () => {
      report = (await deployments(id)).deployments.find((one) => one.version === version)?.handover;
      return report?.places.every(({ between }) => between !== undefined) ?? false;
    });
    return report as Handover;
  }

  it('loses and doubles nothing, and reports what each version really processed', async () => {
    const id = broker.name('swap');
    await begin(id);
    const sending = load(id);
    for (const version of [2, 3]) {
      await more(id, sending, 300);
      await draft(id, version);
      const { handover } = await server.api<Deployment>('POST', `/api/flows/${id}/deploy`, {});
      expect(handover).toMatchObject({ from: version - 1, to: version, state: 'done', who: 'First admin key' });
      expect(handover?.drainMs).toBeGreaterThan(0);
      await complete(id, version);
    }
    const all = await settled(id, await sending.stop());
    for (const version of [2, 3]) {
      const report = await complete(id, version);
      expect(report.places).toHaveLength(partitions);
      for (const { partition, last, first, between } of report.places) {
        const of = (which: number) => all.filter((one) => one.version === which && one.partition === partition).map((one) => one.of);
        expect(Number(last), `last of ${version - 1} in ${partition}`).toBe(Math.max(...of(version - 1)));
        expect(Number(first), `first of ${version} in ${partition}`).toBe(Math.min(...of(version)));
        expect(between).toBe(0);
      }
      expect(handoverVerdict(report)).toMatchObject({ level: 'ok' });
    }
    const history = await deployments(id);
    expect(history.deployments.map(({ version, replaced }) => [version, replaced])).toEqual([
      [3, 2],
      [2, 1],
      [1, undefined],
    ]);
    expect((await statusOf(server, id)).balance.difference).toBe(0);
  });

  it('keeps one version running when the server is killed in the middle of a deploy, and says what happened', async () => {
    const id = broker.name('killed');
    await begin(id);
    const sending = load(id);
    await more(id, sending, 300);
    await draft(id, 2);
    const deploying = server.api('POST', `/api/flows/${id}/deploy`, {}).catch((error: unknown) => error);
    await until(
      'the hand-over is under way',
      async () => (await deployments(id)).others.some(({ state }) => state === 'starting'),
      30_000,
      5,
    ).catch(() => undefined);
    server.signal('SIGKILL');
    await server.exited;
    await deploying;
    server = await startMillrace(env);
    await until('it runs again', async () => (await statusOf(server, id)).state === 'running');
    const { deployments: list, others } = await deployments(id);
    const all = await settled(id, await sending.stop());
    if (list[0]?.version === 1) {
      expect(others[0]).toMatchObject({ state: 'interrupted', from: 1, to: 2 });
      const handled = all.filter(({ version }) => version === 2).length;
      const verdict = handoverVerdict((await deployments(id)).others[0] as Handover).sentence;
      expect(verdict).toMatch(handled === 0 ? /version 2 has processed nothing/ : /version 2 had already processed/);
    } else expect(list[0]?.handover?.state).toBe('done');
    // Whatever the moment: nothing runs after the restart but one version.
    const newest = all.toSorted((a, b) => b.n - a.n).slice(0, 100);
    expect(new Set(newest.map(({ version }) => version)).size).toBe(1);
  });

  it('tries a version on a share of the keys, always the same ones, over a restart, and takes it back or promotes it', async () => {
    const id = broker.name('canary');
    await begin(id);
    const sending = load(id);
    await draft(id, 2);
    const canary = await server.api<CanaryStatus>('POST', `/api/flows/${id}/canary`, { share: 0.3 });
    expect(canary).toMatchObject({ version: 2, base: 1, share: 0.3 });
    await more(id, sending, 2 * keys);
    await until('both are counted', async () => {
      const seen = (await statusOf(server, id)).canary?.counts;
      return (seen?.base.in ?? 0) > keys && (seen?.canary.in ?? 0) > 100;
    });

    await server.stop();
    server = await startMillrace(env);
    await until('it runs again', async () => (await statusOf(server, id)).state === 'running');
    expect(await server.api('GET', `/api/flows/${id}/canary`)).toMatchObject({ version: 2, share: 0.3 });
    await more(id, sending, 2 * keys);

    await server.api('PUT', `/api/flows/${id}/canary`, { share: 0.6 });
    await more(id, sending, 2 * keys);
    await server.api('POST', `/api/flows/${id}/canary/rollback`);
    await more(id, sending, 2 * keys);
    await server.api('POST', `/api/flows/${id}/canary`, { version: 2, share: 0.1 });
    await more(id, sending, 2 * keys);
    const { handover } = await server.api<Deployment>('POST', `/api/flows/${id}/canary/promote`);
    expect(handover).toMatchObject({ from: 1, to: 2, state: 'done' });
    await more(id, sending, 2 * keys);
    const all = await settled(id, await sending.stop());

    // Of each key: the versions in the order of its messages. It changes hands only when somebody says so.
    const ways = new Map<string, number[]>();
    for (const { key, version } of all) {
      const way = ways.get(key) ?? [];
      if (way.at(-1) !== version) way.push(version);
      ways.set(key, way);
    }
    for (const way of ways.values()) expect(['1,2', '1,2,1,2', '1,2,1,2,1,2']).toContain(`${way[0] === 2 ? '1,' : ''}${way}`);
    const tried = [...ways.values()].filter((way) => way.length > 2 || way[0] === 2).length;
    expect(tried / keys).toBeGreaterThan(0.5);
    expect(tried / keys).toBeLessThan(0.7);
    expect(all.at(-1)?.version).toBe(2);

    const entries: LedgerEntry[] = [];
    for await (const { records } of broker.kafka.read({ topic: ledgerTopic }))
      for (const { key, value } of records)
        if (Buffer.from(key ?? []).toString() === id) entries.push(JSON.parse(Buffer.from(value ?? []).toString()) as LedgerEntry);
    const shared = entries.filter((entry) => entry.canary !== undefined);
    expect(shared.length).toBeGreaterThan(0);
    for (const entry of shared) {
      expect(imbalance(entry)).toBe(0);
      expect(Object.values(entry.versions ?? {}).reduce((sum, counts) => sum + counts.in, 0)).toBe(entry.in);
    }
    const { canaries } = await deployments(id);
    expect(canaries.map(({ ended }) => ended?.how)).toEqual(['promoted', 'rolled-back']);
    expect((await statusOf(server, id)).balance.difference).toBe(0);
  });
});
