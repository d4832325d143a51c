import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadCatalog } from '#server/catalog.ts';
import { followLetters } from '#server/inbox/followed.ts';
import { openRetries } from '#server/replay/open-retries.ts';
import { deadLetter } from '#server/runtime/dead-letter.ts';
import { openStore } from '#server/store/store.ts';
import { flowSchema } from '#shared/flow.ts';
import { header } from '#shared/message.ts';
import type { Retry } from '#shared/replay.ts';
import { flowOf } from '../../../flows/flow.ts';
import { describeBrokers } from '../../../kafka/brokers.ts';
import { replayOptionsOf } from '../options.ts';

describeBrokers('retries', (broker) => {
  test('of a part that has failed again since are left out, though the inbox has read nothing yet', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-retries-'));
    const id = broker.name('shop');
    const dead = `millrace.${id}.dead`;
    const flow = flowSchema.parse(
      flowOf(
        id,
        [
          { id: 'in', type: 'kafka.source', config: { topic: `${id}.orders` } },
          { id: 'map', type: 'map', config: { expression: '{ "n": $number(n) }' } },
          { id: 'out', type: 'kafka.sink', config: { topic: `${id}.out` } },
        ],
        ['in>map', 'map>out'],
      ),
    );
    const admin = broker.kafka.admin();
    await admin.ensureTopics([{ name: dead, partitions: 1 }]);
    await admin.close();
    const producer = await broker.kafka.producer();
    for (const attempt of [1, 2]) {
      const failed = {
        topic: `${id}.orders`,
        partition: 0,
        offset: 0n,
        key: Buffer.from('k'),
        value: Buffer.from('{"n":"2,5"}'),
        headers: attempt === 1 ? {} : { [header.item]: `${dead}/0/0`, [header.errorAttempt]: String(attempt - 1) },
        timestamp: Date.now(),
      };
      const failure = { code: 'map/d3030', message: 'The text "2,5" cannot be read as a number; mend it.', node: 'map' };
      const origin = { topic: failed.topic, partition: 0, offset: '0' };
      await producer.send(deadLetter(failed, failure, { topic: dead, flow: id, version: 1, stage: 'transform', origin, at: Date.now() }));
    }
    await producer.close();

    const catalog = await loadCatalog();
    const store = await openStore({ dataFolder: folder });
    await store.flows.create(flow, 'test');
    await store.versions.publish(flow, 'test', '');
    // Nothing is followed before a retry asks for it: the inbox is behind for certain.
    let followed: ReturnType<typeof followLetters> | undefined;
    const options = replayOptionsOf(
      { store, catalog, folder, brokers: broker.brokers },
      {
        kafka: broker.kafka,
        inbox: {
          async upToDate(signal) {
            followed ??= followLetters({ kafka: broker.kafka, store, trouble: () => undefined });
            await followed.follower.refresh(signal);
          },
          settled: (positions) => store.inbox.settled(positions),
          newest: (items) => store.inbox.newest(items),
        },
      },
    );
    const retries = await openRetries(options);
    try {
      const over = new Promise<Retry>((resolve) => {
        retries.onChanged((retry) => {
          if (retry.endedAt !== undefined) resolve(retry);
        });
      });
      const edits = { [`${dead}/0/0`]: { key: 'k', value: '{"n":2.5}', encoding: 'utf8' as const } };
      await retries.start({ flow: id, letters: [`${dead}/0/0`], version: 1, from: 'node', perSecond: 0, stopAfter: 10, edits }, 'test');
      expect(await over).toMatchObject({ state: 'done', passed: 0, failed: 0, skipped: 1 });
    } finally {
      await retries.close();
      await followed?.follower.close();
      await store.close();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
