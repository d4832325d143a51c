import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AuditEntry, KeyInfo } from '#shared/api.ts';
import type { InboxLetter } from '#shared/inbox.ts';
import { header } from '#shared/message.ts';
import type { Retry } from '#shared/replay.ts';
import { describeBrokers } from '../../kafka/brokers.ts';
import { deployFlow, type MillraceProcess, startMillrace } from '../../millrace.ts';
import { flowOf } from '../flow.ts';
import { inboxOf } from './inbox.ts';
import { post, recordsOf } from './orders.ts';

/** Case 13 of the failure catalogue: somebody has edited a dead letter. Who, what and why must be seen. */
describeBrokers('an edited dead letter', (broker) => {
  let folder = '';
  let server: MillraceProcess;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-edited-'));
    server = await startMillrace({ MILLRACE_DATA: folder, KAFKA_BROKERS: broker.brokers.join(',') });
  });
  afterAll(async () => {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const flow = (id: string) =>
    flowOf(id, [
      { id: 'shop', type: 'webhook', config: { path: id, key: 'id' } },
      { id: 'to-erp', type: 'map', config: { expression: '{ "orderNo": id, "total": $number(total), "secret": password }' } },
      { id: 'erp', type: 'kafka.sink', config: { topic: `${id}-out`, createPartitions: 1 } },
    ]);
  const order = (n: number, total: string): string => `{ "id": "o-${n}", "total": "${total}", "password": "geheim-${n}" }`;

  it('stands in the audit with who, before, after and why; the original stays, and the end is as if it had been right', async () => {
    await deployFlow(server, flow('right'));
    await deployFlow(server, flow('wrong'));
    await post(server, 'right', [order(1, '12.50'), order(2, '7.00')]);
    await post(server, 'wrong', [order(1, 'zwölf'), order(2, '7.00')]);
    const inbox = inboxOf(server, 'wrong');
    const [cause] = await inbox.open(1);
    const id = cause?.id ?? '';
    const { items } = await inbox.items(id);
    const item = items[0]?.item ?? '';

    const mira = await server.api<KeyInfo & { key: string }>('POST', '/api/keys', { name: 'Mira Sand', role: 'analyst' });
    const asMira = { authorization: `Bearer ${mira.key}` };
    const edits = [{ item, changes: [{ path: ['total'], text: '"12.50"' }] }];
    const start = (body: object) => server.api<Retry>('POST', `/api/inbox/causes/${id}/retry`, body, asMira);
    await expect(start({ select: { items: [item] }, from: 'start', edits })).rejects.toThrow('Say why');
    // What masks hide cannot be written anew without being seen; its other fields can be.
    const whole = [{ item, value: order(1, '12.50') }];
    await expect(start({ select: { items: [item] }, from: 'start', edits: whole, reason: 'a guess' })).rejects.toThrow('Masks hide');
    const retry = await start({ select: { items: [item] }, from: 'start', edits, reason: 'The customer said twelve fifty' });
    expect(await inbox.ended(retry.id)).toMatchObject({ state: 'done', passed: 1, failed: 0 });
    await inbox.becomes(id, 'solved');

    const audit = await server.api<AuditEntry[]>('GET', '/api/audit?limit=50');
    const entry = audit.find(({ action }) => action === 'dead-letter/edit');
    expect(entry).toMatchObject({ who: 'Mira Sand', flow: 'wrong' });
    expect(entry?.detail).toContain(`${item}: total: "zwölf" → "12.50"`);
    expect(entry?.detail).toContain('The customer said twelve fifty');
    expect(JSON.stringify(audit)).not.toContain('geheim-1');
    // The original is as it came, and says who solved it.
    const letter = await server.api<InboxLetter>('GET', `/api/inbox/letter?item=${encodeURIComponent(item)}`);
    expect(letter.value).toContain('zwölf');
    expect(letter.value).not.toContain('geheim');
    expect(letter.item).toMatchObject({ state: 'solved', by: { who: 'Mira Sand', retry: retry.id } });

    const [right, wrong] = await Promise.all([recordsOf(broker, 'right-out', 2), recordsOf(broker, 'wrong-out', 2)]);
    expect(wrong).toEqual(right);
    const corrected: string[] = [];
    for await (const { records } of broker.kafka.read({ topic: 'wrong-out' }))
      for (const record of records)
        if (record.headers[header.correctedBy] !== undefined) corrected.push(String(record.headers[header.correctedBy]));
    expect(corrected).toEqual(['Mira Sand']);
  });
});
