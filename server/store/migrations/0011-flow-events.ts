import type { Generated, Kysely, Migration } from 'kysely';
import type { FlowEventKind } from '#shared/flow-event.ts';
import type { DatabaseKind } from '../tables.ts';

/** Things that happened to a flow, beside messages; deployments stand in their own table. */
export interface FlowEventTables {
  flow_events: {
    id: Generated<number>;
    flow: string;
    at: string;
    /** End of what took time; null while it lasts, and of what is a moment. */
    until: string | null;
    kind: FlowEventKind;
    sentence: string;
    who: string | null;
    version: number | null;
    link: string | null;
  };
}

/** Makes the table of what happened. */
export function flowEventsMigration(kind: DatabaseKind): Migration {
  return {
    async up(db: Kysely<never>): Promise<void> {
      const counter = kind === 'sqlite' ? 'integer' : 'bigserial';
      await db.schema
        .createTable('flow_events')
        .addColumn('id', counter, (column) => column.primaryKey())
        .addColumn('flow', 'text', (column) => column.notNull())
        .addColumn('at', 'text', (column) => column.notNull())
        .addColumn('until', 'text')
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('sentence', 'text', (column) => column.notNull())
        .addColumn('who', 'text')
        .addColumn('version', 'integer')
        .addColumn('link', 'text')
        .execute();
      await db.schema.createIndex('flow_events_flow').on('flow_events').columns(['flow', 'at']).execute();
      // Every axis of time asks which version was deployed when.
      await db.schema.createIndex('deployments_flow').on('deployments').columns(['flow', 'deployed_at']).execute();
    },
  };
}
