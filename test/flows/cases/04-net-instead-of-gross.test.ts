import { afterAll, beforeAll, expect, it } from 'vitest';
import type { FlowRecord, VersionInfo } from '#shared/api.ts';
import type { Comparison } from '#shared/comparison.ts';
import type { TraceSearch, TraceWay } from '#shared/trace.ts';
import { describeBrokers } from '../../kafka/brokers.ts';
import { until } from '../../wait.ts';
import { flowOf } from '../flow.ts';
import { planReplay, type ReplayWorld, replayEnded, settled, startReplay, startWorld } from '../replay-world.ts';
import { startErp } from './erp.ts';
import { post, recordsOf } from './orders.ts';

/** Case 4 of the failure catalogue: an edit of the mapping sends net totals where gross ones belong. */
describeBrokers('net instead of gross after an edit of the mapping', (broker) => {
  let world: ReplayWorld;
  let erp: Awaited<ReturnType<typeof startErp>>;
  const orderOf = (n: number) => ({ id: `o-${n}`, net: 100 + n, gross: 119 + n });
  const texts = (from: number, count: number) => Array.from({ length: count }, (_, at) => JSON.stringify(orderOf(from + at)));

  const flow = (total: string) =>
    flowOf(
      'orders',
      [
        { id: 'shop', type: 'webhook', config: { path: 'orders', key: 'id' } },
        { id: 'map', type: 'map', config: { expression: `{ "id": id, "total": ${total} }` } },
        { id: 'erp', type: 'http', config: { method: 'PUT', url: `"${erp.url}/" & id`, idempotency: 'upsert' } },
        { id: 'warehouse', type: 'kafka.sink', config: { topic: 'orders-warehouse', createPartitions: 2 } },
      ],
      ['shop>map', 'map>erp', 'map>warehouse'],
    );

  beforeAll(async () => {
    erp = await startErp();
    world = await startWorld(broker.brokers);
  });
  afterAll(async () => {
    await world?.close();
    await erp?.close();
  });

  /** Saves a draft as somebody. */
  async function save(total: string, as: Record<string, string> = {}): Promise<void> {
    const { revision } = await world.api<FlowRecord>('GET', '/api/flows/orders');
    await world.api('PUT', '/api/flows/orders', flow(total), { 'if-match': `"${revision}"`, ...as });
  }

  it('was to be seen before it was live, says since when and by whom, and is mended at the ERP alone', async () => {
    const { key } = await world.api<{ key: string }>('POST', '/api/keys', { name: 'Ben', role: 'admin' });
    const ben = { authorization: `Bearer ${key}` };
    await world.api('POST', '/api/flows', flow('gross'));
    await world.api('POST', '/api/flows/orders/deploy', {});
    await post(world.server, 'orders', texts(0, 12));
    await settled(world, 'orders', 12);

    await save('net', ben);
    const begun = await world.api<Comparison>('POST', '/api/flows/orders/comparison', {});
    let before = begun;
    await until('the comparison has ended', async () => {
      before = await world.api<Comparison>('GET', `/api/flows/orders/comparison/${begun.id}`);
      return before.state !== 'running';
    });
    expect(before.counts).toEqual({ 'value-changed': 12 });
    const told = before.groups.map(({ class: kind, sink, places, messages }) => ({ kind, sink, places, messages }));
    for (const sink of ['erp', 'warehouse']) expect(told).toContainEqual({ kind: 'value-changed', sink, places: ['total'], messages: 12 });

    // It goes live all the same.
    await world.api('POST', '/api/flows/orders/deploy', {}, ben);
    await post(world.server, 'orders', texts(20, 8));
    await settled(world, 'orders', 20);
    expect(erp.orders.get('/o-21')).toBe('{"id":"o-21","total":121}');

    let search = await world.api<TraceSearch>('POST', '/api/traces', { text: 'o-21', flow: 'orders' });
    await until('the search ends', async () => {
      search = await world.api<TraceSearch>('GET', `/api/traces/${search.id}`);
      return search.state !== 'running';
    });
    const origin = encodeURIComponent(search.hits[0]?.origin ?? '');
    const way = await world.api<TraceWay>('GET', `/api/flows/orders/way?origin=${origin}`);
    expect(way).toMatchObject({ version: 2, versionBy: 'Ben', recomputed: 'identical' });
    const versions = await world.api<VersionInfo[]>('GET', '/api/flows/orders/versions');
    expect(versions.find(({ version }) => version === 2)?.createdBy).toBe('Ben');

    await save('gross');
    await world.api('POST', '/api/flows/orders/deploy', {});
    const spec = {
      name: 'Gross again',
      range: { by: 'version', version: 2 },
      filter: { onlyDifferent: true },
      version: 3,
      sinks: ['erp'],
      target: 'real',
    };
    expect(await planReplay(world, 'orders', spec)).toMatchObject({
      messages: 8,
      problems: [],
      sinks: [{ sink: 'erp', overwrite: 8, double: 0 }],
    });
    const replay = await replayEnded(world, (await startReplay(world, 'orders', spec)).id);
    expect(replay).toMatchObject({ state: 'done', balance: { read: 8, written: 8, filtered: 0, failed: 0, skipped: 0 } });
    await settled(world, 'orders', 20);
    const undisturbed = [...Array(12).keys(), ...Array.from({ length: 8 }, (_, at) => 20 + at)].map((n) => {
      const { id, gross } = orderOf(n);
      return [`/${id}`, JSON.stringify({ id, total: gross })] as const;
    });
    await until('the ERP has all of them', () => undisturbed.every(([path, text]) => erp.orders.get(path) === text));
    expect(new Map([...erp.orders].sort())).toEqual(new Map([...undisturbed].sort()));
    expect(await recordsOf(broker, 'orders-warehouse', 20)).toHaveLength(20);
  });
});
