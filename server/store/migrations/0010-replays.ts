import type { Kysely, Migration } from 'kysely';
import type { ReplayState } from '#shared/replay.ts';

/** Replays and retries: what was asked, how far it is, and what their engine needs to go on after a crash. */
export interface ReplayTables {
  /** `replay`: JSON of a Replay. `work`: JSON, for the engine alone. */
  replays: { id: string; flow: string; state: ReplayState; started_at: number; replay: string; work: string };
  /** `retry`: JSON of a Retry. `work`: JSON, for the engine alone; empty once it has ended. */
  retries: { id: string; flow: string; state: ReplayState; started_at: number; retry: string; work: string };
}

export const replaysMigration: Migration = {
  async up(db: Kysely<never>): Promise<void> {
    for (const [table, what] of [
      ['replays', 'replay'],
      ['retries', 'retry'],
    ] as const) {
      await db.schema
        .createTable(table)
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('flow', 'text', (column) => column.notNull())
        .addColumn('state', 'text', (column) => column.notNull())
        .addColumn('started_at', 'bigint', (column) => column.notNull())
        .addColumn(what, 'text', (column) => column.notNull())
        .addColumn('work', 'text', (column) => column.notNull())
        .execute();
      await db.schema.createIndex(`${table}_flow`).on(table).columns(['flow', 'started_at']).execute();
      await db.schema.createIndex(`${table}_state`).on(table).columns(['state']).execute();
    }
    await db.schema
      .createTable('retry_claims')
      .addColumn('flow', 'text', (column) => column.notNull())
      .addColumn('item', 'text', (column) => column.notNull())
      .addColumn('retry', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('retry_claims_key', ['flow', 'item'])
      .execute();
    await db.schema.createIndex('retry_claims_retry').on('retry_claims').columns(['retry']).execute();
  },
};
