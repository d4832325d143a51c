import type { ReplayState, Retry } from '#shared/replay.ts';
import { StoreError } from './store-error.ts';
import type { Database } from './tables.ts';

/** Retries of dead letters, and what their engine needs to go on after a crash. */
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
}

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
  };
}
