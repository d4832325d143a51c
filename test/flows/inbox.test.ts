import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { InboxLetter } from '#shared/inbox.ts';
import { describeBrokers } from '../kafka/brokers.ts';
import { deployFlow, type MillraceProcess, startMillrace } from '../millrace.ts';
import { until } from '../wait.ts';
import { inboxOf } from './cases/inbox.ts';
import { post, recordsOf } from './cases/orders.ts';
import { flowOf } from './flow.ts';
import { type Receiver, startReceiver } from './receiver.ts';

describeBrokers('the inbox', (broker) => {
  let folder = '';
  let server: MillraceProcess;
  let receiver: Receiver;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-inbox-'));
    receiver = await startReceiver();
    server = await startMillrace({
      MILLRACE_DATA: folder,
      MILLRACE_ALLOW_PRIVATE: '127.0.0.0/8',
      KAFKA_BROKERS: broker.brokers.join(','),
    });
  });
  afterAll(async () => {
    await server?.stop();
    await receiver?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('lets two people retry the same group at one time, and doubles nothing', async () => {
    const flow = flowOf('twice', [
      { id: 'in', type: 'webhook', config: { path: 'twice', key: 'id' } },
      { id: 'map', type: 'map', config: { expression: '{ "id": id, "total": $number(total) }' } },
      { id: 'out', type: 'kafka.sink', config: { topic: 'twice-out', createPartitions: 1 } },
    ]);
    await deployFlow(server, flow);
    await post(
      server,
      'twice',
      Array.from({ length: 60 }, (_, n) => JSON.stringify({ id: `o-${n}`, total: `${n},5` })),
    );
    const inbox = inboxOf(server, 'twice');
    const [cause] = await inbox.open(60);
    const id = cause?.id ?? '';
    const [fix] = await inbox.fixes(id);
    await inbox.edit('map', fix?.after ?? '');
    await inbox.deploy();
    const started = await Promise.allSettled([1, 2, 3].map(() => inbox.start(id, { select: {} })));
    const retries = await Promise.all(started.flatMap((one) => (one.status === 'fulfilled' ? [inbox.ended(one.value.id)] : [])));
    expect(retries.reduce((sum, { passed }) => sum + passed, 0)).toBe(60);
    expect(retries.reduce((sum, { failed }) => sum + failed, 0)).toBe(0);
    await inbox.becomes(id, 'solved');
    const records = await recordsOf(broker, 'twice-out', 60);
    expect(records).toHaveLength(60);
    expect(new Set(records).size).toBe(60);
    // Somebody who still has the list of before is told so.
    await expect(inbox.start(id, { select: {} })).rejects.toThrow('None of these messages is open any more');
  });

  it('keeps one item with a second attempt when the sink fails again during a retry', async () => {
    receiver.answerWith(422);
    const flow = flowOf('refused', [
      { id: 'in', type: 'webhook', config: { path: 'refused', key: 'id' } },
      { id: 'out', type: 'http', label: 'ERP', config: { url: JSON.stringify(receiver.url), idempotency: 'header' } },
    ]);
    await deployFlow(server, flow);
    await post(
      server,
      'refused',
      Array.from({ length: 5 }, (_, n) => JSON.stringify({ id: `o-${n}` })),
    );
    const inbox = inboxOf(server, 'refused');
    const [cause] = await inbox.open(5);
    const id = cause?.id ?? '';
    expect(cause).toMatchObject({ nodeName: 'ERP', messages: 5 });
    expect(await inbox.check(id)).toMatchObject({ checked: 5, unknown: 5, draftPasses: 0 });
    const before = (await inbox.items(id)).items.map(({ item }) => item).sort();
    await inbox.retry(id, { select: {} });
    await until('each has failed a second time', async () => {
      await inbox.refresh();
      return (await inbox.items(id)).items.every(({ attempt, state }) => attempt === 2 && state === 'open');
    });
    expect((await inbox.items(id)).items.map(({ item }) => item).sort()).toEqual(before);
    expect((await inbox.list()).counts).toMatchObject({ open: 1, messages: 5 });

    receiver.answerWith(undefined);
    await inbox.retry(id, { select: {} });
    await inbox.becomes(id, 'solved');
    expect([...receiver.done.values()].sort()).toEqual(Array.from({ length: 5 }, (_, n) => JSON.stringify({ id: `o-${n}` })));
  });

  it('shows bytes that are no text and messages of megabytes in part, and gives them whole as a file', async () => {
    const flow = flowOf('large', [
      { id: 'in', type: 'kafka.source', config: { topic: 'large-in', createPartitions: 1 } },
      { id: 'out', type: 'log', config: {} },
    ]);
    const admin = broker.kafka.admin();
    await admin.ensureTopics([{ name: 'large-in', partitions: 1, config: { 'max.message.bytes': '8000000' } }]);
    await admin.close();
    await deployFlow(server, flow);
    const producer = await broker.kafka.producer();
    const large = Buffer.from(`{"text":"${'x'.repeat(5_000_000)}"`);
    const bytes = Buffer.from([0xff, 0xfe, 0x00, 0x80]);
    await producer.send({ topic: 'large-in', key: null, value: large });
    await producer.send({ topic: 'large-in', key: null, value: bytes });
    await producer.close();
    const inbox = inboxOf(server, 'large');
    const causes = await inbox.open(2);
    const items = (await Promise.all(causes.map(({ id }) => inbox.items(id)))).flatMap((page) => page.items);
    expect(items.map((item) => [item.key, item.bytes]).sort()).toEqual([
      [null, 4],
      [null, large.byteLength],
    ]);
    for (const { item, bytes: size } of items) {
      const letter = await server.api<InboxLetter>('GET', `/api/inbox/letter?item=${encodeURIComponent(item)}`);
      expect(letter).toMatchObject(size === 4 ? { encoding: 'base64', cut: false } : { encoding: 'utf8', cut: true });
      expect(letter.value?.length ?? 0).toBeLessThanOrEqual(256 * 1024);
      const file = await fetch(`${server.url}/api/inbox/letter/value?item=${encodeURIComponent(item)}`, {
        headers: { authorization: 'Bearer an-admin-key-for-tests' },
      });
      expect(Buffer.from(await file.arrayBuffer()).equals(size === 4 ? bytes : large)).toBe(true);
    }
  });
});
