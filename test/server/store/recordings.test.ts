import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CallRecording, recordingLimits } from '#server/store/recordings.ts';
import { openStore, type Store, type StoreOptions } from '#server/store/store.ts';
import { flowSchema } from '#shared/flow.ts';
import { hasPostgres, startPostgres, type TestPostgres } from '../../postgres.ts';

const withPostgres = hasPostgres();
let postgres: TestPostgres | undefined;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-recordings-'));
  if (withPostgres) postgres = await startPostgres();
});
afterAll(async () => {
  await postgres?.stop();
  await rm(folder, { recursive: true, force: true });
});

const recording = (request: string, answer = '1', node = 'who'): CallRecording => ({ node, request, what: `GET ${request}`, answer });

describe.each(['sqlite', 'postgres'] as const)('recordings of calls on %s', (kind) => {
  const skip = kind === 'postgres' && !withPostgres;
  let store: Store;
  let ordinal = 0;
  beforeAll(async () => {
    if (skip) return;
    const options: StoreOptions = kind === 'sqlite' ? { dataFolder: folder } : { databaseUrl: postgres?.url ?? '', dataFolder: folder };
    store = await openStore(options);
  });
  afterAll(() => store?.close());

  async function aFlow(): Promise<string> {
    const id = `flow-${++ordinal}`;
    await store.flows.create(flowSchema.parse({ format: 1, id, name: id, nodes: [], edges: [] }), 'ann');
    return id;
  }

  it.skipIf(skip)('gives the last answer to each question of each node, with every character', async () => {
    const flow = await aFlow();
    const answer = '{"id":9007199254740993,"name":"Zoë"}';
    expect(await store.recordings.add(flow, [recording('b'), recording('a', answer), recording('a', '2', 'other')], 'ann')).toBe(3);
    await store.recordings.add(flow, [recording('b', 'null')], 'bob');
    expect(await store.recordings.list(flow)).toEqual([recording('a', '2', 'other'), recording('a', answer), recording('b', 'null')]);
    expect(await store.recordings.list(await aFlow())).toEqual([]);
  });

  it.skipIf(skip)('keeps no more than it may: no long answer, and of many the newest', async () => {
    const flow = await aFlow();
    expect(await store.recordings.add(flow, [recording('long', 'x'.repeat(recordingLimits.characters + 1))], 'ann')).toBe(0);
    const half = 'x'.repeat(recordingLimits.characters);
    for (let n = 0; n < 40; n++) await store.recordings.add(flow, [recording(`r${n}`, half)], 'ann');
    const kept = await store.recordings.list(flow);
    expect(kept).toHaveLength(recordingLimits.flowCharacters / recordingLimits.characters);
    expect(kept.map(({ request }) => request)).toContain('r39');
    expect(kept.map(({ request }) => request)).not.toContain('r0');
  });

  it.skipIf(skip)('forgets those of a node, or all, or with the flow', async () => {
    const flow = await aFlow();
    await store.recordings.add(flow, [recording('a'), recording('a', '1', 'other')], 'ann');
    expect(await store.recordings.remove(flow, 'who')).toBe(1);
    expect(await store.recordings.remove(flow)).toBe(1);
    await store.recordings.add(flow, [recording('a')], 'ann');
    await store.flows.remove(flow);
    await expect(store.recordings.add(flow, [recording('a')], 'ann')).rejects.toMatchObject({ code: 'unknown' });
    expect(await store.recordings.list(flow)).toEqual([]);
  });
});
