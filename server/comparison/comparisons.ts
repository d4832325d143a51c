import { randomUUID } from 'node:crypto';
import { canonicalJson } from '#shared/canonical.ts';
import { type Comparison, type ComparisonReason, type ComparisonScope, comparisonLimits } from '#shared/comparison.ts';
import type { Flow } from '#shared/flow.ts';
import { nodeNames } from '#shared/node-name.ts';
import type { Plan } from '#shared/plan.ts';
import type { Problem } from '#shared/problem.ts';
import type { KafkaSettings } from '../kafka/port.ts';
import type { NodeType } from '../sdk.ts';
import type { StoredDeployment } from '../store/deployments.ts';
import type { StoredFlow } from '../store/flows.ts';
import type { Store } from '../store/store.ts';
import type { CompareReport } from './compare.ts';
import { type ComparisonThread, startComparisonThread } from './host.ts';

/** What would change: runs of the draft against what is deployed, and their reports. */
export interface Comparisons {
  /**
   * Starts a run over the stored draft; resolves when it has begun, or at once with a report where there is nothing to
   * compare. Rejects with one sentence when one of this flow is under way already, or too many of others.
   */
  start(flow: string, scope: ComparisonScope, who: string): Promise<Comparison>;
  /** How it stands now. Rejects with StoreError `unknown`. */
  get(flow: string, id: string): Promise<Comparison>;
  /** The one that counts: under way, else the newest of the draft as it stands, else the newest (then it is stale). */
  latest(flow: string): Promise<Comparison | undefined>;
  /** Ends a run with what it has; one that has ended stays as it is. */
  stop(flow: string, id: string): Promise<Comparison>;
  /** Calls a group expected, or takes it back. */
  decide(flow: string, id: string, signature: string, expected: boolean, note: string, who: string): Promise<Comparison>;
  /** Called whenever a run has ended. Returns the unsubscribe function. */
  onEnded(listener: (flow: string) => void): () => void;
  close(): Promise<void>;
}

export interface ComparisonsOptions {
  store: Store;
  compile(flow: Flow, version: number): { plan: Plan; problems?: Problem[] } | { problems: Problem[]; plan?: undefined };
  types: ReadonlyMap<string, NodeType>;
  kafka: KafkaSettings;
  nodeFolders: string[];
  filesFolder: string;
  bindings: Record<string, unknown>;
  log(level: 'info' | 'warn' | 'error', message: string, fields: Record<string, unknown>): void;
}

interface Under {
  comparison: Comparison;
  thread: ComparisonThread;
  ended: Promise<void>;
}

const mostAtOnce = 2;
/** Any number would do; it stays the same, so that two runs give the same. */
const seed = 1;

