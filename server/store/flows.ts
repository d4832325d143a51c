import type { Flow } from '#shared/flow.ts';
import { draftOf, readFlow } from './draft.ts';
import { StoreError } from './store-error.ts';
import { type Database, now } from './tables.ts';

/** A stored draft. `hash` is of its logic alone, so it can be compared with a version's. */
export interface StoredFlow {
  flow: Flow;
  hash: string;
  revision: number;
  updatedAt: string;
  updatedBy: string;
  /** Who changed the logic last, which is what an approval is about. */
  logicBy?: string;
  latestVersion?: number;
  /** The version that should be running. */
  deployedVersion?: number;
  /** The logic of the draft differs from the version that should be running. */
  changed: boolean;
}

/** A draft without its document, for lists. */
export interface StoredFlowSummary {
  id: string;
  name: string;
  nodes: number;
  revision: number;
  updatedAt: string;
  updatedBy: string;
  deployedVersion?: number;
  changed: boolean;
}

/** Drafts, one per flow. */
export interface FlowStore {
  /** By name. */
  list(): Promise<StoredFlowSummary[]>;
  /** Rejects with `unknown`. */
  get(id: string): Promise<StoredFlow>;
  /** The revision of a flow, without reading its document. Rejects with `unknown`. */
  revision(id: string): Promise<number>;
  /** Rejects with `exists` when the id is taken. */
  create(flow: Flow, who: string): Promise<StoredFlow>;
  /**
   * Saves over the revision that the writer has seen; `undefined` saves over whatever is there. Rejects with `stale`
   * (and the revision that stands) when somebody else was faster, with `unknown` when the flow is gone.
   */
  save(flow: Flow, seen: number | undefined, who: string): Promise<StoredFlow>;
  /** Removes draft, deployments, samples and tests; versions stay, so a new flow of this id goes on counting. Rejects with `unknown`. */
  remove(id: string): Promise<void>;
}

const unknownFlow = (id: string): StoreError => new StoreError('unknown', `There is no flow "${id}".`);

