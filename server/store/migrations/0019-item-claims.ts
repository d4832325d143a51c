import type { Kysely, Migration } from 'kysely';

/** The items of the inbox that a retry or a replay under way has taken, so that no other takes them. */
export interface ItemClaimTables {
  /** `holder`: the id of a retry or of a replay. */
  item_claims: { flow: string; item: string; holder: string };
}

/** Replays take items, too. */
export const itemClaimsMigration: Migration = {
  async up(db: Kysely<never>): Promise<void> {
    await db.schema.alterTable('retry_claims').renameTo('item_claims').execute();
    await db.schema.alterTable('item_claims').renameColumn('retry', 'holder').execute();
  },
};