/** Opens the comparisons. What was under way when the server ended is told as ended. */
export async function openComparisons(options: ComparisonsOptions): Promise<Comparisons> {
  const { store, log } = options;
  const underWay = new Map<string, Under>();
  /** Flows whose run is being prepared. */
  const starting = new Set<string>();
  const listeners = new Set<(flow: string) => void>();
  await store.comparisons.endRunning('The server ended while this was being compared. Nothing was written. Compare again.');

  /** Says whether a report speaks of the draft and the deployment as they are. */
  async function withStanding(comparison: Comparison): Promise<Comparison> {
    const [draft, current] = await Promise.all([store.flows.get(comparison.flow), store.deployments.current(comparison.flow)]);
    return { ...comparison, stale: !standsFor(comparison, draft.hash, current?.version) };
  }

  async function start(flow: string, scope: ComparisonScope, who: string): Promise<Comparison> {
    const draft = await store.flows.get(flow);
    const current = await store.deployments.current(flow);
    const begun = blank(draft, current, scope, who);
    const finish = async (reason: ComparisonReason, state: Comparison['state'] = 'done'): Promise<Comparison> => {
      const ended: Comparison = { ...begun, state, endedAt: new Date().toISOString(), reason };
      await store.comparisons.put(ended);
      return withStanding(ended);
    };
    if (!current) {
      return finish({ code: 'first-deploy', sentence: 'There is nothing to compare with: this flow goes live for the first time.' });
    }
    const { plan, problems = [] } = options.compile(draft.flow, current.version + 1);
    if (!plan) {
      const sentence = `The draft cannot run yet: ${problems.map(({ message }) => message).join(' ')}`;
      return finish({ code: 'draft-broken', sentence }, 'failed');
    }
    if (plan.hash === current.plan.hash) {
      const sentence = `The draft does just what version ${current.version} does: only names or the drawing differ. So no message can come out otherwise.`;
      return finish({ code: 'equal', sentence });
    }
    const deployed = await store.versions.get(flow, current.version);
    const known: Comparison = {
      ...begun,
      unseen: unseenOf(deployed, draft.flow, options.types),
      labels: labelsOf([...deployed.nodes, ...draft.flow.nodes], options.types),
    };
    await store.comparisons.put(known);
    run(known, { before: { plan: current.plan, flow: deployed }, after: { plan, flow: draft.flow } }, await inputOf(flow));
    return withStanding(known);
  }

  async function inputOf(flow: string) {
    return { masks: (await store.samples.masks(flow)).masks, recordings: await store.recordings.list(flow) };
  }

  function run(
    comparison: Comparison,
    versions: Record<'before' | 'after', { plan: Plan; flow: Flow }>,
    input: Awaited<ReturnType<typeof inputOf>>,
  ): void {
    const { flow, scope } = comparison;
    const { kafka, nodeFolders, filesFolder, bindings } = options;
    const startedAt = performance.now();
    const msNow = () => Math.round(performance.now() - startedAt);
    const thread = startComparisonThread(
      { ...versions, ...input, scope, seed, kafka, nodeFolders, filesFolder, bindings },
      {
        progress(progress) {
          under.comparison = { ...under.comparison, ...progress, ms: msNow() };
        },
        log: (level, message) => log(level, message, { flow, comparison: comparison.id }),
      },
    );
    const ended = async (result: CompareReport | { reason: ComparisonReason }): Promise<void> => {
      const { ended: state, ...report } = 'ended' in result ? result : { ended: 'failed' as const, ...result };
      const groups = await withEarlierDecisions(under.comparison, 'groups' in report ? report.groups : []);
      under.comparison = { ...under.comparison, ...report, groups, state, ms: msNow(), endedAt: new Date().toISOString() };
      await store.comparisons.put(under.comparison);
      for (const { signature, expected } of groups) {
        if (expected) await store.comparisons.decide(flow, comparison.id, signature, expected);
      }
    };
    const under: Under = { comparison, thread, ended: Promise.resolve() };
    underWay.set(flow, under);
    under.ended = thread.report
      .then(ended, (error: unknown) => {
        const sentence = `The comparison could not go on: ${error instanceof Error ? error.message : String(error)}`;
        return ended({ reason: { code: 'failed', sentence } });
      })
      .catch((error: unknown) =>
        log('error', `A comparison could not be kept: ${error instanceof Error ? error.message : String(error)}`, { flow }),
      )
      .finally(() => {
        underWay.delete(flow);
        for (const listener of listeners) listener(flow);
      });
  }

  /** What was decided about the same difference of the same draft against the same version holds on. */
  async function withEarlierDecisions(comparison: Comparison, groups: Comparison['groups']): Promise<Comparison['groups']> {
    const before = await store.comparisons.decisionsOf(comparison.flow, comparison.draft.hash, comparison.against);
    return groups.map((group) => {
      const expected = before.get(group.signature);
      return expected ? { ...group, expected } : group;
    });
  }

  const current = (flow: string, id?: string): Comparison | undefined => {
    const under = underWay.get(flow);
    return under && (id === undefined || under.comparison.id === id) ? under.comparison : undefined;
  };

  return {
    async start(flow, scope, who) {
      if (underWay.has(flow) || starting.has(flow)) throw new Error('A comparison of this flow is under way. Wait for it, or stop it.');
      if (underWay.size + starting.size >= mostAtOnce) throw new Error('Two comparisons are under way already. Wait until one has ended.');
      starting.add(flow);
      try {
        return await start(flow, scope, who);
      } finally {
        starting.delete(flow);
      }
    },
    async get(flow, id) {
      return withStanding(current(flow, id) ?? (await store.comparisons.get(flow, id)));
    },
    async latest(flow) {
      const { hash } = await store.flows.get(flow);
      const found = current(flow) ?? (await store.comparisons.latest(flow, hash)) ?? (await store.comparisons.latest(flow));
      return found && withStanding(found);
    },
    async stop(flow, id) {
      const under = underWay.get(flow);
      if (under?.comparison.id === id) {
        under.thread.stop();
        await under.ended;
      }
      return withStanding(await store.comparisons.get(flow, id));
    },
    async decide(flow, id, signature, expected, note, who) {
      const decision = expected ? { by: who, at: new Date().toISOString(), note } : undefined;
      return withStanding(await store.comparisons.decide(flow, id, signature, decision));
    },
    onEnded(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      const open = [...underWay.values()];
      for (const { thread } of open) thread.kill('The server ended. Compare again.');
      await Promise.allSettled(open.map(({ ended }) => ended));
    },
  };
}

/** Whether a report speaks of this draft against this deployment. */
export function standsFor(comparison: Comparison, draft: string, deployed: number | undefined): boolean {
  if (comparison.draft.hash !== draft) return false;
  // The version that it was made for is live now.
  if (comparison.deployment !== undefined && comparison.deployment.version === deployed) return true;
  return comparison.against === deployed;
}

function blank({ flow, hash }: StoredFlow, current: StoredDeployment | undefined, scope: ComparisonScope, who: string): Comparison {
  return {
    id: randomUUID(),
    flow: flow.id,
    state: 'running',
    scope: { ...scope, count: Math.min(scope.count, comparisonLimits.mostMessages) },
    draft: { hash },
    ...(current && { against: current.version }),
    startedAt: new Date().toISOString(),
    startedBy: who,
    ms: 0,
    done: 0,
    total: 0,
    topics: [],
    missing: 0,
    counts: {},
    groups: [],
    unseen: [],
    labels: {},
  };
}

function labelsOf(nodes: Flow['nodes'], types: ComparisonsOptions['types']): Record<string, string> {
  const nameOf = nodeNames(nodes, types);
  return Object.fromEntries(nodes.map(({ id }) => [id, nameOf(id)]));
}

/** Sinks outside whose settings differ and of which nothing shows what they would send. */
function unseenOf(before: Flow, after: Flow, types: ComparisonsOptions['types']): Comparison['unseen'] {
  return after.nodes.flatMap((node) => {
    const was = before.nodes.find(({ id }) => id === node.id);
    const type = types.get(node.type);
    if (!was || type?.kind !== 'sink' || 'topic' in type || type.prepare) return [];
    const fields = [...new Set([...Object.keys(was.config), ...Object.keys(node.config)])];
    const changed = fields.filter((field) => canonicalJson(was.config[field]) !== canonicalJson(node.config[field]));
    return changed.length > 0 ? [{ node: node.id, fields: changed.sort() }] : [];
  });
}
