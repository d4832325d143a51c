import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { Kafka, logLevel } from 'kafkajs';
import { expect, test } from 'vitest';
import { createKafka } from '#server/kafka/client.ts';
import { deadLetter } from '#server/runtime/dead-letter.ts';
import { findMessages } from '#server/runtime/message-finder.ts';
import { messagesAt } from '#server/runtime/messages-at.ts';
import type { Finding, FindSpec } from '#server/runtime/runtime.ts';
import { parsePosition } from '#shared/message.ts';
import { type FindProgress, findBounds } from '#shared/sample.ts';
import { describeBrokers, type TestBroker } from '../../../kafka/brokers.ts';
import { openTransaction } from '../../../kafka/open-transaction.ts';

const never = new AbortController().signal;
/** What a search may take; the time is for those who look at a screen. */
const patient = { ...findBounds.default, ms: 60_000 };
/** A day ago: Kafka itself deletes what is older than its retention of a week. */
const start = Math.floor(Date.now() / 1000) * 1000 - 86_400_000;

/** Message n stands in partition n % partitions, at `start` + n seconds, with the key k<n % 7>. */
async function topicWith(broker: TestBroker, partitions: number, count: number, textOf = (n: number) => `{"n":${n}}`): Promise<string> {
  const admin = broker.kafka.admin();
  const topic = broker.name('find');
  await admin.ensureTopics([{ name: topic, partitions }]);
  await admin.close();
  const producer = await broker.kafka.producer();
  await Promise.all(
    Array.from({ length: count }, (_, n) =>
      producer.send({ topic, partition: n % partitions, key: `k${n % 7}`, value: textOf(n), timestamp: start + n * 1000 }),
    ),
  );
  await producer.close();
  return topic;
}

