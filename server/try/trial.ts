import { isUtf8 } from 'node:buffer';
import { imbalance } from '#shared/ledger.ts';
import { header, type Message } from '#shared/message.ts';
import type { Plan, PlanNode, TransformStage } from '#shared/plan.ts';
import type { Problem } from '#shared/problem.ts';
import type { FailureEnd, NodeTrial, TrialFailure, TrialRecord } from '#shared/trial.ts';
import type { OutRecord } from '../kafka/port.ts';
import { decodeKey, enter, storedFormat } from '../runtime/codec.ts';
import { createPipeline, type LiveNode, type PipelineSink, recordLimits, type Trail } from '../runtime/pipeline.ts';
import { createTally, LedgerError } from '../runtime/tally.ts';
import { textHeaders, textOf } from '../runtime/tap.ts';
import { MessageError, type NodeContext, type NodeType, RetriableError, type SinkMessage, type SinkRequest } from '../sdk.ts';
import { type CallAnswers, CallUnanswered } from './calls.ts';
import type { TrialInput } from './input.ts';
import type { Replay } from './replay.ts';
import { showRaw, showValue, showWritten } from './shown.ts';
import { createTrialWorld } from './world.ts';

/** The nodes of a plan brought to life for a Try, in this thread. Whoever needs bounds runs it in a worker: see trial-runner.ts. */
export interface TrialOptions {
  plan: Plan;
  types: ReadonlyMap<string, NodeType>;
  contextOf(node: PlanNode): NodeContext;
  /** Left out: every call of a node fails with `call/not-recorded`. */
  calls?: CallAnswers;
  /** The clock of expressions, in ms since 1970; left out, the time of each message. */
  now?: number;
  /** Default 1. */
  seed?: number;
  /** Called before each node with each message; it must be cheap. */
  onNode?(node: string, input: number): void;
  /** Called at each place with its own clock and random numbers, for whoever hands them to code that is not ours. */
  onWorld?(world: ReturnType<typeof createTrialWorld>): void;
  /** What the Try before has made of nodes that have not changed. */
  replay?: Replay;
  /** Has arrivals say how long their node took: then equal Tries give outcomes that are not equal to the last byte. */
  timed?: boolean;
}

/** What became of one input, in the order in which it happened. Record ids go on from input to input. */
export interface TrialOutcome {
  /** Which input, counted from 0. */
  input: number;
  /** What it entered as, what left the ports, what sinks would have written. */
  records: TrialRecord[];
  /** Which records came to which nodes; to its source the one that entered. Where it is timed: how long the node took, in ms. */
  arrived: { node: string; record: number; ms?: number }[];
  filtered: { node: string; record: number; reason: string }[];
  failed: ({ node: string } & TrialFailure)[];
  calls: ({ node: string } & NodeTrial['calls'][number])[];
}

export interface Trial {
  /** Runs one message from a source through the whole graph. Nothing is written, and nothing is called but what `calls` lets through. */
  run(input: TrialInput): Promise<TrialOutcome>;
  close(): Promise<void>;
}

/** Nodes that cannot be made: each with its problem. */
export class TrialRefused extends Error {
  readonly problems: Problem[];
  constructor(problems: Problem[]) {
    super(problems.map(({ message }) => message).join(' '));
    this.name = 'TrialRefused';
    this.problems = problems;
  }
}

type Prepared = (message: SinkMessage) => SinkRequest;

/**
 * Makes the nodes of a plan, with sinks that only show what they would write.
 * @throws TrialRefused when a node cannot be made, Error when the plan has no source
 */
