import { expect, test } from 'vitest';
import type { ConsumeOptions, KafkaConsumer, RecordBatch, Work } from '#server/kafka/port.ts';
import { describeBrokers, type TestBroker } from '../../kafka/brokers.ts';
import { deleteRecords } from '../../kafka/delete-records.ts';
import { until } from '../../wait.ts';

async function topicWith(broker: TestBroker, partitions: number, values: readonly string[] = []): Promise<string> {
  const admin = broker.kafka.admin();
  const name = broker.name('consumed');
  await admin.ensureTopics([{ name, partitions }]);
  await admin.close();
  await write(broker, name, values);
  return name;
}

async function write(broker: TestBroker, topic: string, values: readonly string[], partition?: number): Promise<void> {
  const producer = await broker.kafka.producer();
  await Promise.all(values.map((value) => producer.send({ topic, key: value, value, ...(partition === undefined ? {} : { partition }) })));
  await producer.close();
}

async function valuesOf(broker: TestBroker, topic: string): Promise<string[]> {
  const values: string[] = [];
  for await (const batch of broker.kafka.read({ topic })) values.push(...batch.records.map(({ value }) => String(value)));
  return values;
}

async function committed(broker: TestBroker, group: string, topic: string): Promise<Map<number, bigint>> {
  const admin = broker.kafka.admin();
  try {
    return await admin.committed(group, topic);
  } finally {
    await admin.close();
  }
}

const numbers = (count: number, first = 0) => Array.from({ length: count }, (_, index) => `${index + first}`);
const sorted = (values: readonly string[]) => values.map(Number).sort((a, b) => a - b);
const copyTo =
  (topic: string) =>
  async ({ records }: RecordBatch): Promise<Work> => ({
    consumed: records.length,
    records: records.map(({ key, value }) => ({ topic, key, value })),
  });
const nothing = async ({ records }: RecordBatch): Promise<Work> => ({ consumed: records.length, records: [] });

