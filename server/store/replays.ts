import type { Replay, ReplayState } from '#shared/replay.ts';
import { StoreError } from './store-error.ts';
import type { Database } from './tables.ts';

/** Replays, kept for ever, with what their engine needs to go on after a crash (`work`, JSON text that only it reads). */
export interface ReplayStore {
  add(replay: Replay, work: string): Promise<void>;
  /** Keeps how it stands now. `work` left out stays as it is. */
  put(replay: Replay, work?: string): Promise<void>;
  /** Rejects with `unknown`. */
  get(id: string): Promise<Replay>;
  work(id: string): Promise<string>;
  /** Newest first, of a flow if one is named. */
  list(flow: string | undefined, limit: number): Promise<Replay[]>;
  /** Those in one of these states, oldest first. */
  inState(states: readonly ReplayState[]): Promise<Replay[]>;
}

/** Opens the replays. */
export function openReplays(db: Database): ReplayStore {
  const find = async (id: string) => {
    const row = await db.selectFrom('replays').selectAll().where('id', '=', id).executeTakeFirst();
    if (!row) throw new StoreError('unknown', 'There is no such replay. Look it up in the list of replays.');
    return row;
  };
  const read = ({ replay }: { replay: string }) => JSON.parse(replay) as Replay;
  return {
    async add(replay, work) {
      const { id, spec, state, startedAt } = replay;
      await db
        .insertInto('replays')
        .values({ id, flow: spec.flow, state, started_at: startedAt, replay: JSON.stringify(replay), work })
        .execute();
    },
    async put(replay, work) {
      await db
        .updateTable('replays')
        .set({ state: replay.state, replay: JSON.stringify(replay), ...(work !== undefined && { work }) })
        .where('id', '=', replay.id)
        .execute();
    },
    get: async (id) => read(await find(id)),
    work: async (id) => (await find(id)).work,
    async list(flow, limit) {
      const all = db.selectFrom('replays').select('replay');
      const wanted = flow === undefined ? all : all.where('flow', '=', flow);
      return (await wanted.orderBy('started_at', 'desc').limit(limit).execute()).map(read);
    },
    async inState(states) {
      const rows = await db.selectFrom('replays').select('replay').where('state', 'in', states).orderBy('started_at').execute();
      return rows.map(read);
    },
  };
}