/** Opens the drafts. */
export function openFlows(db: Database): FlowStore {
  const withDeployed = () =>
    db
      .selectFrom('flows')
      .leftJoin('deployments', (join) =>
        join.onRef('deployments.flow', '=', 'flows.id').on('deployments.current', '=', 1).on('deployments.desired', '=', 'running'),
      )
      .leftJoin('versions', (join) => join.onRef('versions.flow', '=', 'flows.id').onRef('versions.version', '=', 'deployments.version'))
      .select([
        'flows.id',
        'flows.name',
        'flows.hash',
        'flows.nodes',
        'flows.revision',
        'flows.updated_at',
        'flows.updated_by',
        'deployments.version as deployed',
        'versions.hash as deployed_hash',
      ]);

  async function get(id: string): Promise<StoredFlow> {
    const row = await withDeployed()
      .select(['flows.text', 'flows.logic_by'])
      .select((e) =>
        e
          .selectFrom('versions as all')
          .select((f) => f.fn.max('all.version').as('latest'))
          .whereRef('all.flow', '=', 'flows.id')
          .as('latest'),
      )
      .where('flows.id', '=', id)
      .executeTakeFirst();
    if (!row) throw unknownFlow(id);
    return {
      flow: readFlow(row.text),
      hash: row.hash,
      revision: row.revision,
      updatedAt: row.updated_at,
      updatedBy: row.updated_by,
      ...(row.logic_by !== null && { logicBy: row.logic_by }),
      ...(row.latest !== null && { latestVersion: Number(row.latest) }),
      ...(row.deployed !== null && { deployedVersion: row.deployed }),
      changed: row.deployed !== null && row.deployed_hash !== row.hash,
    };
  }

  return {
    get,
    async revision(id) {
      const row = await db.selectFrom('flows').select('revision').where('id', '=', id).executeTakeFirst();
      if (!row) throw unknownFlow(id);
      return row.revision;
    },
    async list() {
      const rows = await withDeployed().orderBy('flows.name').orderBy('flows.id').execute();
      return rows.map((row) => ({
        id: row.id,
        name: row.name,
        nodes: row.nodes,
        revision: row.revision,
        updatedAt: row.updated_at,
        updatedBy: row.updated_by,
        ...(row.deployed !== null && { deployedVersion: row.deployed }),
        changed: row.deployed !== null && row.deployed_hash !== row.hash,
      }));
    },
    async create(flow, who) {
      const { text, hash } = draftOf(flow);
      const made = await db
        .insertInto('flows')
        .values({
          id: flow.id,
          name: flow.name,
          text,
          hash,
          nodes: flow.nodes.length,
          revision: 1,
          updated_at: now(),
          updated_by: who,
          logic_by: who,
        })
        .onConflict((conflict) => conflict.column('id').doNothing())
        .returning('id')
        .executeTakeFirst();
      if (!made) throw new StoreError('exists', `There is a flow with the id "${flow.id}" already; choose another id.`);
      return get(flow.id);
    },
    async save(flow, seen, who) {
      const { text, hash } = draftOf(flow);
      let update = db
        .updateTable('flows')
        .set((e) => ({
          name: flow.name,
          text,
          hash,
          nodes: flow.nodes.length,
          revision: e('revision', '+', 1),
          updated_at: now(),
          updated_by: who,
          // An edit of the drawing alone makes nobody the author of the logic.
          logic_by: e.case().when('hash', '=', hash).then(e.ref('logic_by')).else(who).end(),
        }))
        .where('id', '=', flow.id);
      if (seen !== undefined) update = update.where('revision', '=', seen);
      const saved = await update.returning('revision').executeTakeFirst();
      const current = await get(flow.id);
      if (!saved) {
        const message = `Somebody else saved this flow: it is at revision ${current.revision} by ${current.updatedBy}, you changed revision ${seen}.`;
        throw new StoreError('stale', message, { revision: current.revision });
      }
      // What a third writer saved meanwhile is not what this writer saved.
      return { ...current, flow, hash, revision: saved.revision };
    },
    async remove(id) {
      await db.transaction().execute(async (trx) => {
        const gone = await trx.deleteFrom('flows').where('id', '=', id).returning('id').executeTakeFirst();
        if (!gone) throw unknownFlow(id);
        await trx.deleteFrom('deployments').where('flow', '=', id).execute();
        await trx.deleteFrom('crashes').where('flow', '=', id).execute();
        await trx.deleteFrom('flow_events').where('flow', '=', id).execute();
        await trx.deleteFrom('handovers').where('flow', '=', id).execute();
        await trx.deleteFrom('canaries').where('flow', '=', id).execute();
        const releases = trx.selectFrom('release_runs').select('id').where('flow', '=', id);
        await trx.deleteFrom('release_keys').where('run', 'in', releases).execute();
        await trx.deleteFrom('release_runs').where('flow', '=', id).execute();
        await trx.deleteFrom('samples').where('flow', '=', id).execute();
        await trx.deleteFrom('sample_masks').where('flow', '=', id).execute();
        await trx.deleteFrom('call_recordings').where('flow', '=', id).execute();
        const compared = trx.selectFrom('comparisons').select('id').where('flow', '=', id);
        await trx.deleteFrom('comparison_decisions').where('comparison', 'in', compared).execute();
        await trx.deleteFrom('comparisons').where('flow', '=', id).execute();
        await trx.deleteFrom('flow_tests').where('flow', '=', id).execute();
        await trx.deleteFrom('flow_test_waivers').where('flow', '=', id).execute();
        await trx.deleteFrom('flow_test_results').where('flow', '=', id).execute();
        await trx.deleteFrom('target_shapes').where('flow', '=', id).execute();
        await trx.deleteFrom('flow_approvals').where('flow', '=', id).execute();
        await trx.deleteFrom('ledger_minutes').where('flow', '=', id).execute();
        const happened = trx.selectFrom('incidents').select('id').where('flow', '=', id);
        await trx.deleteFrom('alert_notices').where('incident', 'in', happened).execute();
        await trx.deleteFrom('incidents').where('flow', '=', id).execute();
        const reports = trx.selectFrom('reconcile_reports').select('id').where('flow', '=', id);
        await trx.deleteFrom('reconcile_items').where('report', 'in', reports).execute();
        await trx.deleteFrom('reconcile_reports').where('flow', '=', id).execute();
        await trx.deleteFrom('reconcile_schedules').where('flow', '=', id).execute();
        await trx.deleteFrom('ledger_gaps').where('flow', '=', id).execute();
      });
    },
  };
}
