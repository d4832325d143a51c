import type { StageStatus } from '#shared/events.ts';
import type { DeliverStage, IngestStage, Plan, PlanNode, TransformStage } from '#shared/plan.ts';
import type { ConsumeOptions, KafkaAdmin, KafkaConsumer, KafkaPort, KafkaProducer } from '../kafka/port.ts';
import type { NodeContext, NodeType, SinkInstance, SourceContext, SourceInstance, TopicSinkInstance, TransformInstance } from '../sdk.ts';
import { wait } from './backoff.ts';
import { CrashAt, Interrupted } from './crash.ts';
import { createDeliverHandler } from './deliver-stage.ts';
import { withNotes } from './entry-notes.ts';
import { createGate, type Gate } from './gate.ts';
import { createEmit, createRecall } from './ingest-stage.ts';
import { openParkedLog } from './parked-log.ts';
import { createParkingHandler } from './parking-stage.ts';
import { createPipeline, type LiveNode, recordLimits, StopOnError } from './pipeline.ts';
import { progressWriter } from './progress.ts';
import type { FromWorker, ToWorker, WorkerInput } from './protocol.ts';
import { createStageMonitor, type StageMonitor } from './stage-monitor.ts';
import { LedgerError } from './tally.ts';
import { createTap } from './tap.ts';
import { createTransformHandler, type Line } from './transform-stage.ts';
import { openUnderway } from './underway-file.ts';

export interface FlowWorker {
  /** Settles when every stage has ended after a drain, or rejects with the first stage's error. */
  ended: Promise<void>;
  tell(message: ToWorker): void;
}

interface WorkerParts {
  input: WorkerInput;
  types: ReadonlyMap<string, NodeType>;
  kafka: KafkaPort;
  post(message: FromWorker): void;
  log(level: 'info' | 'warn' | 'error', message: string, fields?: object): void;
}

/** A part of the flow that runs: a stage's loop, how to end it, and what it says of itself. */
interface Running {
  monitor: StageMonitor;
  gate?: Gate;
  consumer?: KafkaConsumer;
  source?: SourceInstance;
  done: Promise<void>;
  stop(deadlineMs: number): Promise<void>;
}

