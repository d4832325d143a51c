import type { Kysely, Migration } from 'kysely';

/** Comparisons that repeat themselves. Times are ms since 1970. */
export interface ReconcileScheduleTables {
  reconcile_schedules: {
    id: string;
    flow: string;
    created_at: number;
    /** What people have set, JSON. */
    definition: string;
    paused: number;
    next_at: number;
    /** How it fares, JSON. */
    progress: string;
  };
}

export const reconcileSchedulesMigration: Migration = {
  async up(db: Kysely<never>): Promise<void> {
    await db.schema
      .createTable('reconcile_schedules')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('flow', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('definition', 'text', (column) => column.notNull())
      .addColumn('paused', 'integer', (column) => column.notNull())
      .addColumn('next_at', 'bigint', (column) => column.notNull())
      .addColumn('progress', 'text', (column) => column.notNull())
      .execute();
    await db.schema.createIndex('reconcile_schedules_flow').on('reconcile_schedules').columns(['flow', 'created_at']).execute();
    // So that reports of a schedule push out none that a person made.
    await db.schema.alterTable('reconcile_reports').addColumn('schedule', 'text').execute();
  },
};
