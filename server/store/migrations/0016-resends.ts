import type { Kysely, Migration } from 'kysely';

/** Messages that a sink was asked for more than once. */
export interface ResendTables {
  /** `position`: the offset, decimal text; `at`: ms since 1970. */
  resends: {
    flow: string;
    version: number;
    stage: string;
    sink: string;
    topic: string;
    partition: number;
    position: string;
    tries: number;
    unsure: number;
    code: string;
    at: number;
  };
}

export const resendsMigration: Migration = {
  async up(db: Kysely<never>): Promise<void> {
    await db.schema
      .createTable('resends')
      .addColumn('flow', 'text', (column) => column.notNull())
      .addColumn('version', 'integer', (column) => column.notNull())
      .addColumn('stage', 'text', (column) => column.notNull())
      .addColumn('sink', 'text', (column) => column.notNull())
      .addColumn('topic', 'text', (column) => column.notNull())
      .addColumn('partition', 'integer', (column) => column.notNull())
      .addColumn('position', 'text', (column) => column.notNull())
      .addColumn('tries', 'integer', (column) => column.notNull())
      .addColumn('unsure', 'integer', (column) => column.notNull())
      .addColumn('code', 'text', (column) => column.notNull())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('resends_key', ['topic', 'partition', 'position'])
      .execute();
    await db.schema.createIndex('resends_flow').on('resends').columns(['flow', 'at']).execute();
  },
};
