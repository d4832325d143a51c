import { createHash } from 'node:crypto';
import { canonicalJson } from '#shared/canonical.ts';
import { pathGuarantees, topologicalOrder } from '#shared/check/paths.ts';
import { checkFlow } from '#shared/check.ts';
import { isExactNumber } from '#shared/exact-number.ts';
import type { Flow, FlowNode } from '#shared/flow.ts';
import { parkedTopicOf } from '#shared/parked.ts';
import type { DeliverStage, IngestStage, Plan, PlanEdge, PlanNode, PlanTopic, Stage, StageInput, TransformStage } from '#shared/plan.ts';
import { isDeployable, type Problem } from '#shared/problem.ts';
import type { LoadedCatalog } from './catalog.ts';
import type { NodeType } from './sdk.ts';

/** Kafka's own default for max.message.bytes: no topic of a flow takes less. */
const defaultMaxBytes = 1_048_588;
/** Room for headers and the frame of a record beside the body of a request. */
const frameBytes = 65_536;
/** Dead letters hold the original bytes, also of topics that are not ours and may take more than the default. */
const deadLetterMaxBytes = 16_777_216;
const hourMs = 3_600_000;
const deadLetterHours = 30 * 24;

/** Name of the topic between an outside source or sink and the transform stage. */
export function topicOf(flow: string, node: string): string {
  return `millrace.${flow}.${node}`;
}

export function deadLetterTopicOf(flow: string): string {
  return `millrace.${flow}.dead`;
}

/** Consumer group of a stage; the same for every version of the flow, so that a new one goes on where the old one stopped. */
export function groupOf(flow: string, stage: string): string {
  return `millrace.${flow}.${stage}`;
}

/**
 * Makes the plan of a flow, or says everything that is wrong with it. Pure: nothing is read, nothing is kept, the
 * flow is left as it was, and equal logic gives an equal hash whatever the drawing looks like.
 */
export function compile(
  flow: Flow,
  catalog: LoadedCatalog,
  version: number,
): { plan: Plan; problems?: never } | { problems: Problem[]; plan?: never } {
  const { upgraded, configs, problems } = prepare(flow, catalog);
  if (!isDeployable(problems)) return { problems };
  return { plan: planOf(upgraded, configs, catalog, version) };
}

/** Everything that is wrong with a flow, warnings included: what checkFlow finds and what only the types' own code knows. */
export function problemsOf(flow: Flow, catalog: LoadedCatalog): Problem[] {
  return prepare(flow, catalog).problems;
}

/**
 * The flow with every config brought to the version of its node type, as a new document; the same one when all are.
 * Types whose `upgrade` throws leave the node as it was, and a problem.
 */
export function upgradeNodes(flow: Flow, types: ReadonlyMap<string, NodeType>): { flow: Flow; problems: Problem[] } {
  const problems: Problem[] = [];
  const nodes = flow.nodes.map((node) => {
    const type = types.get(node.type);
    if (type === undefined || node.version >= type.version) return node;
    try {
      const config = type.upgrade ? type.upgrade(structuredClone(node.config), node.version) : node.config;
      return { ...node, config, version: type.version };
    } catch (error) {
      problems.push(broken(node, `its settings of version ${node.version} cannot be brought to version ${type.version}`, error));
      return node;
    }
  });
  return nodes.every((node, at) => node === flow.nodes[at]) ? { flow, problems } : { flow: { ...flow, nodes }, problems };
}

/** A node's complete config, and its problems by the node type's own rules. */
interface Prepared {
  upgraded: Flow;
  configs: Map<string, Record<string, unknown>>;
  problems: Problem[];
}

function prepare(flow: Flow, catalog: LoadedCatalog): Prepared {
  // A document keeps every digit; what runs of it goes between threads and to validators, which know doubles.
  const rounded = { ...flow, nodes: flow.nodes.map((node) => ({ ...node, config: inDoubles(node.config) as FlowNode['config'] })) };
  const { flow: upgraded, problems } = upgradeNodes(rounded, catalog.types);
  problems.push(...checkFlow(upgraded, catalog.catalog));
  const configs = new Map<string, Record<string, unknown>>();
  for (const node of upgraded.nodes) {
    const type = catalog.types.get(node.type);
    if (type === undefined || node.version !== type.version) continue;
    const found = problems.filter((problem) => problem.node === node.id);
    const { config, problems: more } = parseConfig(node, type, found);
    if (config !== undefined) configs.set(node.id, config);
    problems.push(...more);
  }
  const errors = problems.filter((problem) => problem.severity === 'error');
  return { upgraded, configs, problems: [...errors, ...problems.filter((problem) => problem.severity !== 'error')] };
}

