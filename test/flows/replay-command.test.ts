import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKafka } from '#server/kafka/client.ts';
import { type SpawnedBroker, spawnEmbeddedBroker } from '#server/kafka/embedded/spawn.ts';
import type { Replay, ReplayPlan } from '#shared/replay.ts';
import { adminKey, deployFlow, spawnMillrace } from '../millrace.ts';
import { until } from '../wait.ts';
import { flowOf } from './flow.ts';
import { feed, linesOf, type ReplayWorld, replayEnded, settled, startWorld } from './replay-world.ts';

const messages = 300;

describe('millrace replay', () => {
  let folder = '';
  let broker: SpawnedBroker;
  let world: ReplayWorld;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-replay-command-'));
    broker = await spawnEmbeddedBroker({ dir: join(folder, 'kafka'), port: 0 });
    const brokers = [`${broker.host}:${broker.port}`];
    const kafka = createKafka({ brokers, clientId: 'test' });
    const admin = kafka.admin();
    await admin.ensureTopics([{ name: 'cli.orders', partitions: 2 }]);
    await admin.close();
    await feed(
      kafka,
      Array.from({ length: messages }, (_, n) => ({
        topic: 'cli.orders',
        key: `o-${n}`,
        value: JSON.stringify({ id: `o-${n}`, total: n === 7 ? 'much' : String(n) }),
      })),
    );
    world = await startWorld(brokers);
    await deployFlow(
      world.server,
      flowOf(
        'cli',
        [
          { id: 'in', type: 'kafka.source', config: { topic: 'cli.orders' } },
          { id: 'map', type: 'map', config: { expression: '{ "id": id, "total": $number(total) }', key: 'id' } },
          { id: 'table', type: 'sqlite', label: 'Orders', config: { path: 'cli.db', table: 'orders', keys: ['id'] } },
          { id: 'list', type: 'file', config: { path: 'cli.jsonl' } },
        ],
        ['in>map', 'map>table', 'in>list'],
      ),
    );
    await settled(world, 'cli', messages);
    await until('all is delivered', async () => (await linesOf(world, 'cli.jsonl')).length === messages);
  }, 120_000);
  afterAll(async () => {
    await world?.close();
    await broker?.close();
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  const spawned = (...args: string[]) =>
    spawnMillrace([...args, '--server', world.server.url], { MILLRACE_KEY: adminKey, MILLRACE_DATA: join(folder, 'nowhere') });
  async function millrace(...args: string[]): Promise<{ code: number | null; output: string }> {
    const { output, exited } = spawned(...args);
    return { code: await exited, output: output() };
  }
  const idIn = (output: string): string => /Replay ([0-9a-f]{10}) has started/.exec(output)?.[1] ?? '';

  test('says with --dry-run what it would do to each sink, and starts nothing', async () => {
    const { code, output } = await millrace('replay', 'cli', '--since', '1d', '--dry-run');
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining(`${messages} messages`) });
    expect(output).toMatch(/cli, version 1, .* to the real sinks: Orders, list/);
    expect(output).toMatch(/sink +“Orders” gets 0 new outputs; 299 that it has are written over/);
    expect(output).toMatch(/UNSAFE +“list” gets 0 new outputs; 300 that it has would be there twice/);
    expect(output).toContain('Nothing was started.');
    expect(await world.api('GET', '/api/replays')).toEqual([]);
  });

  test('refuses what is unsafe without a reason', async () => {
    const { code, output } = await millrace('replay', 'cli', '--since', '1d', '--yes');
    expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining('--reason WHY') });
    expect(await world.api('GET', '/api/replays')).toEqual([]);
  });

  test('replays to the sinks behind a node, shows the balance, and ends with 0 because it closes', async () => {
    const { code, output } = await millrace('replay', 'cli', '--since', '1d', '--from-node', 'map', '--sinks', 'Orders,list');
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('The balance closes.') });
    expect(output).toContain(`read ${messages} = written 299 + filtered 0 + failed 1 + skipped 0`);
    expect(output).toContain(`range ${messages} = read ${messages} + gone 0`);
    expect(output).toContain('Orders: 299 outputs');
    expect(await linesOf(world, 'cli.jsonl')).toHaveLength(messages);
    const shown = await millrace('replay', 'show', idIn(output));
    expect(shown).toMatchObject({ code: 0, output: expect.stringContaining(`read ${messages} = written 299`) });
    // It has ended, so it cannot be stopped any more, and is not called stopped.
    expect(await millrace('replay', 'stop', idIn(output))).toMatchObject({ code: 1, output: expect.stringContaining(': done') });
  });

  test('gives one JSON value with --json, of chosen keys, compared only', async () => {
    const args = ['replay', 'cli', '--since', '1d', '--keys', 'o-1,o-7', '--sinks', 'table', '--compare', '--json'];
    const { child, exited } = spawned(...args);
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    expect(await exited).toBe(0);
    const { plan, replay } = JSON.parse(text) as { plan: ReplayPlan; replay: Replay };
    expect(plan).toMatchObject({ messages: 2, exact: true });
    expect(replay).toMatchObject({ state: 'done', compared: { same: 1, failing: 1 }, balance: { read: messages, skipped: messages - 2 } });
  });

  test('leaves the replay running when it is interrupted, and says how to stop it; others see and steer it', async () => {
    // So slow that it still runs when the commands below have come to it.
    const { child, output, exited } = spawned('replay', 'cli', '--since', '1d', '--sinks', 'table', '--scratch', '--rate', '2');
    await until('it has started', () => idIn(output()) !== '');
    const id = idIn(output());
    await until('some are through', async () => (await world.api<Replay>('GET', `/api/replays/${id}`)).balance.read > 0);
    child.kill('SIGINT');
    expect(await exited).toBe(1);
    expect(output()).toContain(`The replay goes on on the server.`);
    expect(output()).toContain(`millrace replay stop ${id}`);
    expect(await world.api('GET', `/api/replays/${id}`)).toMatchObject({ state: 'running' });
    expect(await millrace('replay', 'pause', id)).toMatchObject({ code: 0, output: expect.stringContaining(': paused') });
    expect(await millrace('replays', 'cli')).toMatchObject({ code: 0, output: expect.stringMatching(new RegExp(`^${id}  paused `)) });
    expect(await millrace('replay', 'resume', id)).toMatchObject({ code: 0 });
    expect(await millrace('replay', 'stop', id)).toMatchObject({ code: 0, output: expect.stringContaining('The balance closes.') });
    expect(await replayEnded(world, id)).toMatchObject({ state: 'stopped' });
  });

  test.each([
    [['replay', 'cli'], 2, '--since'],
    [['replay', 'cli', '--since', 'yesterday'], 2, 'neither'],
    [['replay', 'cli', '--since', '1h', '--compare', '--scratch'], 2, 'one of the two'],
    [['replay', 'cli', '--since', '1h', '--sinks', 'nowhere'], 1, 'It has: in, map, Orders, list'],
    [['replay', 'nobody', '--since', '1h'], 1, 'no flow “nobody”'],
    [['replay', 'cli', '--since', '1d', '--version', '9'], 1, 'version'],
    [['replay', 'show', 'nothing'], 1, 'no such replay'],
    [['replay', 'forget', 'it'], 2, 'pause|resume|stop|show'],
  ])('%j ends with %i and says what is wrong', async (args, expected, said) => {
    const { code, output } = await millrace(...args);
    expect({ code, output }).toEqual({ code: expected, output: expect.stringContaining(said) });
  });
});
