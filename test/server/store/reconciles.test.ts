import { beforeAll, expect, it } from 'vitest';
import type { Store } from '#server/store/store.ts';
import type { Backfill, ReconcileReport } from '#shared/reconcile.ts';
import { describeStores } from './both-stores.ts';

const nine = Date.parse('2026-03-02T09:00:00Z');
const report = (id: string, more: Partial<ReconcileReport> = {}): ReconcileReport => ({
  id,
  flow: 'shop',
  spec: { kind: 'sink', node: 'out', since: 1, until: 2 },
  state: 'done',
  startedBy: 'Mira',
  startedAt: nine,
  listed: 0,
  scanned: 0,
  total: 0,
  matched: 0,
  counts: {},
  backfillable: false,
  notes: [],
  ...more,
});

describeStores('comparisons of sources and sinks', (opened) => {
  let store: Store;
  beforeAll(() => {
    store = opened();
  });

  it('keep thousands of things, and what became of each', async () => {
    await store.reconciles.put(report('a'));
    const things = Array.from({ length: 2500 }, (_, ordinal) => ({
      ordinal,
      state: 'listed' as const,
      id: `o-${ordinal}`,
      row: '{}',
      note: '',
    }));
    await store.reconciles.addItems('a', things);
    const missing = things.filter(({ ordinal }) => ordinal % 2 === 0).map(({ ordinal }) => ordinal);
    await store.reconciles.setState('a', missing, 'missing');
    await store.reconciles.removeState('a', 'listed');
    expect(await store.reconciles.counts('a')).toEqual({ missing: 1250 });
    await store.reconciles.setWritten('a', [{ ordinal: 2, position: 't/0/7' }]);
    await store.reconciles.setState('a', [4], 'missing', { note: 'Not there.' });
    expect(await store.reconciles.items('a', { after: -1, limit: 3 })).toEqual([
      { ordinal: 0, state: 'missing', id: 'o-0', row: '{}', note: '' },
      { ordinal: 2, state: 'written', id: 'o-2', position: 't/0/7', note: '' },
      { ordinal: 4, state: 'missing', id: 'o-4', row: '{}', note: 'Not there.' },
    ]);
    expect(await store.reconciles.items('a', { state: 'missing', after: 2490, limit: 10 })).toHaveLength(4);
    await store.reconciles.remove('a');
    await expect(store.reconciles.get('a')).rejects.toMatchObject({ code: 'unknown' });
    expect(await store.reconciles.counts('a')).toEqual({});
  });

  it('that were under way when the server ended have ended, and say whose backfill was', async () => {
    const backfill: Backfill = { state: 'running', who: 'Mira', startedAt: nine, total: 2, written: 1, arrived: 0, failed: 0 };
    await store.reconciles.put(report('running', { state: 'running', startedAt: nine + 1 }));
    await store.reconciles.put(report('filling', { backfill, startedAt: nine + 2 }));
    const cut = await store.reconciles.endRunning('The server ended.', nine + 3);
    expect(cut.map(({ id }) => id)).toEqual(['filling']);
    expect(await store.reconciles.get('running')).toMatchObject({ state: 'failed', reason: 'The server ended.', endedAt: nine + 3 });
    expect((await store.reconciles.list('shop')).map(({ id }) => id)).toEqual(['filling', 'running']);
  });
});
