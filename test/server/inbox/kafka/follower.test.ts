import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type InboxFollower, startInboxFollower } from '#server/inbox/follower.ts';
import { deadLetter } from '#server/runtime/dead-letter.ts';
import type { InboxFollowStore } from '#server/store/inbox-follow.ts';
import { openStore, type Store } from '#server/store/store.ts';
import { header } from '#shared/message.ts';
import { type Repair, repairsTopic } from '#shared/replay.ts';
import { describeBrokers, type TestBroker } from '../../../kafka/brokers.ts';

let folder = '';
let store: Store;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-follower-'));
  store = await openStore({ dataFolder: folder });
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

const follow = (broker: TestBroker, inbox: InboxFollowStore = store.inbox): InboxFollower =>
  startInboxFollower({
    kafka: broker.kafka,
    store: inbox,
    rowOf: async () => undefined,
    changed: () => undefined,
    trouble: () => undefined,
  });

/** Whoever tests can wait longer for Kafka than a person who looks. */
const patient = () => AbortSignal.timeout(60_000);

/** A dead letter as a stage writes it; `item` for what a retry made. */
function letterOf(
  topic: string,
  n: number,
  more: { item?: string; attempt?: number; message?: string; value?: Uint8Array | null; key?: string | null } = {},
) {
  const {
    item,
    attempt = 1,
    message = `The text "${n},5" cannot be read as a number; mend it.`,
    value = Buffer.from(`{"n":${n}}`),
    key = `k${n}`,
  } = more;
  const record = deadLetter(
    {
      topic: 'orders',
      partition: 0,
      offset: BigInt(n),
      key: key === null ? null : Buffer.from(key),
      value,
      headers: {
        ...(item !== undefined && { [header.item]: item }),
        ...(attempt > 1 && { [header.errorAttempt]: String(attempt - 1) }),
      },
      timestamp: 1,
    },
    { code: 'map/d3030', message, node: 'map' },
    {
      topic,
      flow: topic.split('.')[1] ?? '',
      version: 1,
      stage: 'transform',
      origin: { topic: 'orders', partition: 0, offset: String(n) },
      at: 1_700_000_000_000 + n,
    },
  );
  return record;
}

async function deadTopic(broker: TestBroker, partitions = 2): Promise<string> {
  const topic = `millrace.${broker.name('shop')}.dead`;
  const admin = broker.kafka.admin();
  await admin.ensureTopics([
    // The letters bear a time of long ago, which must not make the broker drop them.
    { name: topic, partitions, config: { 'max.message.bytes': '8000000', 'retention.ms': '-1' } },
    { name: repairsTopic, partitions: 2, config: { 'cleanup.policy': 'compact' } },
  ]);
  await admin.close();
  return topic;
}

const stateOf = async (flow: string) => {
  const causes = await store.inbox.causes(flow);
  const items = await Promise.all(
    causes.map(({ id }) => store.inbox.all(id, { states: ['open', 'sent', 'solved', 'discarded'] }, 100_000)),
  );
  return items
    .flat()
    .map(({ item, state, attempt, position }) => `${item} ${state} ${attempt} ${position}`)
    .sort();
};

