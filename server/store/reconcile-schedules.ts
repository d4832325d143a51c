import type { ReconcileSchedule, ScheduleProgress } from '#shared/reconcile-schedule.ts';
import { StoreError } from './store-error.ts';
import type { Database, Tables } from './tables.ts';

/** Comparisons that repeat themselves. What people set and how it fares are kept apart, so that neither undoes the other. */
export interface ReconcileScheduleStore {
  /** Of one flow or of all, in the order in which they were made. */
  list(flow?: string): Promise<ReconcileSchedule[]>;
  /** Rejects with `unknown`. */
  get(id: string): Promise<ReconcileSchedule>;
  add(schedule: ReconcileSchedule): Promise<void>;
  /** `next`: the time that it begins with again. Rejects with `unknown`. */
  setPaused(id: string, paused: boolean, next?: number): Promise<void>;
  /** Does nothing where it was removed meanwhile. */
  setProgress(id: string, next: number, progress: ScheduleProgress): Promise<void>;
  /** Its reports stay. Rejects with `unknown`. */
  remove(id: string): Promise<void>;
}

type Row = Tables['reconcile_schedules'];
type Definition = Omit<ReconcileSchedule, 'id' | 'flow' | 'createdAt' | 'paused' | 'next' | 'progress'>;

const unknown = (): StoreError => new StoreError('unknown', 'There is no such schedule.');

/** Opens the schedules. */
export function openReconcileSchedules(db: Database): ReconcileScheduleStore {
  const all = () => db.selectFrom('reconcile_schedules').selectAll();
  return {
    async list(flow) {
      const rows = flow === undefined ? all() : all().where('flow', '=', flow);
      return (await rows.orderBy('created_at').orderBy('id').execute()).map(scheduleOf);
    },
    async get(id) {
      const row = await all().where('id', '=', id).executeTakeFirst();
      if (!row) throw unknown();
      return scheduleOf(row);
    },
    async add({ id, flow, createdAt, paused, next, progress, ...definition }) {
      await db
        .insertInto('reconcile_schedules')
        .values({
          id,
          flow,
          created_at: createdAt,
          definition: JSON.stringify(definition satisfies Definition),
          paused: paused ? 1 : 0,
          next_at: next,
          progress: JSON.stringify(progress),
        })
        .execute();
    },
    async setPaused(id, paused, next) {
      const row = await db
        .updateTable('reconcile_schedules')
        .set({ paused: paused ? 1 : 0, ...(next !== undefined && { next_at: next }) })
        .where('id', '=', id)
        .returning('id')
        .executeTakeFirst();
      if (!row) throw unknown();
    },
    async setProgress(id, next, progress) {
      await db
        .updateTable('reconcile_schedules')
        .set({ next_at: next, progress: JSON.stringify(progress) })
        .where('id', '=', id)
        .execute();
    },
    async remove(id) {
      await db.transaction().execute(async (trx) => {
        const row = await trx.deleteFrom('reconcile_schedules').where('id', '=', id).returning('id').executeTakeFirst();
        if (!row) throw unknown();
        await trx.updateTable('reconcile_reports').set({ schedule: null }).where('schedule', '=', id).execute();
      });
    },
  };
}

function scheduleOf(row: Row): ReconcileSchedule {
  return {
    ...(JSON.parse(row.definition) as Definition),
    id: row.id,
    flow: row.flow,
    createdAt: row.created_at,
    paused: row.paused === 1,
    next: row.next_at,
    progress: JSON.parse(row.progress) as ScheduleProgress,
  };
}
