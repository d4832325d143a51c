import type { ReplayState, Retry } from '#shared/replay.ts';
import { StoreError } from './store-error.ts';
import type { Database } from './tables.ts';

/** Retries of dead letters, what their engine needs to go on after a crash, and which items each has taken. */
export interface RetryStore {
  add(retry: Retry, work: string): Promise<void>;
  /** Keeps how it stands now. `work` left out stays as it is. */
  put(retry: Retry, work?: string): Promise<void>;
  /** Undefined when there is none. */
  get(id: string): Promise<Retry | undefined>;
  work(id: string): Promise<string>;
  /** Newest first. */
  list(flow: string, limit: number): Promise<Retry[]>;
  inState(states: readonly ReplayState[]): Promise<Retry[]>;
  /**
   * Takes items for a retry; gives those that it has now. An item belongs to one retry at a time, so of two that ask for
   * it one gets it, whoever is first; asking again for one's own gives it again.
   */
  claim(flow: string, retry: string, items: readonly string[]): Promise<Set<string>>;
  /** Gives back all that a retry has taken. */
  release(retry: string): Promise<void>;
  /** Gives back what retries that have ended still hold, because the server ended before they could. */
  releaseEnded(): Promise<void>;
}

/** Bound values of one statement stay far below what SQLite and PostgreSQL take. */
const chunk = 500;

/** Opens the retries. */
export function openRetries(db: Database): RetryStore {
  const read = ({ retry }: { retry: string }) => JSON.parse(retry) as Retry;
  return {
    async add(retry, work) {
      const { id, request, state, startedAt } = retry;
      await db
        .insertInto('retries')
        .values({ id, flow: request.flow, state, started_at: startedAt, retry: JSON.stringify(retry), work })
        .execute();
    },
    async put(retry, work) {
      await db
        .updateTable('retries')
        .set({ state: retry.state, retry: JSON.stringify(retry), ...(work !== undefined && { work }) })
        .where('id', '=', retry.id)
        .execute();
    },
    async get(id) {
      const row = await db.selectFrom('retries').select('retry').where('id', '=', id).executeTakeFirst();
      return row && read(row);
    },
    async work(id) {
      const row = await db.selectFrom('retries').select('work').where('id', '=', id).executeTakeFirst();
      if (!row) throw new StoreError('unknown', 'There is no such retry.');
      return row.work;
    },
    async list(flow, limit) {
      const all = db.selectFrom('retries').select('retry').where('flow', '=', flow);
      return (await all.orderBy('started_at', 'desc').limit(limit).execute()).map(read);
    },
    async inState(states) {
      const rows = await db.selectFrom('retries').select('retry').where('state', 'in', states).orderBy('started_at').execute();
      return rows.map(read);
    },
    async claim(flow, retry, items) {
      const mine = new Set<string>();
      for (let at = 0; at < items.length; at += chunk) {
        const part = items.slice(at, at + chunk);
        const owners = await db.transaction().execute(async (trx) => {
          await trx
            .insertInto('retry_claims')
            .values(part.map((item) => ({ flow, item, retry })))
            .onConflict((conflict) => conflict.columns(['flow', 'item']).doNothing())
            .execute();
          return trx.selectFrom('retry_claims').select(['item', 'retry']).where('flow', '=', flow).where('item', 'in', part).execute();
        });
        for (const owner of owners) if (owner.retry === retry) mine.add(owner.item);
      }
      return mine;
    },
    async release(retry) {
      await db.deleteFrom('retry_claims').where('retry', '=', retry).execute();
    },
    async releaseEnded() {
      const active = db.selectFrom('retries').select('id').where('state', 'in', ['starting', 'running', 'paused']);
      await db.deleteFrom('retry_claims').where('retry', 'not in', active).execute();
    },
  };
}
