import type { Kysely, Migration } from 'kysely';

/** Tables of hand-overs and canaries. */
export interface HandoverTables {
  handovers: {
    id: string;
    flow: string;
    /** Time of its deployment; null while it is under way, and for ever when it failed. */
    deployed_at: string | null;
    state: string;
    /** JSON: all of it. */
    report: string;
    at: number;
  };
  canaries: {
    flow: string;
    id: string;
    /** 1 while it runs. */
    running: number;
    /** JSON: version, share, who and when. */
    canary: string;
    /** JSON: the plan of the second version; empty when it has ended. */
    plan: string;
    at: number;
  };
}

/** Hand-overs with their deployments, and versions that run beside the deployed one. */
export const handoversMigration: Migration = {
  async up(db: Kysely<never>): Promise<void> {
    await db.schema
      .createTable('handovers')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('flow', 'text', (column) => column.notNull())
      .addColumn('deployed_at', 'text')
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('report', 'text', (column) => column.notNull())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .execute();
    await db.schema.createIndex('handovers_flow').on('handovers').columns(['flow', 'at']).execute();
    await db.schema
      .createTable('canaries')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('flow', 'text', (column) => column.notNull())
      .addColumn('running', 'integer', (column) => column.notNull())
      .addColumn('canary', 'text', (column) => column.notNull())
      .addColumn('plan', 'text', (column) => column.notNull())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .execute();
    await db.schema.createIndex('canaries_flow').on('canaries').columns(['flow', 'at']).execute();
  },
};
