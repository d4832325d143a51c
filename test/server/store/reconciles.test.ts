import { beforeAll, expect, it } from 'vitest';
import type { Store } from '#server/store/store.ts';
import type { Backfill, ReconcileReport } from '#shared/reconcile.ts';
import type { ReconcileSchedule } from '#shared/reconcile-schedule.ts';
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

  it('keep the reports of people apart from those of schedules, each within bounds', async () => {
    const schedule = { id: 's1', name: 'Every hour' };
    await store.reconciles.put(report('by hand', { flow: 'busy' }));
    for (let at = 0; at < 55; at++) await store.reconciles.put(report(`s1-${at}`, { flow: 'busy', schedule, startedAt: nine + at }));
    const kept = await store.reconciles.list('busy');
    expect(kept.map(({ id }) => id)).toContain('by hand');
    expect(kept.filter((one) => one.schedule?.id === 's1')).toHaveLength(50);
    expect(kept[0]?.id).toBe('s1-54');
  });

  it('keep schedules as they were set, beside how they fare', async () => {
    const schedule: ReconcileSchedule = {
      id: 's2',
      flow: 'clock',
      name: 'Daily',
      what: { kind: 'sink', node: 'out' },
      times: { kind: 'daily', at: '06:00' },
      zone: 'Europe/Berlin',
      period: { kind: 'yesterday' },
      createdBy: 'Mira',
      createdAt: nine,
      paused: false,
      next: nine + 1,
      progress: { attempts: 0 },
    };
    await store.reconcileSchedules.add(schedule);
    expect(await store.reconcileSchedules.get('s2')).toEqual(schedule);
    await store.reconcileSchedules.setPaused('s2', true);
    await store.reconcileSchedules.setProgress('s2', { from: nine + 1, to: nine + 2 }, { attempts: 1, lastDone: 'r' });
    const changed = { ...schedule, paused: true, next: nine + 2, progress: { attempts: 1, lastDone: 'r' } };
    expect(await store.reconcileSchedules.list('clock')).toEqual([changed]);
    await store.reconcileSchedules.setPaused('s2', false, nine + 3);
    expect(await store.reconcileSchedules.get('s2')).toMatchObject({ paused: false, next: nine + 3 });
    const { id: _id, flow: _flow, createdAt: _at, paused: _paused, next: _next, progress: _progress, ...definition } = schedule;
    const other = { ...definition, name: 'Nightly', zone: 'UTC', changedBy: 'Jo', changedAt: nine + 4 };
    await store.reconcileSchedules.change('s2', other, nine + 5);
    // What ran meanwhile does not put its time back, and how it fared is kept.
    await store.reconcileSchedules.setProgress('s2', { from: nine + 3, to: nine + 9 }, { attempts: 0, lastDone: 'r2' });
    const edited = { ...schedule, ...other, next: nine + 5, progress: { attempts: 0, lastDone: 'r2' } };
    expect(await store.reconcileSchedules.get('s2')).toEqual(edited);
    await store.reconcileSchedules.change('s2', { ...other, name: 'Daily' });
    expect(await store.reconcileSchedules.get('s2')).toEqual({ ...edited, name: 'Daily' });
    await store.reconcileSchedules.remove('s2');
    await expect(store.reconcileSchedules.change('s2', other)).rejects.toThrow('no such schedule');
    await expect(store.reconcileSchedules.remove('s2')).rejects.toThrow('no such schedule');
    await expect(store.reconcileSchedules.setPaused('s2', true)).rejects.toThrow('no such schedule');
    await store.reconcileSchedules.setProgress('s2', { from: 1, to: 1 }, { attempts: 0 });
    expect(await store.reconcileSchedules.list('clock')).toEqual([]);
  });
});
