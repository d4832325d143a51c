import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Replay } from '#shared/replay.ts';
import { describeBrokers } from '../kafka/brokers.ts';
import { deployFlow } from '../millrace.ts';
import { until } from '../wait.ts';
import { flowOf } from './flow.ts';
import {
  feed,
  linesOf,
  planReplay,
  type ReplayWorld,
  recordsOf,
  replayEnded,
  rowsOf,
  settled,
  startReplay,
  startWorld,
} from './replay-world.ts';

const messages = 600;

describeBrokers('a replay', (broker) => {
  let world: ReplayWorld;
  const flow = flowOf(
    'shop',
    [
      { id: 'in', type: 'kafka.source', config: { topic: 'shop.orders' } },
      { id: 'map', type: 'map', config: { expression: '{ "id": id, "total": $number(total) }', key: 'id' } },
      { id: 'table', type: 'sqlite', config: { path: 'shop.db', table: 'orders', keys: ['id'] } },
      { id: 'list', type: 'file', config: { path: 'shop.jsonl' } },
      { id: 'out', type: 'kafka.sink', config: { topic: 'shop.out' } },
    ],
    ['in>map', 'map>table', 'map>list', 'map>out'],
  );

  beforeAll(async () => {
    world = await startWorld(broker.brokers);
    const admin = broker.kafka.admin();
    await admin.ensureTopics([
      { name: 'shop.orders', partitions: 3 },
      { name: 'shop.out', partitions: 3 },
    ]);
    await admin.close();
    const orders = Array.from({ length: messages }, (_, n) => ({
      topic: 'shop.orders',
      key: `o-${n % 200}`,
      value: JSON.stringify({ id: `o-${n % 200}`, n, total: n % 100 === 99 ? 'much' : String(n) }),
    }));
    await feed(broker.kafka, orders);
    await deployFlow(world.server, flow);
    await settled(world, 'shop', messages);
  }, 180_000);
  afterAll(() => world?.close(), 60_000);

  const all = { by: 'time', since: 0, until: Date.now() + 3_600_000 };

  test('is planned with what it would write over and double, exactly', async () => {
    const plan = await planReplay(world, 'shop', {
      range: all,
      version: 1,
      sinks: ['table', 'list', 'out'],
      target: 'real',
      overtaken: 'send',
    });
    expect(plan).toMatchObject({ messages, exact: true, needsReason: true, problems: [], gone: [] });
    expect(plan.sinks).toMatchObject([
      { sink: 'table', guarantee: 'transaction', fresh: 0, overwrite: 594, double: 0, unsafe: false },
      { sink: 'list', guarantee: 'none', fresh: 0, overwrite: 0, double: 594, unsafe: true },
      { sink: 'out', guarantee: 'kafka', fresh: 0, double: 594, unsafe: true },
    ]);
  });

  test('to the real sinks does just what was planned, and its balance closes', async () => {
    const before = (await linesOf(world, 'shop.jsonl')).length;
    const spec = {
      range: all,
      version: 1,
      sinks: ['table', 'list'],
      target: 'real',
      reason: 'a test',
      name: 'All again',
      pauseAtErrorShare: 1,
    };
    const { id } = await startReplay(world, 'shop', spec);
    const replay = await replayEnded(world, id);
    expect(replay).toMatchObject({
      state: 'done',
      total: messages,
      balance: { read: messages, written: 594, filtered: 0, failed: 6, skipped: 0 },
      outputs: { table: 594, list: 594 },
    });
    await until('all are delivered', async () => (await linesOf(world, 'shop.jsonl')).length >= before + 594);
    await settled(world, 'shop', messages);
    expect((await linesOf(world, 'shop.jsonl')).length).toBe(before + 594);
    expect(rowsOf(world, 'shop.db', 'select * from orders')).toHaveLength(198);
    expect(await recordsOf(broker.kafka, 'shop.out')).toHaveLength(594);
  });

  test('without a reason, where it would double, is refused', async () => {
    const spec = { range: all, version: 1, sinks: ['list'], target: 'real' };
    await expect(world.api<Replay>('POST', '/api/flows/shop/replays', { spec })).rejects.toThrow(/needs a reason/);
  });

  test('that only compares writes nothing', async () => {
    const { id } = await startReplay(world, 'shop', { range: all, version: 1, sinks: ['table'] });
    const replay = await replayEnded(world, id);
    expect(replay).toMatchObject({
      state: 'done',
      balance: { read: messages, written: 594, failed: 6 },
      compared: { same: 594, failing: 6, changed: 0 },
    });
  });
});
