import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { KafkaPort, OutRecord } from '#server/kafka/port.ts';
import { stringifyJson } from '#shared/json.ts';
import type { Replay, ReplayPlan, Retry } from '#shared/replay.ts';
import { type MillraceProcess, startMillrace, statusOf } from '../millrace.ts';
import { until } from '../wait.ts';

/** A server process on a broker under test, with a folder of its own, that can be killed and started again. */
export interface ReplayWorld {
  folder: string;
  readonly server: MillraceProcess;
  api: MillraceProcess['api'];
  /** SIGKILL, then a new process on the same data and port. */
  killAndStart(): Promise<void>;
  close(): Promise<void>;
}

export async function startWorld(brokers: readonly string[], env: Record<string, string> = {}): Promise<ReplayWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-replay-'));
  const settings = { MILLRACE_DATA: join(folder, 'data'), MILLRACE_ALLOW_PRIVATE: '127.0.0.0/8', KAFKA_BROKERS: brokers.join(','), ...env };
  let server = await startMillrace(settings);
  return {
    folder,
    get server() {
      return server;
    },
    api: (method, path, body, headers) => server.api(method, path, body, headers),
    async killAndStart() {
      server.signal('SIGKILL');
      await server.exited;
      server = await startMillrace({ ...settings, MILLRACE_PORT: new URL(server.url).port });
    },
    async close() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Writes records, many at a time, in order per key. */
export async function feed(kafka: KafkaPort, records: readonly OutRecord[]): Promise<void> {
  const producer = await kafka.producer();
  for (let at = 0; at < records.length; at += 1000) await Promise.all(records.slice(at, at + 1000).map((record) => producer.send(record)));
  await producer.close();
}

/** Waits until a flow has nothing left to do, having taken in so many messages in all. */
export async function settled(world: ReplayWorld, flow: string, messages: number, ms = 120_000): Promise<void> {
  await until(
    `flow ${flow} has processed ${messages} messages`,
    async () => {
      const { balance, stages } = await statusOf(world.server, flow);
      return balance.in >= messages && balance.inFlight === 0 && stages.every(({ lag }) => (lag ?? 0) === 0);
    },
    ms,
    200,
  );
}

/** Plans, with the flow's own defaults for what is left out. */
export function planReplay(world: ReplayWorld, flow: string, spec: object): Promise<ReplayPlan> {
  return world.api<ReplayPlan>('POST', `/api/flows/${flow}/replays/plan`, spec);
}

/** Plans, types what is asked for, and starts. */
export async function startReplay(world: ReplayWorld, flow: string, spec: object): Promise<Replay> {
  const { confirm } = await planReplay(world, flow, spec);
  return world.api<Replay>('POST', `/api/flows/${flow}/replays`, { spec, ...(confirm !== undefined && { confirm }) });
}

/** Waits for the end of a replay. */
export async function replayEnded(world: ReplayWorld, id: string, ms = 120_000): Promise<Replay> {
  let last: Replay | undefined;
  await until(
    `replay ${id} has ended`,
    async () => {
      last = await world.api<Replay>('GET', `/api/replays/${id}`);
      return ['done', 'stopped', 'failed', 'paused'].includes(last.state);
    },
    ms,
    100,
  ).catch((error: Error) => {
    throw new Error(`${error.message} It is ${stringifyJson(last)}`);
  });
  return last as Replay;
}

/** Waits for the end of a retry. */
export async function retryEnded(world: ReplayWorld, id: string, ms = 60_000): Promise<Retry> {
  let last: Retry | undefined;
  await until(
    `retry ${id} has ended`,
    async () => {
      last = await world.api<Retry>('GET', `/api/retries/${id}`);
      return ['done', 'stopped', 'failed', 'paused'].includes(last.state);
    },
    ms,
    100,
  );
  return last as Retry;
}

/** The lines of a file sink. */
export async function linesOf(world: ReplayWorld, file: string): Promise<string[]> {
  const path = join(world.folder, 'data', 'files', file);
  if (!existsSync(path)) return [];
  return (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '');
}

/** All rows of a table of a database sink. */
export function rowsOf<Row>(world: ReplayWorld, file: string, sql: string): Row[] {
  const path = join(world.folder, 'data', 'files', file);
  if (!existsSync(path)) return [];
  const db = new Database(path, { readonly: true, fileMustExist: true });
  try {
    return db.prepare(sql).all() as Row[];
  } finally {
    db.close();
  }
}

/** Every record of a topic, as text. */
export async function recordsOf(kafka: KafkaPort, topic: string) {
  const all: { key: string | null; value: string | null; headers: Record<string, string>; position: string }[] = [];
  for await (const batch of kafka.read({ topic })) {
    for (const { key, value, headers, partition, offset } of batch.records) {
      all.push({
        key: key && Buffer.from(key).toString(),
        value: value && Buffer.from(value).toString(),
        headers: Object.fromEntries(Object.entries(headers).map(([name, content]) => [name, Buffer.from(content).toString()])),
        position: `${topic}/${partition}/${offset}`,
      });
    }
  }
  return all;
}
