import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openStore } from '#server/store/store.ts';
import { openTraceIndexFile, removeTraceIndexFile } from '#server/store/trace-index.ts';
import type { Estate } from '#server/trace/estate.ts';
import { type FollowerState, follow } from '#server/trace/follower.ts';
import { type ScanJob, scanTopics } from '#server/trace/scan.ts';
import { runSearch } from '#server/trace/search.ts';
import { termHash } from '#server/trace/term.ts';
import type { TraceSearch } from '#shared/trace.ts';
import { describeBrokers } from '../kafka/brokers.ts';
import { until } from '../wait.ts';

const rule = { fields: null, format: 'json' as const };

describeBrokers('The index of messages', (broker) => {
  let folder = '';
  let admin: Admin;
  let count = 0;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-follow-'));
    const kafka = new Kafka({ brokers: broker.brokers, clientId: 'test', logLevel: logLevel.NOTHING });
    admin = kafka.admin();
    await admin.connect();
  });
  afterAll(async () => {
    await admin?.disconnect();
    await rm(folder, { recursive: true, force: true });
  });

  async function newTopic(name = broker.name('indexed')): Promise<string> {
    // Waits until a slow broker has leaders for it, which kafkajs's own call gives up on.
    const own = broker.kafka.admin();
    await own.ensureTopics([{ name, partitions: 2 }]);
    await own.close();
    return name;
  }
  async function send(topic: string, from: number, to: number): Promise<void> {
    const messages = Array.from({ length: to - from }, (_, at) => ({
      topic,
      key: `k${from + at}`,
      value: JSON.stringify({ orderNo: `A-${from + at}` }),
      partition: (from + at) % 2,
    }));
    // Not by kafkajs: what its producer repeats where a broker is slow may stand there twice.
    const producer = await broker.kafka.producer();
    await Promise.all(messages.map((message) => producer.send(message)));
    await producer.close();
  }
  const path = () => join(folder, `follow-${count++}.db`);

  /** Follows until `enough`, then ends; as a kill would, when it is cut in the middle. */
  async function run(file: string, topics: string[], enough: (state: FollowerState) => boolean, chunk = 50, maxBytes = 1e9): Promise<void> {
    const stop = new AbortController();
    await follow({
      kafka: broker.kafka,
      file: openTraceIndexFile(file, { chunk }),
      maxBytes,
      topics: () => topics.map((topic) => ({ topic, rule })),
      restShare: 0,
      state: (state) => {
        if (enough(state)) stop.abort();
      },
      trouble: (message) => {
        throw new Error(message);
      },
      signal: stop.signal,
    });
  }
  const done = ({ topics }: FollowerState) => topics.length > 0 && topics.every(({ behind }) => behind === 0);

  function found(file: string, topic: string, text: string): string[] {
    const index = openTraceIndexFile(file, { reading: true });
    try {
      return index.find([topic], termHash('value', text.toLowerCase()), 100).map(({ partition, offset }) => `${partition}/${offset}`);
    } finally {
      index.close();
    }
  }

  it('knows every message, goes on where it was ended, and is made anew when it was deleted', async () => {
    const topic = await newTopic();
    const file = path();
    await send(topic, 0, 200);
    await run(file, [topic], done);
    await send(topic, 200, 260);
    await run(file, [topic], done);
    const expectAll = () => {
      for (let n = 0; n < 260; n++) expect([n, found(file, topic, `A-${n}`)]).toEqual([n, [`${n % 2}/${Math.floor(n / 2)}`]]);
    };
    expectAll();
    expect(found(file, topic, 'k17')).toEqual(['1/8']);
    removeTraceIndexFile(file);
    await run(file, [topic], done);
    expectAll();
  });

  it('takes what was aborted for nothing', async () => {
    const topic = await newTopic();
    const file = path();
    const kafka = new Kafka({ brokers: broker.brokers, clientId: 'test', logLevel: logLevel.NOTHING });
    const careful = kafka.producer({ transactionalId: `${topic}-t`, maxInFlightRequests: 1, idempotent: true });
    await careful.connect();
    const lost = await careful.transaction();
    await lost.send({ topic, messages: [{ key: 'lost', value: '{}', partition: 0 }] });
    await lost.abort();
    const kept = await careful.transaction();
    await kept.send({ topic, messages: [{ key: 'kept', value: '{}', partition: 0 }] });
    await kept.commit();
    await careful.disconnect();
    // Its commit is answered before everybody can read what was kept.
    await until('what was kept can be read', async () => {
      for await (const { records } of broker.kafka.read({ topic })) if (records.length > 0) return true;
      return false;
    });
    await run(file, [topic], done);
    expect(found(file, topic, 'lost')).toEqual([]);
    expect(found(file, topic, 'kept')).toHaveLength(1);
  });

  it('lets go of what retention has taken, and of topics that nobody follows', async () => {
    const [topic, other] = [await newTopic(), await newTopic()];
    const file = path();
    await send(topic, 0, 400);
    await send(other, 0, 10);
    await run(file, [topic, other], done);
    // It knows the leaders of a topic only after it has asked for something of it.
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: [0, 1].map((partition) => ({ partition, offset: '150' })) });
    await run(file, [topic], done);
    expect(found(file, topic, 'A-4')).toEqual([]);
    expect(found(file, topic, 'A-350')).toEqual(['0/175']);
    expect(found(file, other, 'A-4')).toEqual([]);
  });

  it('begins anew with a topic that was made anew under the same name', async () => {
    const topic = await newTopic();
    const file = path();
    await send(topic, 0, 100);
    await run(file, [topic], done);
    await admin.deleteTopics({ topics: [topic] });
    await until('the topic is gone', async () => !(await admin.listTopics()).includes(topic));
    await newTopic(topic);
    await send(topic, 500, 520);
    await run(file, [topic], done);
    expect(found(file, topic, 'A-20')).toEqual([]);
    expect(found(file, topic, 'A-510')).toEqual(['0/5']);
  });

  it('stays within its bound and then says where it begins', async () => {
    const topic = await newTopic();
    const file = path();
    await send(topic, 0, 6_000);
    await run(file, [topic], done, 500, 250_000);
    const index = openTraceIndexFile(file, { reading: true });
    const { first = 0, next = 0 } = index.topic(topic)?.partitions.get(0) ?? {};
    expect([first > 0, next, index.size() <= 250_000]).toEqual([true, 3_000, true]);
    index.close();
    expect(found(file, topic, 'A-5999')).toEqual(['1/2999']);
    expect(found(file, topic, 'A-0')).toEqual([]);
  });

  it('where it is behind, a search reads what it has not read, says how much that is, and can be stopped', async () => {
    const topic = await newTopic();
    await send(topic, 0, 2_000);
    const file = path();
    await run(file, [topic], done);
    // What comes now stands in the log alone, as it does while a flow takes all of the machine.
    await send(topic, 2_000, 8_000);
    const store = await openStore({ dataFolder: folder });
    const index = openTraceIndexFile(file, { reading: true });
    const kafkaAdmin = broker.kafka.admin();
    const known = { id: 'shop', name: 'Shop', deployments: [], inputs: new Map(), sinks: new Map(), deadLetterTopic: '' };
    const estate: Estate = {
      flows: new Map([['shop', known]]),
      readers: new Map([[topic, [{ flow: 'shop', source: 'in', format: 'json' }]]]),
      writers: new Map(),
    };
    const { kafka } = broker;
    const deps = { store, kafka, admin: kafkaAdmin, settings: kafka.settings, estate: async () => estate, index: () => index };
    const begin = (text: string): TraceSearch => ({
      ...{ id: text, query: { text, by: 'index' }, state: 'running', hits: [], scanned: 0, scannedBytes: 0, total: 0, ms: 0 },
      ...{ indexed: false, notes: [] },
    });
    try {
      const search = begin('A-7001');
      await runSearch(deps, search, true, new AbortController().signal);
      expect(search.hits.map(({ key, matched }) => `${key} ${matched}`)).toEqual(['k7001 orderNo']);
      expect(search).toMatchObject({ indexed: true, scanned: 6_000, total: 6_000 });
      expect(search.notes.join(' ')).toMatch(
        /^The index has read up to .* UTC; 6000 messages to go, which are looked through one by one\.$/,
      );
      // Of what it has read, nothing is read again: only what it has not.
      const old = begin('A-17');
      await runSearch(deps, old, true, new AbortController().signal);
      expect([old.hits.map(({ key }) => key), old.scanned]).toEqual([['k17'], 6_000]);

      const stop = new AbortController();
      const stopped = begin('nobody has this');
      let scanned = 0;
      Object.defineProperty(stopped, 'scanned', {
        get: () => scanned,
        set(count: number) {
          scanned = count;
          if (count > 0) stop.abort();
        },
      });
      await runSearch(deps, stopped, true, stop.signal);
      expect([stopped.total, scanned > 0, scanned < 6_000]).toEqual([6_000, true, true]);
    } finally {
      index.close();
      await Promise.all([store.close(), kafkaAdmin.close()]);
    }
  });

  it('where it knows nothing, messages are read from the newest back, until enough are found, a bound is reached or somebody says stop', async () => {
    const topic = await newTopic();
    await send(topic, 0, 3_000);
    const bounds = { messages: 100_000, bytes: 1e9, ms: 60_000 };
    const parts = [0, 1].map((partition) => ({ partition, low: 0n, high: 1_500n }));
    async function scan(text: string, change: Partial<ScanJob>, stopAfter = Number.POSITIVE_INFINITY) {
      const hits: string[] = [];
      let read = 0;
      const stop = new AbortController();
      const ended = await scanTopics(
        broker.kafka,
        { topics: [{ topic, parts }], match: { by: 'text', text }, limit: 10, bounds, ...change },
        {
          found: (record, matched) => void hits.push(`${record.key} ${matched}`),
          progress({ scanned }) {
            read = scanned;
            if (scanned > stopAfter) stop.abort();
          },
        },
        stop.signal,
      );
      return { hits, read, ended };
    }
    expect(await scan('A-7"', {})).toEqual({ hits: ['k7 {"orderNo":"A-7"}'], read: 3_000, ended: undefined });
    expect(await scan('A-7', { limit: 1_000, bounds: { ...bounds, messages: 500 } })).toMatchObject({ ended: 'messages' });
    expect(await scan('none', { bounds: { ...bounds, bytes: 5_000 } })).toMatchObject({ hits: [], ended: 'bytes' });
    const few = await scan('A-29', { limit: 1 });
    expect([few.ended, few.hits.length > 0, few.read < 2_000]).toEqual(['found', true, true]);
    expect((await scan('none', {}, 200)).read).toBeLessThan(3_000);
    const within = await scan('A-1499', { topics: [{ topic, parts: [{ partition: 1, low: 749n, high: 750n }] }] });
    expect(within).toEqual({ hits: ['k1499 orderNo'], read: 1, ended: undefined });
  });
});
