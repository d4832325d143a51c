import type { Kysely, Migration } from 'kysely';

/** Fields of source messages that people have chosen for the index, by flow; JSON text. */
export interface TraceFieldTables {
  trace_fields: { flow: string; fields: string; set_at: string; set_by: string };
}

/** Makes the table of indexed fields. */
export const traceFieldsMigration: Migration = {
  async up(db: Kysely<never>): Promise<void> {
    await db.schema
      .createTable('trace_fields')
      .addColumn('flow', 'text', (column) => column.primaryKey())
      .addColumn('fields', 'text', (column) => column.notNull())
      .addColumn('set_at', 'text', (column) => column.notNull())
      .addColumn('set_by', 'text', (column) => column.notNull())
      .execute();
  },
};
