import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeBrokers } from '../../kafka/brokers.ts';
import { deployFlow, type MillraceProcess, startMillrace } from '../../millrace.ts';
import { flowOf } from '../flow.ts';
import { inboxOf } from './inbox.ts';
import { post, recordsOf } from './orders.ts';

/** Case 5 of the failure catalogue: from one release of the shop on, totals come with a comma for the point. */
describeBrokers('decimals with a comma', (broker) => {
  let folder = '';
  let server: MillraceProcess;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-comma-'));
    server = await startMillrace({ MILLRACE_DATA: folder, KAFKA_BROKERS: broker.brokers.join(',') });
  });
  afterAll(async () => {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const flow = (id: string) =>
    flowOf(id, [
      { id: 'shop', type: 'webhook', config: { path: id, key: 'id' } },
      {
        id: 'to-erp',
        type: 'map',
        label: 'Order to ERP order',
        config: { expression: '{\n  "orderNo": id,\n  "number": number,\n  "total": $number(total) /* gross */\n}' },
      },
      { id: 'erp', type: 'kafka.sink', config: { topic: `${id}-out`, createPartitions: 2 } },
    ]);
  /** The first 20 orders come from the old release, the other 30 from the new one. */
  const order = (n: number, comma: boolean): string => `{"id":"o-${n}","number":9007199254740993,"total":"${n}${comma ? ',' : '.'}50"}`;

  it('is found in the inbox, mended by a suggestion, retried, and ends as if it had never been', async () => {
    await deployFlow(server, flow('calm'));
    await deployFlow(server, flow('comma'));
    const all = Array.from({ length: 50 }, (_, n) => n);
    await post(
      server,
      'calm',
      all.map((n) => order(n, false)),
    );
    await post(
      server,
      'comma',
      all.map((n) => order(n, n >= 20)),
    );
    const inbox = inboxOf(server, 'comma');

    const [cause, ...others] = await inbox.open(30);
    expect(others).toEqual([]);
    expect(cause).toMatchObject({
      title: '`total` could not be turned into a number: text with comma',
      nodeName: 'Order to ERP order',
      place: 'total',
      state: 'new',
      messages: 30,
      keys: 30,
      versions: [1],
    });
    const id = cause?.id ?? '';
    expect(cause?.bars.reduce((sum, bar) => sum + bar, 0)).toBe(30);
    const detail = await inbox.detail(id);
    expect(detail.rule).toMatchObject({ place: 'total', reads: ['total'], error: 'not a number', changed: false });
    expect(detail.likely).toMatchObject({ by: 'data', field: 'total', what: 'text with comma' });
    const { items } = await inbox.items(id);
    expect(items.map(({ value }) => value)).toContain('"20,50"');

    const before = await inbox.check(id);
    expect(before).toMatchObject({ checked: 30, of: 30, draftPasses: 0, deployedPasses: 0 });
    const [fix] = await inbox.fixes(id);
    expect(fix).toMatchObject({ kind: 'comma-decimals', checked: 30, passes: 30 });
    // An edit of that one row: the remark and all other rows stay.
    expect(fix?.after).toBe(
      '{\n  "orderNo": id,\n  "number": number,\n  "total": $number($replace($string(total), ",", ".")) /* gross */\n}',
    );
    await inbox.edit('to-erp', fix?.after ?? '');
    expect(await inbox.check(id)).toMatchObject({ checked: 30, draftPasses: 30, deployedPasses: 0, failing: [] });
    expect(await inbox.detail(id)).toMatchObject({ state: 'fix-ready', rule: { changed: true } });
    expect((await inbox.fixes(id)).find(({ kind }) => kind === 'comma-decimals')).toMatchObject({ inDraft: true });

    await inbox.deploy();
    const retry = await inbox.retry(id, { select: {} });
    expect(retry).toMatchObject({ state: 'done', passed: 30, failed: 0 });
    await inbox.becomes(id, 'solved');
    expect((await inbox.list()).counts).toMatchObject({ open: 0, solved: 1, messages: 0 });

    const [calm, mended] = await Promise.all([recordsOf(broker, 'calm-out', 50), recordsOf(broker, 'comma-out', 50)]);
    expect(mended).toEqual(calm);
  });
});
