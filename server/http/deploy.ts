import { randomUUID } from 'node:crypto';
import type { Deployment, DeployPreview } from '#shared/api.ts';
import { type Canary, canaryObstacles } from '#shared/canary.ts';
import type { FlowStatus } from '#shared/events.ts';
import type { Flow } from '#shared/flow.ts';
import { nodeName } from '#shared/node-name.ts';
import type { Plan, StartAt } from '#shared/plan.ts';
import { isDeployable, type Problem } from '#shared/problem.ts';
import { problemsOf } from '../compile.ts';
import type { StoredDeployment } from '../store/deployments.ts';
import { draftOf } from '../store/draft.ts';
import type { AppDeps } from './deps.ts';
import { idleStatus } from './flow-status.ts';
import { gateOf, refusedBy } from './gate.ts';
import { asked, Refusal } from './refusal.ts';
import { createTurns } from './turns.ts';

/** What a person does to a flow as a whole. Of one flow only one of these happens at a time. */
export interface Deployer {
  /**
   * Publishes the draft when its logic is new, or takes a stored version, and makes it live. What the gate blocks is
   * refused with 409, unless there is a reason to override it, which is kept with the deployment for ever.
   */
  deploy(id: string, version: number | undefined, who: string, override?: string): Promise<Deployment>;
  /** Gives a version a share of the messages, 0 to 1 of the keys, beside the deployed one; the draft when none is named. */
  canary(id: string, version: number | undefined, share: number, who: string, override?: string): Promise<Canary>;
  /** These reject with 409 when no canary runs. Promoting is a deploy of its version; rolling back restarts nothing. */
  shareCanary(id: string, share: number, who: string): Promise<Canary>;
  promoteCanary(id: string, who: string, override?: string): Promise<Deployment>;
  rollBackCanary(id: string, who: string): Promise<Canary>;
  preview(id: string): Promise<DeployPreview>;
  stop(id: string, who: string): Promise<FlowStatus>;
  /** Removes a flow that does not run; rejects with 409 for one that does. */
  remove(id: string, who: string): Promise<void>;
}

