import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { imbalance, type LedgerEntry } from '#shared/ledger.ts';
import { ledgerTopic } from '#shared/plan.ts';
import type { Replay } from '#shared/replay.ts';
import { describeBrokers } from '../kafka/brokers.ts';
import { deleteRecords } from '../kafka/delete-records.ts';
import { deployFlow } from '../millrace.ts';
import { until } from '../wait.ts';
import { flowOf } from './flow.ts';
import { feed, planReplay, type ReplayWorld, recordsOf, replayEnded, rowsOf, settled, startReplay, startWorld } from './replay-world.ts';

const perPartition = 150;
const messages = 2 * perPartition;

/** Holds a message that asks for it while a file is there, and says with another file that it does. */
const gateNode = (hold: string, held: string) => `
import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { defineNode, z } from 'millrace/sdk';
export default defineNode({
  type: 'gate', version: 1, kind: 'transform', title: 'Gate', summary: 'Holds a message.', category: 'Test', icon: 'bolt',
  config: z.object({}),
  create: () => ({
    async process(message, emit) {
      if (message.value.gate && existsSync(${JSON.stringify(hold)})) {
        writeFileSync(${JSON.stringify(held)}, '');
        while (existsSync(${JSON.stringify(hold)})) await pause(10);
      }
      emit({ ...message, value: { id: message.value.id, n: message.value.n } });
    },
  }),
});
`;

