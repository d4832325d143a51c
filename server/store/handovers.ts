import type { Handover } from '#shared/handover.ts';
import type { Database } from './tables.ts';

/** Hand-overs from version to version. */
export interface HandoverStore {
  /** Keeps it as it stands now. */
  put(handover: Handover): Promise<void>;
  /** Says which deployment it belongs to, by that one's time. */
  link(id: string, deployedAt: string): Promise<void>;
  /** Newest first, with the time of the deployment where there is one. */
  list(flow: string, limit: number): Promise<{ handover: Handover; deployedAt?: string }[]>;
  /** Those that a server left in the middle when it ended, of all flows. */
  unfinished(): Promise<Handover[]>;
  /** The newest of each flow that is done. */
  newest(): Promise<Handover[]>;
}

/** Opens the hand-overs. */
export function openHandovers(db: Database): HandoverStore {
  const read = (report: string): Handover => JSON.parse(report) as Handover;
  return {
    async put(handover) {
      const set = { state: handover.state, report: JSON.stringify(handover) };
      await db
        .insertInto('handovers')
        .values({ id: handover.id, flow: handover.flow, deployed_at: null, at: handover.at, ...set })
        .onConflict((conflict) => conflict.column('id').doUpdateSet(set))
        .execute();
    },
    async link(id, deployedAt) {
      await db.updateTable('handovers').set({ deployed_at: deployedAt }).where('id', '=', id).execute();
    },
    async list(flow, limit) {
      const rows = await db
        .selectFrom('handovers')
        .select(['report', 'deployed_at'])
        .where('flow', '=', flow)
        .orderBy('at', 'desc')
        .limit(limit)
        .execute();
      return rows.map((row) => ({ handover: read(row.report), ...(row.deployed_at !== null && { deployedAt: row.deployed_at }) }));
    },
    async unfinished() {
      const rows = await db.selectFrom('handovers').select('report').where('state', 'in', ['draining', 'starting']).execute();
      return rows.map((row) => read(row.report));
    },
    async newest() {
      const rows = await db
        .selectFrom('handovers')
        .select('report')
        .where('state', 'in', ['done', 'interrupted'])
        .orderBy('at', 'desc')
        .execute();
      const seen = new Set<string>();
      return rows.map((row) => read(row.report)).filter(({ flow }) => !seen.has(flow) && seen.add(flow));
    },
  };
}
