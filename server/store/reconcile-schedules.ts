import type { ReconcileSchedule, ScheduleProgress } from '#shared/reconcile-schedule.ts';
import { StoreError } from './store-error.ts';
import type { Database, Tables } from './tables.ts';

/** What people set of a schedule. */
export type ScheduleDefinition = Omit<ReconcileSchedule, 'id' | 'flow' | 'createdAt' | 'paused' | 'next' | 'progress'>;

/** Comparisons that repeat themselves. What people set and how it fares are kept apart, so that neither undoes the other. */
export interface ReconcileScheduleStore {
  /** Of one flow or of all, in the order in which they were made. */
  list(flow?: string): Promise<ReconcileSchedule[]>;
  /** Rejects with `unknown`. */
  get(id: string): Promise<ReconcileSchedule>;
  add(schedule: ReconcileSchedule): Promise<void>;
  /**
   * Sets what people set; who comes last wins. `next`: the time that it goes on with, where that is another. How it fared stays.
   * Rejects with `unknown`.
   */
  change(id: string, definition: ScheduleDefinition, next?: number): Promise<void>;
  /** `next`: the time that it begins with again. Rejects with `unknown`. */
  setPaused(id: string, paused: boolean, next?: number): Promise<void>;
  /**
   * Keeps how it fares. Its time goes from one to another, except where somebody has set another one meanwhile. Does nothing where
   * it was removed meanwhile.
   */
  setProgress(id: string, next: { from: number; to: number }, progress: ScheduleProgress): Promise<void>;
  /** Its reports stay. Rejects with `unknown`. */
  remove(id: string): Promise<void>;
}

type Row = Tables['reconcile_schedules'];

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
          definition: JSON.stringify(definition satisfies ScheduleDefinition),
          paused: paused ? 1 : 0,
          next_at: next,
          progress: JSON.stringify(progress),
        })
        .execute();
    },
    async change(id, { name, what, times, zone, period, createdBy, changedBy, changedAt }, next) {
      const definition: ScheduleDefinition = { name, what, times, zone, period, createdBy, changedBy, changedAt };
      const row = await db
        .updateTable('reconcile_schedules')
        .set({ definition: JSON.stringify(definition), ...(next !== undefined && { next_at: next }) })
        .where('id', '=', id)
        .returning('id')
        .executeTakeFirst();
      if (!row) throw unknown();
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
        .set(({ eb }) => ({
          next_at: eb.case().when('next_at', '=', next.from).then(next.to).else(eb.ref('next_at')).end(),
          progress: JSON.stringify(progress),
        }))
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
    ...(JSON.parse(row.definition) as ScheduleDefinition),
    id: row.id,
    flow: row.flow,
    createdAt: row.created_at,
    paused: row.paused === 1,
    next: row.next_at,
    progress: JSON.parse(row.progress) as ScheduleProgress,
  };
}
