import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FlowRecord } from '#shared/api.ts';
import { describeBrokers } from '../../kafka/brokers.ts';
import { until } from '../../wait.ts';
import { flowOf } from '../flow.ts';
import { each } from '../receiver.ts';
import { planReplay, type ReplayWorld, replayEnded, settled, startReplay, startWorld } from '../replay-world.ts';
import { startErp } from './erp.ts';

interface Order {
  id: string;
  net: number;
  tax: number;
  status: string;
}

describeBrokers('Case 10, a bad version that ran for a while', (broker) => {
  let world: ReplayWorld;
  let erp: Awaited<ReturnType<typeof startErp>>;
  let crm: Awaited<ReturnType<typeof startErp>>;
  const sent: Order[] = [];

  const flow = (total: string) =>
    flowOf(
      'orders',
      [
        { id: 'shop', type: 'webhook', config: { path: 'orders', key: 'id' } },
        { id: 'to-erp', type: 'map', config: { expression: `{ "id": id, "total": ${total}, "status": status }` } },
        { id: 'erp', type: 'http', config: { method: 'PUT', url: `"${erp.url}/" & id`, idempotency: 'upsert' } },
        { id: 'crm', type: 'http', config: { url: `"${crm.url}/" & id` } },
      ],
      ['shop>to-erp', 'to-erp>erp', 'to-erp>crm'],
    );
  const gross = 'net + tax';

  async function deploy(total: string): Promise<void> {
    const known = await world.api<FlowRecord>('GET', '/api/flows/orders').catch(() => undefined);
    if (known) await world.api('PUT', '/api/flows/orders', flow(total), { 'if-match': `"${known.revision}"` });
    else await world.api('POST', '/api/flows', flow(total));
    await world.api('POST', '/api/flows/orders/deploy', {});
  }

  async function post(orders: Order[]): Promise<void> {
    await each(orders, 8, async (order) => {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(`${world.server.url}/hooks/orders`, { method: 'POST', headers, body: JSON.stringify(order) });
      expect(response.status).toBe(200);
    });
    sent.push(...orders);
    await settled(world, 'orders', sent.length);
  }

  beforeAll(async () => {
    [erp, crm] = await Promise.all([startErp(), startErp()]);
    world = await startWorld(broker.brokers);
  }, 180_000);
  afterAll(async () => {
    await world?.close();
    await Promise.all([erp?.close(), crm?.close()]);
  }, 60_000);

  test('is made good by a replay of only what differs, to one sink, without an older state over a newer one', async () => {
    const order = (n: number, status = 'new'): Order => ({ id: `o-${n}`, net: 100 + n, tax: n % 3 === 0 ? 0 : 19, status });
    const range = (from: number, count: number) => Array.from({ length: count }, (_, at) => from + at);
    await deploy(gross);
    await post(range(0, 6).map((n) => order(n)));
    await deploy('net');
    await post(range(10, 12).map((n) => order(n)));
    await deploy(gross);
    // Two orders go on after the fix: what stands of them is newer, and right.
    await post([order(11, 'paid'), order(13, 'paid'), order(50)]);

    const wrong = range(10, 12).filter((n) => n % 3 !== 0);
    const spec = {
      name: 'Net totals',
      range: { by: 'version', version: 2 },
      filter: { onlyDifferent: true },
      version: 3,
      sinks: ['erp'],
      target: 'real',
    };
    const plan = await planReplay(world, 'orders', spec);
    expect(plan).toMatchObject({
      messages: wrong.length,
      exact: true,
      problems: [],
      needsReason: false,
      overtaken: { keys: 2, messages: 2, examples: expect.arrayContaining(['o-11', 'o-13']) },
      sinks: [{ sink: 'erp', guarantee: 'upsert', fresh: 0, overwrite: wrong.length - 2, double: 0, unsafe: false }],
    });
    const sample = await world.api<object>('POST', '/api/flows/orders/replays/sample', { spec });
    expect(sample).toMatchObject({ changed: wrong.length - 2, failing: 0, fresh: 0 });

    const [erpCalls, crmCalls] = [erp.calls(), crm.calls()];
    const { id } = await startReplay(world, 'orders', spec);
    const replay = await replayEnded(world, id);
    expect(replay).toMatchObject({
      state: 'done',
      balance: { read: 12, written: wrong.length - 2, filtered: 0, failed: 0, skipped: 12 - wrong.length + 2 },
      outputs: { erp: wrong.length - 2 },
    });
    await until('the ERP has what was replayed', () => erp.calls() >= erpCalls + wrong.length - 2);
    await settled(world, 'orders', sent.length);
    expect([erp.calls() - erpCalls, crm.calls() - crmCalls]).toEqual([wrong.length - 2, 0]);
    // As if the bad version had never been.
    const undisturbed = new Map(
      sent.map(({ id: key, net, tax, status }) => [`/${key}`, JSON.stringify({ id: key, total: net + tax, status })]),
    );
    expect(new Map([...erp.orders].sort())).toEqual(new Map([...undisturbed].sort()));

    const again = await planReplay(world, 'orders', spec);
    expect(again).toMatchObject({ messages: 2, sinks: [{ fresh: 0, overwrite: 0 }] });
  });
});