/** A JSON value whose numbers are doubles. */
function inDoubles(value: unknown): unknown {
  if (isExactNumber(value)) return Number(value.text);
  if (Array.isArray(value)) return value.map(inDoubles);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, inDoubles(item)]));
}

/** Config with defaults filled in, and what the schema's refinements and the type's `check` say beyond the JSON Schema. */
function parseConfig(node: FlowNode, type: NodeType, found: readonly Problem[]): { config?: Record<string, unknown>; problems: Problem[] } {
  const known = new Set(found.filter((problem) => problem.severity === 'error').map((problem) => problem.field));
  try {
    const parsed = type.config.safeParse(node.config);
    if (!parsed.success) {
      const problems = parsed.error.issues.map((issue) => {
        const field = issue.path.map(String).join('.');
        return {
          code: 'field/wrong',
          severity: 'error' as const,
          message: `${field || 'The config'}: ${issue.message}.`,
          node: node.id,
          field,
        };
      });
      // One problem for each field: where the JSON Schema has spoken, in the field or around it, it has said it better.
      return { problems: problems.filter(({ field }) => ![...known].some((other) => other !== undefined && within(field, other))) };
    }
    const checked = type.check?.(parsed.data) ?? [];
    const problems = checked
      .filter(({ field }) => field === undefined || !known.has(field))
      .map(({ severity = 'error', ...rest }) => ({ code: 'field/check', severity, node: node.id, ...rest }));
    return { config: parsed.data as Record<string, unknown>, problems };
  } catch (error) {
    return { problems: [broken(node, 'its settings cannot be checked', error)] };
  }
}

function within(field: string, other: string): boolean {
  return field === other || field.startsWith(`${other}.`) || other.startsWith(`${field}.`);
}

function broken(node: FlowNode, what: string, error: unknown): Problem {
  const reason = error instanceof Error ? error.message : String(error);
  const message = `The node type ${node.type} of “${node.label || node.id}” has a fault: ${what} (${reason}). Mend the type, or replace the node.`;
  return { code: 'node/broken', severity: 'error', message, node: node.id };
}

