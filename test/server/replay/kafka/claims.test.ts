import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type LoadedCatalog, loadCatalog } from '#server/catalog.ts';
import { compile } from '#server/compile.ts';
import { openReplays } from '#server/replay/open-replays.ts';
import { openRetries } from '#server/replay/open-retries.ts';
import { transformOf } from '#server/replay/range.ts';
import type { Replays } from '#server/replay/replays.ts';
import type { Retries } from '#server/replay/retries.ts';
import { deadLetter } from '#server/runtime/dead-letter.ts';
import { openStore, type Store } from '#server/store/store.ts';
import { flowSchema } from '#shared/flow.ts';
import { header } from '#shared/message.ts';
import type { Replay, ReplaySpec, Retry } from '#shared/replay.ts';
import { flowOf } from '../../../flows/flow.ts';
import { recordsOf } from '../../../flows/replay-world.ts';
import { describeBrokers } from '../../../kafka/brokers.ts';
import { replayOptionsOf } from '../options.ts';

/** So slow that one message goes and the next never comes. */
const crawling = 0.0001;
/** A thread may need long to begin on a busy machine. */
const patient = { timeout: 120_000 };

describeBrokers('a replay to real sinks and a retry of the same dead letters', (broker) => {
  let folder: string;
  let store: Store;
  let catalog: LoadedCatalog;
  let id: string;
  let replays: Replays;
  let retries: Retries;
  let compiles = true;

  /** What a server has of them; closed and opened again they are those of a server that was killed and started. */
  async function open(): Promise<void> {
    const options = replayOptionsOf(
      { store, catalog, folder, brokers: broker.brokers },
      {
        kafka: broker.kafka,
        compile: (document, version) =>
          compiles
            ? compile(document, catalog, version)
            : { problems: [{ code: 'gone', severity: 'error', message: 'A node type is gone.', at: {} }] },
      },
    );
    replays = await openReplays(options);
    retries = await openRetries(options);
  }

  async function closeAll(): Promise<void> {
    await replays.close();
    await retries.close();
  }

  /** Four orders went by; the first three have failed. */
  beforeEach(async () => {
    compiles = true;
    folder = await mkdtemp(join(tmpdir(), 'millrace-claims-'));
    id = broker.name('shop');
    catalog ??= await loadCatalog();
    const flow = flowSchema.parse(
      flowOf(id, [
        { id: 'in', type: 'kafka.source', config: { topic: `${id}.orders` } },
        { id: 'map', type: 'map', config: { expression: '{ "n": n }' } },
        { id: 'out', type: 'kafka.sink', config: { topic: `${id}.out` } },
      ]),
    );
    store = await openStore({ dataFolder: folder });
    await store.flows.create(flow, 'test');
    await store.versions.publish(flow, 'test', '');
    const { plan } = compile(flow, catalog, 1);
    if (plan === undefined) throw new Error('The flow does not compile.');
    const dead = plan.deadLetterTopic;
    const admin = broker.kafka.admin();
    await admin.ensureTopics([`${id}.orders`, `${id}.out`, dead].map((name) => ({ name, partitions: 1 })));
    const producer = await broker.kafka.producer();
    for (const n of [0, 1, 2, 3]) {
      const order = { key: Buffer.from(`k${n}`), value: Buffer.from(JSON.stringify({ n })) };
      const origin = { topic: `${id}.orders`, partition: 0, offset: String(n) };
      await producer.send({ topic: origin.topic, partition: 0, ...order });
      if (n === 3) continue;
      const failed = { ...order, topic: origin.topic, partition: 0, offset: BigInt(n), headers: {}, timestamp: Date.now() };
      const failure = { code: 'map/t2001', message: 'It was no number.', node: 'map', arrival: 0 };
      await producer.send(deadLetter(failed, failure, { topic: dead, flow: id, version: 1, stage: 'transform', origin, at: Date.now() }));
    }
    await producer.close();
    await admin.setOffsets(transformOf(plan).group, `${id}.orders`, new Map([[0, 4n]]));
    await admin.close();
    await open();
  });

  afterEach(async () => {
    await closeAll();
    await store.close();
    await rm(folder, { recursive: true, force: true });
  });

  const spec = (change: Partial<ReplaySpec> = {}): ReplaySpec => ({
    flow: id,
    name: 'again',
    range: { by: 'offsets', ranges: [{ topic: `${id}.orders`, partition: 0, from: '0', to: '3' }] },
    filter: {},
    version: 1,
    sinks: ['out'],
    target: 'real',
    overtaken: 'skip',
    ids: 'same',
    perSecond: 0,
    pauseAtErrorShare: 1,
    reason: 'test',
    ...change,
  });
  const replayIs = (replay: string, what: (now: Replay) => boolean) =>
    expect.poll(async () => what(await replays.get(replay)), { message: `replay ${replay}`, ...patient }).toBe(true);
  /** A replay of all four that has sent the first and is far from sending the second. */
  async function crawl(change: Partial<ReplaySpec> = {}): Promise<string> {
    const { id: replay } = await replays.start(spec({ perSecond: crawling, ...change }), undefined, 'Mira');
    await replayIs(replay, ({ balance }) => balance.written === 1);
    return replay;
  }
  const startRetry = (letters: readonly number[], perSecond = 0) =>
    retries.start(
      { flow: id, letters: letters.map((n) => `millrace.${id}.dead/0/${n}`), version: 1, from: 'node', perSecond, stopAfter: 0 },
      'Otto',
    );
  async function retried(letters: readonly number[]): Promise<Retry> {
    const { id: retry } = await startRetry(letters);
    await expect.poll(async () => (await retries.get(retry))?.endedAt, { message: `retry ${retry}`, ...patient }).toBeDefined();
    return (await retries.get(retry)) as Retry;
  }
  /** Of each order how often it was sent. */
  async function sent(): Promise<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const { headers } of await recordsOf(broker.kafka, `${id}.out`)) {
      const at = (headers[header.origin] ?? '').split('/').at(-1) ?? '';
      counts[at] = (counts[at] ?? 0) + 1;
    }
    return counts;
  }

  test('that begins meanwhile: the retry leaves to the replay what it holds, also while that is paused and after a restart', async () => {
    const replay = await crawl();
    expect(await retried([0, 1, 2])).toMatchObject({
      ...{ state: 'done', passed: 0, skipped: 3 },
      reason: '3 are in the range of the replay “again”, which runs: retry what it leaves open when it has ended.',
    });
    await replays.pause(replay);
    await closeAll();
    await open();
    const { skipped, reason } = await retried([0, 1, 2]);
    expect([skipped, reason]).toEqual([3, '3 are in the range of the replay “again”, which is paused: resume or stop it first.']);

    await replays.setRate(replay, 0);
    await replays.resume(replay);
    await replayIs(replay, ({ state }) => state === 'done');
    expect(await replays.get(replay)).toMatchObject({ balance: { read: 4, written: 4, skipped: 0 } });
    expect(await store.claims.held(id)).toEqual([]);
    const after = await retried([0, 1, 2]);
    expect([after.skipped, after.reason]).toEqual([3, undefined]);
    await expect.poll(sent).toEqual({ 0: 1, 1: 1, 2: 1, 3: 1 });
  });

  test('that began before: the plan says so, and the replay leaves to the retry what it holds and what it has sent', async () => {
    const { id: retry } = await startRetry([0, 1], crawling);
    await expect.poll(async () => (await retries.get(retry))?.passed, { message: 'the first has passed', ...patient }).toBe(1);
    const plan = await replays.plan(spec(), new AbortController().signal);
    expect(plan.problems.find(({ code }) => code === 'replay/held')?.message).toMatch(/^2 messages of this range are being retried/);
    expect(plan.messages).toBe(2);
    const { id: replay } = await replays.start(spec(), undefined, 'Mira');
    await replayIs(replay, ({ state }) => state === 'done');
    const done = await replays.get(replay);
    expect(done.balance).toEqual({ read: 4, written: 2, filtered: 0, failed: 0, skipped: 2 });
    expect(done.reason).toContain('2 of the skipped messages were left to a retry');
    await retries.stop(retry);
    await expect.poll(sent).toEqual({ 0: 1, 2: 1, 3: 1 });
  });

  test('that ended between the plan and the start: the replay does not send again what the plan took for open', async () => {
    const { problems } = await replays.plan(spec(), new AbortController().signal);
    expect(problems.filter(({ code }) => code === 'replay/held')).toEqual([]);
    expect(await retried([0, 2])).toMatchObject({ passed: 2 });
    const replay = await crawl();
    const { state, balance } = await replays.stop(replay);
    expect([state, balance]).toEqual(['stopped', { read: 3, written: 1, filtered: 0, failed: 0, skipped: 2 }]);
    expect(await store.claims.held(id)).toEqual([]);
    await expect.poll(sent).toEqual({ 0: 1, 1: 1, 2: 1 });
  });

  // What is given back is a matter of the store.
  if (broker.kind === 'embedded')
    test('can be retried as soon as the replay was stopped or has failed', async () => {
      const paused = await crawl();
      await replays.pause(paused);
      expect(await store.claims.of(paused)).toHaveLength(3);
      expect((await replays.stop(paused)).state).toBe('stopped');
      expect(await store.claims.held(id)).toEqual([]);
      const failing = await crawl({ filter: { onlyFailed: true } });
      expect(await store.claims.of(failing)).toHaveLength(2);
      // Its version cannot run any more on the server that begins when this one was killed.
      await closeAll();
      compiles = false;
      await open();
      await replayIs(failing, ({ state }) => state === 'failed');
      expect(await store.claims.held(id)).toEqual([]);
    });
});
