import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { KafkaRecord } from '#server/kafka/port.ts';
import { openTraceIndexFile } from '#server/store/trace-index.ts';
import { termHash } from '#server/trace/term.ts';
import { textHeader } from '#server/trace/terms-of.ts';
import { header } from '#shared/message.ts';
import type { TraceIndexState } from '#shared/trace.ts';
import { describeBrokers } from '../kafka/brokers.ts';
import { deployFlow, statusOf } from '../millrace.ts';
import { until } from '../wait.ts';
import { flowOf } from './flow.ts';
import { feed, type ReplayWorld, startWorld } from './replay-world.ts';

const kills = 3;
/** Messages of a round; more are written while the server is killed, so that the index is never done then. */
const perRound = 2_000;

describeBrokers('The index of messages of a server that is killed', (broker) => {
  let world: ReplayWorld;
  const topic = broker.name('killed');
  const outputs = broker.name('killed-out');

  beforeAll(async () => {
    world = await startWorld(broker.brokers);
    const admin = broker.kafka.admin();
    await admin.ensureTopics([
      { name: topic, partitions: 2 },
      { name: outputs, partitions: 2 },
    ]);
    await admin.close();
  });
  afterAll(() => world?.close());

  const indexPath = () => join(world.folder, 'data', 'trace-index.db');
  const order = (n: number) => ({ topic, key: `K-${n}`, value: JSON.stringify({ orderNo: `A-${n}`, email: `m${n}@example.com` }) });
  const orders = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => order(from + at));

  /** How many messages of the topic the file has read. */
  function indexed(): number {
    if (!existsSync(indexPath())) return 0;
    const file = openTraceIndexFile(indexPath(), { reading: true });
    try {
      return [...(file.topic(topic)?.partitions.values() ?? [])].reduce((sum, { next }) => sum + next, 0);
    } finally {
      file.close();
    }
  }

  async function all(name: string): Promise<KafkaRecord[]> {
    const records: KafkaRecord[] = [];
    for await (const batch of broker.kafka.read({ topic: name })) records.push(...batch.records);
    return records;
  }

  /** Each term that must be there, with all places that it must name, and no others. */
  function placesBy(records: readonly KafkaRecord[], termOf: (record: KafkaRecord) => number): Map<number, string[]> {
    const places = new Map<number, string[]>();
    for (const record of records) {
      const term = termOf(record);
      places.set(term, [...(places.get(term) ?? []), `${record.partition}/${record.offset}`]);
    }
    return places;
  }

  function wrongIn(name: string, wanted: ReadonlyMap<number, string[]>): unknown[] {
    const file = openTraceIndexFile(indexPath(), { reading: true });
    try {
      return [...wanted].flatMap(([term, places]) => {
        const found = file.find([name], term, 100).map(({ partition, offset }) => `${partition}/${offset}`);
        return found.sort().join() === places.sort().join() ? [] : [{ places, found }];
      });
    } finally {
      file.close();
    }
  }

  it(`holds what the log holds, nothing missing and nothing twice, after ${kills} kills while it was written`, async () => {
    await feed(broker.kafka, orders(0, perRound));
    const nodes = [
      { id: 'in', type: 'kafka.source', config: { topic } },
      { id: 'out', type: 'kafka.sink', config: { topic: outputs } },
    ];
    await deployFlow(world.server, flowOf('killed', nodes, ['in>out']));
    let [fed, reached] = [perRound, 0];
    for (let kill = 0; kill < kills; kill++) {
      const more = feed(broker.kafka, orders(fed, fed + perRound));
      fed += perRound;
      await until('the index has read on', async () => indexed() > reached, 240_000, 5);
      reached = indexed();
      await world.killAndStart();
      await more;
      // What was read before the kill is not read anew: positions go with the terms.
      expect(indexed()).toBeGreaterThanOrEqual(reached);
    }
    await until(
      'flow and index have read everything',
      async () => {
        const { behind, topics } = await world.api<TraceIndexState>('GET', '/api/trace-index');
        const { balance } = await statusOf(world.server, 'killed');
        return balance.in >= fed && behind === 0 && indexed() >= fed && topics.some((one) => one.topic === outputs);
      },
      400_000,
      500,
    );
    const sources = await all(topic);
    let written = await all(outputs);
    await until('all outputs can be read', async () => {
      written = await all(outputs);
      return written.length >= sources.length;
    });
    expect(sources.length).toBeGreaterThanOrEqual(fed);
    const key = (record: KafkaRecord) => Buffer.from(record.key ?? []).toString();
    const number = (record: KafkaRecord) => key(record).replace('K-', 'a-');
    const origin = (record: KafkaRecord) => textHeader(record, header.origin) ?? '';
    expect(
      wrongIn(
        topic,
        placesBy(sources, (record) => termHash('value', key(record).toLowerCase())),
      ),
    ).toEqual([]);
    expect(
      wrongIn(
        topic,
        placesBy(sources, (record) => termHash('value', number(record))),
      ),
    ).toEqual([]);
    await until(
      'the outputs are indexed',
      async () =>
        wrongIn(
          outputs,
          placesBy(written, (record) => termHash('origin', origin(record))),
        ).length === 0,
    );
    // The flow wrote each once: an output's origin names one place.
    expect(new Set(written.map(origin)).size).toBe(written.length);
    expect(written).toHaveLength(sources.length);
  }, 900_000);
});
