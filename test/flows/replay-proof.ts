import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KafkaPort } from '#server/kafka/port.ts';
import { imbalance, type LedgerEntry } from '#shared/ledger.ts';
import { ledgerTopic } from '#shared/plan.ts';
import type { Replay, ReplayPlan } from '#shared/replay.ts';
import { deployFlow, statusOf } from '../millrace.ts';
import { until } from '../wait.ts';
import { flowOf } from './flow.ts';
import { feed, planReplay, type ReplayWorld, recordsOf, replayEnded, rowsOf, settled, startWorld } from './replay-world.ts';

/** What came of a replay that was killed again and again. */
export interface Proof {
  plan: ReplayPlan;
  replay: Replay;
  /** What was killed, and after how many messages. */
  killed: string[];
  /** By number of the message: how often it stands in the table that appends, and in the topic. */
  appended: Map<number, number>;
  written: Map<number, number>;
  /** Rows of the table that upserts, by key, and as an undisturbed run leaves them. */
  upserted: Map<string, number>;
  undisturbed: Map<string, number>;
  /** Whether every ledger entry of the replay balances, and whether the live flow's offsets stood still. */
  balanced: boolean;
  liveMoved: boolean;
  seconds: number;
}

/** A node that ends its thread on the spot when it finds the file: as dead as a worker can be. */
const chaosNode = (file: string) => `
import { existsSync, unlinkSync } from 'node:fs';
import { defineNode, z } from 'millrace/sdk';
export default defineNode({
  type: 'chaos', version: 1, kind: 'transform', title: 'Chaos', summary: 'Ends its worker when a file is there.', category: 'Test', icon: 'bolt',
  config: z.object({}),
  create: () => ({
    process(message, emit) {
      if (message.value.n % 50 === 0 && existsSync(${JSON.stringify(file)})) { unlinkSync(${JSON.stringify(file)}); process.exit(1); }
      emit(message);
    },
  }),
});
`;

/**
 * Replays all messages of a flow to a sink that upserts, one that appends and a topic, while server and worker are killed
 * by turns.
 */
export async function proveReplay(
  brokers: readonly string[],
  kafka: KafkaPort,
  messages: number,
  perSecond: number,
  kills = 5,
): Promise<Proof> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-proof-'));
  const file = join(folder, 'kill-worker');
  await mkdir(join(folder, 'nodes'));
  await writeFile(join(folder, 'nodes', 'chaos.mjs'), chaosNode(file));
  const world = await startWorld(brokers, { MILLRACE_NODES: join(folder, 'nodes') });
  try {
    return await prove(world, kafka, { file, messages, perSecond, kills });
  } finally {
    await world.close();
    await rm(folder, { recursive: true, force: true });
  }
}

const flow = (factor: number) =>
  flowOf(
    'proof',
    [
      { id: 'in', type: 'kafka.source', config: { topic: 'proof.in' } },
      { id: 'chaos', type: 'chaos' },
      { id: 'map', type: 'map', config: { expression: `{ "id": k, "n": n, "total": n * ${factor} }`, key: 'k' } },
      { id: 'table', type: 'sqlite', config: { path: 'table.db', table: 'orders', keys: ['id'], batchSize: 1000 } },
      { id: 'list', type: 'sqlite', config: { path: 'list.db', table: 'orders', keys: [], batchSize: 1000 } },
      { id: 'out', type: 'kafka.sink', config: { topic: 'proof.out' } },
    ],
    ['in>chaos', 'chaos>map', 'map>table', 'map>list', 'map>out'],
  );

async function prove(
  world: ReplayWorld,
  kafka: KafkaPort,
  { file, messages, perSecond, kills }: { file: string; messages: number; perSecond: number; kills: number },
): Promise<Proof> {
  const keyOf = (n: number) => `k-${n % Math.max(1, Math.floor(messages / 3))}`;
  const admin = kafka.admin();
  await admin.ensureTopics([
    { name: 'proof.in', partitions: 4 },
    { name: 'proof.out', partitions: 4 },
  ]);
  await feed(
    kafka,
    Array.from({ length: messages }, (_, n) => ({ topic: 'proof.in', key: keyOf(n), value: JSON.stringify({ n, k: keyOf(n) }) })),
  );
  const { revision } = await deployFlow(world.server, flow(1));
  await settled(world, 'proof', messages, 300_000);
  await world.api('PUT', '/api/flows/proof', flow(2), { 'if-match': `"${revision}"` });
  await world.api('POST', '/api/flows/proof/deploy', {});
  const committed = async () => String([...(await admin.committed('millrace.proof.transform', 'proof.in'))]);
  const before = await committed();

  const range = { by: 'time', since: 0, until: Date.now() + 3_600_000 };
  const spec = { range, version: 2, sinks: ['table', 'list', 'out'], target: 'real', reason: 'the proof', perSecond, name: 'Proof' };
  const plan = await planReplay(world, 'proof', spec);
  const started = Date.now();
  const { confirm } = plan;
  const { id } = await world.api<Replay>('POST', '/api/flows/proof/replays', { spec, ...(confirm !== undefined && { confirm }) });
  const killed: string[] = [];
  for (let round = 1; round <= kills; round++) {
    let read = 0;
    await until(
      `round ${round} has begun`,
      async () => {
        const replay = await world.api<Replay>('GET', `/api/replays/${id}`);
        read = replay.balance.read;
        return read > (messages * round) / (kills + 2) && replay.state === 'running';
      },
      180_000,
      20,
    );
    if (round % 2 === 1) {
      await world.killAndStart();
      killed.push(`server after ${read}`);
    } else {
      await writeFile(file, '');
      await until('the worker has met the file', () => !existsSync(file), 60_000, 20);
      killed.push(`worker after ${read}`);
    }
  }
  const replay = await replayEnded(world, id, 300_000);
  const seconds = (Date.now() - started) / 1000;
  const count = (sql: string) => rowsOf<{ count: number }>(world, 'list.db', sql)[0]?.count ?? 0;
  await until('all are delivered', () => count('select count(*) as count from orders') >= 2 * messages, 300_000, 200);
  // Rows that are written over cannot be counted, so the ledger says when the last one is there.
  const upserts = async () => (await statusOf(world.server, 'proof')).nodes.table?.delivered ?? 0;
  await until('all are written over', async () => (await upserts()) >= 2 * messages, 300_000, 200);
  await settled(world, 'proof', messages);
  const entries: LedgerEntry[] = [];
  for (const { value } of await recordsOf(kafka, ledgerTopic)) entries.push(JSON.parse(value ?? '{}') as LedgerEntry);
  const liveMoved = (await committed()) !== before;
  await admin.close();
  const last = new Map(Array.from({ length: messages }, (_, n) => [keyOf(n), n * 2]));
  const appended = new Map<number, number>();
  for (const { n } of rowsOf<{ n: number }>(world, 'list.db', 'select n from orders')) appended.set(n, (appended.get(n) ?? 0) + 1);
  const written = new Map<number, number>();
  for (const { value } of await recordsOf(kafka, 'proof.out')) {
    const { n } = JSON.parse(value ?? '{}') as { n: number };
    written.set(n, (written.get(n) ?? 0) + 1);
  }
  return {
    plan,
    replay,
    killed,
    appended,
    written,
    upserted: new Map(
      rowsOf<{ id: string; total: number }>(world, 'table.db', 'select id, total from orders').map((row) => [row.id, row.total]),
    ),
    undisturbed: last,
    balanced: entries.filter(({ stage }) => stage === `replay-${id}`).every((entry) => imbalance(entry) === 0),
    liveMoved,
    seconds,
  };
}
