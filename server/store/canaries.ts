import type { Canary } from '#shared/canary.ts';
import type { Plan } from '#shared/plan.ts';
import type { Database } from './tables.ts';

/** A canary and the plan that it runs. */
export interface StoredCanary {
  canary: Canary;
  plan: Plan;
}

/** Versions that take a share of a flow's messages beside the deployed one; at most one of a flow runs. */
export interface CanaryStore {
  /** Keeps a new one as running; any other of the flow has ended. */
  start(canary: Canary, plan: Plan): Promise<void>;
  /** Keeps it as it stands now, `ended` included. */
  put(canary: Canary): Promise<void>;
  running(flow: string): Promise<StoredCanary | undefined>;
  /** Newest first. */
  list(flow: string, limit: number): Promise<Canary[]>;
}

/** Opens the canaries. */
export function openCanaries(db: Database): CanaryStore {
  return {
    async start(canary, plan) {
      await db.transaction().execute(async (trx) => {
        await trx.updateTable('canaries').set({ running: 0, plan: '' }).where('flow', '=', canary.flow).execute();
        await trx
          .insertInto('canaries')
          .values({
            id: canary.id,
            flow: canary.flow,
            running: 1,
            canary: JSON.stringify(canary),
            plan: JSON.stringify(plan),
            at: canary.since,
          })
          .execute();
      });
    },
    async put(canary) {
      await db
        .updateTable('canaries')
        .set({ canary: JSON.stringify(canary), ...(canary.ended !== undefined && { running: 0, plan: '' }) })
        .where('id', '=', canary.id)
        .execute();
    },
    async running(flow) {
      const row = await db
        .selectFrom('canaries')
        .select(['canary', 'plan'])
        .where('flow', '=', flow)
        .where('running', '=', 1)
        .executeTakeFirst();
      return row && { canary: JSON.parse(row.canary) as Canary, plan: JSON.parse(row.plan) as Plan };
    },
    async list(flow, limit) {
      const rows = await db.selectFrom('canaries').select('canary').where('flow', '=', flow).orderBy('at', 'desc').limit(limit).execute();
      return rows.map((row) => JSON.parse(row.canary) as Canary);
    },
  };
}