describeBrokers('following dead letters', (broker) => {
  test('ends as a plain count of the topics does, though it is killed again and again between its transactions', async () => {
    const topic = await deadTopic(broker);
    const flow = topic.split('.')[1] ?? '';
    const producer = await broker.kafka.producer();
    /** What must come out: the item with its newest letter, by the plainest of means. */
    const model = new Map<string, { attempt: number; position: string; state: string }>();
    const send = async (n: number, item?: string, attempt = 1) => {
      const { partition, offset } = await producer.send(letterOf(topic, n, { attempt, ...(item !== undefined && { item }) }));
      const position = `${topic}/${partition}/${offset}`;
      model.set(item ?? position, { attempt, position, state: 'open' });
      return position;
    };
    let kills = 0;
    /** Ends the follower in the middle: every few transactions one is not answered, as after a SIGKILL before or after it. */
    const mortal = () => {
      let left = 1 + (kills % 3);
      let die: () => void = () => undefined;
      const died = new Promise<void>((resolve) => {
        die = resolve;
      });
      const own = {
        ...store.inbox,
        dead: false,
        died,
        async apply(batch: Parameters<InboxFollowStore['apply']>[0]) {
          if (own.dead) throw new Error('It is dead.');
          if (left-- > 0) return store.inbox.apply(batch);
          own.dead = true;
          die();
          if (kills % 2 === 0) await store.inbox.apply(batch);
          throw new Error('It is dead.');
        },
      };
      return own;
    };
    for (let round = 0; round < 5; round++) {
      const inbox = mortal();
      const follower = follow(broker, inbox);
      const items: string[] = [];
      for (let n = 0; n < 30; n++) items.push(await send(round * 100 + n));
      for (const [at, item] of items.entries()) {
        const known = model.get(item);
        if (known === undefined || at % 3 === 0) continue;
        const outcome = at % 3 === 1 ? 'solved' : 'sent';
        const repair: Repair = { flow, item, outcome, attempt: 2, retry: 'r', version: 2, who: 'Mira', at: 1_700_000_100_000 };
        await producer.send({ topic: repairsTopic, key: item, value: JSON.stringify(repair) });
        model.set(item, { ...known, state: outcome });
        // A retry that fails again at its sink: one attempt more of the same item.
        if (at % 6 === 5) await send(round * 100 + at, item, 2);
      }
      if (round % 2 === 0) await Promise.race([follower.refresh(patient()), inbox.died]);
      kills++;
      await follower.close();
    }
    const last = follow(broker);
    await last.refresh(patient());
    await last.close();
    const expected = [...model].map(([item, { attempt, position, state }]) => `${item} ${state} ${attempt} ${position}`).sort();
    expect(await stateOf(flow)).toEqual(expected);

    // Emptied tables are read anew, to the same.
    await store.inbox.rebuild();
    const again = follow(broker);
    await again.refresh(patient());
    await again.close();
    expect(await stateOf(flow)).toEqual(expected);
    await producer.close();
  });

  test('takes 5 MB, bytes that are no text, letters without key or value, and records that are no letters', async () => {
    const topic = await deadTopic(broker, 1);
    const producer = await broker.kafka.producer();
    await producer.send(letterOf(topic, 1, { value: Buffer.alloc(5_000_000, 'x') }));
    await producer.send(letterOf(topic, 2, { value: Buffer.from([0xff, 0xfe, 0, 1]), key: null }));
    await producer.send(letterOf(topic, 3, { value: null, key: 'a\0b' }));
    await producer.send({ topic, key: 'stray', value: 'not a letter' });
    await producer.send(letterOf(topic, 4, { key: 'x'.repeat(1000) }));
    const follower = follow(broker);
    await follower.refresh(patient());
    const [cause, ...others] = await store.inbox.causes(topic.split('.')[1]);
    expect(others).toEqual([]);
    const items = await store.inbox.all(cause?.id ?? '', { states: ['open'] }, 10);
    expect(items.map(({ bytes, key }) => [bytes, key?.length ?? null]).sort()).toEqual(
      [
        [0, 3],
        [11 - 4, 200],
        [4, null],
        [5_000_000, 2],
      ].sort(),
    );
    await follower.close();
    await producer.close();
  });

  test('forgets a topic that is deleted, and reads one that is made anew from its beginning', async () => {
    const topic = await deadTopic(broker, 1);
    const flow = topic.split('.')[1] ?? '';
    const producer = await broker.kafka.producer();
    for (let n = 0; n < 5; n++) await producer.send(letterOf(topic, n));
    const follower = follow(broker);
    await follower.refresh(patient());
    expect(await stateOf(flow)).toHaveLength(5);
    const admin = broker.kafka.admin();
    await admin.deleteTopics([topic]);
    await expect.poll(async () => (await admin.topics()).some(({ name }) => name === topic)).toBe(false);
    await follower.refresh(patient());
    expect(await stateOf(flow)).toEqual([]);
    await admin.ensureTopics([{ name: topic, partitions: 1 }]);
    await admin.close();
    const fresh = await broker.kafka.producer();
    await fresh.send(letterOf(topic, 9));
    await follower.refresh(patient());
    expect(await stateOf(flow)).toHaveLength(1);
    await follower.close();
    await producer.close();
    await fresh.close();
  });
});
