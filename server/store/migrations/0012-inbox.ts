import type { Kysely, Migration } from 'kysely';

/**
 * The inbox. `inbox_positions`, `inbox_items` and `inbox_repairs` are made of the topics and may be emptied: they are then
 * read anew. `inbox_causes` and `inbox_discards` also hold what people said, and are made by nothing else.
 */
export interface InboxTables {
  /** Next offset to read. */
  inbox_positions: { topic: string; partition: number; position: number };
  inbox_items: {
    /** Position of the first dead letter of the message. */
    item: string;
    flow: string;
    cause: string;
    node: string;
    stage: string;
    code: string;
    version: number;
    /** Where its newest dead letter stands. */
    topic: string;
    partition: number;
    position: number;
    origin: string;
    key: string | null;
    bytes: number;
    attempt: number;
    /** ms since 1970: its first and its newest failure. */
    first_at: number;
    last_at: number;
    state: 'open' | 'sent' | 'solved' | 'discarded';
  };
  /** `repair`: JSON. */
  inbox_repairs: { item: string; at: number; repair: string };
  inbox_discards: { item: string; flow: string; cause: string; at: number; who: string; reason: string };
  inbox_causes: {
    id: string;
    flow: string;
    node: string;
    code: string;
    /** Place that the failing row fills, or place in the message; '' where neither is known. */
    place: string;
    title: string;
    state: string;
    state_at: number;
    /** Null where no person did it. */
    state_by: string | null;
    owner: string | null;
    /** Time of the newest message that ever came. */
    newest_at: number;
    /** Id of the retry that goes on. */
    retry: string | null;
    /** JSON of the last Check fix. */
    fix: string | null;
    /** Open messages that retention has taken, and when the first was missed. */
    gone: number;
    gone_at: number | null;
  };
}

export const inboxMigration: Migration = {
  async up(db: Kysely<never>): Promise<void> {
    await db.schema
      .createTable('inbox_positions')
      .addColumn('topic', 'text', (column) => column.notNull())
      .addColumn('partition', 'integer', (column) => column.notNull())
      .addColumn('position', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('inbox_positions_key', ['topic', 'partition'])
      .execute();
    await db.schema
      .createTable('inbox_items')
      .addColumn('item', 'text', (column) => column.primaryKey())
      .addColumn('flow', 'text', (column) => column.notNull())
      .addColumn('cause', 'text', (column) => column.notNull())
      .addColumn('node', 'text', (column) => column.notNull())
      .addColumn('stage', 'text', (column) => column.notNull())
      .addColumn('code', 'text', (column) => column.notNull())
      .addColumn('version', 'integer', (column) => column.notNull())
      .addColumn('topic', 'text', (column) => column.notNull())
      .addColumn('partition', 'integer', (column) => column.notNull())
      .addColumn('position', 'bigint', (column) => column.notNull())
      .addColumn('origin', 'text', (column) => column.notNull())
      .addColumn('key', 'text')
      .addColumn('bytes', 'integer', (column) => column.notNull())
      .addColumn('attempt', 'integer', (column) => column.notNull())
      .addColumn('first_at', 'bigint', (column) => column.notNull())
      .addColumn('last_at', 'bigint', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .execute();
    await db.schema.createIndex('inbox_items_cause').on('inbox_items').columns(['cause', 'state', 'last_at', 'item']).execute();
    await db.schema.createIndex('inbox_items_place').on('inbox_items').columns(['topic', 'partition', 'position']).execute();
    await db.schema
      .createTable('inbox_repairs')
      .addColumn('item', 'text', (column) => column.primaryKey())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addColumn('repair', 'text', (column) => column.notNull())
      .execute();
    await db.schema
      .createTable('inbox_discards')
      .addColumn('item', 'text', (column) => column.primaryKey())
      .addColumn('flow', 'text', (column) => column.notNull())
      .addColumn('cause', 'text', (column) => column.notNull())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addColumn('who', 'text', (column) => column.notNull())
      .addColumn('reason', 'text', (column) => column.notNull())
      .execute();
    await db.schema
      .createTable('inbox_causes')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('flow', 'text', (column) => column.notNull())
      .addColumn('node', 'text', (column) => column.notNull())
      .addColumn('code', 'text', (column) => column.notNull())
      .addColumn('place', 'text', (column) => column.notNull())
      .addColumn('title', 'text', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('state_at', 'bigint', (column) => column.notNull())
      .addColumn('state_by', 'text')
      .addColumn('owner', 'text')
      .addColumn('newest_at', 'bigint', (column) => column.notNull())
      .addColumn('retry', 'text')
      .addColumn('fix', 'text')
      .addColumn('gone', 'integer', (column) => column.notNull())
      .addColumn('gone_at', 'bigint')
      .execute();
    await db.schema.createIndex('inbox_causes_flow').on('inbox_causes').columns(['flow']).execute();
  },
};
