import { JsonText } from '#shared/json-text.ts';
import { formatPosition, type Headers, header, type Message } from '#shared/message.ts';
import type { Plan, PlanNode, TransformStage } from '#shared/plan.ts';
import type { OutRecord } from '../kafka/port.ts';
import { MessageError, RetriableError, type TopicSinkInstance, type TransformInstance } from '../sdk.ts';
import { encodeStored, recordSize } from './codec.ts';
import { type Failure, failureOf } from './dead-letter.ts';
import { withoutRetry } from './repairs.ts';
import { countArrival, countDead, countDelivered, countEmission, countFiltered, type Tally } from './tally.ts';
import type { Tap } from './tap.ts';
import { textNodes } from './text-nodes.ts';

/** A transform or a Kafka topic sink of the stage, brought to life. */
export type LiveNode = { transform: TransformInstance } | { topicSink: TopicSinkInstance };

/** The flow asks to stop when a message fails; the stage ends and waits for a person. */
export class StopOnError extends Error {
  override readonly name = 'StopOnError';
}

/** What a run of one message gives back; the stage turns it into records of its transaction. */
export interface PipelineSink {
  /** A record for a sink's topic. */
  output(record: OutRecord, node: string): void;
  /** The source message failed at a node and no error port took it. */
  dead(failure: Failure, message: Message): void;
}

/**
 * Follows every message from node to node, for a Try. A message is a record each time that it leaves a port; the trail
 * numbers them. With a trail nothing ends the run: whatever stops a node ends the message there, and the rest goes on.
 */
export interface Trail {
  /** A message leaves a port. `of` is the record that the node was working on; a source works on none. Gives its number. */
  left(node: string, port: string, message: Message, of: number | undefined): number;
  /** A record comes to a node that is not a source. */
  came(node: PlanNode, record: number): void;
  filtered(node: string, record: number, reason: string): void;
  /** `taken`: the error port is connected, so the message leaves by it next. */
  failed(node: PlanNode, record: number, error: MessageError, taken: boolean): void;
  /** A sink has made this record; `message` is what came to it. */
  wrote(node: PlanNode, record: number, out: OutRecord, message: Message): void;
  /** A node threw something that is not about the message: the world is not ready, or the node has a fault. */
  stuck(node: PlanNode, record: number, error: unknown): void;
}

export interface Pipeline {
  /** Whether messages of a source should come with a {@link JsonText} as value: all nodes behind it can work on that. */
  takesText(source: string): boolean;
  /**
   * Takes one message from a source node through the whole graph, depth first, so that at every sink the outputs
   * stand in the order of their sources. Counts go to the tally. Resolves at once when every node is synchronous.
   * @throws StopOnError, RetriableError (the batch is tried again), or whatever a node threw that is a bug.
   */
  run(source: string, message: Message, sink: PipelineSink, tally: Tally): void | Promise<void>;
}

export interface PipelineOptions {
  flow: string;
  version: number;
  stage: Pick<TransformStage, 'nodes' | 'edges' | 'sinkTopics'>;
  live: ReadonlyMap<string, LiveNode>;
  onError: 'dead-letter' | 'skip' | 'stop';
  tap?: Tap;
  trail?: Trail;
  /** Largest record a topic takes, in bytes; default 1,000,000. */
  maxRecordBytes?: (topic: string) => number;
  /** ms an asynchronous node may take for one message. */
  messageTimeoutMs?: number;
}

interface Step {
  node: PlanNode;
  message: Message;
  /** Its number on the trail; 0 without one. */
  record: number;
  /** Which arrival at the node it is, from 0; known once it is there. */
  arrival: number;
}

/** By sink, how many outputs the message has made there; by node, how often it has come there. */
type Ordinals = Map<string | PlanNode, number>;

