import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FlowRecord } from '#shared/api.ts';
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

/** A node type that a version uses and that is gone later. */
const yesterday = `
import { defineNode, z } from 'millrace/sdk';
export default defineNode({
  type: 'yesterday', version: 1, kind: 'transform', title: 'Yesterday', summary: 'Passes on.', category: 'Test', icon: 'bolt',
  config: z.object({}), create: () => ({ process: (message, emit) => emit(message) }),
});
`;

describeBrokers('a replay', (broker) => {
  let world: ReplayWorld;
  let nodes = '';
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
    nodes = await mkdtemp(join(tmpdir(), 'millrace-nodes-'));
    await writeFile(join(nodes, 'yesterday.mjs'), yesterday);
    world = await startWorld(broker.brokers, { MILLRACE_NODES: nodes });
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
  afterAll(async () => {
    await world?.close();
    await rm(nodes, { recursive: true, force: true });
  }, 60_000);

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

  test('to scratch topics leaves the sinks alone, and can be paused, slowed, resumed and stopped', async () => {
    const before = (await linesOf(world, 'shop.jsonl')).length;
    const { id } = await startReplay(world, 'shop', {
      range: all,
      version: 1,
      sinks: ['list'],
      target: 'scratch',
      // Slow enough to be paused in the middle, whoever has to wait for what.
      perSecond: 30,
      pauseAtErrorShare: 1,
    });
    const look = () => world.api<Replay>('GET', `/api/replays/${id}`);
    await until('some are through', async () => (await look()).balance.read > 10, 60_000, 20);
    const paused = await world.api<Replay>('POST', `/api/replays/${id}/pause`);
    expect(paused.state).toBe('paused');
    expect(paused.balance.read).toBeLessThan(messages);
    expect((await look()).balance).toEqual(paused.balance);
    await world.api('PUT', `/api/replays/${id}/rate`, { perSecond: 0 });
    await world.api('POST', `/api/replays/${id}/resume`);
    const replay = await replayEnded(world, id);
    expect(replay).toMatchObject({ state: 'done', balance: { read: messages, written: 594, failed: 6 }, spec: { perSecond: 0 } });
    let scratch: Awaited<ReturnType<typeof recordsOf>> = [];
    await until('its outputs can be read', async () => {
      scratch = await recordsOf(broker.kafka, `millrace.shop.replay.${id}.list`);
      return scratch.length >= 594;
    });
    expect(scratch).toHaveLength(594);
    expect(scratch[0]?.headers).toMatchObject({ 'millrace-replay': id, 'millrace-origin': expect.stringContaining('shop.orders/') });
    expect(await linesOf(world, 'shop.jsonl')).toHaveLength(before);
    expect((await world.api<Replay>('POST', `/api/replays/${id}/stop`)).state).toBe('done');
  });

  test('leaves the offsets of the live flow alone, also while another member joins its group', async () => {
    const admin = broker.kafka.admin();
    const group = 'millrace.shop.transform';
    const committed = async () => [...(await admin.committed(group, 'shop.orders'))];
    const before = await committed();
    const { id } = await startReplay(world, 'shop', {
      range: all,
      version: 1,
      sinks: ['table'],
      target: 'real',
      perSecond: 300,
      pauseAtErrorShare: 1,
    });
    const second = broker.kafka.consume({
      group,
      topics: [{ topic: 'shop.orders', from: 'earliest' }],
      handle: async ({ records }) => ({ consumed: records.length, records: [] }),
    });
    await second.joined;
    const replay = await replayEnded(world, id);
    await second.stop(5000);
    expect(replay).toMatchObject({ state: 'done', balance: { read: messages, written: 594, filtered: 0, failed: 6, skipped: 0 } });
    await expect.poll(committed).toEqual(before);
    await admin.close();
  });

  test('pauses when too many fail, and says where', async () => {
    const { revision } = await world.api<FlowRecord>('GET', '/api/flows/shop');
    const broken = {
      ...flow,
      nodes: flow.nodes.map((node) => (node.id === 'map' ? { ...node, config: { expression: '$number("no number")' } } : node)),
    };
    await world.api('PUT', '/api/flows/shop', broken, { 'if-match': `"${revision}"` });
    const { version } = await world.api<{ version: number }>('POST', '/api/flows/shop/versions', {});
    const { id } = await startReplay(world, 'shop', { range: all, version, sinks: ['table'], target: 'real' });
    const replay = await replayEnded(world, id);
    expect(replay).toMatchObject({ state: 'paused', reason: expect.stringContaining('More than 20 % of the last messages failed') });
    const stopped = await world.api<Replay>('POST', `/api/replays/${id}/stop`);
    const { read, written, filtered, failed, skipped } = stopped.balance;
    expect(stopped.state).toBe('stopped');
    expect([read, failed]).toEqual([
      written + filtered + failed + skipped,
      Object.values(stopped.failures.map ?? {}).reduce((a, b) => a + b, 0),
    ]);
    expect(failed).toBeGreaterThanOrEqual(20);
  });

  test('says what retention has taken, and runs the rest', async () => {
    const admin = new Kafka({ brokers: broker.brokers, logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    await admin.fetchTopicOffsets('shop.orders');
    await admin.deleteTopicRecords({ topic: 'shop.orders', partitions: [{ partition: 0, offset: '50' }] });
    await admin.disconnect();
    const { id, ...plan } = await (async () => {
      const spec = { range: all, version: 1, sinks: ['table'], pauseAtErrorShare: 1 };
      const made = await planReplay(world, 'shop', spec);
      return { ...made, ...(await startReplay(world, 'shop', spec)) };
    })();
    expect(plan.messages).toBe(messages - 50);
    expect(plan.gone).toMatchObject([
      {
        topic: 'shop.orders',
        messages: 50,
        sentence: expect.stringMatching(/“shop.orders” keeps messages back to .* UTC\. Up to 50 messages .*retention deleted them/),
      },
    ]);
    expect(await replayEnded(world, id)).toMatchObject({ state: 'done', balance: { read: messages - 50 } });
  });

  test('of a version that cannot run any more is refused with a sentence', async () => {
    const { revision } = await world.api<FlowRecord>('GET', '/api/flows/shop');
    const old = { ...flow, nodes: flow.nodes.map((node) => (node.id === 'map' ? { ...node, type: 'yesterday', config: {} } : node)) };
    await world.api('PUT', '/api/flows/shop', old, { 'if-match': `"${revision}"` });
    const { version } = await world.api<{ version: number }>('POST', '/api/flows/shop/versions', {});
    await rm(join(nodes, 'yesterday.mjs'));
    await world.killAndStart();
    const spec = { range: all, version, sinks: ['table'] };
    const plan = await planReplay(world, 'shop', spec);
    expect(plan.problems).toMatchObject([
      { code: 'replay/version', severity: 'error', message: expect.stringMatching(/cannot run any more.*yesterday/) },
    ]);
    await expect(world.api('POST', '/api/flows/shop/replays', { spec })).rejects.toThrow(/422.*cannot run any more/);
    const retry = { letters: ['millrace.shop.dead/0/0'], version };
    await expect(world.api('POST', '/api/flows/shop/retries', retry)).rejects.toThrow(/409.*cannot run any more/);
  });
});