/** Wires deploying to the store and the runtime. */
export function createDeployer(deps: AppDeps): Deployer {
  const { store, runtime, catalog, compile } = deps;
  const inTurn = createTurns();
  /** Plans between their check against the others and their record: two flows deployed at once must see each other. */
  const underWay = new Map<string, Plan>();

  async function clashes(plan: Plan): Promise<Problem[]> {
    // Taken before the read: a plan that leaves the list meanwhile was recorded before, so the read finds it.
    const starting = [...underWay.values()];
    const running = (await store.deployments.running()).map((deployment) => deployment.plan);
    return clashesWith(plan, [...running, ...starting], catalog);
  }

  /** Checks a plan against the others and enters it; one at a time over all flows, so that of two the second sees the first. */
  const enter = (plan: Plan): Promise<void> =>
    inTurn('', async () => {
      const problems = await clashes(plan);
      if (problems.length > 0) throw refused('deploy/clash', 'Another running flow stands in the way.', problems);
      underWay.set(plan.flow, plan);
    });

  async function source(id: string, version: number | undefined): Promise<{ flow: Flow; version: number; publish: boolean }> {
    if (version !== undefined) return { flow: await store.versions.get(id, version), version, publish: false };
    const { flow } = await store.flows.get(id);
    const latest = await store.versions.latest(id);
    const publish = latest?.hash !== draftOf(flow).hash;
    return { flow, version: publish ? (latest?.version ?? 0) + 1 : (latest?.version ?? 1), publish };
  }

  async function deploy(id: string, asVersion: number | undefined, who: string, override: string | undefined): Promise<Deployment> {
    await store.flows.revision(id);
    const from = await source(id, asVersion);
    // Compiled before it is published: a version that cannot run is never made.
    planned(compile(from.flow, from.version));
    const gate = await gateOf(deps, id, from.flow);
    if (gate.blocked && override === undefined) throw refusedBy(gate);
    const version = from.publish ? (await store.versions.publish(from.flow, who, '')).version : from.version;
    const plan = planned(compile(from.flow, version));
    await enter(plan);
    try {
      const trial = await store.canaries.running(id);
      const outcome = await asked('deploy/failed', runtime.deploy(plan, { who }));
      const stored = await store.deployments.record(plan, outcome, who);
      if (outcome.handover) await deps.handovers.done(outcome.handover, stored.deployedAt);
      if (trial) await endCanary(trial.canary, trial.canary.version === version ? 'promoted' : 'replaced', who);
      await store.comparisons.link(id, draftOf(from.flow).hash, { version, at: stored.deployedAt });
      const reason = gate.blocked ? override : undefined;
      if (reason !== undefined) {
        const { environment, sections } = gate;
        const blocked = sections.flatMap(({ id: part, verdict, sentence }) => (verdict === 'blocked' ? [{ id: part, sentence }] : []));
        await store.gate.recordOverride(id, { version, at: stored.deployedAt, by: who, reason, environment, blocked });
        const against = blocked.map(({ sentence }) => sentence).join(' ');
        await store.audit.add({ who, action: 'flow/override', flow: id, detail: `version ${version}: ${reason} Against: ${against}` });
      }
      await store.audit.add({ who, action: 'flow/deploy', flow: id, detail: `version ${version}` });
      return {
        flow: id,
        version,
        deployedAt: stored.deployedAt,
        deployedBy: who,
        ...(stored.replaced !== undefined && { replaced: stored.replaced }),
        barrier: stored.barrier,
        topicsCreated: stored.topicsCreated,
        status: outcome.status,
        ...(outcome.handover && { handover: outcome.handover }),
      };
    } finally {
      underWay.delete(id);
    }
  }

  /** A canary has ended: from now on all messages go one way. */
  async function endCanary(canary: Canary, how: NonNullable<Canary['ended']>['how'], who: string): Promise<Canary> {
    const ended: Canary = { ...canary, ended: { at: Date.now(), who, how } };
    await store.canaries.put(ended);
    await tellCanary(canary, who, how, `Canary of version ${canary.version} ${endWords[how]} by ${who}.`);
    return ended;
  }

  async function tellCanary({ flow: id, version }: Canary, who: string, action: string, sentence: string): Promise<void> {
    await store.audit.add({ who, action: `canary/${action}`, flow: id, detail: sentence });
    await store.flowEvents.add({ flow: id, at: Date.now(), kind: 'canary', sentence, who, version, link: `/flows/${id}/deployments` });
  }

  async function startCanary(id: string, asVersion: number | undefined, share: number, who: string, override?: string): Promise<Canary> {
    const current = await store.deployments.current(id);
    if (current?.desired !== 'running')
      throw new Refusal(409, 'canary/stopped', 'A canary needs a version that runs beside it. Deploy this one instead.');
    const from = await source(id, asVersion);
    planned(compile(from.flow, from.version));
    const gate = await gateOf(deps, id, from.flow);
    if (gate.blocked && override === undefined) throw refusedBy(gate);
    const obstacles = canaryObstacles(current.plan, planned(compile(from.flow, from.version)));
    if (obstacles.length > 0) {
      const problems = obstacles.map((message): Problem => ({ code: 'canary/refused', severity: 'error', message }));
      throw refused(
        'canary/refused',
        `Versions ${current.version} and ${from.version} cannot run side by side; deploy it instead.`,
        problems,
      );
    }
    const version = from.publish ? (await store.versions.publish(from.flow, who, '')).version : from.version;
    const plan = planned(compile(from.flow, version));
    const before = await store.canaries.running(id);
    const canary: Canary = { id: randomUUID(), flow: id, version, base: current.version, share, since: Date.now(), startedBy: who };
    const outcome = await asked('canary/failed', runtime.deploy(current.plan, { who, canary: { plan, share, since: canary.since } }));
    if (before) await endCanary(before.canary, 'replaced', who);
    await store.canaries.start(canary, plan);
    if (outcome.handover) await deps.handovers.done(outcome.handover, undefined);
    const against = gate.blocked && override !== undefined ? ` Against the gate: ${override}` : '';
    await tellCanary(
      canary,
      who,
      'start',
      `Canary of version ${version} takes ${shareText(share)} beside version ${canary.base}.${against}`,
    );
    return canary;
  }

  /** @throws Refusal 409 when none runs */
  async function runningCanary(id: string): Promise<Canary> {
    await store.flows.revision(id);
    const trial = await store.canaries.running(id);
    if (trial === undefined) throw new Refusal(409, 'canary/none', 'No canary of this flow is running.');
    return trial.canary;
  }

  /** Keys that wait at a sink which would park no more: what comes would overtake them. */
  async function leftParked(flow: Flow, next: Plan, current: StoredDeployment | undefined): Promise<Problem[]> {
    const parking = (plan: Plan | undefined) =>
      new Set(plan?.stages.flatMap((stage) => (stage.kind === 'deliver' && stage.parked !== undefined ? [stage.node.id] : [])));
    const still = parking(next);
    const ends = [...parking(current?.plan)].filter((sink) => !still.has(sink));
    if (ends.length === 0 || current === undefined) return [];
    const waiting = await asked('kafka/refused', deps.parked.list(current.plan));
    return ends.flatMap((sink): Problem[] => {
      const keys = waiting.filter((one) => one.sink === sink).length;
      if (keys === 0) return [];
      const node = flow.nodes.find(({ id }) => id === sink);
      const name = node ? nodeName(node, catalog.types) : sink;
      const message = `${keys === 1 ? '1 key is' : `${keys} keys are`} parked at “${name}”, and this version parks none there: new messages would overtake those that wait. Release them first.`;
      return [{ code: 'deploy/parked', severity: 'warning', message, ...(node && { node: sink, field: 'retry.giveUp' }) }];
    });
  }

  return {
    deploy: (id, version, who, override) => inTurn(id, () => deploy(id, version, who, override)),

    canary: (id, version, share, who, override) =>
      inTurn(id, async () => {
        await store.flows.revision(id);
        return startCanary(id, version, share, who, override);
      }),

    shareCanary: (id, share, who) =>
      inTurn(id, async () => {
        const canary = { ...(await runningCanary(id)), share };
        await store.canaries.put(canary);
        await runtime.setShare?.(id, share);
        await tellCanary(canary, who, 'share', `Canary of version ${canary.version} takes ${shareText(share)} now.`);
        return canary;
      }),

    promoteCanary: (id, who, override) => inTurn(id, async () => deploy(id, (await runningCanary(id)).version, who, override)),

    rollBackCanary: (id, who) =>
      inTurn(id, async () => {
        const canary = await runningCanary(id);
        await runtime.setShare?.(id, 0);
        return endCanary(canary, 'rolled-back', who);
      }),

    async preview(id) {
      const from = await source(id, undefined);
      const current = await store.deployments.current(id);
      const running = current?.desired === 'running' ? current : undefined;
      const { plan, problems = [] } = compile(from.flow, from.version);
      const all = [...problemsOf(from.flow, catalog), ...(plan ? await clashes(plan) : [])];
      const base = {
        problems: all.length > 0 ? all : problems,
        nextVersion: from.version,
        ...(running && { replaces: running.version }),
      };
      if (!plan) return { ...base, restarts: running !== undefined, topics: [], groups: [], paths: [] };
      const existing = new Set((await asked('kafka/refused', runtime.topics())).map((topic) => topic.name));
      return {
        ...base,
        problems: [...base.problems, ...missingTopics(from.flow, plan, existing, catalog), ...(await leftParked(from.flow, plan, current))],
        restarts: running?.plan.hash !== plan.hash,
        topics: plan.topics.map(({ name, partitions }) => ({ name, partitions, exists: existing.has(name) })),
        groups: groupsOf(plan, current),
        paths: plan.paths,
      };
    },

    stop: (id, who) =>
      inTurn(id, async () => {
        await store.flows.revision(id);
        const current = await store.deployments.current(id);
        // Recorded first: a server that dies while it drains must not start the flow again.
        if (current) await store.deployments.setDesired(id, 'stopped');
        await asked('stop/failed', runtime.stop(id));
        if (current) {
          const sentence = `The flow was stopped by ${who}.`;
          await store.flowEvents.add({ flow: id, at: Date.now(), kind: 'stop', sentence, who, version: current.version });
        }
        await store.audit.add({ who, action: 'flow/stop', flow: id, detail: current ? `version ${current.version}` : 'was not deployed' });
        return runtime.status(id) ?? idleStatus(id, current && { ...current, desired: 'stopped' });
      }),

    remove: (id, who) =>
      inTurn(id, async () => {
        const current = await store.deployments.current(id);
        if (current?.desired === 'running') {
          throw new Refusal(409, 'flow/running', `Version ${current.version} of this flow is running. Stop it first, then delete it.`);
        }
        await store.flows.remove(id);
        runtime.forget?.(id);
        await store.audit.add({ who, action: 'flow/delete', flow: id, detail: 'draft and deployments; published versions are kept' });
      }),
  };
}