async function find(broker: TestBroker, spec: Partial<FindSpec> & Pick<FindSpec, 'topic'>, signal = never): Promise<Finding> {
  const found = await findMessages(broker.kafka, { how: { by: 'newest' }, count: 10, bounds: patient, ...spec }, signal);
  if (found === undefined) throw new Error('There is no such topic.');
  return found;
}
async function groupsOf(broker: TestBroker): Promise<string[]> {
  const admin = new Kafka({ brokers: broker.brokers, logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const { groups } = await admin.listGroups();
  await admin.disconnect();
  return groups.map(({ groupId }) => groupId).sort();
}

const numbers = ({ messages }: Finding): number[] =>
  messages.map(({ message }) => (JSON.parse(message.value?.text ?? '{}') as { n: number }).n);
const down = (from: number, count: number): number[] => Array.from({ length: count }, (_, index) => from - index);

describeBrokers('finding messages', (broker) => {
  test('gives the newest over all partitions, newest first, and goes on where it ended', async () => {
    const topic = await topicWith(broker, 3, 500);
    const first = await find(broker, { topic });
    expect(numbers(first)).toEqual(down(499, 10));
    expect(first.ended).toBe('found');
    expect(first.scanned.messages).toBeLessThan(200);
    const second = await find(broker, { topic, ...(first.next && { before: first.next }), count: 300 });
    expect(numbers(second)).toEqual(down(489, 300));
    const last = await find(broker, { topic, ...(second.next && { before: second.next }), count: 300 });
    expect(numbers(last)).toEqual(down(189, 190));
    expect(last).toMatchObject({ ended: 'all' });
    expect(last.next).toBeUndefined();
  });

  test('gives all bytes, the position and the time of a message', async () => {
    const topic = await topicWith(broker, 1, 0);
    const producer = await broker.kafka.producer();
    const headers = { text: 'ä', bytes: new Uint8Array([0, 255]) };
    await producer.send({ topic, key: new Uint8Array([255]), value: '{"id":12345678901234567890}', headers, timestamp: start });
    await producer.send({ topic, key: null, value: null, timestamp: start });
    await producer.close();
    const [gone, one] = (await find(broker, { topic })).messages;
    expect(one).toEqual({
      position: `${topic}/0/0`,
      message: {
        key: { text: '/w==', encoding: 'base64' },
        headers: { text: { text: 'ä', encoding: 'utf8' }, bytes: { text: 'AP8=', encoding: 'base64' } },
        timestamp: start,
        value: { text: '{"id":12345678901234567890}', encoding: 'utf8' },
      },
    });
    expect(gone?.message).toMatchObject({ key: null, value: null });
  });

  test('finds by key and by text over all partitions', async () => {
    const topic = await topicWith(broker, 4, 700, (n) => `{"n":${n}, "name":"Größe ${n % 100 === 0 ? 'XL' : 'm'}"}`);
    expect(numbers(await find(broker, { topic, how: { by: 'key', key: 'k3' }, count: 4 }))).toEqual([696, 689, 682, 675]);
    const text = await find(broker, { topic, how: { by: 'text', text: 'GRÖSSE xl'.replace('SS', 'ß') }, count: 5 });
    expect(numbers(text)).toEqual([600, 500, 400, 300, 200]);
    const none = await find(broker, { topic, how: { by: 'key', key: 'K3' } });
    expect(none).toMatchObject({ messages: [], ended: 'all', scanned: { messages: 700, fromTime: start, toTime: start + 699_000 } });
    expect(none.scanned.partitions).toHaveLength(4);
    expect(none.scanned.partitions[0]).toMatchObject({ partition: 0, from: '0', to: '175' });
  });

  test('says how far it is while it looks', async () => {
    const topic = await topicWith(broker, 2, 400);
    const heard: FindProgress[] = [];
    const spec = { topic, how: { by: 'text', text: '"n":39' } as const, count: 3, bounds: patient };
    const found = await findMessages(broker.kafka, spec, never, (progress) => heard.push(progress));
    expect(found?.messages).toHaveLength(3);
    expect(heard.length).toBeGreaterThan(1);
    for (const [index, { topic: of, messages }] of heard.entries()) {
      expect(of).toBe(topic);
      expect(messages).toBeGreaterThanOrEqual(heard[index - 1]?.messages ?? 1);
    }
    expect(heard.at(-1)).toMatchObject({ messages: found?.scanned.messages, bytes: found?.scanned.bytes, found: 3 });
  });

  test('finds those around a time, and those between two times', async () => {
    const topic = await topicWith(broker, 3, 300);
    expect(numbers(await find(broker, { topic, how: { by: 'time', at: start + 100_400 }, count: 5 }))).toEqual([98, 99, 100, 101, 102]);
    expect(numbers(await find(broker, { topic, how: { by: 'time', at: start + 9e9 }, count: 2 }))).toEqual([298, 299]);
    expect(numbers(await find(broker, { topic, how: { by: 'time', at: 0 }, count: 2 }))).toEqual([0, 1]);
    const between = await find(broker, { topic, since: start + 50_000, until: start + 53_000 });
    expect(numbers(between)).toEqual([52, 51, 50]);
    expect(between).toMatchObject({ ended: 'all', scanned: { messages: 3 } });
  });

  test('finds from an offset of a partition on', async () => {
    const topic = await topicWith(broker, 2, 100);
    const found = await find(broker, { topic, how: { by: 'offset', partition: 1, offset: '20' }, count: 3 });
    expect(numbers(found)).toEqual([41, 43, 45]);
    expect(found.next).toEqual({ 1: '23' });
    expect(numbers(await find(broker, { topic, how: { by: 'offset', partition: 1, offset: '48' } }))).toEqual([97, 99]);
    expect(await find(broker, { topic, how: { by: 'offset', partition: 1, offset: '9999' } })).toMatchObject({
      messages: [],
      ended: 'all',
    });
    await expect(find(broker, { topic, how: { by: 'offset', partition: 7, offset: '0' } })).rejects.toThrow('has no partition 7; it has 2');
  });

  test('ends at each of its bounds and says which it was', async () => {
    const topic = await topicWith(broker, 2, 400, (n) => `{"n":${n}, "x":"${'x'.repeat(1000)}"}`);
    const by = { topic, how: { by: 'text', text: 'nowhere' } as const };
    const messages = await find(broker, { ...by, bounds: { ...patient, messages: 100 } });
    expect(messages.ended).toBe('messages');
    expect(messages.scanned.messages).toBeLessThanOrEqual(100);
    const bytes = await find(broker, { ...by, bounds: { ...patient, bytes: 100_000 } });
    expect(bytes.ended).toBe('bytes');
    expect(bytes.scanned.bytes).toBeLessThan(110_000);
    expect(await find(broker, { ...by, bounds: { ...patient, ms: 0 } })).toMatchObject({ ended: 'time', messages: [] });
    // What one search has not looked at the next one does.
    let seen = messages.scanned.messages;
    let { next } = messages;
    while (next) {
      const more = await find(broker, { ...by, before: next, bounds: { ...patient, messages: 100 } });
      seen += more.scanned.messages;
      next = more.next;
    }
    expect(seen).toBe(400);
  });

  test('shows what it has when a single window is beyond a bound, and the next search misses nothing', async () => {
    const topic = await topicWith(broker, 1, 40, (n) => `{"n":${n}, "x":"${'x'.repeat(10_000)}"}`);
    const bounds = { ...patient, bytes: 50_000 };
    const first = await find(broker, { topic, bounds });
    expect(first.ended).toBe('bytes');
    expect(numbers(first).length).toBeGreaterThan(0);
    expect(numbers(await find(broker, { topic, ...(first.next && { before: first.next }) }))).toEqual(down(39, 10));
    const on = await find(broker, { topic, bounds, how: { by: 'offset', partition: 0, offset: '3' } });
    expect(numbers(on)).toEqual([3, 4, 5, 6]);
    expect(on).toMatchObject({ ended: 'bytes', next: { 0: '7' } });
  });

  test('ends when its signal fires', async () => {
    const topic = await topicWith(broker, 1, 10);
    const stop = new AbortController();
    const searching = find(broker, { topic, how: { by: 'key', key: 'none' } }, stop.signal);
    stop.abort(new Error('the reader left'));
    await expect(searching).rejects.toThrow('the reader left');
  });

  test('waits for a Kafka that does not answer little longer than it may take', async () => {
    const nobody = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
    await once(nobody, 'listening');
    const kafka = createKafka({ brokers: [`127.0.0.1:${(nobody.address() as AddressInfo).port}`], clientId: 'nobody' });
    const bounds = { ...patient, ms: 50 };
    const searching = findMessages(kafka, { topic: 'orders', how: { by: 'newest' }, count: 1, bounds }, never);
    const started = performance.now();
    await expect(searching).rejects.toThrow('Kafka does not answer now');
    expect(performance.now() - started).toBeLessThan(8_000);
    nobody.close();
  });

  test('sees committed messages alone, and waits for no open transaction', async () => {
    const topic = await topicWith(broker, 1, 3);
    const transaction = await openTransaction(broker, topic, ['{"n":3}']);
    expect(numbers(await find(broker, { topic }))).toEqual([2, 1, 0]);
    expect(await messagesAt(broker.kafka, [{ topic, partition: 0, offset: '3' }], never)).toEqual([]);
    await transaction.end(false);
    await expect.poll(async () => (await find(broker, { topic })).scanned.partitions[0]?.to).toBe('5');
    expect(numbers(await find(broker, { topic }))).toEqual([2, 1, 0]);
    expect(numbers(await find(broker, { topic, how: { by: 'offset', partition: 0, offset: '2' } }))).toEqual([2]);
  });

  test('joins no group and commits nothing', async () => {
    const topic = await topicWith(broker, 2, 50);
    const before = await groupsOf(broker);
    await find(broker, { topic });
    await find(broker, { topic, how: { by: 'text', text: 'x' } });
    await messagesAt(broker.kafka, [{ topic, partition: 0, offset: '3' }], never);
    expect(await groupsOf(broker)).toEqual(before);
  });

  test('gives a dead letter as the message that failed, and why', async () => {
    const topic = await topicWith(broker, 1, 0);
    const bytes = Buffer.from('{"broken": 12345678901234567890,');
    const record = {
      topic: 'orders',
      partition: 2,
      offset: 7n,
      key: Buffer.from('k'),
      value: bytes,
      headers: { mine: 'x' },
      timestamp: start,
    };
    const where = {
      topic,
      flow: 'shop',
      version: 3,
      stage: 'transform',
      origin: { topic: 'orders', partition: 2, offset: '7' },
      at: start,
    };
    const producer = await broker.kafka.producer();
    await producer.send(deadLetter(record, { code: 'decode/json', message: 'Not JSON.', node: 'in' }, where));
    await producer.close();
    const [found] = (await find(broker, { topic })).messages;
    expect(found).toMatchObject({
      dead: { code: 'decode/json', message: 'Not JSON.', node: 'in', of: 'orders/2/7' },
      message: { key: { text: 'k' }, value: { text: bytes.toString() }, headers: { mine: { text: 'x' } } },
    });
    expect(Object.keys(found?.message.headers ?? {})).toEqual(['mine']);
  });

  test('knows no topic that is not there, and makes none', async () => {
    const topic = broker.name('nowhere');
    expect(await findMessages(broker.kafka, { topic, how: { by: 'newest' }, count: 1, bounds: patient }, never)).toBeUndefined();
    const admin = broker.kafka.admin();
    expect((await admin.topics()).map(({ name }) => name)).not.toContain(topic);
    await admin.close();
  });

  test('reads the messages at positions near and far, in the order asked for, and leaves out what is not there', async () => {
    const topic = await topicWith(broker, 2, 400);
    const positions = ['0/150', '1/0', '0/3', '0/9999', '9/0', '0/5'].map(
      (rest) => parsePosition(`${topic}/${rest}`) ?? expect.unreachable(),
    );
    const found = await messagesAt(broker.kafka, [...positions, { topic: 'nowhere', partition: 0, offset: '0' }], never);
    expect(found.map(({ message }) => message.value?.text)).toEqual(['{"n":300}', '{"n":1}', '{"n":6}', '{"n":10}']);
  });
});
