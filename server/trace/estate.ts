import type { Plan, StageInput, TransformStage, ValueFormat } from '#shared/plan.ts';
import type { NodeType } from '../sdk.ts';
import type { StoredDeployment } from '../store/deployments.ts';
import type { Store } from '../store/store.ts';
import type { FollowedTopic } from './follower.ts';

/** What is or was deployed, and which topics it reads and writes. */
export interface Estate {
  flows: ReadonlyMap<string, KnownFlow>;
  /** Topic → the flows that read it. */
  readers: ReadonlyMap<string, Reader[]>;
  /** Topic → the flows that write it. */
  writers: ReadonlyMap<string, Writer[]>;
}

export interface KnownFlow {
  id: string;
  name: string;
  /** Newest first, never empty. */
  deployments: readonly StoredDeployment[];
  /** What it reads and writes, over all known deployments; the newest say what a topic is. */
  inputs: ReadonlyMap<string, StageInput>;
  sinks: ReadonlyMap<string, SinkTopic>;
  deadLetterTopic: string;
}

export interface Reader {
  flow: string;
  source: string;
  format: ValueFormat;
}

export interface Writer {
  flow: string;
  /** Undefined for the topic of dead letters. */
  sink: string | undefined;
}

/** The topic of a sink: its own, behind which a deliver stage stands, or a topic of the user's. */
export interface SinkTopic {
  topic: string;
  /** The group of its deliver stage. */
  group?: string;
  stage?: string;
}

/** Deployments of a flow that are looked at. */
const mostDeployments = 30;

/** Makes what gives the estate; it is read again after `freshMs`, and flows whose deployment is the same are not. */
export function createEstate(store: Store, types: ReadonlyMap<string, NodeType>, freshMs = 1_000): () => Promise<Estate> {
  const known = new Map<string, { stamp: string; flow: KnownFlow }>();
  let reading: Promise<Estate> | undefined;
  let readAt = Number.NEGATIVE_INFINITY;

  async function read(): Promise<Estate> {
    const names = new Map((await store.flows.list()).map(({ id, name }) => [id, name]));
    const flows = new Map<string, KnownFlow>();
    for (const current of await store.deployments.all()) {
      const { flow: id } = current;
      const stamp = `${current.deployedAt} ${current.version}`;
      const name = names.get(id) ?? id;
      const before = known.get(id);
      const flow =
        before?.stamp === stamp
          ? { ...before.flow, name }
          : knownFlow(id, name, await store.deployments.history(id, mostDeployments), types);
      if (flow.deployments.length === 0) continue;
      known.set(id, { stamp, flow });
      flows.set(id, flow);
    }
    const readers = new Map<string, Reader[]>();
    const writers = new Map<string, Writer[]>();
    const add = <T>(map: Map<string, T[]>, topic: string, one: T) => void map.set(topic, [...(map.get(topic) ?? []), one]);
    for (const { id, inputs, sinks, deadLetterTopic } of flows.values()) {
      for (const [topic, { node, format }] of inputs) add(readers, topic, { flow: id, source: node, format });
      for (const [sink, { topic }] of sinks) add(writers, topic, { flow: id, sink });
      add(writers, deadLetterTopic, { flow: id, sink: undefined });
    }
    return { flows, readers, writers };
  }

  return () => {
    if (reading === undefined || performance.now() - readAt > freshMs) {
      readAt = performance.now();
      const now = read();
      reading = now;
      now.catch(() => {
        if (reading === now) reading = undefined;
      });
    }
    return reading;
  };
}

function knownFlow(id: string, name: string, deployments: StoredDeployment[], types: ReadonlyMap<string, NodeType>): KnownFlow {
  const inputs = new Map<string, StageInput>();
  const sinks = new Map<string, SinkTopic>();
  for (const { plan } of deployments) {
    for (const input of transformIn(plan)?.inputs ?? []) if (!inputs.has(input.topic)) inputs.set(input.topic, input);
    for (const [sink, topic] of sinkTopicsOf(plan, types)) if (!sinks.has(sink)) sinks.set(sink, topic);
  }
  return { id, name, deployments, inputs, sinks, deadLetterTopic: deployments[0]?.plan.deadLetterTopic ?? '' };
}

/** The stage of a plan that runs its nodes. */
export function transformIn(plan: Plan): TransformStage | undefined {
  return plan.stages.find((stage): stage is TransformStage => stage.kind === 'transform');
}

/** Which topic each sink of a plan writes to. */
function sinkTopicsOf(plan: Plan, types: ReadonlyMap<string, NodeType>): Map<string, SinkTopic> {
  const found = new Map<string, SinkTopic>();
  for (const stage of plan.stages) {
    if (stage.kind === 'deliver') found.set(stage.node.id, { topic: stage.input.topic, group: stage.group, stage: stage.id });
  }
  const stage = transformIn(plan);
  for (const node of stage?.nodes ?? []) {
    const type = types.get(node.type);
    if (node.kind !== 'sink' || found.has(node.id) || type === undefined || !('topic' in type) || type.kind !== 'sink') continue;
    found.set(node.id, { topic: type.topic.use(node.config as never).topic });
  }
  return found;
}

/** What the index follows: sources with the fields that their flows have chosen, sinks and dead letters by their origins. */
export function followedTopics({ readers, writers }: Estate, fields: ReadonlyMap<string, string[]>): FollowedTopic[] {
  const followed = [...readers].map(([topic, of]): FollowedTopic => {
    const chosen = of.flatMap(({ flow }) => fields.get(flow) ?? []);
    const isDefault = of.some(({ flow }) => !fields.has(flow));
    const format = of.some((reader) => reader.format === 'json') ? 'json' : (of[0]?.format ?? 'json');
    // Where one flow has chosen and another has not, what was chosen counts: it says what people look for.
    return { topic, rule: { fields: chosen.length > 0 || !isDefault ? [...new Set(chosen)].sort() : null, format } };
  });
  for (const topic of writers.keys()) if (!readers.has(topic)) followed.push({ topic, rule: { fields: undefined, format: 'json' } });
  return followed.sort((a, b) => (a.topic < b.topic ? -1 : 1));
}
