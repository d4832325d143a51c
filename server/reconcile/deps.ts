import type { DeliverStage, IngestStage, Plan, PlanNode, StageInput, TransformStage } from '#shared/plan.ts';
import type { KafkaPort } from '../kafka/port.ts';
import type { OutsideCaller } from '../outside-call.ts';
import type { NodeContext, NodeType } from '../sdk.ts';
import type { Store } from '../store/store.ts';

/** What reconciling uses. */
export interface ReconcileDeps {
  store: Store;
  kafka: KafkaPort;
  types: ReadonlyMap<string, NodeType>;
  caller: OutsideCaller;
  filesFolder: string;
  bindings: Record<string, unknown>;
  allowPrivate: readonly string[];
  log(level: 'info' | 'warn' | 'error', message: string): void;
}

/** Something asked for that cannot be: one sentence that says why and what to do. */
export class ReconcileRefused extends Error {
  override readonly name = 'ReconcileRefused';
  /** Only because something else is under way: later it can be. */
  readonly busy: boolean;

  constructor(message: string, { busy = false, ...options }: ErrorOptions & { busy?: boolean } = {}) {
    super(message, options);
    this.busy = busy;
  }
}

/** A source of a plan, as its transform stage reads it. */
export interface PlanSource {
  node: PlanNode;
  input: StageInput;
  /** Absent where the topic is the user's own. */
  ingest: IngestStage | undefined;
}

export function sourceOf(plan: Plan, id: string): PlanSource {
  const transform = plan.stages.find((stage): stage is TransformStage => stage.kind === 'transform');
  const input = transform?.inputs.find(({ node }) => node === id);
  const node = transform?.nodes.find((one) => one.id === id);
  if (!input || !node) throw new ReconcileRefused('The deployed version has no such source. Deploy the flow, or choose another source.');
  const ingest = plan.stages.find((stage): stage is IngestStage => stage.kind === 'ingest' && stage.node.id === id);
  return { node, input, ingest };
}

export function sinkOf(plan: Plan, id: string): DeliverStage {
  const stage = plan.stages.find((one): one is DeliverStage => one.kind === 'deliver' && one.node.id === id);
  if (!stage) throw new ReconcileRefused('The deployed version has no such sink, or it writes to a Kafka topic. Choose another sink.');
  return stage;
}

/** What a node is given when it is asked something apart from a running flow. */
export async function contextOf(deps: ReconcileDeps, plan: Plan, node: PlanNode): Promise<NodeContext> {
  const secrets = await deps.store.secrets.reveal();
  const say = (level: 'info' | 'warn' | 'error') => (message: string) => deps.log(level, message);
  return {
    flow: plan.flow,
    version: plan.version,
    node: node.id,
    label: node.label,
    secret: (name) => secretOf(secrets, name),
    filesFolder: deps.filesFolder,
    bindings: deps.bindings,
    allowPrivate: deps.allowPrivate,
    call: (_call, perform) => perform(),
    log: { info: say('info'), warn: say('warn'), error: say('error') },
  };
}

export function secretOf(secrets: Record<string, string>, name: string): string {
  const value = Object.hasOwn(secrets, name) ? secrets[name] : undefined;
  if (value === undefined) throw new ReconcileRefused(`There is no secret "${name}". Store it, or name another one.`);
  return value;
}