function planOf(flow: Flow, configs: ReadonlyMap<string, Record<string, unknown>>, catalog: LoadedCatalog, version: number): Plan {
  const typeOf = (node: FlowNode): NodeType => catalog.types.get(node.type) as NodeType;
  const byId = new Map(flow.nodes.map((node) => [node.id, node]));
  const nodes = topologicalOrder(flow).order.flatMap((id) => {
    const node = byId.get(id);
    return node ? [{ type: typeOf(node), node: planNode(node, typeOf(node), configs.get(id) ?? {}) }] : [];
  });
  const running = nodes.filter(({ node }) => node.mode !== 'disabled');

  const stages: Stage[] = [];
  const topics = new Map<string, PlanTopic>();
  const addTopic = (topic: PlanTopic) => {
    const before = topics.get(topic.name);
    if (before === undefined || before.partitions < topic.partitions) topics.set(topic.name, topic);
  };
  const ownTopic = (name: string, maxBytes: number, hours = flow.settings.retentionHours): PlanTopic => ({
    name,
    partitions: flow.settings.partitions,
    config: { 'cleanup.policy': 'delete', 'max.message.bytes': String(maxBytes), 'retention.ms': String(hours < 0 ? -1 : hours * hourMs) },
    own: true,
  });
  const userTopic = (use: { topic: string; create?: { partitions?: number } }): PlanTopic => ({
    name: use.topic,
    partitions: use.create ? (use.create.partitions ?? flow.settings.partitions) : 0,
    config: {},
    own: use.create !== undefined,
  });

  const inputs: StageInput[] = [];
  const sinkTopics: Record<string, string> = {};
  const delivers: DeliverStage[] = [];
  let largest = defaultMaxBytes;
  for (const { node, type } of running) {
    if (type.kind !== 'source') continue;
    if ('topic' in type) {
      const use = type.topic.use(node.config);
      inputs.push({ topic: use.topic, node: node.id, from: use.from ?? 'earliest', format: use.format ?? 'json' });
      addTopic(userTopic(use));
      continue;
    }
    const topic = topicOf(flow.id, node.id);
    const hook = type.hook?.(node.config);
    const maxBytes = Math.max(defaultMaxBytes, hook ? hook.maxBytes + frameBytes : 0);
    largest = Math.max(largest, maxBytes);
    stages.push({ kind: 'ingest', id: `ingest-${node.id}`, node, topic } satisfies IngestStage);
    inputs.push({ topic, node: node.id, from: 'earliest', format: type.format?.(node.config) ?? 'json' });
    addTopic(ownTopic(topic, maxBytes));
  }
  for (const { node, type } of running) {
    if (type.kind !== 'sink') continue;
    if ('topic' in type) {
      const use = type.topic.use(node.config);
      addTopic(userTopic(use));
      continue;
    }
    const topic = topicOf(flow.id, node.id);
    const id = `deliver-${node.id}`;
    sinkTopics[node.id] = topic;
    const parked = node.retry?.giveUp === 'park' ? parkedTopicOf(topic) : undefined;
    delivers.push({
      kind: 'deliver',
      id,
      group: groupOf(flow.id, id),
      input: { topic, node: node.id, from: 'earliest', format: 'json' },
      node,
      ...(parked !== undefined && { parked }),
    });
    addTopic(ownTopic(topic, largest));
    if (parked !== undefined) {
      // Compacted, so that what waits for a person is there for as long as it waits, whatever the retention.
      const config = { 'cleanup.policy': 'compact', 'max.message.bytes': String(largest + frameBytes) };
      addTopic({ name: parked, partitions: flow.settings.partitions, config, own: true, like: topic });
    }
  }
  const transform: TransformStage = {
    kind: 'transform',
    id: 'transform',
    group: groupOf(flow.id, 'transform'),
    inputs,
    nodes: nodes.map(({ node }) => node),
    edges: planEdges(flow),
    sinkTopics,
  };
  const deadLetterTopic = deadLetterTopicOf(flow.id);
  const { retentionHours, onError, messageTimeoutMs, quarantineAfter, memoryMb } = flow.settings;
  const deadHours = retentionHours < 0 ? -1 : Math.max(deadLetterHours, retentionHours);
  addTopic(ownTopic(deadLetterTopic, Math.max(deadLetterMaxBytes, largest + frameBytes), deadHours));

  const plan = {
    flow: flow.id,
    version,
    stages: [...stages, transform, ...delivers],
    topics: [...topics.values()],
    deadLetterTopic,
    paths: pathGuarantees(flow, new Map(catalog.catalog.types.map((type) => [type.type, type]))),
    settings: { onError, messageTimeoutMs, quarantineAfter, memoryMb },
  };
  return { ...plan, hash: hashOf(plan) };
}

function planNode(node: FlowNode, type: NodeType, config: Record<string, unknown>): PlanNode {
  return {
    id: node.id,
    type: node.type,
    kind: type.kind,
    label: node.label || type.title,
    config,
    ...(node.mode === undefined ? {} : { mode: node.mode }),
    ...(node.onError === undefined ? {} : { onError: node.onError }),
    ...(node.retry === undefined ? {} : { retry: { minutes: node.retry.minutes, giveUp: node.retry.giveUp } }),
  };
}

/** Edges in an order of their own, so that the order in which they were drawn decides nothing. */
function planEdges(flow: Flow): PlanEdge[] {
  const edges = flow.edges.map(({ from, to }) => ({ from: { node: from.node, port: from.port }, to: { node: to.node, port: to.port } }));
  const text = ({ from, to }: PlanEdge) => [from.node, from.port, to.node, to.port].join('\n');
  return edges.sort((a, b) => (text(a) < text(b) ? -1 : 1));
}

/** SHA-256, hex, over everything that decides how the plan runs: not its version, not the labels of its nodes. */
function hashOf(plan: Omit<Plan, 'hash'>): string {
  const bare = (node: PlanNode): Omit<PlanNode, 'label'> => {
    const { label: _label, ...rest } = node;
    return rest;
  };
  const { version: _version, stages, ...rest } = plan;
  const plain = stages.map((stage) =>
    stage.kind === 'transform' ? { ...stage, nodes: stage.nodes.map(bare) } : { ...stage, node: bare(stage.node) },
  );
  return createHash('sha256')
    .update(canonicalJson({ ...rest, stages: plain }))
    .digest('hex');
}
