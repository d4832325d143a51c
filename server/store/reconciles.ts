import type { ReconcileReport, ReconcileState } from '#shared/reconcile.ts';
import { StoreError } from './store-error.ts';
import type { Database } from './tables.ts';

/** What is kept of a thing beside what is shown of it. */
export interface StoredItem {
  ordinal: number;
  /** `listed` until the comparison has decided. */
  state: ReconcileState | 'listed';
  id: string;
  position?: string | undefined;
  count?: number | undefined;
  /** The full record of the list, JSON text. */
  row?: string | undefined;
  note: string;
}

/** Reports of reconciling and the things that they are about. */
export interface ReconcileStore {
  put(report: ReconcileReport): Promise<void>;
  /** Rejects with `unknown`. */
  get(id: string): Promise<ReconcileReport>;
  /** Those of these ids that are still there. */
  some(ids: readonly string[]): Promise<ReconcileReport[]>;
  /** Newest first, at most 200. */
  list(flow: string): Promise<ReconcileReport[]>;
  addItems(report: string, items: readonly StoredItem[]): Promise<void>;
  /** In order, behind `after`. */
  items(report: string, query: { state?: string | undefined; after: number; limit: number }): Promise<StoredItem[]>;
  setState(
    report: string,
    ordinals: readonly number[],
    state: ReconcileState,
    more?: { position?: string; count?: number; note?: string },
  ): Promise<void>;
  /** Of many, each with its position, in one transaction. */
  setWritten(report: string, items: readonly { ordinal: number; position: string }[]): Promise<void>;
  removeState(report: string, state: StoredItem['state']): Promise<void>;
  counts(report: string): Promise<Partial<Record<ReconcileState, number>>>;
  remove(report: string): Promise<void>;
  /** Ends what was under way when the server ended; answers with the reports whose backfill was. */
  endRunning(sentence: string, at: number): Promise<ReconcileReport[]>;
}

type Data = { position?: string; count?: number; row?: string };

/** Rows of one insert: SQLite takes 32,766 parameters. */
const chunk = 500;
/** Reports of one flow that people made, and of each of its schedules. */
const kept = { people: 100, schedule: 50 };
const listed = 200;

/** Opens the reports. */
export function openReconciles(db: Database): ReconcileStore {
  async function remove(id: string): Promise<void> {
    await db.deleteFrom('reconcile_items').where('report', '=', id).execute();
    await db.deleteFrom('reconcile_reports').where('id', '=', id).execute();
  }
  return {
    async put(report) {
      const text = JSON.stringify(report);
      const { id, flow, state, startedAt } = report;
      const schedule = report.schedule?.id ?? null;
      await db
        .insertInto('reconcile_reports')
        .values({ id, flow, started_at: startedAt, state, report: text, schedule })
        .onConflict((conflict) => conflict.column('id').doUpdateSet({ state, report: text }))
        .execute();
      const old = await db
        .selectFrom('reconcile_reports')
        .select('id')
        .where('flow', '=', flow)
        .where('schedule', schedule === null ? 'is' : '=', schedule)
        .orderBy('started_at', 'desc')
        .offset(schedule === null ? kept.people : kept.schedule)
        .limit(listed)
        .execute();
      for (const row of old) await remove(row.id);
    },
    async get(id) {
      const row = await db.selectFrom('reconcile_reports').select('report').where('id', '=', id).executeTakeFirst();
      if (!row) throw new StoreError('unknown', 'There is no such comparison.');
      return JSON.parse(row.report) as ReconcileReport;
    },
    async some(ids) {
      if (ids.length === 0) return [];
      const rows = await db.selectFrom('reconcile_reports').select('report').where('id', 'in', ids).execute();
      return rows.map(({ report }) => JSON.parse(report) as ReconcileReport);
    },
    async list(flow) {
      const rows = await db
        .selectFrom('reconcile_reports')
        .select('report')
        .where('flow', '=', flow)
        .orderBy('started_at', 'desc')
        .limit(listed)
        .execute();
      return rows.map(({ report }) => JSON.parse(report) as ReconcileReport);
    },
    async addItems(report, items) {
      for (let from = 0; from < items.length; from += chunk) {
        const values = items.slice(from, from + chunk).map(({ ordinal, state, id, note, position, count, row }) => {
          const data: Data = {
            ...(position !== undefined && { position }),
            ...(count !== undefined && { count }),
            ...(row !== undefined && { row }),
          };
          return { report, ordinal, state, id, note, data: JSON.stringify(data) };
        });
        await db.insertInto('reconcile_items').values(values).execute();
      }
    },
    async items(report, { state, after, limit }) {
      let rows = db.selectFrom('reconcile_items').selectAll().where('report', '=', report).where('ordinal', '>', after);
      if (state !== undefined) rows = rows.where('state', '=', state);
      const found = await rows.orderBy('ordinal').limit(limit).execute();
      return found.map((row) => ({
        ordinal: row.ordinal,
        state: row.state as StoredItem['state'],
        id: row.id,
        note: row.note,
        ...(JSON.parse(row.data) as Data),
      }));
    },
    async setState(report, ordinals, state, more = {}) {
      for (let from = 0; from < ordinals.length; from += chunk) {
        await db
          .updateTable('reconcile_items')
          .set({
            state,
            ...(more.note !== undefined && { note: more.note }),
            // What was decided about a thing needs its record no longer.
            ...(more.position !== undefined && {
              data: JSON.stringify({ position: more.position, ...(more.count !== undefined && { count: more.count }) } satisfies Data),
            }),
          })
          .where('report', '=', report)
          .where('ordinal', 'in', ordinals.slice(from, from + chunk))
          .execute();
      }
    },
    async setWritten(report, items) {
      if (items.length === 0) return;
      await db.transaction().execute(async (trx) => {
        for (const { ordinal, position } of items) {
          await trx
            .updateTable('reconcile_items')
            .set({ state: 'written', note: '', data: JSON.stringify({ position } satisfies Data) })
            .where('report', '=', report)
            .where('ordinal', '=', ordinal)
            .execute();
        }
      });
    },
    async removeState(report, state) {
      await db.deleteFrom('reconcile_items').where('report', '=', report).where('state', '=', state).execute();
    },
    async counts(report) {
      const rows = await db
        .selectFrom('reconcile_items')
        .select(({ fn }) => ['state', fn.countAll<number | string>().as('count')])
        .where('report', '=', report)
        .groupBy('state')
        .execute();
      return Object.fromEntries(rows.map(({ state, count }) => [state, Number(count)]));
    },
    remove,
    async endRunning(sentence, at) {
      const rows = await db.selectFrom('reconcile_reports').select('report').execute();
      const resumed: ReconcileReport[] = [];
      for (const row of rows) {
        const report = JSON.parse(row.report) as ReconcileReport;
        if (report.state === 'running') {
          const ended = { ...report, state: 'failed' as const, endedAt: at, reason: sentence };
          await db
            .updateTable('reconcile_reports')
            .set({ state: 'failed', report: JSON.stringify(ended) })
            .where('id', '=', report.id)
            .execute();
        }
        if (report.backfill?.state === 'running') resumed.push(report);
      }
      return resumed;
    },
  };
}
