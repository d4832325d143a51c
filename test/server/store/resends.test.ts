import { beforeAll, expect, test } from 'vitest';
import type { Store } from '#server/store/store.ts';
import type { Resend } from '#shared/resend.ts';
import { describeStores } from './both-stores.ts';

const resend = (offset: number, more: Partial<Resend> = {}): Resend => ({
  flow: 'shop',
  version: 2,
  stage: 'deliver-erp',
  sink: 'erp',
  topic: 'millrace.shop.erp',
  partition: 0,
  offset: String(offset),
  tries: 2,
  unsure: 1,
  code: 'http/timeout',
  at: 1000 + offset,
  ...more,
});

describeStores('resends', (opened) => {
  let store: Store;
  beforeAll(() => {
    store = opened();
  });

  test('keeps resends with the position of the ledger, by flow and time, newest first', async () => {
    const long = '9007199254740993';
    await store.ledger.save({ '0': '4' }, {}, [], [resend(1), resend(2, { unsure: 0, sink: 'crm' }), resend(3, { flow: 'other' })]);
    await store.ledger.save({ '0': '5' }, {}, [], [resend(5, { offset: long })]);
    const all = await store.resends.range('shop', 0, 10_000, 10);
    expect(all.map(({ offset }) => offset)).toEqual([long, '2', '1']);
    expect(await store.resends.range('shop', 1002, 1003, 10)).toEqual([resend(2, { unsure: 0, sink: 'crm' })]);
    expect(await store.resends.count('shop', 0, 10_000)).toEqual([
      { sink: 'crm', messages: 1, unsure: 0 },
      { sink: 'erp', messages: 2, unsure: 2 },
    ]);
    expect(await store.resends.at('millrace.shop.erp', 0, long)).toMatchObject({ tries: 2, unsure: 1 });
    expect(await store.resends.at('millrace.shop.erp', 1, long)).toBeUndefined();
    await store.resends.prune(1003);
    expect((await store.resends.range('shop', 0, 10_000, 10)).map(({ offset }) => offset)).toEqual([long]);
  });
});
