import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ReconcileRefused } from '#server/reconcile/deps.ts';
import { openSchedules, type ReconcileSchedules, type ScheduleOptions } from '#server/reconcile/schedules.ts';
import { openStore, type Store } from '#server/store/store.ts';
import type { ReconcileReport } from '#shared/reconcile.ts';
import type { ScheduleInput, ShownSchedule } from '#shared/reconcile-schedule.ts';
import { until } from '../../wait.ts';

const hour = 3_600_000;
const input: ScheduleInput = {
  name: 'Every hour',
  what: { kind: 'sink', node: 'out' },
  times: { kind: 'hours', hours: 1 },
  zone: 'UTC',
  period: { kind: 'hours', hours: 1, settleMinutes: 0 },
};

/** Comparisons that end when the test says so; everything else is real. */
function comparisons(store: Store) {
  const ends = new Map<string, (end: 'done' | 'stopped') => void>();
  const started: ReconcileReport[] = [];
  let refusal: Error | undefined;
  let refused = 0;
  const reconciles: ScheduleOptions['reconciles'] = {
    async check() {
      if (refusal) throw refusal;
    },
    async start(flow, spec, who, _upload, schedule) {
      if (refusal) {
        refused++;
        throw refusal;
      }
      const report: ReconcileReport = {
        id: `r${started.length}`,
        flow,
        spec,
        state: 'running',
        startedBy: who,
        startedAt: spec.until,
        listed: 0,
        scanned: 0,
        total: 0,
        matched: 0,
        counts: { missing: 2 },
        backfillable: false,
        notes: [],
        ...(schedule && { schedule }),
      };
      await store.reconciles.put(report);
      started.push(report);
      return report;
    },
    async ended(_flow, id) {
      const state = await new Promise<'done' | 'stopped'>((resolve) => ends.set(id, resolve));
      const report = { ...(await store.reconciles.get(id)), state };
      await store.reconciles.put(report);
      return report;
    },
  };
  return {
    reconciles,
    started,
    refused: () => refused,
    refuse: (error: Error | undefined) => {
      refusal = error;
    },
    async end(id: string, state: 'done' | 'stopped' = 'done') {
      await until(`${id} runs`, () => ends.has(id));
      ends.get(id)?.(state);
    },
  };
}

