import { beforeAll, expect, test } from 'vitest';
import type { Store } from '#server/store/store.ts';
import { emptyMinute, type LedgerGap } from '#shared/ledger-minutes.ts';
import { describeStores } from './both-stores.ts';

const minute = 60_000;
const change = (flow: string, at: number, counts: Partial<ReturnType<typeof emptyMinute>>) => ({ ...emptyMinute(at), ...counts, flow });
const gap = (id: string, more: Partial<LedgerGap> = {}): LedgerGap => ({
  id,
  flow: 'shop',
  version: 1,
  stage: 'transform',
  topic: 'orders',
  partition: 0,
  from: '5',
  to: '9',
  kind: 'skipped',
  count: 5,
  at: 1000,
  noticedAt: 2000,
  sentence: 'Five messages are missing.',
  ...more,
});

describeStores('the ledger by minute', (opened) => {
  let store: Store;
  beforeAll(() => {
    store = opened();
  });

  test('adds to minutes together with the position, and keeps flows and minutes apart', async () => {
    await store.ledger.save({ '0': '4' }, {}, [
      change('shop', 3 * minute + 5, { versions: [1], in: 2, sent: { erp: 2 } }),
      change('shop', 3 * minute + 9, { versions: [1], in: 1, filtered: { paid: { 'not paid': 1 } } }),
      change('other', 3 * minute, { in: 7 }),
    ]);
    await store.ledger.save({ '0': '5' }, {}, [
      change('shop', 3 * minute, { versions: [2], in: 1, dead: { map: { T1: 1 } }, lag: 4 }),
      change('shop', 4 * minute, { in: 9 }),
    ]);
    expect(await store.ledgerMinutes.range('shop', 0, 4 * minute)).toEqual([
      {
        ...emptyMinute(3 * minute),
        versions: [1, 2],
        in: 4,
        sent: { erp: 2 },
        filtered: { paid: { 'not paid': 1 } },
        dead: { map: { T1: 1 } },
        lag: 4,
      },
    ]);
    expect(await store.ledgerMinutes.range('shop', 4 * minute, 5 * minute)).toMatchObject([{ at: 4 * minute, in: 9 }]);
    expect(await store.ledgerMinutes.oldest('shop')).toBe(3 * minute);
    await store.ledgerMinutes.prune(4 * minute);
    expect(await store.ledgerMinutes.oldest('shop')).toBe(4 * minute);
    expect(await store.ledgerMinutes.oldest('other')).toBeUndefined();
  });

  test('tells a difference once, however often it is found, and settles it once', async () => {
    expect(await store.ledgerAudit.save({ 'part/0': { next: '1' } }, [gap('a'), gap('b', { noticedAt: 3000, count: 2 })])).toHaveLength(2);
    expect(await store.ledgerAudit.save({ 'part/0': { next: '2' }, old: null }, [gap('a', { noticedAt: 9000 })])).toEqual([]);
    expect(await store.ledgerAudit.load()).toEqual({ 'part/0': { next: '2' } });
    expect((await store.ledgerGaps.list({ flow: 'shop' })).map(({ id }) => id)).toEqual(['b', 'a']);
    expect(await store.ledgerGaps.open()).toEqual(new Map([['shop', { gaps: 2, messages: 7 }]]));
    const settled = { at: 5, who: 'Mira', reason: 'A test' };
    expect(await store.ledgerGaps.settle('shop', 'a', settled)).toMatchObject({ id: 'a', settled });
    await expect(store.ledgerGaps.settle('shop', 'a', { ...settled, who: 'Tom' })).rejects.toMatchObject({ code: 'exists' });
    await expect(store.ledgerGaps.settle('other', 'b', settled)).rejects.toMatchObject({ code: 'unknown' });
    expect(await store.ledgerGaps.open()).toEqual(new Map([['shop', { gaps: 1, messages: 2 }]]));
    expect((await store.ledgerGaps.list({ open: true })).map(({ id }) => id)).toEqual(['b']);
  });
});
