import type { PlanNode, TransformStage } from '#shared/plan.ts';
import { createPipeline, type LiveNode, type Pipeline, recordLimits, type Trail } from '../runtime/pipeline.ts';
import type { NodeContext, NodeType, TopicSinkInstance, TransformInstance } from '../sdk.ts';
import type { ThreadBase } from './protocol.ts';
import { transformOf } from './range.ts';

/** A version brought to life in this thread, as its live worker would, or dry. */
export interface Living {
  stage: TransformStage;
  pipeline: Pipeline;
  close(): Promise<void>;
}

/** A node asks the world in a dry run: what becomes of the message cannot be said before. */
export class AsksTheWorld extends Error {
  override readonly name = 'AsksTheWorld';
}

/** A node cannot be made; the message says which and why. */
export class CannotLive extends Error {
  override readonly name = 'CannotLive';
}

export interface LifeOptions {
  base: ThreadBase;
  types: ReadonlyMap<string, NodeType>;
  /** Nothing outside is asked, and nodes get no secrets. */
  dry: boolean;
  trail?: Trail;
  log(level: 'info' | 'warn' | 'error', message: string): void;
}

/**
 * Makes the transforms and topic sinks of a version: the code that runs live. Where the flow would stop for a message, a
 * replay makes a dead letter of it, since nothing waits behind it.
 * @throws CannotLive
 */
export async function bringToLife({ base, types, dry, trail, log }: LifeOptions): Promise<Living> {
  const { plan } = base;
  const stage = transformOf(plan);
  const closers: (() => void | Promise<void>)[] = [];
  const live = new Map<string, LiveNode>();
  const contextOf = (node: PlanNode): NodeContext => ({
    flow: plan.flow,
    version: plan.version,
    node: node.id,
    label: node.label,
    secret(name) {
      if (dry) return `secret ${name}`;
      const value = base.secrets[name];
      if (value === undefined) throw new Error(`it needs the secret “${name}”, and there is none of that name. Set it under Secrets.`);
      return value;
    },
    filesFolder: base.filesFolder,
    bindings: base.bindings,
    allowPrivate: base.allowPrivate,
    call(call, perform) {
      if (dry) throw new AsksTheWorld(call.what);
      return perform();
    },
    log: { info: (message) => log('info', message), warn: (message) => log('warn', message), error: (message) => log('error', message) },
  });
  for (const node of stage.nodes) {
    if (node.kind === 'source' || stage.sinkTopics[node.id] !== undefined || node.mode !== undefined) continue;
    const name = node.label || node.id;
    const type = types.get(node.type);
    if (type === undefined) throw new CannotLive(`“${name}” has the type ${node.type}, which this server does not know any more.`);
    if (type.kind === 'source' || !('create' in type)) continue;
    try {
      const made = await type.create(node.config as never, contextOf(node));
      if (made.close) closers.push(() => made.close?.());
      live.set(node.id, type.kind === 'transform' ? { transform: made as TransformInstance } : { topicSink: made as TopicSinkInstance });
    } catch (error) {
      await Promise.allSettled(closers.map(async (close) => close()));
      throw new CannotLive(`“${name}” cannot be made: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const nodes = stage.nodes.map((node) => (node.onError === 'stop' ? { ...node, onError: 'dead-letter' as const } : node));
  const pipeline = createPipeline({
    flow: plan.flow,
    version: plan.version,
    stage: { ...stage, nodes },
    live,
    onError: plan.settings.onError === 'stop' ? 'dead-letter' : plan.settings.onError,
    maxRecordBytes: recordLimits(plan),
    messageTimeoutMs: plan.settings.messageTimeoutMs,
    ...(trail && { trail }),
  });
  return { stage, pipeline, close: async () => void (await Promise.allSettled(closers.map(async (close) => close()))) };
}
