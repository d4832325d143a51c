import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deployment, Deployments } from '#shared/api.ts';
import { handoverVerdict, waitedMessages } from '#shared/handover.ts';
import { deployFlow, type MillraceProcess, startMillrace, statusOf } from '../../millrace.ts';
import { until } from '../../wait.ts';
import { flowOf } from '../flow.ts';
import { each, type Receiver, startReceiver } from '../receiver.ts';

describe('Case 12, a deploy while orders come in', () => {
  let folder = '';
  let server: MillraceProcess;
  let erp: Receiver;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-case-12-'));
    erp = await startReceiver();
    server = await startMillrace({ MILLRACE_DATA: join(folder, 'data'), MILLRACE_ALLOW_PRIVATE: '127.0.0.0/8' });
    await deployFlow(server, flow('net'));
  });
  afterAll(async () => {
    await server?.stop();
    await erp?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const flow = (kind: string) =>
    flowOf('orders', [
      { id: 'in', type: 'webhook', config: { path: 'orders', key: 'customer' } },
      { id: 'map', type: 'map', config: { expression: `{ "n": n, "total": "${kind}" }` } },
      { id: 'erp', type: 'http', label: 'ERP', config: { url: JSON.stringify(erp.url) } },
    ]);

  it('takes every order exactly once, and says where the one version ended and the other began', async () => {
    const orders = Array.from({ length: 900 }, (_, n) => n);
    const all = () => [...erp.done.values()].map((body) => JSON.parse(body) as { n: number; total: string });
    const isGross = () => all().some(({ total }) => total === 'gross');
    const deploy = (body: object) => server.api<Deployment>('POST', '/api/flows/orders/deploy', body);
    const change = async () => {
      await server.api('PUT', '/api/flows/orders', flow('gross'), { 'if-match': '"1"' });
      await until('the old version has taken the first ones', () => all().filter(({ n }) => n <= 250).length === 251);
      return deploy({});
    };
    let deployment: Promise<Deployment> | undefined;
    let back: Promise<Deployment> | undefined;
    await each(orders, 8, async (n) => {
      if (n === 300) deployment = change();
      // However long that took, the last third comes to the new version first, and then to the old one again.
      if (n >= 600) await deployment;
      if (n === 600) back = until('the new version works', isGross).then(() => deploy({ version: 1 }));
      // The sender knows nothing of it: its order waits at the door for a moment.
      const answer = await fetch(`${server.url}/hooks/orders`, { method: 'POST', body: JSON.stringify({ n, customer: `c${n % 7}` }) });
      expect(answer.status).toBe(200);
    });
    await back;
    await until('the ERP has all', () => erp.done.size >= orders.length);
    const done = all();
    expect(done.map(({ n }) => n).sort((a, b) => a - b)).toEqual(orders);
    expect(new Set(done.map(({ total }) => total))).toEqual(new Set(['net', 'gross']));

    await until('the last sums are there', async () => (await statusOf(server, 'orders')).balance.delivered === orders.length);
    const { deployments } = await server.api<Deployments>('GET', '/api/flows/orders/deployments');
    expect(deployments.map(({ version, replaced }) => [version, replaced])).toEqual([
      [1, 2],
      [2, 1],
      [1, undefined],
    ]);
    for (const { handover } of deployments.slice(0, 2)) {
      if (handover === undefined) throw new Error('A deploy that changed the version has no report.');
      expect(handover.drainMs).toBeGreaterThan(0);
      expect(handover.startMs).toBeGreaterThan(0);
      expect(waitedMessages(handover)).toBeGreaterThanOrEqual(0);
      expect(handover.places.every(({ between = 0 }) => between === 0)).toBe(true);
      for (const { last, first } of handover.places)
        if (last !== undefined && first !== undefined) expect(Number(first)).toBeGreaterThan(Number(last));
      expect(['ok', 'info']).toContain(handoverVerdict(handover).level);
    }
    // What each version made says so: the gross ones are those between the two changes.
    const gross = done.filter(({ total }) => total === 'gross').map(({ n }) => n);
    expect(Math.min(...gross)).toBeGreaterThan(250);
    expect((await statusOf(server, 'orders')).balance).toMatchObject({ in: 900, delivered: 900, dead: 0, difference: 0, inFlight: 0 });
  });
});
