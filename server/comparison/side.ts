import type { Outcome, Output } from '#shared/comparison/outcome.ts';
import { header } from '#shared/message.ts';
import type { Plan, PlanNode } from '#shared/plan.ts';
import type { TrialRecord } from '#shared/trial.ts';
import type { KafkaRecord } from '../kafka/port.ts';
import type { NodeContext, NodeType } from '../sdk.ts';
import type { CallAnswers } from '../try/calls.ts';
import type { Guard } from '../try/guard.ts';
import { createTrial, type TrialOutcome, transformOf } from '../try/trial.ts';
import type { TrialWorld } from '../try/world.ts';

/** One version of a flow, ready to be run over messages without Kafka and without the world. */
export interface Side {
  /** The topics that it reads. */
  topics: readonly string[];
  /** What it makes of a message; nothing of one whose topic it does not read. */
  run(record: KafkaRecord): Promise<Outcome>;
  close(): Promise<void>;
}

/** What both versions share: equal messages get equal clocks, random numbers and answers. */
export interface SideOptions {
  types: ReadonlyMap<string, NodeType>;
  context: Pick<NodeContext, 'filesFolder' | 'bindings'>;
  calls: CallAnswers;
  seed: number;
  /** Holds the code of nodes off the world, where it runs in a thread of its own. */
  guard?: Guard;
}

/**
 * Opens a version as a Try does: sinks captured, calls answered from recordings, the clock at each message's own time.
 * Nodes get no secrets, only a stand-in for each.
 * @throws TrialRefused when a node cannot be made
 */
export async function openSide(plan: Plan, { types, context, calls, seed, guard }: SideOptions): Promise<Side> {
  const stage = transformOf(plan);
  let world: TrialWorld | undefined;
  const trial = await createTrial({
    plan,
    types,
    contextOf: (node) => contextOf(plan, node, context),
    calls,
    seed,
    onWorld(made) {
      world = made;
      guard?.use(made);
    },
  }).finally(() => guard?.use(undefined));
  const sinks = new Set(stage.nodes.filter(({ kind }) => kind === 'sink').map(({ id }) => id));
  return {
    topics: [...new Set(stage.inputs.map(({ topic }) => topic))],
    async run({ topic, partition, offset, ...message }) {
      const origin = { topic, partition, offset: String(offset) };
      const made: { [Part in keyof Outcome]: Outcome[Part][number][] } = { outputs: [], failures: [], filtered: [] };
      guard?.use(world);
      try {
        for (const { node } of stage.inputs.filter((input) => input.topic === topic)) {
          const outcome = outcomeOf(await trial.run({ ...message, node, origin }), sinks);
          made.outputs.push(...outcome.outputs);
          made.failures.push(...outcome.failures);
          made.filtered.push(...outcome.filtered);
        }
      } finally {
        guard?.use(undefined);
      }
      return made;
    },
    close: () => trial.close(),
  };
}

function outcomeOf({ records, filtered, failed }: TrialOutcome, sinks: ReadonlySet<string>): Outcome {
  return {
    outputs: records.flatMap((record) => (record.port === 'in' && sinks.has(record.node) ? [outputOf(record)] : [])),
    failures: failed.flatMap(({ node, code, message, position, end }) =>
      end === 'error-port' ? [] : [{ node, code, message, end, ...(position !== undefined && { position }) }],
    ),
    filtered: filtered.map(({ node, reason }) => ({ node, reason })),
  };
}

function outputOf({ node, topic = '', partition, key, value, encoding, headers, sends }: TrialRecord): Output {
  return {
    sink: node,
    topic,
    ...(partition !== undefined && { partition }),
    index: Number(headers[header.index] ?? 0),
    key,
    headers,
    value,
    ...(encoding === 'base64' && { bytes: true }),
    ...(sends && { sends }),
  };
}

function contextOf(plan: Plan, node: PlanNode, context: SideOptions['context']): NodeContext {
  const silent = (): void => undefined;
  return {
    ...context,
    flow: plan.flow,
    version: plan.version,
    node: node.id,
    label: node.label,
    secret: (name) => `secret ${name}`,
    allowPrivate: [],
    call: (_call, perform) => perform(),
    log: { info: silent, warn: silent, error: silent },
  };
}