/** Builds every stage of the plan and runs them until it is told to drain. */
export function startFlow(parts: WorkerParts): FlowWorker {
  const { input, kafka, post } = parts;
  const { plan } = input;
  const progress = progressWriter(input.progress);
  const tap = createTap(Date.now);
  const running = new Map<string, Running>();
  const sources = new Map<string, { source: SourceInstance; emit: ReturnType<typeof createEmit> }>();
  const refused: Record<string, Record<string, number>> = {};
  const closers: (() => void | Promise<void>)[] = [];
  /** Requests under way: what they made durable must be answered before the worker ends. */
  const answering = new Set<Promise<void>>();
  // The first at once: a worker that gets stuck before its timer fires must not look like one that still loads.
  progress.tick();
  const ticker = setInterval(() => progress.tick(), 250);
  let share = input.canary?.share ?? 0;
  let draining: Promise<void> | undefined;
  let measuring: NodeJS.Timeout | undefined;

  const contextOf = (node: PlanNode): NodeContext => ({
    flow: plan.flow,
    version: plan.version,
    node: node.id,
    label: node.label,
    secret(name) {
      const value = input.secrets[name];
      if (value === undefined)
        throw new Error(
          `“${node.label || node.id}” needs the secret “${name}”, and there is none of that name. Set it under Secrets and deploy again.`,
        );
      return value;
    },
    filesFolder: input.filesFolder,
    bindings: input.bindings,
    allowPrivate: input.allowPrivate,
    call: (_call, perform) => perform(),
    log: {
      info: (message, fields) => parts.log('info', message, { ...fields, node: node.id }),
      warn: (message, fields) => parts.log('warn', message, { ...fields, node: node.id }),
      error: (message, fields) => parts.log('error', message, { ...fields, node: node.id }),
    },
  });

  const quarantined = (stage: string) => {
    const marks = new Map(
      input.marks
        .filter((mark) => mark.stage === stage && mark.count >= plan.settings.quarantineAfter)
        .map((mark) => [`${mark.topic}/${mark.partition}/${mark.offset}`, mark]),
    );
    return (topic: string, partition: number, offset: bigint): string | undefined => {
      if (marks.size === 0) return undefined;
      const mark = marks.get(`${topic}/${partition}/${offset}`);
      return mark && `This message ended the worker ${mark.count} times (${mark.message}), so it was set aside.`;
    };
  };

  function typeOf(node: PlanNode): NodeType {
    const type = parts.types.get(node.type);
    if (type === undefined)
      throw new Error(
        `Node “${node.label || node.id}” has the type ${node.type}, which this server does not know. Is its file in MILLRACE_NODES?`,
      );
    return type;
  }

  async function startIngest(stage: IngestStage): Promise<Running> {
    const type = typeOf(stage.node);
    if (type.kind !== 'source' || 'topic' in type || !('create' in type)) throw new Error(`Type ${type.type} cannot run an ingest stage.`);
    const monitor = createStageMonitor({ stage: stage.id, kind: 'ingest', node: stage.node.id }, undefined, Date.now);
    const producer: KafkaProducer = await kafka.producer();
    closers.push(() => producer.close());
    const context: SourceContext = {
      ...contextOf(stage.node),
      recall: createRecall(kafka, stage.topic),
      refused(reason) {
        const reasons = (refused[stage.node.id] ??= {});
        reasons[reason] = (reasons[reason] ?? 0) + 1;
      },
    };
    const config: never = stage.node.config as never;
    const source = await type.create(config, context);
    const emit = createEmit(plan, stage, producer, type.format?.(config) ?? 'json');
    sources.set(stage.node.id, { source, emit });
    const ending = new AbortController();
    const done = (source.run?.(emit, ending.signal) ?? untilAborted(ending.signal)).then(() => monitor.set('stopped'));
    monitor.set('running');
    return {
      monitor,
      source,
      done,
      async stop(deadlineMs) {
        sources.delete(stage.node.id);
        ending.abort();
        await done;
        await Promise.race([Promise.all(answering), wait(deadlineMs, new AbortController().signal)]);
        await source.close?.();
      },
    };
  }

  /** Brings the nodes of a version's transform stage to life, and the way of a message through them. */
  async function startLine(of: Plan, stage: TransformStage): Promise<Line> {
    const live = new Map<string, LiveNode>();
    for (const node of stage.nodes) {
      if (node.kind === 'source' || stage.sinkTopics[node.id] !== undefined || node.mode !== undefined) continue;
      const type = typeOf(node);
      if (type.kind === 'source' || !('create' in type)) continue;
      const instance = await type.create(node.config as never, { ...contextOf(node), version: of.version });
      if (instance.close) closers.push(() => instance.close?.());
      live.set(
        node.id,
        type.kind === 'transform' ? { transform: instance as TransformInstance } : { topicSink: instance as TopicSinkInstance },
      );
    }
    const pipeline = createPipeline({
      flow: of.flow,
      version: of.version,
      stage,
      live,
      onError: of.settings.onError,
      tap,
      maxRecordBytes: recordLimits(of),
      messageTimeoutMs: plan.settings.messageTimeoutMs,
    });
    return { plan: of, stage, pipeline };
  }

  async function startTransform(stage: TransformStage, index: number): Promise<Running> {
    const { pipeline } = await startLine(plan, stage);
    const second = input.canary?.plan.stages.find((one) => one.kind === 'transform');
    const canary = input.canary &&
      second && { ...(await startLine(input.canary.plan, second)), share: () => share, since: input.canary.since };
    const topics = stage.inputs.map(({ topic }) => topic);
    const monitor = createStageMonitor({ stage: stage.id, kind: 'transform' }, { group: stage.group, topics }, Date.now);
    const handler = createTransformHandler({
      plan,
      stage,
      pipeline,
      ...(canary && { canary }),
      quarantined: quarantined(stage.id),
      begin: (topic, partition, offset) => progress.begin(index, topics.indexOf(topic), partition, offset),
      end: () => progress.end(),
      trouble: (reason) => monitor.set(reason === undefined ? 'running' : 'retrying', reason),
      clock: Date.now,
    });
    return consume(stage.id, stage.group, stage.inputs, monitor, handler);
  }

  async function startDeliver(stage: DeliverStage, index: number): Promise<Running> {
    const type = typeOf(stage.node);
    if (type.kind !== 'sink' || 'topic' in type) throw new Error(`Type ${type.type} cannot run a deliver stage.`);
    const sink: SinkInstance = (await type.create(stage.node.config as never, contextOf(stage.node))) as SinkInstance;
    if (sink.close) closers.push(() => sink.close?.());
    const monitor = createStageMonitor(
      { stage: stage.id, kind: 'deliver', node: stage.node.id },
      { group: stage.group, topics: [stage.input.topic] },
      Date.now,
    );
    const gate = createGate();
    const file = openUnderway(input.triesFolder, stage.id, (message) => parts.log('warn', message, { stage: stage.id }));
    closers.push(() => file.close());
    const trouble = (reason: string | undefined) => monitor.set(reason === undefined ? 'running' : 'retrying', reason);
    const delivering = {
      plan,
      stage,
      sink,
      suspect: input.marks.some((mark) => mark.stage === stage.id),
      quarantined: quarantined(stage.id),
      begin: (_topic: string, partition: number, offset: bigint) => progress.begin(index, 0, partition, offset),
      end: () => progress.end(),
      trouble,
      async paused(reason: string, signal: AbortSignal) {
        gate.close(reason);
        monitor.set('paused', reason);
        await gate.passed(signal);
        monitor.set('running');
      },
      tap,
      tries: { file, once: type.guarantee === 'transaction' },
      clock: Date.now,
    };
    if (stage.parked === undefined) return consume(stage.id, stage.group, [stage.input], monitor, createDeliverHandler(delivering), gate);
    const admin = kafka.admin();
    closers.push(() => admin.close());
    const parking = createParkingHandler({ ...delivering, log: openParkedLog(kafka, admin, stage.parked, stage.input.topic) });
    return consume(stage.id, stage.group, [stage.input], monitor, parking.handle, gate, parking.onFence);
  }

  function consume(
    id: string,
    group: string,
    inputs: { topic: string; from: TransformStage['inputs'][number]['from'] }[],
    monitor: StageMonitor,
    handler: ReturnType<typeof createTransformHandler>,
    gate: Gate = createGate(),
    onFence?: ConsumeOptions['onFence'],
  ): Running {
    if (input.paused.includes(id)) gate.close('Paused by a person.');
    const consumer = kafka.consume({
      group,
      topics: inputs.map(({ topic, from }) => ({ topic, from })),
      async handle(batch, signal) {
        const first = batch.records[0];
        if (first) monitor.working(batch.topic, batch.partition, first.timestamp, batch.high);
        await gate.passed(signal);
        if (signal.aborted) throw new Interrupted(`Stage ${id} is stopping.`);
        const { kind } = monitor.status;
        const work = await handler(batch, signal);
        return kind === 'ingest' ? work : withNotes(work, batch, { id, kind });
      },
      onRebalance: () => post({ type: 'rebalance', stage: id }),
      ...(onFence && { onFence }),
      onCommit: (topic, partition, next) => monitor.committed(topic, partition, next),
      onTrouble(error) {
        if (error) monitor.set('retrying', error.message);
        else monitor.set(gate.closed ? 'paused' : 'running', gate.reason);
        postStages();
      },
    });
    consumer.joined.then(
      () => monitor.set(gate.closed ? 'paused' : 'running', gate.reason),
      () => monitor.set('stopped'),
    );
    return { monitor, gate, consumer, done: consumer.done, stop: (deadlineMs) => consumer.stop(deadlineMs) };
  }

  const statuses = (): StageStatus[] => [...running.values()].map(({ monitor }) => ({ ...monitor.status }));
  let lastPosted = '';
  const postStages = () => {
    const message = { type: 'stages' as const, stages: statuses(), refused };
    // Ages change by themselves; what only grows older is not news.
    const text = JSON.stringify(message);
    if (text === lastPosted) return;
    lastPosted = text;
    post(message);
  };

  async function measureLoop(admin: KafkaAdmin): Promise<void> {
    for (const { monitor } of running.values()) {
      try {
        await monitor.measure(admin);
      } catch (error) {
        parts.log('warn', `The lag of stage ${monitor.status.stage} could not be read: ${messageOf(error)}`, {
          stage: monitor.status.stage,
        });
      }
    }
    postStages();
    if (draining === undefined) measuring = setTimeout(() => void measureLoop(admin), 1000);
  }

  async function run(): Promise<void> {
    let failed: unknown;
    try {
      for (const [index, stage] of plan.stages.entries()) {
        const started =
          stage.kind === 'ingest'
            ? await startIngest(stage)
            : stage.kind === 'transform'
              ? await startTransform(stage, index)
              : await startDeliver(stage, index);
        running.set(stage.id, started);
        // A drain that came meanwhile has not seen this stage.
        if (draining !== undefined) void started.stop(2000);
      }
      const consumers = [...running.values()].flatMap(({ consumer }) => (consumer ? [consumer] : []));
      const all = Promise.all([...running.values()].map(({ done }) => done));
      await Promise.race([Promise.all(consumers.map(({ joined }) => joined)), all]);
      const admin = kafka.admin();
      closers.push(() => admin.close());
      postStages();
      post({ type: 'ready' });
      void measureLoop(admin);
      await all;
    } catch (error) {
      failed = error;
    }
    clearTimeout(measuring);
    if (failed !== undefined && draining === undefined) {
      await Promise.allSettled([...running.values()].map(({ stop }) => stop(2000)));
      post({ type: 'failed', ...describeFailure(failed) });
    } else {
      await draining;
      post({ type: 'drained' });
    }
    clearInterval(ticker);
    await Promise.allSettled(closers.map(async (close) => close()));
  }

  async function drain(deadlineMs: number): Promise<void> {
    const started = Date.now();
    const ofKind = (ingest: boolean) => [...running.values()].filter(({ monitor }) => (monitor.status.kind === 'ingest') === ingest);
    // Input first, so that nothing new comes in while the rest is being finished.
    await Promise.allSettled(ofKind(true).map(({ stop }) => stop(deadlineMs / 4)));
    const left = Math.max(500, deadlineMs - (Date.now() - started));
    await Promise.allSettled(ofKind(false).map(({ stop }) => stop(left)));
  }

  function setPaused(stage: string, paused: boolean): void {
    const entry = running.get(stage);
    if (entry?.gate === undefined) return;
    if (paused) {
      entry.gate.close('Paused by a person.');
      entry.monitor.set('paused', entry.gate.reason);
    } else {
      entry.gate.open();
      entry.monitor.set('running');
    }
    postStages();
  }

  async function answer(id: number, node: string, request: Extract<ToWorker, { type: 'hook' }>['request']): Promise<void> {
    const entry = sources.get(node);
    if (entry?.source.handle === undefined) return post({ type: 'hook-failed', id, message: 'The flow is stopping.', untouched: true });
    try {
      post({ type: 'hook-answer', id, response: await entry.source.handle(request, entry.emit) });
    } catch (error) {
      post({ type: 'hook-failed', id, message: messageOf(error) });
    }
  }

  return {
    ended: run(),
    tell(message) {
      if (message.type === 'drain') draining ??= drain(message.deadlineMs);
      else if (message.type === 'hook') {
        const work = answer(message.id, message.node, message.request).finally(() => answering.delete(work));
        answering.add(work);
      } else if (message.type === 'samples')
        post({ type: 'samples-answer', id: message.id, samples: tap.samples(message.node, message.port) });
      else if (message.type === 'share') share = message.share;
      else setPaused(message.stage, message.type === 'pause');
    },
  };

  function describeFailure(error: unknown): Pick<Extract<FromWorker, { type: 'failed' }>, 'message' | 'final' | 'at'> {
    const message = messageOf(error);
    const at = error instanceof CrashAt ? { at: error.at } : {};
    const cause = error instanceof CrashAt ? error.cause : error;
    parts.log('error', message, { ...at.at, error: cause instanceof Error ? cause.stack : String(cause) });
    return { message, final: error instanceof StopOnError || error instanceof LedgerError, ...at };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
