import type { Kysely, Migration } from 'kysely';
import type { AlertKind } from '#shared/incident.ts';

/** Rules, channels, incidents, what is to be told of them, and reports of reconciling. Times are ms since 1970. */
export interface AlertTables {
  /** `data`: JSON of the rule. */
  alert_rules: { id: string; data: string };
  alert_channels: { id: string; data: string };
  incidents: {
    id: string;
    kind: AlertKind;
    rule: string;
    flow: string;
    subject: string;
    node: string | null;
    stage: string | null;
    since: number;
    until: number | null;
    calm_since: number | null;
    told: number;
    sentence: string;
    link: string;
    acknowledged_at: number | null;
    acknowledged_by: string | null;
  };
  alert_notices: {
    id: string;
    channel: string;
    incident: string;
    phase: 'start' | 'end';
    state: 'waiting' | 'sent' | 'failed';
    /** Names the message that it goes in, from before the first attempt on, so that a repeated one is known again. */
    batch: string | null;
    attempts: number;
    created_at: number;
    next_at: number;
    settled_at: number | null;
    error: string;
  };
  /** `schedule`: added by 0018. */
  reconcile_reports: { id: string; flow: string; started_at: number; state: string; report: string; schedule: string | null };
  reconcile_items: {
    report: string;
    ordinal: number;
    state: string;
    id: string;
    /** What the list says of it, or where it stands in the log: JSON. */
    data: string;
    note: string;
  };
}

/** Makes the tables of alerts and reconciling. */
export const alertsMigration: Migration = {
  async up(db: Kysely<never>): Promise<void> {
    for (const table of ['alert_rules', 'alert_channels']) {
      await db.schema
        .createTable(table)
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('data', 'text', (column) => column.notNull())
        .execute();
    }
    await db.schema
      .createTable('incidents')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('rule', 'text', (column) => column.notNull())
      .addColumn('flow', 'text', (column) => column.notNull())
      .addColumn('subject', 'text', (column) => column.notNull())
      .addColumn('node', 'text')
      .addColumn('stage', 'text')
      .addColumn('since', 'bigint', (column) => column.notNull())
      .addColumn('until', 'bigint')
      .addColumn('calm_since', 'bigint')
      .addColumn('told', 'integer', (column) => column.notNull())
      .addColumn('sentence', 'text', (column) => column.notNull())
      .addColumn('link', 'text', (column) => column.notNull())
      .addColumn('acknowledged_at', 'bigint')
      .addColumn('acknowledged_by', 'text')
      .execute();
    await db.schema.createIndex('incidents_flow').on('incidents').columns(['flow', 'since']).execute();
    // The promise itself: of one rule, flow and subject one incident at a time.
    await db.schema
      .createIndex('incidents_open')
      .on('incidents')
      .columns(['rule', 'flow', 'subject'])
      .unique()
      .where('until' as never, 'is', null)
      .execute();
    await db.schema
      .createTable('alert_notices')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('channel', 'text', (column) => column.notNull())
      .addColumn('incident', 'text', (column) => column.notNull())
      .addColumn('phase', 'text', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('batch', 'text')
      .addColumn('attempts', 'integer', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('next_at', 'bigint', (column) => column.notNull())
      .addColumn('settled_at', 'bigint')
      .addColumn('error', 'text', (column) => column.notNull())
      .addUniqueConstraint('alert_notices_once', ['channel', 'incident', 'phase'])
      .execute();
    await db.schema.createIndex('alert_notices_state').on('alert_notices').columns(['state', 'next_at']).execute();
    await db.schema
      .createTable('reconcile_reports')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('flow', 'text', (column) => column.notNull())
      .addColumn('started_at', 'bigint', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('report', 'text', (column) => column.notNull())
      .execute();
    await db.schema.createIndex('reconcile_reports_flow').on('reconcile_reports').columns(['flow', 'started_at']).execute();
    await db.schema
      .createTable('reconcile_items')
      .addColumn('report', 'text', (column) => column.notNull())
      .addColumn('ordinal', 'integer', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('id', 'text', (column) => column.notNull())
      .addColumn('data', 'text', (column) => column.notNull())
      .addColumn('note', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('reconcile_items_key', ['report', 'ordinal'])
      .execute();
    await db.schema.createIndex('reconcile_items_state').on('reconcile_items').columns(['report', 'state', 'ordinal']).execute();
  },
};
