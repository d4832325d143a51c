import type { Kysely, Migration } from 'kysely';
import type { ReleaseKey, ReleaseRun } from '#shared/parked.ts';

/** Releases of all keys of a sink, so that they go on after a restart. Times are ms since 1970. */
export interface ReleaseRunTables {
  /** `run`: JSON of a ReleaseRun. */
  release_runs: { id: string; flow: string; sink: string; state: ReleaseRun['state']; started_at: number; run: string; in_a_row: number };
  /** Keys of a run under way, none of one that has ended. A key itself is not kept: only its hash, by which it is known again. */
  release_keys: {
    run: string;
    ordinal: number;
    partition: number;
    hash: string;
    since: number;
    attempts: number;
    state: ReleaseKey['state'];
  };
}

export const releaseRunsMigration: Migration = {
  async up(db: Kysely<never>): Promise<void> {
    await db.schema
      .createTable('release_runs')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('flow', 'text', (column) => column.notNull())
      .addColumn('sink', 'text', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('started_at', 'bigint', (column) => column.notNull())
      .addColumn('run', 'text', (column) => column.notNull())
      .addColumn('in_a_row', 'integer', (column) => column.notNull())
      .execute();
    await db.schema.createIndex('release_runs_sink').on('release_runs').columns(['flow', 'sink', 'started_at']).execute();
    await db.schema.createIndex('release_runs_state').on('release_runs').columns(['state']).execute();
    await db.schema
      .createTable('release_keys')
      .addColumn('run', 'text', (column) => column.notNull())
      .addColumn('ordinal', 'integer', (column) => column.notNull())
      .addColumn('partition', 'integer', (column) => column.notNull())
      .addColumn('hash', 'text', (column) => column.notNull())
      .addColumn('since', 'bigint', (column) => column.notNull())
      .addColumn('attempts', 'integer', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('release_keys_key', ['run', 'ordinal'])
      .execute();
  },
};
