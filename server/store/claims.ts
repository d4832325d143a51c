import type { ReplayState } from '#shared/replay.ts';
import type { Database } from './tables.ts';

/** Which items of the inbox a retry or a replay has taken: each belongs to one at a time, so no two send the same message. */
export interface ClaimStore {
  /**
   * Takes items for a retry or a replay, and says who has each of them now. Of two that ask for an item one gets it,
   * whoever is first; asking again for one's own gives it again.
   */
  claim(flow: string, holder: string, items: readonly string[]): Promise<Map<string, string>>;
  /** The items that one holds. */
  of(holder: string): Promise<string[]>;
  /** All items of a flow that somebody holds. */
  held(flow: string): Promise<string[]>;
  /** The replays that hold open items of a cause of the inbox, and how many each. */
  replaysOf(cause: string): Promise<{ replay: string; items: number }[]>;
  /** Gives back all that one has taken. */
  release(holder: string): Promise<void>;
  /** Gives back what those that have ended still hold, because the server ended before they could. */
  releaseEnded(): Promise<void>;
}

/** Bound values of one statement stay far below what SQLite and PostgreSQL take. */
const chunk = 500;
const active: readonly ReplayState[] = ['starting', 'running', 'paused'];

/** Opens the claims. */
export function openClaims(db: Database): ClaimStore {
  return {
    async claim(flow, holder, items) {
      const holders = new Map<string, string>();
      for (let at = 0; at < items.length; at += chunk) {
        const part = items.slice(at, at + chunk);
        const rows = await db.transaction().execute(async (trx) => {
          await trx
            .insertInto('item_claims')
            .values(part.map((item) => ({ flow, item, holder })))
            .onConflict((conflict) => conflict.columns(['flow', 'item']).doNothing())
            .execute();
          return trx.selectFrom('item_claims').select(['item', 'holder']).where('flow', '=', flow).where('item', 'in', part).execute();
        });
        for (const row of rows) holders.set(row.item, row.holder);
      }
      return holders;
    },
    async of(holder) {
      return (await db.selectFrom('item_claims').select('item').where('holder', '=', holder).execute()).map(({ item }) => item);
    },
    async held(flow) {
      return (await db.selectFrom('item_claims').select('item').where('flow', '=', flow).execute()).map(({ item }) => item);
    },
    async replaysOf(cause) {
      const rows = await db
        .selectFrom('inbox_items')
        .innerJoin('item_claims', (join) =>
          join.onRef('item_claims.item', '=', 'inbox_items.item').onRef('item_claims.flow', '=', 'inbox_items.flow'),
        )
        .innerJoin('replays', 'replays.id', 'item_claims.holder')
        .select((e) => ['replays.id as replay', e.fn.countAll().as('items')])
        .where('inbox_items.cause', '=', cause)
        .where('inbox_items.state', '=', 'open')
        .groupBy('replays.id')
        .orderBy('replays.id')
        .execute();
      return rows.map(({ replay, items }) => ({ replay, items: Number(items) }));
    },
    async release(holder) {
      await db.deleteFrom('item_claims').where('holder', '=', holder).execute();
    },
    async releaseEnded() {
      await db
        .deleteFrom('item_claims')
        .where('holder', 'not in', db.selectFrom('retries').select('id').where('state', 'in', active))
        .where('holder', 'not in', db.selectFrom('replays').select('id').where('state', 'in', active))
        .execute();
    },
  };
}
