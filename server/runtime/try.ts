import type { TryMessage, TryOutput, TryRequest, TryResult } from '#shared/api.ts';
import type { Message } from '#shared/message.ts';
import type { Plan, PlanNode, TransformStage } from '#shared/plan.ts';
import type { NodeContext, NodeType, TopicSinkInstance, TransformInstance } from '../sdk.ts';
import { createPipeline, type LiveNode, type PipelineSink } from './pipeline.ts';
import { createTally, type Tally } from './tally.ts';
import { textHeaders, textOf } from './tap.ts';

/** Messages that one Try takes at most. */
export const tryLimit = 100;
/** A Try runs beside everything else that the server does, so it ends after this long, in ms. */
const tryMs = 5000;

/**
 * Runs messages through a plan's transform stage with the runtime's own pipeline. Sinks only show what they would
 * get: nothing is written, nothing is committed, nothing outside is called.
 * @throws Error with one sentence when a node cannot be created.
 */
export async function tryPlan(
  plan: Plan,
  types: ReadonlyMap<string, NodeType>,
  contextOf: (node: PlanNode) => NodeContext,
  request: TryRequest,
): Promise<TryResult> {
  const stage = plan.stages.find((candidate): candidate is TransformStage => candidate.kind === 'transform');
  if (stage === undefined) throw new Error('The flow has no source yet, so there is nothing to try.');
  const source = request.node ?? stage.inputs[0]?.node;
  if (source === undefined || !stage.inputs.some((input) => input.node === source))
    throw new Error(`“${source ?? ''}” is not a source of this flow; name one of its source nodes.`);

  const live = new Map<string, LiveNode>();
  const closers: (() => void | Promise<void>)[] = [];
  try {
    for (const node of stage.nodes) {
      const type = types.get(node.type);
      if (type === undefined || type.kind === 'source' || !('create' in type) || node.mode !== undefined) continue;
      if (type.kind === 'sink' && !('topic' in type)) continue;
      const instance = await type.create(node.config as never, contextOf(node));
      if (instance.close) closers.push(() => instance.close?.());
      live.set(
        node.id,
        type.kind === 'transform' ? { transform: instance as TransformInstance } : { topicSink: instance as TopicSinkInstance },
      );
    }
    return await runAll(plan, stage, live, source, request.messages.slice(0, tryLimit));
  } finally {
    await Promise.allSettled(closers.map(async (close) => close()));
  }
}

async function runAll(
  plan: Plan,
  stage: TransformStage,
  live: Map<string, LiveNode>,
  source: string,
  messages: TryMessage[],
): Promise<TryResult> {
  const nodes: TryResult['nodes'] = Object.fromEntries(stage.nodes.map(({ id }) => [id, { in: 0, ports: {}, filtered: [], failed: [] }]));
  let input = 0;
  const pipeline = createPipeline({
    flow: plan.flow,
    version: plan.version,
    stage,
    live,
    onError: 'dead-letter',
    tap: {
      see(node, port, message, error) {
        const entry = nodes[node];
        if (entry === undefined || port === 'filtered') return;
        const output = describe(input, message, error);
        if (error) entry.failed.push(output);
        else (entry.ports[port] ??= []).push(output);
      },
      samples: () => [],
    },
  });
  const nowhere: PipelineSink = { output: () => undefined, dead: () => undefined };
  const started = Date.now();
  for (const message of messages) {
    if (Date.now() - started > tryMs)
      throw new Error(
        `Trying ${input} of ${messages.length} messages took longer than ${tryMs / 1000} s; try fewer, or look for an expression that does too much.`,
      );
    const tally = createTally();
    await pipeline.run(source, enter(message, input), nowhere, tally);
    collect(nodes, tally, input);
    input++;
  }
  return { problems: [], nodes };
}

function collect(nodes: TryResult['nodes'], tally: Tally, input: number): void {
  for (const [id, counts] of Object.entries(tally.nodes)) {
    const entry = nodes[id];
    if (entry) entry.in += counts.in;
  }
  for (const [id, reasons] of Object.entries(tally.filtered)) {
    for (const [reason, count] of Object.entries(reasons)) {
      for (let times = 0; times < count; times++) nodes[id]?.filtered.push({ input, reason });
    }
  }
}

function enter(message: TryMessage, input: number): Message {
  return {
    key: message.key ?? null,
    value: message.value ?? null,
    headers: message.headers ?? {},
    timestamp: Date.now(),
    origin: { topic: 'try', partition: 0, offset: String(input) },
  };
}

function describe(input: number, message: Message, error: { code: string; message: string; details?: unknown } | undefined): TryOutput {
  const details = error?.details as { position?: unknown } | undefined;
  return {
    input,
    key: message.key === null ? null : textOf(message.key),
    value: message.value instanceof Uint8Array ? textOf(message.value) : message.value,
    headers: textHeaders(message.headers),
    ...(error && {
      error: { code: error.code, message: error.message, ...(typeof details?.position === 'number' && { position: details.position }) },
    }),
  };
}