describeBrokers('a replay beside the live flow', (broker) => {
  let world: ReplayWorld;
  let folder = '';
  const file = (name: string) => join(folder, name);
  const order = (partition: number, n: number, more = {}) => ({
    topic: 'live.orders',
    partition,
    key: `k-${partition}-${n % 50}`,
    value: JSON.stringify({ id: `k-${partition}-${n % 50}`, n, ...more }),
  });
  const all = { by: 'time', since: 0, until: Date.now() + 24 * 3_600_000 };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-nodes-'));
    await writeFile(file('gate.mjs'), gateNode(file('hold'), file('held')));
    world = await startWorld(broker.brokers, { MILLRACE_NODES: folder });
    const admin = broker.kafka.admin();
    await admin.ensureTopics([
      { name: 'live.orders', partitions: 2 },
      { name: 'live.out', partitions: 1 },
    ]);
    await admin.close();
    const gated = (n: number) => (n === perPartition - 1 ? { gate: true } : {});
    await feed(
      broker.kafka,
      [0, 1].flatMap((partition) => Array.from({ length: perPartition }, (_, n) => order(partition, n, partition === 0 ? gated(n) : {}))),
    );
    await deployFlow(
      world.server,
      flowOf(
        'live',
        [
          { id: 'in', type: 'kafka.source', config: { topic: 'live.orders' } },
          { id: 'gate', type: 'gate' },
          { id: 'table', type: 'sqlite', config: { path: 'live.db', table: 'orders', keys: ['id'] } },
          { id: 'out', type: 'kafka.sink', config: { topic: 'live.out' } },
        ],
        ['in>gate', 'gate>table', 'gate>out'],
        { messageTimeoutMs: 600_000 },
      ),
    );
    await settled(world, 'live', messages);
  }, 180_000);
  afterAll(async () => {
    await world?.close();
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  const rowOf = (id: string) => rowsOf<{ n: number }>(world, 'live.db', `select n from orders where id = '${id}'`)[0]?.n;

  test('never lets an older state follow a newer one, however late the newer one comes', async () => {
    const key = `k-0-${(perPartition - 1) % 50}`;
    const spec = { range: all, version: 1, sinks: ['table', 'out'], target: 'real', reason: 'a test' };
    // A plan runs the version, too, so it is made before.
    const { confirm } = await planReplay(world, 'live', spec);
    await writeFile(file('hold'), '');
    const { id } = await world.api<Replay>('POST', '/api/flows/live/replays', { spec, ...(confirm !== undefined && { confirm }) });
    // The replay has looked whether the key was overtaken, and works on its message.
    await until('the message is held', () => existsSync(file('held')));
    await feed(broker.kafka, [order(0, 1000 + perPartition - 1)]);
    await until('the newer state is there', () => rowOf(key) === 1000 + perPartition - 1);
    await rm(file('hold'));
    const replay = await replayEnded(world, id);
    await settled(world, 'live', messages + 1);
    // The key has four messages in the range: what came before the newer one could be written, the held one could not.
    expect(replay).toMatchObject({ state: 'done', total: messages, balance: { read: messages, filtered: 0, failed: 0 } });
    expect(replay.balance.skipped).toBeGreaterThanOrEqual(1);
    expect(replay.balance.written + replay.balance.skipped).toBe(messages);
    expect(rowOf(key)).toBe(1000 + perPartition - 1);
    const states = (await recordsOf(broker.kafka, 'live.out'))
      .filter((record) => record.key === key)
      .map(({ value }) => (JSON.parse(value ?? '{}') as { n: number }).n);
    expect(states.slice(states.indexOf(1000 + perPartition - 1) + 1)).toEqual([]);
  });

  test('tells what retention took while it was paused, how much and since when, and its balance closes with it', async () => {
    // Both partitions begin anew, so that what the test before has left is no part of this.
    const since = Date.now();
    await feed(
      broker.kafka,
      [0, 1].flatMap((partition) => Array.from({ length: perPartition }, (_, n) => order(partition, 2000 + n))),
    );
    await settled(world, 'live', 2 * messages + 1);
    const spec = { range: { ...all, since }, version: 1, sinks: ['table'], target: 'scratch', perSecond: 30, overtaken: 'send' };
    const { id, total } = await startReplay(world, 'live', spec);
    expect(total).toBe(messages);
    const look = () => world.api<Replay>('GET', `/api/replays/${id}`);
    await until('some are through', async () => (await look()).balance.read > 10, 60_000, 20);
    const paused = await world.api<Replay>('POST', `/api/replays/${id}/pause`);
    expect(paused).toMatchObject({ state: 'paused', total: messages });
    expect(paused.gone).toBeUndefined();

    // All of one partition that is left, and a part of the other.
    const admin = broker.kafka.admin();
    const ends = new Map((await admin.offsets('live.orders'))?.map(({ partition, high }) => [partition, high]));
    const [zero, one] = [ends.get(0) ?? 0n, ends.get(1) ?? 0n];
    let done = new Map<number, bigint>();
    await until('its offsets stand where its balance does', async () => {
      done = await admin.committed(`millrace.live.replay-${id}`, 'live.orders');
      const left = zero - (done.get(0) ?? 0n) + one - (done.get(1) ?? 0n);
      return left === BigInt(messages - paused.balance.read);
    });
    await admin.close();
    await deleteRecords(broker.brokers, 'live.orders', { 0: zero, 1: one - 50n });
    const before = [done.get(0) ?? 0n, done.get(1) ?? 0n] as const;
    const lost = Number(zero - before[0] + (one - 50n - before[1]));
    expect(lost).toBeGreaterThan(0);

    await world.api('PUT', `/api/replays/${id}/rate`, { perSecond: 0 });
    await world.api('POST', `/api/replays/${id}/resume`);
    const replay = await replayEnded(world, id);
    const read = messages - lost;
    expect(replay).toMatchObject({ state: 'done', total: messages, counted: true, balance: { read, written: read, skipped: 0 } });
    expect(replay.gone?.messages).toBe(lost);
    expect(replay.gone?.parts.map(({ noticedAt: _at, ...part }) => part).sort((a, b) => a.partition - b.partition)).toEqual([
      { topic: 'live.orders', partition: 0, from: `${before[0]}`, to: `${zero - 1n}`, offsets: Number(zero - before[0]) },
      { topic: 'live.orders', partition: 1, from: `${before[1]}`, to: `${one - 51n}`, offsets: Number(one - 50n - before[1]) },
    ]);
    expect(replay.gone?.sentence).toMatch(
      new RegExp(
        `^Retention deleted ${lost} messages of the range before they were read: .*live.orders/\\d \\d+ to \\d+ \\(noticed .* UTC\\).*“live.orders” keeps messages back to .* UTC now\\.$`,
      ),
    );
    // What is gone is written in the ledger with the position, so it is known whoever ends when.
    let mine: LedgerEntry[] = [];
    await until('its entries can be read', async () => {
      const entries = (await recordsOf(broker.kafka, ledgerTopic)).map(({ value }) => JSON.parse(value ?? '{}') as LedgerEntry);
      mine = entries.filter(({ stage }) => stage === `replay-${id}`);
      return mine.reduce((sum, { balance }) => sum + (balance?.read ?? 0), 0) >= read;
    });
    expect(mine.reduce((sum, { gone }) => sum + (gone?.offsets ?? 0), 0)).toBe(lost);
    expect(mine.every((entry) => imbalance(entry) === 0)).toBe(true);
    const written = () => recordsOf(broker.kafka, `millrace.live.replay.${id}.table`);
    await until('its outputs can be read', async () => (await written()).length >= read);
    expect(await written()).toHaveLength(read);
  });

  test('tells it too when it is stopped before it came upon what is gone', async () => {
    const since = Date.now();
    await feed(
      broker.kafka,
      Array.from({ length: perPartition }, (_, n) => order(0, 3000 + n)),
    );
    await settled(world, 'live', 2 * messages + 1 + perPartition);
    const spec = { range: { ...all, since }, version: 1, sinks: ['table'], target: 'scratch', perSecond: 15, overtaken: 'send' };
    const { id } = await startReplay(world, 'live', spec);
    await until('some are through', async () => (await world.api<Replay>('GET', `/api/replays/${id}`)).balance.read > 3, 60_000, 20);
    const { balance } = await world.api<Replay>('POST', `/api/replays/${id}/pause`);
    const admin = broker.kafka.admin();
    const end = (await admin.offsets('live.orders'))?.find(({ partition }) => partition === 0)?.high ?? 0n;
    await admin.close();
    await deleteRecords(broker.brokers, 'live.orders', { 0: end });
    const stopped = await world.api<Replay>('POST', `/api/replays/${id}/stop`);
    expect(stopped).toMatchObject({ state: 'stopped', balance, gone: { messages: perPartition - balance.read } });
    expect(stopped.gone?.sentence).toContain(`Retention deleted ${perPartition - balance.read} messages`);
    expect(stopped.gone?.sentence).toContain('“live.orders” keeps messages back to');
  });
});