/** The operator graph over one message, with no Kafka, thread or HTTP in it: the same in the worker, in Try and in tests. */
export function createPipeline(options: PipelineOptions): Pipeline {
  const { flow, version, live, tap, trail } = options;
  const nodes = new Map(options.stage.nodes.map((node) => [node.id, node]));
  const targets = targetsByPort(options.stage, nodes);
  const onText = textNodes(options.stage, targets, live);
  const flowHeader = `${flow}@${version}`;
  const limit = options.maxRecordBytes ?? recordLimits({ topics: [] });

  /** The message's number on the trail, which counts in the order of emission, while the stack takes the last first. */
  function left(from: PlanNode, port: string, message: Message, of?: number): number {
    return trail === undefined ? 0 : trail.left(from.id, port, message, of);
  }

  function emit(from: PlanNode, port: string, message: Message, record: number, stack: Step[], tally: Tally): void {
    const next = targets.get(from.id)?.get(port);
    tap?.see(from.id, port, message);
    if (next === undefined) {
      drop(from, message, record, `port ${port} is not connected`, tally);
      return;
    }
    countEmission(tally, from.id, port);
    tally.copies += next.length - 1;
    for (let at = next.length - 1; at >= 0; at--) stack.push({ node: next[at] as PlanNode, message, record, arrival: 0 });
  }

  function drop(node: PlanNode, message: Message, record: number, reason: string, tally: Tally): void {
    countFiltered(tally, node.id, reason);
    tap?.filtered(node.id, reason, message);
    trail?.filtered(node.id, record, reason);
  }

  /** What a node threw on a message. @throws what is not about the message, unless a trail takes it. */
  function caught(step: Step, error: unknown, stack: Step[], sink: PipelineSink, tally: Tally): void {
    if (error instanceof MessageError) fail(step, error, stack, sink, tally);
    else if (trail === undefined) throw error;
    else {
      countFiltered(tally, step.node.id, 'not processed');
      trail.stuck(step.node, step.record, error);
    }
  }

  function fail({ node, message, record, arrival }: Step, error: MessageError, stack: Step[], sink: PipelineSink, tally: Tally): void {
    tap?.see(node.id, 'error', message, error);
    trail?.failed(node, record, error, targets.get(node.id)?.has('error') ?? false);
    if (targets.get(node.id)?.has('error')) {
      const headers = {
        ...message.headers,
        [header.errorCode]: error.code,
        [header.errorMessage]: error.message,
        [header.errorNode]: node.id,
      };
      const failed = { ...message, headers };
      emit(node, 'error', failed, left(node, 'error', failed, record), stack, tally);
      return;
    }
    const policy = node.onError ?? options.onError;
    if (policy === 'stop') {
      throw new StopOnError(
        `“${node.label || node.id}” could not process the message at ${formatPosition(message.origin)} (${error.code}): ${error.message} The flow is set to stop on errors.`,
      );
    }
    if (policy === 'skip') {
      countFiltered(tally, node.id, `skipped: ${error.code}`);
      tap?.filtered(node.id, `skipped: ${error.code}`, message);
    } else {
      countDead(tally, node.id, error.code);
      sink.dead({ ...failureOf(error, node.id), arrival }, message);
    }
  }

  /** Hands a message to a sink's own topic; `ordinals` numbers the outputs of this origin per sink. */
  function store({ node, message, record: number }: Step, topic: string, sink: PipelineSink, ordinals: Ordinals): void {
    const { value, headers } = encodeStored(message);
    const record: OutRecord = { topic, key: message.key, value, headers: stamp(headers, message, node.id, ordinals) };
    checkSize(record);
    sink.output(record, node.id);
    trail?.wrote(node, number, record, message);
  }

  function stamp(headers: Headers, message: Message, node: string, ordinals: Ordinals): Headers {
    const index = ordinals.get(node) ?? 0;
    ordinals.set(node, index + 1);
    const origin = formatPosition(message.origin);
    const own = { [header.origin]: origin, [header.parent]: origin, [header.flow]: flowHeader, [header.index]: String(index) };
    // Retries and replays of the flow before this one are nothing that this one has sent again.
    if (headers[header.item] === undefined && headers[header.replay] === undefined) return { ...headers, ...own };
    return { ...withoutRetry(headers), ...own };
  }

  function checkSize(record: OutRecord): void {
    const size = recordSize(record);
    const most = limit(record.topic);
    if (size > most) {
      throw new MessageError(
        'output/too-large',
        `The result takes ${size} bytes and the topic ${record.topic} takes at most ${most}. Send less, or raise the topic's limit.`,
      );
    }
  }

  /** Runs one node on one message. A promise only when the node is asynchronous. */
  function step(current: Step, stack: Step[], sink: PipelineSink, tally: Tally, ordinals: Ordinals): void | Promise<void> {
    const { node, message, record: number } = current;
    countArrival(tally, node.id);
    current.arrival = ordinals.get(node) ?? 0;
    ordinals.set(node, current.arrival + 1);
    trail?.came(node, number);
    if (node.mode === 'disabled') {
      drop(node, message, number, 'the node is disabled', tally);
      return;
    }
    if (node.mode === 'bypassed') {
      pass(current, stack, tally);
      return;
    }
    const topic = options.stage.sinkTopics[node.id];
    const instance = live.get(node.id);
    try {
      if (topic !== undefined) {
        store(current, topic, sink, ordinals);
        countDelivered(tally, node.id);
        tap?.see(node.id, 'in', message);
        return;
      }
      if (instance === undefined) throw new Error(`Node ${node.id} of type ${node.type} has no instance in this stage.`);
      if ('topicSink' in instance) {
        const made = instance.topicSink.record(onText.has(node.id) ? message : parsed(message));
        const record: OutRecord = { timestamp: message.timestamp, ...made, headers: stamp(made.headers, message, node.id, ordinals) };
        checkSize(record);
        sink.output(record, node.id);
        countDelivered(tally, node.id);
        tap?.see(node.id, 'in', message);
        trail?.wrote(node, number, record, message);
        return;
      }
      return transform(instance.transform, current, stack, sink, tally);
    } catch (error) {
      caught(current, error, stack, sink, tally);
    }
  }

  function transform(instance: TransformInstance, step: Step, stack: Step[], sink: PipelineSink, tally: Tally): void | Promise<void> {
    const { node, message, record } = step;
    // Emissions wait until the node is done: a node that fails half-way has sent nothing.
    const emitted: { message: Message; port: string }[] = [];
    let reason: string | undefined;
    const running = instance.process(
      onText.has(node.id) ? message : parsed(message),
      (out, port = 'out') => {
        emitted.push({ message: out.origin === message.origin ? out : { ...out, origin: message.origin }, port });
      },
      (why) => {
        reason ??= why;
      },
    );
    const finish = () => {
      if (emitted.length === 0) {
        drop(node, message, record, reason ?? 'no output', tally);
        return;
      }
      tally.copies += emitted.length - 1;
      const records = trail && emitted.map((entry) => left(node, entry.port, entry.message, record));
      for (let at = emitted.length - 1; at >= 0; at--) {
        const entry = emitted[at];
        if (entry) emit(node, entry.port, entry.message, records?.[at] ?? 0, stack, tally);
      }
    };
    if (running === undefined) return finish();
    return withTimeout(running, node, options.messageTimeoutMs ?? 10_000).then(finish, (error: unknown) =>
      caught(step, error, stack, sink, tally),
    );
  }

  function pass({ node, message, record }: Step, stack: Step[], tally: Tally): void {
    const ports = [...(targets.get(node.id)?.keys() ?? [])].filter((port) => port !== 'error');
    if (ports.length === 0) {
      drop(node, message, record, 'bypassed and not connected', tally);
      return;
    }
    tally.copies += ports.length - 1;
    const records = trail && ports.map((port) => left(node, port, message, record));
    for (let at = ports.length - 1; at >= 0; at--) emit(node, ports[at] as string, message, records?.[at] ?? 0, stack, tally);
  }

  async function drain(first: Promise<void>, stack: Step[], sink: PipelineSink, tally: Tally, ordinals: Ordinals): Promise<void> {
    await first;
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) await step(next, stack, sink, tally, ordinals);
  }

  return {
    takesText: (source) => onText.has(source),
    run(source, message, sink, tally) {
      const node = nodes.get(source);
      if (node === undefined) throw new Error(`The source node ${source} is not in this stage.`);
      const stack: Step[] = [];
      const ordinals: Ordinals = new Map();
      tally.in++;
      countArrival(tally, source);
      emit(node, 'out', message, left(node, 'out', message), stack, tally);
      for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
        const waiting = step(next, stack, sink, tally, ordinals);
        if (waiting !== undefined) return drain(waiting, stack, sink, tally, ordinals);
      }
    },
  };
}

