import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeBrokers } from '../../kafka/brokers.ts';
import { deployFlow } from '../../millrace.ts';
import { until } from '../../wait.ts';
import { flowOf } from '../flow.ts';
import { feed, linesOf, planReplay, type ReplayWorld, replayEnded, rowsOf, settled, startReplay, startWorld } from '../replay-world.ts';

const year = 365 * 86_400_000;

describeBrokers('Case 11, a new sink that wants last year', (broker) => {
  let world: ReplayWorld;
  beforeAll(async () => {
    world = await startWorld(broker.brokers);
  }, 180_000);
  afterAll(() => world?.close(), 60_000);

  const flow = (withWarehouse: boolean) =>
    flowOf(
      'history',
      [
        { id: 'in', type: 'kafka.source', config: { topic: 'history.orders' } },
        { id: 'map', type: 'map', config: { expression: '{ "n": n }' } },
        { id: 'list', type: 'file', config: { path: 'history.jsonl' } },
        ...(withWarehouse ? [{ id: 'warehouse', type: 'sqlite', config: { path: 'warehouse.db', table: 'orders', keys: [] } }] : []),
      ],
      withWarehouse ? ['in>map', 'map>list', 'map>warehouse'] : ['in>map', 'map>list'],
    );

  test('gets it at its own rate up to where its live messages begin: no gap, no overlap, and nobody else gets it again', async () => {
    const admin = broker.kafka.admin();
    await admin.ensureTopics([{ name: 'history.orders', partitions: 3, config: { 'retention.ms': '-1' } }]);
    await admin.close();
    let fed = 0;
    const more = async (count: number, at = Date.now()) => {
      const from = fed;
      fed += count;
      const record = (n: number) => ({ topic: 'history.orders', key: `k-${n % 7}`, value: JSON.stringify({ n }), timestamp: at + n });
      await feed(
        broker.kafka,
        Array.from({ length: count }, (_, index) => record(from + index)),
      );
    };
    await more(1500, Date.now() - year);
    const { revision } = await deployFlow(world.server, flow(false));
    await settled(world, 'history', fed);
    // Traffic goes on while the sink is attached and while its history is filled in.
    const feeding = (async () => {
      for (let round = 0; round < 20; round++) await more(20);
    })();
    await world.api('PUT', '/api/flows/history', flow(true), { 'if-match': `"${revision}"` });
    await world.api('POST', '/api/flows/history/deploy', {});
    const spec = {
      name: 'Last year',
      range: { by: 'history', sink: 'warehouse' },
      version: 2,
      sinks: ['warehouse'],
      target: 'real',
      overtaken: 'send',
      perSecond: 1500,
      reason: 'the table appends, so the order of history does not matter',
    };
    const plan = await planReplay(world, 'history', spec);
    expect(plan).toMatchObject({ exact: true, gone: [], sinks: [{ sink: 'warehouse', overwrite: 0, double: 0, ignored: 0 }] });
    expect(plan.sinks[0]?.fresh).toBe(plan.messages);
    const { id } = await startReplay(world, 'history', spec);
    await feeding;
    const replay = await replayEnded(world, id);
    const { read, written } = replay.balance;
    expect(replay).toMatchObject({ state: 'done', balance: { filtered: 0, failed: 0, skipped: 0 } });
    expect([read, written]).toEqual([plan.messages, plan.messages]);
    await settled(world, 'history', fed);
    const rows = () => rowsOf<{ n: number }>(world, 'warehouse.db', 'select n from orders order by n').map(({ n }) => n);
    await until('the warehouse has all', () => rows().length >= fed);
    await settled(world, 'history', fed);
    expect(rows()).toEqual(Array.from({ length: fed }, (_, n) => n));
    expect(await linesOf(world, 'history.jsonl')).toHaveLength(fed);
  });
});