/** A commit is answered when it is decided; Apache Kafka makes it visible a moment later, each partition and offset by itself. */
describeBrokers('the consumer', (broker) => {
  const start = (options: Partial<ConsumeOptions> & Pick<ConsumeOptions, 'topics' | 'group' | 'handle'>): KafkaConsumer => {
    const consumer = broker.kafka.consume({ sessionTimeoutMs: 6_000, ...options });
    return consumer;
  };

  test('writes what the handler made and commits up to behind the control records', async () => {
    const [input, middle, output] = [await topicWith(broker, 3, numbers(1_000)), await topicWith(broker, 2), await topicWith(broker, 1)];
    const [first, second] = [broker.name('group'), broker.name('group')];
    const one = start({ group: first, topics: [{ topic: input, from: 'earliest' }], handle: copyTo(middle) });
    const two = start({ group: second, topics: [{ topic: middle, from: 'earliest' }], handle: copyTo(output) });
    await until('all is copied twice', async () => (await valuesOf(broker, output)).length >= 1_000);
    const admin = broker.kafka.admin();
    await until('no lag is left', async () => {
      const ends = await admin.offsets(middle);
      const done = await admin.committed(second, middle);
      return ends?.every(({ partition, high }) => done.get(partition) === high) ?? false;
    });
    await Promise.all([one.stop(5_000), two.stop(5_000)]);
    await Promise.all([one.done, two.done]);
    expect(sorted(await valuesOf(broker, output))).toEqual(numbers(1_000).map(Number));
    await admin.close();
  });

  test('an error of the handler rejects with that very error, and nothing of its batch is visible', async () => {
    const [input, output] = [await topicWith(broker, 1, numbers(20)), await topicWith(broker, 1)];
    const group = broker.name('group');
    const error = Object.assign(new Error('bad message'), { type: 'system', code: 7, retriable: true });
    const consumer = start({
      group,
      topics: [{ topic: input, from: 'earliest' }],
      async handle({ records }) {
        const bad = records.findIndex(({ value }) => String(value) === '12');
        if (bad === 0) throw error;
        const fine = bad < 0 ? records : records.slice(0, bad);
        return { consumed: fine.length, records: fine.map(({ key, value }) => ({ topic: output, key, value })) };
      },
    });
    await expect(consumer.done).rejects.toBe(error);
    await expect.poll(() => valuesOf(broker, output)).toEqual(numbers(12));
    await expect.poll(() => committed(broker, group, input)).toEqual(new Map([[0, 12n]]));
    await consumer.stop(1_000);
  });

  test('goes on exactly where it was stopped', async () => {
    const [input, output] = [await topicWith(broker, 2, numbers(500)), await topicWith(broker, 2)];
    const group = broker.name('group');
    const run = () => start({ group, topics: [{ topic: input, from: 'earliest' }], maxBatchBytes: 1_000, handle: copyTo(output) });
    const first = run();
    await until('something is copied', async () => (await valuesOf(broker, output)).length > 0);
    await first.stop(5_000);
    await write(broker, input, numbers(500, 500));
    const second = run();
    await until('all is copied', async () => (await valuesOf(broker, output)).length >= 1_000);
    await second.stop(5_000);
    expect(sorted(await valuesOf(broker, output))).toEqual(numbers(1_000).map(Number));
  });

  test('hands the rest of a batch out again when the handler takes only a part', async () => {
    const [input, output] = [await topicWith(broker, 1, numbers(10)), await topicWith(broker, 1)];
    const sizes: number[] = [];
    const consumer = start({
      group: broker.name('group'),
      topics: [{ topic: input, from: 'earliest' }],
      async handle({ records }) {
        sizes.push(records.length);
        return { consumed: 1, records: records.slice(0, 1).map(({ key, value }) => ({ topic: output, key, value })) };
      },
    });
    await until('all is copied', async () => (await valuesOf(broker, output)).length === 10);
    await consumer.stop(5_000);
    expect(await valuesOf(broker, output)).toEqual(numbers(10));
    expect(sizes.at(-1)).toBe(1);
  });

  test('takes back what does not hold, and hands the same messages out again', async () => {
    const [input, output] = [await topicWith(broker, 1, numbers(10)), await topicWith(broker, 1)];
    const group = broker.name('group');
    const seen: { held: boolean; committed: bigint | undefined; visible: string[] }[] = [];
    let tries = 0;
    const consumer = start({
      group,
      topics: [{ topic: input, from: 'earliest' }],
      async handle({ records }) {
        const mine = ++tries;
        return {
          consumed: records.length,
          records: records.map(({ key, value }) => ({ topic: output, key, value: `${value} at try ${mine}` })),
          async holds() {
            const [at, visible] = [await committed(broker, group, input), await valuesOf(broker, output)];
            seen.push({ held: mine > 2, committed: at.get(0), visible });
            return mine > 2;
          },
        };
      },
    });
    await until('all is copied', async () => (await valuesOf(broker, output)).length >= 10);
    await consumer.stop(5_000);
    expect(await valuesOf(broker, output)).toEqual(numbers(10).map((number) => `${number} at try 3`));
    // Asked while nothing is committed or visible yet.
    expect(seen).toEqual([false, false, true].map((held) => ({ held, committed: 0n, visible: [] })));
  });

  test('writes down what was deleted before it was read, in the transaction that moves on', async () => {
    const [input, output] = [await topicWith(broker, 1, numbers(20)), await topicWith(broker, 1)];
    const group = broker.name('group');
    const admin = broker.kafka.admin();
    await admin.setOffsets(group, input, new Map([[0, 5n]]));
    await admin.close();
    await deleteRecords(broker.brokers, input, { 0: 15 });
    const consumer = start({
      group,
      topics: [{ topic: input, from: 'earliest' }],
      onGone: (topic, partition, from, low) => [{ topic: output, key: null, value: `${topic}/${partition} ${from} to ${low}` }],
      handle: copyTo(output),
    });
    await until('the rest is copied', async () => (await valuesOf(broker, output)).length >= 6);
    await consumer.stop(5_000);
    expect(await valuesOf(broker, output)).toEqual([`${input}/0 5 to 15`, ...numbers(5, 15)]);
    await expect.poll(() => committed(broker, group, input)).toEqual(new Map([[0, 20n]]));
  });

  test('a work that consumed nothing, or more than there was, is a bug that ends the consumer', async () => {
    const input = await topicWith(broker, 1, numbers(3));
    const consumer = start({
      group: broker.name('group'),
      topics: [{ topic: input, from: 'earliest' }],
      handle: async () => ({ consumed: 0, records: [] }),
    });
    await expect(consumer.done).rejects.toThrow(/consumed 0 of/);
  });

  test('a record that no topic takes ends the consumer with a sentence', async () => {
    const [input, output] = [await topicWith(broker, 1, numbers(1)), await topicWith(broker, 1)];
    const group = broker.name('group');
    const consumer = start({
      group,
      topics: [{ topic: input, from: 'earliest' }],
      handle: async () => ({ consumed: 1, records: [{ topic: output, key: null, value: 'x'.repeat(3_000_000) }] }),
    });
    await expect(consumer.done).rejects.toThrow(/too large/);
    expect(await valuesOf(broker, output)).toEqual([]);
    expect(await committed(broker, group, input)).toEqual(new Map([[0, 0n]]));
  });

  test('writes a transaction far larger than one batch', async () => {
    const [input, output] = [await topicWith(broker, 1, ['go']), await topicWith(broker, 1)];
    const values = numbers(40).map((number) => `${number} ${'x'.repeat(200_000)}`);
    const consumer = start({
      group: broker.name('group'),
      topics: [{ topic: input, from: 'earliest' }],
      handle: async () => ({ consumed: 1, records: values.map((value) => ({ topic: output, key: null, value })) }),
    });
    await until('all is written', async () => (await valuesOf(broker, output)).length === 40);
    await consumer.stop(5_000);
    expect(await valuesOf(broker, output)).toEqual(values);
  });

  test("a group without offsets starts where 'from' says", async () => {
    const input = await topicWith(broker, 1, numbers(5));
    const middle = Date.now() + 1;
    await until('time has gone on', () => Date.now() > middle);
    await write(broker, input, numbers(5, 5));
    const seen = async (from: 'earliest' | 'latest' | { time: number }) => {
      const values: string[] = [];
      const consumer = start({
        group: broker.name('group'),
        topics: [{ topic: input, from }],
        async handle(batch) {
          values.push(...batch.records.map(({ value }) => String(value)));
          return nothing(batch);
        },
      });
      await consumer.joined;
      await write(broker, input, ['100']);
      await until('the last is read', () => values.includes('100'));
      await consumer.stop(5_000);
      return values.filter((value) => value !== '100');
    };
    expect(await seen('earliest')).toEqual(numbers(10));
    expect(await seen({ time: middle })).toEqual(numbers(5, 5));
    expect(await seen('latest')).toEqual([]);
  });

  test("'latest' stands fast from the first start on, even if nothing was committed before the end", async () => {
    const input = await topicWith(broker, 1, numbers(5));
    const group = broker.name('group');
    const first = start({ group, topics: [{ topic: input, from: 'latest' }], handle: nothing });
    await first.joined;
    await first.stop(5_000);
    await write(broker, input, ['missed']);
    const values: string[] = [];
    const second = start({
      group,
      topics: [{ topic: input, from: 'latest' }],
      async handle(batch) {
        values.push(...batch.records.map(({ value }) => String(value)));
        return nothing(batch);
      },
    });
    await until('it is read', () => values.length > 0);
    await second.stop(5_000);
    expect(values).toEqual(['missed']);
  });

  test('two consumers share the work, and one takes over from the other', async () => {
    const [input, output] = [await topicWith(broker, 4), await topicWith(broker, 4)];
    const group = broker.name('group');
    const seen = [new Set<number>(), new Set<number>()];
    const shared = [0, 0];
    const run = (index: number) =>
      start({
        group,
        topics: [{ topic: input, from: 'earliest' }],
        onRebalance: () => shared.splice(index, 1, (shared[index] ?? 0) + 1),
        async handle(batch) {
          seen[index]?.add(batch.partition);
          return copyTo(output)(batch);
        },
      });
    const one = run(0);
    await one.joined;
    expect(shared).toEqual([0, 0]);
    const two = run(1);
    await two.joined;
    let sent = 0;
    await until('both have work', async () => {
      await write(broker, input, numbers(40, sent));
      sent += 40;
      return seen.every((set) => set.size > 0);
    });
    await until('the first one tells that the partitions were shared out anew', () => (shared[0] ?? 0) > 0);
    const told = shared[0];
    await one.stop(5_000);
    expect(shared[0]).toBe(told);
    await write(broker, input, numbers(100, sent));
    sent += 100;
    await until('all is copied', async () => (await valuesOf(broker, output)).length >= sent);
    await two.stop(5_000);
    expect(shared[1]).toBeGreaterThan(0);
    expect(sorted(await valuesOf(broker, output))).toEqual(numbers(sent).map(Number));
  });

  test('hands nothing out while it is paused, and keeps its place in the group', async () => {
    const [input, output] = [await topicWith(broker, 1), await topicWith(broker, 1)];
    const consumer = start({ group: broker.name('group'), topics: [{ topic: input, from: 'earliest' }], handle: copyTo(output) });
    await consumer.joined;
    consumer.pause();
    await write(broker, input, numbers(10));
    await expect.poll(() => valuesOf(broker, output), { timeout: 1_000, interval: 200 }).toEqual([]);
    consumer.resume();
    await until('all is copied', async () => (await valuesOf(broker, output)).length === 10);
    await consumer.stop(5_000);
  });

  test('stop waits for the handler under way and commits its work', async () => {
    const [input, output] = [await topicWith(broker, 1, numbers(3)), await topicWith(broker, 1)];
    const group = broker.name('group');
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let began = false;
    const consumer = start({
      group,
      topics: [{ topic: input, from: 'earliest' }],
      async handle(batch) {
        began = true;
        await held;
        return copyTo(output)(batch);
      },
    });
    await until('the handler began', () => began);
    const stopped = consumer.stop(10_000);
    release();
    await stopped;
    await expect.poll(() => valuesOf(broker, output)).toHaveLength(3);
    await expect.poll(() => committed(broker, group, input)).toEqual(new Map([[0, 3n]]));
  });

  test('stop cuts a handler that does not end, and commits nothing of it', async () => {
    const input = await topicWith(broker, 1, numbers(3));
    const group = broker.name('group');
    let signalled = false;
    let began = false;
    const consumer = start({
      group,
      topics: [{ topic: input, from: 'earliest' }],
      handle: (_, signal) =>
        new Promise((_, reject) => {
          began = true;
          signal.addEventListener('abort', () => {
            signalled = true;
            reject(signal.reason);
          });
        }),
    });
    await until('the handler began', () => began);
    await consumer.stop(200);
    expect(signalled).toBe(true);
    await consumer.done;
    expect(await committed(broker, group, input)).toEqual(new Map([[0, 0n]]));
  });

  test('stop does not hang while a join is pending', async () => {
    const input = await topicWith(broker, 1, numbers(1));
    const group = broker.name('group');
    let began = false;
    const holder = start({
      group,
      topics: [{ topic: input, from: 'earliest' }],
      handle: (_, signal) =>
        new Promise((_, reject) => {
          began = true;
          signal.addEventListener('abort', () => reject(signal.reason));
        }),
    });
    await until('the holder works', () => began);
    const joining = start({ group, topics: [{ topic: input, from: 'earliest' }], handle: nothing });
    const before = Date.now();
    await joining.stop(60_000);
    expect(Date.now() - before).toBeLessThan(30_000);
    await holder.stop(100);
  });

  test('a topic that does not exist ends the consumer with a sentence', async () => {
    const none = broker.name('none');
    const consumer = start({ group: broker.name('group'), topics: [{ topic: none, from: 'earliest' }], handle: nothing });
    await expect(consumer.done).rejects.toThrow(`Topic "${none}" does not exist`);
    await expect(consumer.joined).rejects.toThrow(/does not exist/);
  });

  test('partitions that are added later are read from their beginning', { timeout: 90_000 }, async () => {
    const input = await topicWith(broker, 1, numbers(1));
    const values: string[] = [];
    const consumer = start({
      group: broker.name('group'),
      topics: [{ topic: input, from: 'latest' }],
      async handle(batch) {
        values.push(...batch.records.map(({ value }) => String(value)));
        return nothing(batch);
      },
    });
    await consumer.joined;
    const admin = broker.kafka.admin();
    await admin.ensureTopics([{ name: input, partitions: 2 }]);
    await admin.close();
    await write(broker, input, ['in the new one'], 1);
    await until('it is read', () => values.includes('in the new one'), 60_000);
    await consumer.stop(5_000);
  });
});