export async function createTrial(options: TrialOptions): Promise<Trial> {
  const { plan } = options;
  const stage = transformOf(plan);
  const world = createTrialWorld({ now: options.now, seed: options.seed ?? 1 });
  options.onWorld?.(world);
  const types = new Map(stage.nodes.map((node) => [node.id, options.types.get(node.type)]));
  const inputs = new Map(stage.inputs.map((input) => [input.node, input]));
  const nodes = new Map(stage.nodes.map((node) => [node.id, node]));
  let outcome = emptyOutcome(0);
  let arrivals = new Map<string, number>();
  let nextRecord = 0;
  let current: { node: PlanNode; record: number; timestamp: number } | undefined;
  /** The arrival that is worked on, and since when, in ms of the process. */
  let clocked: { arrival: TrialOutcome['arrived'][number]; since: number } | undefined;

  const contextOf = (node: PlanNode): NodeContext => ({
    ...options.contextOf(node),
    environment: world,
    async call(call, perform) {
      const { input } = outcome;
      const record = current?.record ?? 0;
      const { calls } = outcome;
      const started = performance.now();
      try {
        if (options.calls === undefined)
          throw new CallUnanswered('call/not-recorded', `There is no answer to ${call.what}; give a fixed one.`);
        const { answer, answered } = await options.calls.answer(node, call, perform);
        // What is not really asked takes no time, so that equal Tries give equal results.
        const ms = answered === 'real' ? Math.round(performance.now() - started) : 0;
        calls.push({ node: node.id, record, what: call.what, answered, ms });
        return answer;
      } catch (error) {
        const ms = error instanceof CallUnanswered ? 0 : Math.round(performance.now() - started);
        if (input === outcome.input) calls.push({ node: node.id, record, what: call.what, answered: 'failed', ms });
        throw error;
      }
    },
  });

  const { live, prepared, closers } = await bringToLife(
    stage,
    types,
    contextOf,
    (node) => world.enter(node, -1, 0, options.now ?? 0),
    options,
  );

  function record(made: Omit<TrialRecord, 'id' | 'input' | 'key' | 'headers' | 'timestamp'>, message: Shown): number {
    const id = nextRecord++;
    const { key, headers, timestamp } = message;
    outcome.records.push({
      id,
      input: outcome.input,
      ...made,
      key: key === null ? null : textOf(key),
      headers: textHeaders(headers),
      timestamp,
    });
    return id;
  }

  function failed(node: PlanNode, of: number, error: MessageError, end: FailureEnd): void {
    const position = error.details.position;
    outcome.failed.push({
      node: node.id,
      record: of,
      code: error.code,
      message: error.message,
      ...(typeof position === 'number' && { position }),
      taken: end === 'error-port',
      end,
    });
  }

  /** The node is done with what came: with the first that is heard of it. */
  function stopClock(): void {
    if (clocked === undefined) return;
    clocked.arrival.ms = performance.now() - clocked.since;
    clocked = undefined;
  }

  const policyOf = (node: PlanNode): FailureEnd => nodes.get(node.id)?.onError ?? plan.settings.onError;

  const trail: Trail = {
    left(node, port, message, of) {
      stopClock();
      const id = record({ ...(of !== undefined && { from: of }), node, port, ...showValue(message.value) }, message);
      if (of === undefined) outcome.arrived.push({ node, record: id });
      return id;
    },
    came(node, of) {
      const arrival = arrivals.get(node.id) ?? 0;
      arrivals.set(node.id, arrival + 1);
      const timestamp = current?.timestamp ?? 0;
      current = { node, record: of, timestamp };
      world.enter(node.id, outcome.input, arrival, timestamp);
      const made = { node: node.id, record: of };
      outcome.arrived.push(made);
      options.onNode?.(node.id, outcome.input);
      if (options.timed) clocked = { arrival: made, since: performance.now() };
    },
    filtered(node, of, reason) {
      stopClock();
      outcome.filtered.push({ node, record: of, reason });
    },
    failed(node, of, error, taken) {
      stopClock();
      failed(node, of, error, taken ? 'error-port' : policyOf(node));
    },
    stuck(node, of, error) {
      stopClock();
      const message = error instanceof Error ? error.message : String(error);
      if (error instanceof RetriableError) failed(node, of, new MessageError(error.code, message), 'wait');
      else if (error instanceof CallUnanswered) failed(node, of, new MessageError(error.code, message), 'unanswered');
      else failed(node, of, new MessageError('node/fault', faultOf(node, message)), 'crash');
    },
    wrote(node, of, out, message) {
      stopClock();
      const made = {
        from: of,
        node: node.id,
        port: 'in',
        topic: out.topic,
        ...(out.partition !== undefined && { partition: out.partition }),
      };
      const shown = { key: out.key, headers: out.headers ?? {}, timestamp: out.timestamp ?? world.now() };
      const type = types.get(node.id);
      if (stage.sinkTopics[node.id] === undefined) {
        const format = type !== undefined && 'topic' in type ? (type.topic.use(node.config as never).format ?? 'json') : 'json';
        record({ ...made, ...showWritten(out.value, format) }, shown);
        return;
      }
      let sends: SinkRequest | undefined;
      try {
        sends = prepared.get(node.id)?.(asDelivered(out, message, world.now()));
      } catch (error) {
        // A deliver stage has no error port: what its sink refuses ends as the flow says.
        if (error instanceof MessageError) failed(node, of, error, policyOf(node));
        else trail.stuck(node, of, error);
        return;
      }
      record({ ...made, ...showWritten(out.value, storedFormat(out.headers ?? {})), ...(sends && { sends }) }, shown);
    },
  };

  const pipeline = createPipeline({
    flow: plan.flow,
    version: plan.version,
    // Where the flow would stop, a Try goes on and says so.
    stage: { ...stage, nodes: stage.nodes.map(({ onError: _onError, ...node }) => node) },
    live,
    onError: 'dead-letter',
    trail,
    maxRecordBytes: recordLimits(plan),
    messageTimeoutMs: plan.settings.messageTimeoutMs,
  });
  const nowhere: PipelineSink = { output: () => undefined, dead: () => undefined };
  let count = 0;

  return {
    async run(input) {
      outcome = emptyOutcome(count++);
      arrivals = new Map();
      const source = inputs.get(input.node);
      const node = nodes.get(input.node);
      if (source === undefined || node === undefined)
        throw new Error(`“${input.node}” is not a source of this flow; name one of its source nodes.`);
      const { origin, ...rest } = input;
      const kafka = { ...rest, topic: origin.topic, partition: origin.partition, offset: BigInt(origin.offset) };
      current = { node, record: nextRecord, timestamp: input.timestamp };
      options.onNode?.(node.id, outcome.input);
      let message: Message;
      try {
        message = enter(kafka, source.format, pipeline.takesText(input.node));
      } catch (error) {
        if (!(error instanceof MessageError)) throw error;
        const id = record({ node: node.id, port: 'in', ...showRaw(input.value) }, { ...input, key: decodeKey(input.key) });
        outcome.arrived.push({ node: node.id, record: id });
        failed(node, id, error, policyOf(node));
        return outcome;
      }
      const tally = createTally();
      await pipeline.run(input.node, message, nowhere, tally);
      if (imbalance(tally) !== 0) throw new LedgerError(`The counts of input ${outcome.input} do not add up: ${JSON.stringify(tally)}`);
      return outcome;
    },
    async close() {
      await Promise.allSettled(closers.map(async (close) => close()));
    },
  };
}