const endWords: Record<NonNullable<Canary['ended']>['how'], string> = {
  promoted: 'took over all messages, promoted',
  'rolled-back': 'was rolled back',
  replaced: 'was ended by another deploy',
};

function shareText(share: number): string {
  return `${Math.round(share * 10_000) / 100} % of the keys`;
}

function refused(code: string, sentence: string, problems: readonly Problem[]): Refusal {
  return new Refusal(422, code, `${sentence} ${problems.map((problem) => problem.message).join(' ')}`, { problems });
}

function planned(compiled: ReturnType<AppDeps['compile']>): Plan {
  if (compiled.plan) return compiled.plan;
  const errors = compiled.problems.filter((problem) => !isDeployable([problem]));
  throw refused('deploy/problems', 'The flow cannot run yet.', errors.length > 0 ? errors : compiled.problems);
}

/** What no two running flows may share, such as a webhook's path: by type of node and value. */
function claims(plan: Plan, { catalog }: AppDeps['catalog']): { key: string; what: string; value: string; node: string; field: string }[] {
  return plan.stages.flatMap((stage) => {
    if (stage.kind === 'transform' || stage.node.mode === 'disabled') return [];
    const unique = catalog.types.find((type) => type.type === stage.node.type)?.unique;
    const value = unique && stage.node.config[unique.field];
    if (unique === undefined || value === undefined) return [];
    return [
      { key: `${stage.node.type} ${String(value)}`, what: unique.what, value: String(value), node: stage.node.id, field: unique.field },
    ];
  });
}

