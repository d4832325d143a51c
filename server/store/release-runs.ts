import type { KeptRelease, ReleaseKey, ReleaseRun } from '#shared/parked.ts';
import type { Database, Tables } from './tables.ts';

/** Releases of all keys of a sink, and how it stands with each of their keys while they run. */
export interface ReleaseRunStore {
  add(kept: KeptRelease, keys: readonly ReleaseKey[]): Promise<void>;
  /** Keeps how it stands now, and with these of its keys. Does nothing where the flow was deleted. */
  put(kept: KeptRelease, changed: readonly ReleaseKey[]): Promise<void>;
  /** Keeps how it ended, and its keys no longer. */
  end(kept: KeptRelease): Promise<void>;
  /** The newest of each sink of a flow. */
  newest(flow: string): Promise<KeptRelease[]>;
  /** Those that run, of all flows, the oldest first. */
  running(): Promise<KeptRelease[]>;
  /** Keys of a run that has not ended, in the order in which they are released. */
  keys(id: string): Promise<ReleaseKey[]>;
}

const chunk = 500;

/** Opens the releases. */
export function openReleaseRuns(db: Database): ReleaseRunStore {
  return {
    async add({ id, flow, run, inARow }, keys) {
      const { sink, state, startedAt } = run;
      await db.transaction().execute(async (trx) => {
        await trx
          .insertInto('release_runs')
          .values({ id, flow, sink, state, started_at: startedAt, run: JSON.stringify(run), in_a_row: inARow })
          .execute();
        for (let from = 0; from < keys.length; from += chunk) {
          const values = keys.slice(from, from + chunk).map((key) => ({ run: id, ...key }));
          await trx.insertInto('release_keys').values(values).execute();
        }
      });
    },
    async put(kept, changed) {
      await db.transaction().execute(async (trx) => {
        await update(trx, kept);
        for (const { ordinal, attempts, state } of changed) {
          await trx
            .updateTable('release_keys')
            .set({ attempts, state })
            .where('run', '=', kept.id)
            .where('ordinal', '=', ordinal)
            .execute();
        }
      });
    },
    async end(kept) {
      await db.transaction().execute(async (trx) => {
        await update(trx, kept);
        await trx.deleteFrom('release_keys').where('run', '=', kept.id).execute();
      });
    },
    async newest(flow) {
      const rows = await db
        .selectFrom('release_runs')
        .selectAll()
        .where('flow', '=', flow)
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom('release_runs as newer')
                .select('newer.id')
                .whereRef('newer.flow', '=', 'release_runs.flow')
                .whereRef('newer.sink', '=', 'release_runs.sink')
                .whereRef('newer.started_at', '>', 'release_runs.started_at'),
            ),
          ),
        )
        .orderBy('sink')
        .execute();
      return rows.map(read);
    },
    async running() {
      const rows = await db.selectFrom('release_runs').selectAll().where('state', '=', 'running').orderBy('started_at').execute();
      return rows.map(read);
    },
    async keys(id) {
      return db
        .selectFrom('release_keys')
        .select(['ordinal', 'partition', 'hash', 'since', 'attempts', 'state'])
        .where('run', '=', id)
        .orderBy('ordinal')
        .execute();
    },
  };
}

async function update(db: Database, { id, run, inARow }: KeptRelease): Promise<void> {
  await db
    .updateTable('release_runs')
    .set({ state: run.state, run: JSON.stringify(run), in_a_row: inARow })
    .where('id', '=', id)
    .execute();
}

function read({ id, flow, run, in_a_row }: Tables['release_runs']): KeptRelease {
  return { id, flow, run: JSON.parse(run) as ReleaseRun, inARow: in_a_row };
}
