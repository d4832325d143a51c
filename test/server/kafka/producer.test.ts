import { expect, test } from 'vitest';
import { createKafka } from '#server/kafka/client.ts';
import { type KafkaRecord, KafkaUnreachable } from '#server/kafka/port.ts';
import { describeBrokers, type TestBroker } from '../../kafka/brokers.ts';

async function topicOf(broker: TestBroker, partitions: number, config: Record<string, string> = {}): Promise<string> {
  const admin = broker.kafka.admin();
  const name = broker.name('produced');
  await admin.ensureTopics([{ name, partitions, config }]);
  await admin.close();
  return name;
}

async function readAll(broker: TestBroker, topic: string): Promise<KafkaRecord[]> {
  const records: KafkaRecord[] = [];
  for await (const batch of broker.kafka.read({ topic })) records.push(...batch.records);
  return records;
}

describeBrokers('the producer', (broker) => {
  test('tells each send the position that its record got', async () => {
    const topic = await topicOf(broker, 4);
    const producer = await broker.kafka.producer();
    const positions = await Promise.all(
      Array.from({ length: 500 }, (_, index) => producer.send({ topic, key: `k${index % 7}`, value: `${index}` })),
    );
    await producer.close();
    const stored = new Map((await readAll(broker, topic)).map((record) => [`${record.partition}/${record.offset}`, String(record.value)]));
    expect(stored.size).toBe(500);
    for (const [index, { partition, offset }] of positions.entries()) expect(stored.get(`${partition}/${offset}`)).toBe(`${index}`);
  });

  test('keeps the order of what is sent to a key', async () => {
    const topic = await topicOf(broker, 3);
    const producer = await broker.kafka.producer();
    const sends: Promise<unknown>[] = [];
    for (let index = 0; index < 2_000; index++) sends.push(producer.send({ topic, key: `k${index % 5}`, value: `${index}` }));
    await Promise.all(sends);
    await producer.close();
    const last = new Map<string, number>();
    for (const { key, value } of await readAll(broker, topic)) {
      expect(Number(value)).toBeGreaterThan(last.get(String(key)) ?? -1);
      last.set(String(key), Number(value));
    }
  });

  test('takes the next sends of a caller whose last ones have just been acknowledged', async () => {
    const topic = await topicOf(broker, 4);
    const producer = await broker.kafka.producer();
    for (let round = 0; round < 50; round++) {
      await Promise.all(Array.from({ length: 20 }, (_, index) => producer.send({ topic, key: `k${index}`, value: `${round}` })));
    }
    await producer.close();
    expect(await readAll(broker, topic)).toHaveLength(1000);
  });

  test('passes bytes, empty values, tombstones and binary headers on untouched', async () => {
    const topic = await topicOf(broker, 1);
    const producer = await broker.kafka.producer();
    const binary = new Uint8Array([0, 255, 128, 10]);
    await producer.send({
      topic,
      key: binary,
      value: binary,
      headers: { text: 'größe', bytes: binary, empty: '' },
      timestamp: 1_600_000_000_123,
    });
    await producer.send({ topic, key: 'k', value: '' });
    await producer.send({ topic, key: 'k', value: null });
    await producer.close();
    const [first, second, third] = await readAll(broker, topic);
    expect(first).toMatchObject({ timestamp: 1_600_000_000_123 });
    expect([...(first?.key ?? [])]).toEqual([...binary]);
    expect([...(first?.value ?? [])]).toEqual([...binary]);
    expect(first?.headers.text).toBe('größe');
    expect(first?.headers.empty).toBe('');
    expect([...Buffer.from(first?.headers.bytes ?? '')]).toEqual([...binary]);
    expect(second?.value?.length).toBe(0);
    expect(third?.value).toBeNull();
  });

  test('fails a record that is too large alone, with a sentence, and writes its neighbours', async () => {
    const topic = await topicOf(broker, 1);
    const producer = await broker.kafka.producer();
    const sends = ['small', 'x'.repeat(3_000_000), 'small too'].map((value) => producer.send({ topic, key: null, value }));
    const [before, large, after] = await Promise.allSettled(sends);
    await producer.close();
    expect(before?.status).toBe('fulfilled');
    expect(after?.status).toBe('fulfilled');
    expect(large).toMatchObject({ status: 'rejected', reason: { message: expect.stringMatching(/too large.*max\.message\.bytes/) } });
    expect((await readAll(broker, topic)).map(({ value }) => String(value))).toEqual(['small', 'small too']);
  });

  test('halves a batch that its topic finds too large', async () => {
    const topic = await topicOf(broker, 1, { 'max.message.bytes': '10000' });
    const producer = await broker.kafka.producer();
    const values = Array.from({ length: 100 }, (_, index) => `${index} ${'x'.repeat(1_000)}`);
    await Promise.all(values.map((value) => producer.send({ topic, key: null, value })));
    await producer.close();
    expect((await readAll(broker, topic)).map(({ value }) => String(value))).toEqual(values);
  });

  test('rejects a topic that does not exist and goes on with others', async () => {
    const topic = await topicOf(broker, 1);
    const producer = await broker.kafka.producer();
    const none = broker.name('none');
    const [bad, good] = await Promise.allSettled([
      producer.send({ topic: none, key: null, value: 'a' }),
      producer.send({ topic, key: null, value: 'b' }),
    ]);
    await producer.close();
    expect(bad).toMatchObject({ status: 'rejected', reason: { message: expect.stringContaining(none) } });
    expect(good.status).toBe('fulfilled');
  });

  test('refuses a record that cannot be encoded and writes its neighbours', async () => {
    const topic = await topicOf(broker, 1);
    const producer = await broker.kafka.producer();
    const headers = { number: 1 } as unknown as Record<string, string>;
    const sends = [{ value: 'a' }, { value: 'b', headers }, { value: 'c', timestamp: Number.NaN }, { value: 'd' }].map((one) =>
      producer.send({ topic, key: null, ...one }),
    );
    expect((await Promise.allSettled(sends)).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    await producer.close();
    expect((await readAll(broker, topic)).map(({ value }) => String(value))).toEqual(['a', 'd']);
  });

  test('writes what was sent before it was closed', async () => {
    const topic = await topicOf(broker, 1);
    const producer = await broker.kafka.producer();
    const sent = producer.send({ topic, key: null, value: 'last' });
    await producer.close();
    await sent;
    await expect(producer.send({ topic, key: null, value: 'later' })).rejects.toThrow(/closed/);
    expect(await readAll(broker, topic)).toHaveLength(1);
  });
});

test('a producer where nobody listens is refused with KafkaUnreachable', { timeout: 60_000 }, async () => {
  await expect(createKafka({ brokers: ['127.0.0.1:1'], clientId: 'millrace-test' }).producer()).rejects.toThrow(KafkaUnreachable);
});
