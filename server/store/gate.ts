import type { Approval, Environment, GateOverride } from '#shared/gate.ts';
import { type Database, now } from './tables.ts';

/** Who said that a draft may go live, and who deployed against what. Overrides are kept for ever, also when the flow is deleted. */
export interface GateStore {
  /** Of the draft with this hash, oldest first. */
  approvals(flow: string, hash: string): Promise<Approval[]>;
  /** Keeps one approval of a person for a draft; a second one replaces the first. */
  approve(flow: string, hash: string, who: string, comment: string): Promise<void>;
  /** Takes an approval back; false when there is none. */
  withdraw(flow: string, hash: string, who: string): Promise<boolean>;
  /** Newest first. */
  overrides(flow: string): Promise<GateOverride[]>;
  /** `at` is the time of the deployment. */
  recordOverride(flow: string, override: GateOverride): Promise<void>;
}

/** Opens what the gate must remember. */
export function openGate(db: Database): GateStore {
  return {
    async approvals(flow, hash) {
      const rows = await db
        .selectFrom('flow_approvals')
        .selectAll()
        .where('flow', '=', flow)
        .where('hash', '=', hash)
        .orderBy('at')
        .execute();
      return rows.map(({ who, at, comment }) => ({ by: who, at, comment }));
    },
    async approve(flow, hash, who, comment) {
      const set = { comment, at: now() };
      await db
        .insertInto('flow_approvals')
        .values({ flow, hash, who, ...set })
        .onConflict((conflict) => conflict.columns(['flow', 'hash', 'who']).doUpdateSet(set))
        .execute();
    },
    async withdraw(flow, hash, who) {
      const gone = await db
        .deleteFrom('flow_approvals')
        .where('flow', '=', flow)
        .where('hash', '=', hash)
        .where('who', '=', who)
        .returning('who')
        .executeTakeFirst();
      return gone !== undefined;
    },
    async overrides(flow) {
      const rows = await db.selectFrom('gate_overrides').selectAll().where('flow', '=', flow).orderBy('id', 'desc').execute();
      return rows.map((row) => ({
        version: row.version,
        at: row.at,
        by: row.who,
        reason: row.reason,
        environment: row.environment as Environment,
        blocked: JSON.parse(row.blocked) as GateOverride['blocked'],
      }));
    },
    async recordOverride(flow, { version, at, by, reason, environment, blocked }) {
      await db
        .insertInto('gate_overrides')
        .values({ flow, version, environment, reason, blocked: JSON.stringify(blocked), at, who: by })
        .execute();
    },
  };
}
