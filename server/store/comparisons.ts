import type { Comparison, Decision } from '#shared/comparison.ts';
import { StoreError } from './store-error.ts';
import { type Database, now } from './tables.ts';

/** Which deployment a comparison was made for. */
type MadeFor = NonNullable<Comparison['deployment']>;

/** Reports of what would change. Those that a deployment rests on stay for good, of the others the newest of each flow. */
export interface ComparisonStore {
  /** Keeps a comparison, new or as it stands now; its decisions stay as they are. */
  put(comparison: Comparison): Promise<void>;
  /** With its decisions. Rejects with `unknown`. */
  get(flow: string, id: string): Promise<Comparison>;
  /** The newest, of a draft if one is named; undefined where there is none. */
  latest(flow: string, draft?: string): Promise<Comparison | undefined>;
  /** The report that a version was deployed with; of several the last. */
  ofVersion(flow: string, version: number): Promise<Comparison | undefined>;
  /** Calls a group expected, or takes it back. Rejects with `unknown` when there is no such group. */
  decide(flow: string, id: string, signature: string, decision: Decision | undefined): Promise<Comparison>;
  /** What was decided about the groups of a draft compared with a version, by signature; of several the last word. */
  decisionsOf(flow: string, draft: string, against: number | undefined): Promise<Map<string, Decision>>;
  /** Ties the newest finished comparison of a draft to the deployment that made it live. */
  link(flow: string, draft: string, deployment: MadeFor): Promise<void>;
  /** Ends what was under way when the server ended. */
  endRunning(sentence: string): Promise<number>;
}

/** Comparisons of a flow that no deployment rests on. */
const kept = 10;

/** Opens the comparisons. */
export function openComparisons(db: Database): ComparisonStore {
  const rowOf = (flow: string, id: string, on: Database = db) =>
    on.selectFrom('comparisons').selectAll().where('flow', '=', flow).where('id', '=', id).executeTakeFirst();

  async function read(row: { report: string; id: string; deployed_as: number | null; deployed_at: string | null }): Promise<Comparison> {
    const comparison = JSON.parse(row.report) as Comparison;
    const decisions = await db.selectFrom('comparison_decisions').selectAll().where('comparison', '=', row.id).execute();
    const bySignature = new Map(decisions.map(({ signature, who, at, note }) => [signature, { by: who, at, note }]));
    return {
      ...comparison,
      groups: comparison.groups.map((group) => {
        const expected = bySignature.get(group.signature);
        return expected ? { ...group, expected } : group;
      }),
      ...(row.deployed_as !== null && row.deployed_at !== null && { deployment: { version: row.deployed_as, at: row.deployed_at } }),
    };
  }

  async function prune(flow: string): Promise<void> {
    const old = await db
      .selectFrom('comparisons')
      .select('id')
      .where('flow', '=', flow)
      .where('deployed_as', 'is', null)
      .orderBy('started_at', 'desc')
      .offset(kept)
      .limit(1000)
      .execute();
    const ids = old.map(({ id }) => id);
    if (ids.length === 0) return;
    await db.deleteFrom('comparison_decisions').where('comparison', 'in', ids).execute();
    await db.deleteFrom('comparisons').where('id', 'in', ids).execute();
  }

  return {
    async put(comparison) {
      const { id, flow, draft, state, startedAt } = comparison;
      const report = JSON.stringify({ ...comparison, groups: comparison.groups.map(({ expected: _expected, ...group }) => group) });
      const isNew = (await rowOf(flow, id)) === undefined;
      if (isNew) {
        await db
          .insertInto('comparisons')
          .values({ id, flow, draft: draft.hash, state, started_at: startedAt, report, deployed_as: null, deployed_at: null })
          .execute();
        await prune(flow);
      } else await db.updateTable('comparisons').set({ state, report }).where('id', '=', id).execute();
    },
    async get(flow, id) {
      const row = await rowOf(flow, id);
      if (!row) throw new StoreError('unknown', `This flow has no comparison "${id}".`);
      return read(row);
    },
    async latest(flow, draft) {
      const all = db.selectFrom('comparisons').selectAll().where('flow', '=', flow);
      const wanted = draft === undefined ? all : all.where('draft', '=', draft);
      const row = await wanted.orderBy('started_at', 'desc').limit(1).executeTakeFirst();
      return row && read(row);
    },
    async ofVersion(flow, version) {
      const row = await db
        .selectFrom('comparisons')
        .selectAll()
        .where('flow', '=', flow)
        .where('deployed_as', '=', version)
        .orderBy('deployed_at', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row && read(row);
    },
    async decide(flow, id, signature, decision) {
      const row = await rowOf(flow, id);
      if (!row) throw new StoreError('unknown', `This flow has no comparison "${id}".`);
      const { groups } = JSON.parse(row.report) as Comparison;
      if (!groups.some((group) => group.signature === signature)) throw new StoreError('unknown', 'This comparison has no such group.');
      if (decision === undefined) {
        await db.deleteFrom('comparison_decisions').where('comparison', '=', id).where('signature', '=', signature).execute();
      } else {
        const set = { who: decision.by, at: decision.at, note: decision.note };
        await db
          .insertInto('comparison_decisions')
          .values({ comparison: id, signature, ...set })
          .onConflict((conflict) => conflict.columns(['comparison', 'signature']).doUpdateSet(set))
          .execute();
      }
      return read(row);
    },
    async decisionsOf(flow, draft, against) {
      const rows = await db
        .selectFrom('comparisons')
        .selectAll()
        .where('flow', '=', flow)
        .where('draft', '=', draft)
        .orderBy('started_at')
        .execute();
      const found = new Map<string, Decision>();
      for (const row of rows) {
        const { groups, against: version } = await read(row);
        if (version !== against) continue;
        for (const { signature, expected } of groups) {
          if (expected) found.set(signature, expected);
          else found.delete(signature);
        }
      }
      return found;
    },
    async link(flow, draft, { version, at }) {
      const row = await db
        .selectFrom('comparisons')
        .select('id')
        .where('flow', '=', flow)
        .where('draft', '=', draft)
        .where('state', '!=', 'running')
        .orderBy('started_at', 'desc')
        .limit(1)
        .executeTakeFirst();
      if (row) await db.updateTable('comparisons').set({ deployed_as: version, deployed_at: at }).where('id', '=', row.id).execute();
    },
    async endRunning(sentence) {
      const rows = await db.selectFrom('comparisons').select(['id', 'report']).where('state', '=', 'running').execute();
      for (const { id, report } of rows) {
        const comparison = JSON.parse(report) as Comparison;
        const ended: Comparison = { ...comparison, state: 'failed', endedAt: now(), reason: { code: 'server-ended', sentence } };
        await db
          .updateTable('comparisons')
          .set({ state: 'failed', report: JSON.stringify(ended) })
          .where('id', '=', id)
          .execute();
      }
      return rows.length;
    },
  };
}
