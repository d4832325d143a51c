import type { Kysely, Migration } from 'kysely';

/** What the ledger says by minute, the differences that nothing explains, and how far its audit has come. */
export interface LedgerMinuteTables {
  /** `at`: beginning of the minute, ms since 1970. `data`: JSON of a LedgerMinute. */
  ledger_minutes: { flow: string; at: number; data: string };
  /** `gap`: JSON of a LedgerGap without `settled`, which stands in the column, as JSON, once a person has looked at it. */
  ledger_gaps: { id: string; flow: string; noticed_at: number; messages: number; gap: string; settled: string | null };
  /** The auditor's state by a name of its choice, JSON. */
  ledger_audit: { name: string; state: string };
}

export const ledgerMinutesMigration: Migration = {
  async up(db: Kysely<never>): Promise<void> {
    await db.schema
      .createTable('ledger_minutes')
      .addColumn('flow', 'text', (column) => column.notNull())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addColumn('data', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('ledger_minutes_key', ['flow', 'at'])
      .execute();
    await db.schema.createIndex('ledger_minutes_at').on('ledger_minutes').columns(['at']).execute();
    await db.schema
      .createTable('ledger_gaps')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('flow', 'text', (column) => column.notNull())
      .addColumn('noticed_at', 'bigint', (column) => column.notNull())
      .addColumn('messages', 'bigint', (column) => column.notNull())
      .addColumn('gap', 'text', (column) => column.notNull())
      .addColumn('settled', 'text')
      .execute();
    await db.schema.createIndex('ledger_gaps_flow').on('ledger_gaps').columns(['flow', 'noticed_at']).execute();
    await db.schema
      .createTable('ledger_audit')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('state', 'text', (column) => column.notNull())
      .execute();
  },
};