type Shown = Pick<Message, 'key' | 'headers' | 'timestamp'>;

/** The stage that a Try runs. @throws Error with one sentence when the flow has no source */
export function transformOf(plan: Plan): TransformStage {
  const stage = plan.stages.find((candidate): candidate is TransformStage => candidate.kind === 'transform');
  if (stage === undefined || stage.inputs.length === 0) throw new Error('The flow has no source yet, so there is nothing to try.');
  return stage;
}

function emptyOutcome(input: number): TrialOutcome {
  return { input, records: [], arrived: [], filtered: [], failed: [], calls: [] };
}

/** The message as the sink's deliver stage would read it from the sink's own topic. */
function asDelivered(out: OutRecord, message: Message, at: number): SinkMessage {
  const { topic, partition, offset } = message.origin;
  const index = out.headers?.[header.index];
  return {
    ...message,
    value: typeof out.value === 'string' ? showWritten(out.value, 'json').value : out.value,
    key: out.key instanceof Uint8Array && isUtf8(out.key) ? Buffer.from(out.key).toString('utf8') : out.key,
    headers: out.headers ?? {},
    timestamp: at,
    position: { topic: out.topic, partition: 0, offset: '0' },
    id: `${topic}-${partition}-${offset}#${typeof index === 'string' ? index : '0'}`,
  };
}

function faultOf(node: PlanNode, reason: string): string {
  return `“${node.label || node.id}” has a fault: ${reason} Mend the node type, or replace the node.`;
}

async function bringToLife(
  stage: TransformStage,
  types: ReadonlyMap<string, NodeType | undefined>,
  contextOf: (node: PlanNode) => NodeContext,
  at: (node: string) => void,
  options: TrialOptions,
): Promise<{ live: Map<string, LiveNode>; prepared: Map<string, Prepared>; closers: (() => void | Promise<void>)[] }> {
  const live = new Map<string, LiveNode>();
  const prepared = new Map<string, Prepared>();
  const closers: (() => void | Promise<void>)[] = [];
  const problems: Problem[] = [];
  for (const node of stage.nodes) {
    const type = types.get(node.id);
    if (node.mode !== undefined || type?.kind === 'source') continue;
    at(node.id);
    try {
      if (type === undefined) throw new Error(`this server has no node type ${node.type}`);
      if (type.kind === 'sink' && !('topic' in type)) {
        if (type.prepare) prepared.set(node.id, type.prepare(node.config as never, contextOf(node)));
        continue;
      }
      if (!('create' in type)) continue;
      const made = await type.create(node.config as never, contextOf(node));
      if (made.close) closers.push(() => made.close?.());
      const one: LiveNode = 'record' in made ? { topicSink: made } : 'process' in made ? { transform: made } : missing(node);
      live.set(node.id, options.replay?.wrap(node.id, one) ?? one);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const message = `“${node.label || node.id}” cannot be made: ${reason}`;
      problems.push({ code: 'try/node', severity: 'error', message, node: node.id });
    }
  }
  if (problems.length === 0) return { live, prepared, closers };
  await Promise.allSettled(closers.map(async (close) => close()));
  throw new TrialRefused(problems);
}

function missing(node: PlanNode): never {
  throw new Error(`the type ${node.type} makes neither a transform nor a sink`);
}