describe('scheduled comparisons', () => {
  let folder: string;
  let store: Store;
  let world: ReturnType<typeof comparisons>;
  let schedules: ReconcileSchedules;
  let now: number;
  const open = () => openSchedules({ store, reconciles: world.reconciles, clock: () => now, log: () => undefined });
  const only = async (): Promise<ShownSchedule> => {
    const [schedule] = await schedules.list('shop');
    if (schedule === undefined) throw new Error('There is no schedule.');
    return schedule;
  };
  /** Makes it look: as the clock does in a while. */
  const wake = async (): Promise<void> => void (await schedules.pause('shop', (await only()).id, false));

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-schedules-'));
    store = await openStore({ dataFolder: folder });
    world = comparisons(store);
    now = Date.parse('2026-01-10T05:30:00Z');
    schedules = open();
  });
  afterEach(async () => {
    const over = schedules.close();
    for (const { id } of world.started) void world.end(id, 'stopped').catch(() => undefined);
    await over;
    await store.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('run when they are due, for a period that moves along, and keep what they found', async () => {
    await schedules.add('shop', input, 'Mira');
    expect(await only()).toMatchObject({ next: now + hour / 2, running: false });
    expect(world.started).toEqual([]);
    now += hour / 2;
    await wake();
    await until('it runs', () => world.started.length === 1);
    expect(world.started[0]).toMatchObject({ spec: { node: 'out', since: now - hour, until: now }, schedule: { name: 'Every hour' } });
    await world.end('r0');
    await until('the result is kept', async () => (await only()).progress.lastDone === 'r0');
    expect(await only()).toMatchObject({ next: now + hour, result: { counts: { missing: 2 } }, progress: { last: { state: 'done' } } });
  });

  it('never run twice at once, also when somebody asks', async () => {
    const { id } = await schedules.add('shop', input, 'Mira');
    now += hour;
    await wake();
    await until('it runs', () => world.started.length === 1);
    now += 3 * hour;
    await wake();
    await expect(schedules.run('shop', id)).rejects.toThrow('under way already');
    expect(world.started).toHaveLength(1);
    await world.end('r0');
    await until('the next missed time follows it', () => world.started.length === 2);
    expect(world.started[1]?.spec.until).toBe((world.started[0]?.spec.until ?? 0) + hour);
  });

  it('wait while something else of the flow is under way', async () => {
    await schedules.add('shop', input, 'Mira');
    world.refuse(new ReconcileRefused('Another comparison is under way.', { busy: true }));
    now += hour;
    await wake();
    await until('it came back', async () => world.refused() > 0 && !(await only()).running);
    expect((await only()).progress.attempts).toBe(0);
    expect((await only()).progress.last).toBeUndefined();
    world.refuse(undefined);
    await until('it runs by itself', () => world.started.length === 1);
  });

  it('say why they could not be made, and go on with the next time', async () => {
    await schedules.add('shop', input, 'Mira');
    world.refuse(new ReconcileRefused('The deployed version has no such sink.'));
    now += hour;
    await wake();
    await until('it says so', async () => (await only()).progress.last?.state === 'failed');
    expect(await only()).toMatchObject({ progress: { last: { reason: 'The deployed version has no such sink.' } } });
    expect((await only()).next).toBeGreaterThan(now);
  });

  it('begin a time again that a killed server did not end, and give it up when it always ends so', async () => {
    const { id } = await schedules.add('shop', input, 'Mira');
    const due = (await only()).next;
    now = due;
    // As a server leaves it that is killed in the middle, twice.
    await store.reconcileSchedules.setProgress(id, { from: due, to: due }, { attempts: 2 });
    await schedules.close();
    schedules = open();
    await until('it runs again', () => world.started.length === 1);
    expect(world.started[0]?.spec.until).toBe(due);
    await store.reconcileSchedules.setProgress(id, { from: due, to: due }, { attempts: 3 });
    const killed = schedules;
    schedules = open();
    await until('it is given up', async () => (await only()).progress.last?.state === 'failed');
    expect((await only()).progress.last?.reason).toContain('The server ended 3 times while it ran.');
    const over = killed.close();
    await world.end('r0', 'stopped');
    await over;
  });

  it('count as not begun when the server ends in order', async () => {
    await schedules.add('shop', input, 'Mira');
    now = (await only()).next;
    await wake();
    await until('it runs', () => world.started.length === 1);
    const over = schedules.close();
    await world.end('r0', 'stopped');
    await over;
    expect((await store.reconcileSchedules.list('shop'))[0]).toMatchObject({ next: now, progress: { attempts: 0 } });
    schedules = open();
    await until('it runs again', () => world.started.length === 2);
  });

  it('are changed while they wait: other times count at once, and what they found stays', async () => {
    const { id } = await schedules.add('shop', input, 'Mira');
    const { id: first } = await schedules.run('shop', id);
    await world.end(first);
    await until('it is kept', async () => (await only()).progress.lastDone === first);
    const daily: ScheduleInput = { ...input, name: 'Every morning', times: { kind: 'daily', at: '05:45' }, period: { kind: 'yesterday' } };
    const changed = await schedules.change('shop', id, daily, 'Jo');
    expect(changed).toMatchObject({ ...daily, next: now + hour / 4, createdBy: 'Mira', changedBy: 'Jo', changedAt: now });
    expect(changed).toMatchObject({ progress: { lastDone: first, last: { state: 'done' } }, result: { id: first } });
    now += hour / 4;
    await wake();
    await until('it runs at its new time', () => world.started.length === 2);
    expect(world.started[1]).toMatchObject({
      schedule: { id, name: 'Every morning' },
      startedBy: 'Jo',
      spec: { since: Date.parse('2026-01-09T00:00:00Z'), until: Date.parse('2026-01-10T00:00:00Z') },
    });
    await world.end('r1');
    await until('its next time is tomorrow', async () => (await only()).next === now + 24 * hour);
    expect(
      (await store.reconciles.list('shop')).map((one) => one.id),
      'all that it found',
    ).toEqual(expect.arrayContaining([first, 'r1']));

    expect(await schedules.change('shop', id, { ...daily, name: 'Mornings' }, 'Jo'), 'a name moves no time').toMatchObject({
      next: now + 24 * hour,
    });
    await schedules.pause('shop', id, true);
    expect(await schedules.change('shop', id, input, 'Jo')).toMatchObject({ paused: true, times: input.times });
  });

  it('are changed while they run: that run ends as it began, and the new times hold', async () => {
    const { id } = await schedules.add('shop', input, 'Mira');
    now += hour / 2;
    await wake();
    await until('it runs', () => world.started.length === 1);
    const later: ScheduleInput = { ...input, times: { kind: 'daily', at: '09:00' } };
    expect(await schedules.change('shop', id, later, 'Jo')).toMatchObject({ running: true, next: now + 3 * hour });
    await world.end('r0');
    await until('the result is kept', async () => (await only()).progress.lastDone === 'r0');
    expect(await only()).toMatchObject({ next: now + 3 * hour, times: later.times, progress: { attempts: 0 } });
  });

  it('are not moved to another place, nor to what cannot be compared', async () => {
    const { id } = await schedules.add('shop', input, 'Mira');
    const elsewhere: ScheduleInput = { ...input, what: { kind: 'sink', node: 'other' } };
    await expect(schedules.change('shop', id, elsewhere, 'Jo')).rejects.toThrow('A schedule stays with its source or sink');
    world.refuse(new ReconcileRefused('The deployed version has no such sink.'));
    await expect(schedules.change('shop', id, { ...input, name: 'New' }, 'Jo')).rejects.toThrow('no such sink');
    await expect(schedules.change('other', id, input, 'Jo')).rejects.toThrow('no such schedule');
    expect(await only()).toMatchObject({ name: 'Every hour', next: now + hour / 2 });
  });

  it('pause, go on with their next time, run when asked, and can be deleted', async () => {
    const { id } = await schedules.add('shop', input, 'Mira');
    await schedules.pause('shop', id, true);
    now += 5 * hour;
    expect(await schedules.pause('shop', id, false)).toMatchObject({ paused: false, next: now + hour / 2 });
    expect(world.started).toEqual([]);
    const report = await schedules.run('shop', id);
    await world.end(report.id);
    await until('its result is the last', async () => (await only()).progress.lastDone === report.id);
    expect((await only()).next).toBe(now + hour / 2);
    await expect(schedules.remove('other', id)).rejects.toThrow('no such schedule');
    await schedules.remove('shop', id);
    expect(await schedules.list('shop')).toEqual([]);
    expect(
      (await store.reconciles.list('shop')).map((one) => one.id),
      'what it found stays',
    ).toEqual([report.id]);
  });
});
