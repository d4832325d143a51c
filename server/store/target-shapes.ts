import type { SavedTarget, TargetShape } from '#shared/target-shape.ts';
import { StoreError } from './store-error.ts';
import { type Database, now } from './tables.ts';

/** What the mappings of a flow's nodes must make, as people have laid it down. They go with the flow. */
export interface TargetStore {
  /** Undefined while nobody has laid one down for the node. */
  get(flow: string, node: string): Promise<SavedTarget | undefined>;
  /** Lays it down, or lays down another. Rejects with `unknown` when the flow is gone. */
  set(flow: string, node: string, target: TargetShape, who: string): Promise<SavedTarget>;
  /** Forgets it; says whether there was one. */
  remove(flow: string, node: string): Promise<boolean>;
}

/** Opens the targets. */
export function openTargets(db: Database): TargetStore {
  return {
    async get(flow, node) {
      const row = await db.selectFrom('target_shapes').selectAll().where('flow', '=', flow).where('node', '=', node).executeTakeFirst();
      if (!row) return undefined;
      return { ...(JSON.parse(row.target) as TargetShape), savedAt: row.saved_at, savedBy: row.saved_by };
    },
    set: (flow, node, { origin, shape }, who) =>
      db.transaction().execute(async (trx) => {
        const found = await trx.selectFrom('flows').select('id').where('id', '=', flow).executeTakeFirst();
        if (!found) throw new StoreError('unknown', `There is no flow "${flow}".`);
        const set = { target: JSON.stringify({ origin, shape }), saved_at: now(), saved_by: who };
        await trx
          .insertInto('target_shapes')
          .values({ flow, node, ...set })
          .onConflict((conflict) => conflict.columns(['flow', 'node']).doUpdateSet(set))
          .execute();
        return { origin, shape, savedAt: set.saved_at, savedBy: set.saved_by };
      }),
    async remove(flow, node) {
      const gone = await db.deleteFrom('target_shapes').where('flow', '=', flow).where('node', '=', node).executeTakeFirst();
      return gone.numDeletedRows > 0n;
    },
  };
}
