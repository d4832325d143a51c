import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadCatalog } from '#server/catalog.ts';
import { compile } from '#server/compile.ts';
import { createKafka } from '#server/kafka/client.ts';
import { type SpawnedBroker, spawnEmbeddedBroker } from '#server/kafka/embedded/spawn.ts';
import type { KafkaPort } from '#server/kafka/port.ts';
import { bringToLife } from '#server/replay/live.ts';
import { type Survey, type SurveyInput, survey } from '#server/replay/survey.ts';
import type { Flow } from '#shared/flow.ts';
import { flowOf } from './flow.ts';
import { feed } from './replay-world.ts';

const perPartition = 20_000;
const partitions = 2;

describe('a survey of more than it may look at', () => {
  let folder = '';
  let broker: SpawnedBroker;
  let kafka: KafkaPort;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-estimate-'));
    broker = await spawnEmbeddedBroker({ dir: join(folder, 'kafka'), port: 0 });
    kafka = createKafka({ brokers: [`${broker.host}:${broker.port}`], clientId: 'test' });
    const admin = kafka.admin();
    await admin.ensureTopics([
      { name: 'many', partitions },
      { name: 'few', partitions: 1 },
    ]);
    await admin.close();
    // The first half of each partition passes the filter, the second does not: a look at the beginning alone would be wrong.
    await feed(
      kafka,
      Array.from({ length: partitions * perPartition }, (_, at) => {
        const n = Math.floor(at / partitions);
        return { topic: 'many', partition: at % partitions, key: `k-${at}`, value: JSON.stringify({ n, good: n < perPartition / 2 }) };
      }),
    );
  }, 120_000);
  afterAll(async () => {
    await broker?.close();
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  /** Surveys all of the topic, and counts how many of its messages were read. */
  async function surveyed(bounds: Pick<SurveyInput, 'most' | 'ms'>): Promise<{ found: Survey; read: number }> {
    const flow = flowOf('estimate', [
      { id: 'in', type: 'kafka.source', config: { topic: 'many' } },
      { id: 'good', type: 'filter', config: { condition: 'good' } },
      { id: 'out', type: 'kafka.sink', config: { topic: 'few' } },
    ]);
    const catalog = await loadCatalog({ folders: [] });
    const { plan, problems } = compile(flow as unknown as Flow, catalog, 1);
    if (!plan) throw new Error(JSON.stringify(problems));
    const base = { plan, kafka: kafka.settings, nodeFolders: [], secrets: {}, filesFolder: folder, bindings: {}, allowPrivate: [] };
    const living = await bringToLife({ base, types: catalog.types, dry: true, log: () => undefined });
    let read = 0;
    const counting: KafkaPort = {
      ...kafka,
      async *read(options) {
        for await (const batch of kafka.read(options)) {
          if (options.topic === 'many') read += batch.records.length;
          yield batch;
        }
      },
    };
    const stretches = [0, 1].map((partition) => ({ topic: 'many', partition, from: '0', to: String(perPartition) }));
    const range = { by: 'time' as const, since: 0, until: Date.now() };
    const spec = {
      ...{ flow: 'estimate', name: '', range, filter: {}, version: 1, sinks: ['out'], perSecond: 0, pauseAtErrorShare: 1 },
      ...{ target: 'real' as const, overtaken: 'skip' as const, ids: 'same' as const },
    };
    const deps = { kafka: counting, plan, types: catalog.types, living, signal: new AbortController().signal };
    const found = await survey({ spec, stretches, masks: [], active: { items: [], ids: [] }, ...bounds }, deps);
    await living.close();
    return { found, read };
  }

  test('looks all over the range, reads little of what lies between, and says how much it has seen', async () => {
    const { found, read } = await surveyed({ most: 2000, ms: 120_000 });
    expect(found).toMatchObject({ offsets: partitions * perPartition, covered: 2000, records: 2000, complete: false, notes: [] });
    // Half of what it saw comes out, as of the whole.
    expect(found.sinks.out?.fresh).toBe(1000);
    // Beside its sample only a few messages at the beginning, for their time.
    expect(read).toBeLessThan(2200);
  });

  test('without any time it claims nothing', async () => {
    const { found } = await surveyed({ most: 2000, ms: 1 });
    expect(found).toMatchObject({ complete: false, notes: [expect.stringContaining('Not all could be looked at')] });
    expect(found.covered).toBe(found.records);
  });
});