function clashesWith(plan: Plan, others: readonly Plan[], catalog: AppDeps['catalog']): Problem[] {
  const taken = new Map<string, string>();
  for (const other of others) if (other.flow !== plan.flow) for (const claim of claims(other, catalog)) taken.set(claim.key, other.flow);
  return claims(plan, catalog).flatMap((claim): Problem[] => {
    const owner = taken.get(claim.key);
    if (owner === undefined) return [];
    const message = `The ${claim.what} "${claim.value}" belongs to the running flow "${owner}": choose another, or stop that flow.`;
    return [{ code: 'deploy/taken', severity: 'error', message, node: claim.node, field: claim.field }];
  });
}

/** Topics that somebody else makes, and that are not there: one problem for each node that is one of them. */
function missingTopics(flow: Flow, plan: Plan, existing: ReadonlySet<string>, catalog: AppDeps['catalog']): Problem[] {
  const missing = new Set(plan.topics.flatMap(({ name, own }) => (own || existing.has(name) ? [] : [name])));
  return flow.nodes.flatMap((node): Problem[] => {
    const field = catalog.catalog.types.find(({ type }) => type === node.type)?.topic?.field;
    const topic = field === undefined ? undefined : node.config[field];
    if (field === undefined || typeof topic !== 'string' || !missing.has(topic)) return [];
    const message = `The topic “${topic}” of “${nodeName(node, catalog.types)}” does not exist. Create it, or let the node create it (under Advanced).`;
    return [{ code: 'deploy/no-topic', severity: 'error', message, node: node.id, field }];
  });
}

/** Each consumer group and where it starts: `continues` when it ran before, else earliest, latest or a time (ISO). */
function groupsOf(plan: Plan, before: StoredDeployment | undefined): DeployPreview['groups'] {
  const known = new Set(before?.plan.stages.map((stage) => (stage.kind === 'ingest' ? '' : stage.group)));
  return plan.stages.flatMap((stage) => {
    if (stage.kind === 'ingest') return [];
    const from = stage.kind === 'transform' ? stage.inputs.map((input) => input.from) : [stage.input.from];
    const start = known.has(stage.group) ? 'continues' : [...new Set(from.map(startText))].join(', ');
    return [{ group: stage.group, stage: stage.id, start }];
  });
}

function startText(from: StartAt): string {
  return typeof from === 'string' ? from : new Date(from.time).toISOString();
}
