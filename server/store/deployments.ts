import type { Deployment } from '#shared/api.ts';
import type { Plan } from '#shared/plan.ts';
import { StoreError } from './store-error.ts';
import { type Database, now } from './tables.ts';

/** What is to run of a flow, and since when. */
export interface StoredDeployment {
  flow: string;
  version: number;
  desired: 'running' | 'stopped';
  plan: Plan;
  barrier: Deployment['barrier'];
  topicsCreated: string[];
  replaced?: number;
  deployedAt: string;
  deployedBy: string;
}

/** Deployments: one current per flow, the older ones kept as history. */
export interface DeploymentStore {
  /** Makes this the flow's current deployment, to be running. */
  record(plan: Plan, outcome: Pick<StoredDeployment, 'barrier' | 'topicsCreated'>, who: string): Promise<StoredDeployment>;
  current(flow: string): Promise<StoredDeployment | undefined>;
  /** The current deployment of every flow, also of the stopped ones. */
  all(): Promise<StoredDeployment[]>;
  /** Those that a starting server must bring up. */
  running(): Promise<StoredDeployment[]>;
  /** Says whether the current deployment is to run; rejects with `unknown` when the flow was never deployed. */
  setDesired(flow: string, desired: 'running' | 'stopped'): Promise<void>;
  /** The deployment that was the current one just before a time, in ms since 1970. */
  at(flow: string, before: number): Promise<StoredDeployment | undefined>;
  /** Newest first. */
  history(flow: string, limit: number): Promise<StoredDeployment[]>;
}

/** Opens the deployments. */
export function openDeployments(db: Database): DeploymentStore {
  const select = () => db.selectFrom('deployments').selectAll();
  return {
    async record(plan, outcome, who) {
      return db.transaction().execute(async (trx) => {
        const old = await trx
          .updateTable('deployments')
          .set({ current: 0 })
          .where('flow', '=', plan.flow)
          .where('current', '=', 1)
          .returning(['version', 'desired'])
          .executeTakeFirst();
        const row = await trx
          .insertInto('deployments')
          .values({
            flow: plan.flow,
            version: plan.version,
            current: 1,
            desired: 'running',
            plan: JSON.stringify(plan),
            barrier: JSON.stringify(outcome.barrier),
            topics: JSON.stringify(outcome.topicsCreated),
            replaced: old?.desired === 'running' ? old.version : null,
            deployed_at: now(),
            deployed_by: who,
          })
          .returningAll()
          .executeTakeFirstOrThrow();
        return deploymentOf(row);
      });
    },
    async current(flow) {
      const row = await select().where('flow', '=', flow).where('current', '=', 1).executeTakeFirst();
      return row && deploymentOf(row);
    },
    async all() {
      return (await select().where('current', '=', 1).orderBy('flow').execute()).map(deploymentOf);
    },
    async running() {
      return (await select().where('current', '=', 1).where('desired', '=', 'running').orderBy('flow').execute()).map(deploymentOf);
    },
    async setDesired(flow, desired) {
      const changed = await db
        .updateTable('deployments')
        .set({ desired })
        .where('flow', '=', flow)
        .where('current', '=', 1)
        .returning('flow')
        .executeTakeFirst();
      if (!changed) throw new StoreError('unknown', `The flow "${flow}" was never deployed.`);
    },
    async at(flow, before) {
      const until = new Date(before).toISOString();
      const row = await select()
        .where('flow', '=', flow)
        .where('deployed_at', '<', until)
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row && deploymentOf(row);
    },
    async history(flow, limit) {
      return (await select().where('flow', '=', flow).orderBy('id', 'desc').limit(limit).execute()).map(deploymentOf);
    },
  };
}

interface Row {
  flow: string;
  version: number;
  desired: 'running' | 'stopped';
  plan: string;
  barrier: string;
  topics: string;
  replaced: number | null;
  deployed_at: string;
  deployed_by: string;
}

function deploymentOf(row: Row): StoredDeployment {
  return {
    flow: row.flow,
    version: row.version,
    desired: row.desired,
    plan: JSON.parse(row.plan) as Plan,
    barrier: JSON.parse(row.barrier) as Deployment['barrier'],
    topicsCreated: JSON.parse(row.topics) as string[],
    ...(row.replaced !== null && { replaced: row.replaced }),
    deployedAt: row.deployed_at,
    deployedBy: row.deployed_by,
  };
}
