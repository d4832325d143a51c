import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FlowRecord } from '#shared/api.ts';
import type { FilteredSamples, LedgerReport } from '#shared/ledger-report.ts';
import { balanceSentence } from '#shared/ledger-report.ts';
import { describeBrokers } from '../../kafka/brokers.ts';
import { adminKey } from '../../millrace.ts';
import { until } from '../../wait.ts';
import { flowOf } from '../flow.ts';
import { each } from '../receiver.ts';
import { type ReplayWorld, replayEnded, rowsOf, startReplay, startWorld } from '../replay-world.ts';

const minute = 60_000;

describeBrokers('Case 1, a filter that eats the orders of one shop', (broker) => {
  let world: ReplayWorld;
  const flow = (condition: string) =>
    flowOf('shops', [
      { id: 'in', type: 'webhook', label: 'Web shops', config: { path: 'shops', key: 'id' } },
      { id: 'paid', type: 'filter', label: 'Only paid', config: { condition } },
      { id: 'warehouse', type: 'sqlite', label: 'Warehouse', config: { path: 'shops.db', table: 'orders', keys: ['id'] } },
    ]);
  const order = (n: number) =>
    // The north shop writes the state in capitals.
    ({
      id: `o-${n}`,
      shop: n % 3 === 0 ? 'north' : 'south',
      state: n % 10 === 9 ? 'open' : n % 3 === 0 ? 'PAID' : 'paid',
      password: `hush-${n}`,
    });
  const orders = Array.from({ length: 60 }, (_, n) => order(n));
  const eaten = orders.filter(({ state }) => state === 'PAID');
  const unpaid = orders.filter(({ state }) => state === 'open');
  const rows = () => rowsOf<{ id: string }>(world, 'shops.db', 'select id from orders');
  const ledger = () =>
    world.api<LedgerReport>('GET', `/api/flows/shops/ledger?since=${Date.now() - 30 * minute}&until=${Date.now() + minute}`);

  beforeAll(async () => {
    world = await startWorld(broker.brokers);
  }, 180_000);
  afterAll(async () => {
    await world?.close();
  }, 60_000);

  test('is seen in the ledger with its reason and samples, mended, and only what was eaten is replayed', async () => {
    await world.api('POST', '/api/flows', flow('state = "paid"'));
    await world.api('POST', '/api/flows/shops/deploy', {});
    await each(orders, 8, async (one) => {
      const answer = await fetch(`${world.server.url}/hooks/shops`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(one),
      });
      expect(answer.status).toBe(200);
    });
    await until('all orders are through', async () => {
      const { balance } = await ledger();
      return balance.in === orders.length && balance.waiting === 0;
    });

    const before = await ledger();
    const lost = eaten.length + unpaid.length;
    expect(balanceSentence(before)).toBe(
      `${orders.length} came in: ${orders.length - lost} delivered, ${lost} filtered; nothing is unexplained.`,
    );
    expect(before.filtered).toEqual([{ node: 'paid', reason: expect.stringContaining(''), count: lost }]);
    expect(before.names.paid).toBe('Only paid');
    const samples = await world.api<FilteredSamples[]>('GET', '/api/flows/shops/ledger/filtered');
    const [group] = samples;
    expect(samples).toMatchObject([{ node: 'paid', reason: before.filtered[0]?.reason }]);
    // What they have in common is plain to see, and nothing that a mask hides is.
    const seen = group?.samples.map(({ value }) => JSON.parse(value) as { shop: string; state: string }) ?? [];
    expect(seen.length).toBeGreaterThanOrEqual(5);
    expect(seen.filter(({ state }) => state === 'PAID').every(({ shop }) => shop === 'north')).toBe(true);
    expect(seen.some(({ state }) => state === 'PAID')).toBe(true);
    for (const { value } of group?.samples ?? []) expect(value).not.toContain('hush-');

    const { revision } = await world.api<FlowRecord>('GET', '/api/flows/shops');
    await world.api('PUT', '/api/flows/shops', flow('$lowercase(state) = "paid"'), { 'if-match': `"${revision}"` });
    await world.api('POST', '/api/flows/shops/deploy', {});
    const spec = {
      name: 'Orders of the north shop',
      range: { by: 'version', version: 1 },
      filter: { onlyDifferent: true },
      version: 2,
      sinks: ['warehouse'],
      target: 'real',
    };
    const { id } = await startReplay(world, 'shops', spec);
    expect(await replayEnded(world, id)).toMatchObject({ state: 'done', outputs: { warehouse: eaten.length } });
    // As if the filter had been right from the start.
    const wanted = orders.filter(({ state }) => state !== 'open').map(({ id: key }) => key);
    await until('the warehouse has them all', () => rows().length >= wanted.length);
    expect(
      rows()
        .map((row) => row.id)
        .sort(),
    ).toEqual([...wanted].sort());

    // What was sent again has a line of its own, the live sums stand as they were, and the audit has nothing to say.
    await until('the ledger has counted what was sent again', async () => (await ledger()).balance.resent === eaten.length);
    const after = await ledger();
    expect(after.balance).toMatchObject({
      in: orders.length,
      filtered: lost,
      resent: eaten.length,
      delivered: wanted.length,
      unexplained: 0,
    });
    expect(after.gaps).toEqual([]);
    const table = await fetch(`${world.server.url}/api/flows/shops/ledger?since=${after.since}&until=${after.until}&format=csv`, {
      headers: { authorization: `Bearer ${adminKey}` },
    });
    expect(table.headers.get('content-disposition')).toContain('ledger-shops');
    expect((await table.text()).split('\r\n')).toContain(`in,,,,${orders.length}`);
  });
});