/** Largest record that each topic of a plan takes, in bytes. */
export function recordLimits(plan: Pick<Plan, 'topics'>): (topic: string) => number {
  const limits = new Map(
    plan.topics.flatMap(({ name, config }) =>
      config['max.message.bytes'] ? [[name, Number(config['max.message.bytes']) - 1024] as const] : [],
    ),
  );
  return (topic) => limits.get(topic) ?? 1_000_000;
}

/** The message with its value, for nodes that do not work on text. */
function parsed(message: Message): Message {
  return message.value instanceof JsonText ? { ...message, value: message.value.parse() } : message;
}

/** node → port → the nodes its edges lead to, in document order. */
function targetsByPort(stage: PipelineOptions['stage'], nodes: ReadonlyMap<string, PlanNode>): Map<string, Map<string, PlanNode[]>> {
  const result = new Map<string, Map<string, PlanNode[]>>();
  for (const edge of stage.edges) {
    const target = nodes.get(edge.to.node);
    if (target === undefined) continue;
    const ports = result.get(edge.from.node) ?? new Map<string, PlanNode[]>();
    ports.set(edge.from.port, [...(ports.get(edge.from.port) ?? []), target]);
    result.set(edge.from.node, ports);
  }
  return result;
}

async function withTimeout(running: Promise<void>, node: PlanNode, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new RetriableError('node/timeout', `“${node.label || node.id}” did not finish a message within ${ms} ms.`)),
      ms,
    );
  });
  try {
    await Promise.race([running, late]);
  } finally {
    clearTimeout(timer);
  }
}
