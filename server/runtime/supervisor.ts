import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FlowStatus } from '#shared/events.ts';
import type { Flow } from '#shared/flow.ts';
import type { FlowEvent } from '#shared/flow-event.ts';
import type { HandoverPlace } from '#shared/handover.ts';
import type { DeliverStage, IngestStage, Plan, TransformStage } from '#shared/plan.ts';
import type { Problem } from '#shared/problem.ts';
import type { KafkaPort, KafkaSettings } from '../kafka/port.ts';
import type { HookRequest, NodeType } from '../sdk.ts';
import { wait } from './backoff.ts';
import { readDeadLetters } from './dead-letter-reader.ts';
import { canaryOf, placesOf } from './handover-places.ts';
import type { Handovers } from './handovers.ts';
import { healthOf } from './health.ts';
import { findHook } from './hook.ts';
import { type LedgerReader, ledgerSpec } from './ledger-reader.ts';
import { findMessages } from './message-finder.ts';
import { messagesAt } from './messages-at.ts';
import type { CrashMark, WorkerInput } from './protocol.ts';
import { repairsSpec } from './repairs.ts';
import { createRun, type Run } from './run.ts';
import type { DeployHow, DeployResult, Runtime } from './runtime.ts';
import { addTopicSinks, balanceOf, deadSince } from './totals.ts';
import { HookUntouched, type WorkerHost } from './worker-host.ts';

export interface SupervisorOptions {
  kafka: KafkaPort;
  settings: KafkaSettings;
  types: ReadonlyMap<string, NodeType>;
  nodeFolders: string[];
  compile(flow: Flow, version: number): { plan: Plan } | { problems: Problem[] };
  ledger: Pick<LedgerReader, 'totals' | 'forget'>;
  /** Differences between ledger and Kafka that nobody has settled; left out where nobody looks. */
  gaps?(flow: string): { gaps: number; messages: number };
  crashes: {
    list(flow: string): Promise<CrashMark[]>;
    mark(flow: string, stage: string, at: { topic: string; partition: number; offset: string }, message: string): Promise<number>;
    clear(flow: string): Promise<void>;
  };
  /** All secrets, decrypted, for a worker that starts. */
  secrets(): Promise<Record<string, string>>;
  /** Writes the reports of hand-overs; without it there are none. */
  handovers?: Handovers;
  filesFolder: string;
  /** What sinks are asked for at the moment, a folder for each flow. */
  triesFolder: string;
  bindings: Record<string, unknown>;
  allowPrivate: string[];
  drainMs: number;
  /** Something happened to a flow that belongs on an axis of time; deployments and what people ask for are told elsewhere. */
  happened?(event: FlowEvent): void;
  log(level: 'info' | 'warn' | 'error', message: string, fields: Record<string, unknown>): void;
}

export interface Supervisor extends Runtime {
  /** Brings a deployed flow up again after a start of the server; keeps trying while Kafka is away. */
  restore(plan: Plan, deployedAt: string, canary?: WorkerInput['canary']): void;
  /** The totals of a flow have changed. */
  ledgerChanged(flow: string): void;
}

const startMs = 30_000;
const hookWaitMs = 10_000;
const pushEveryMs = 1000;

export function createSupervisor(options: SupervisorOptions): Supervisor {
  const { kafka } = options;
  const runs = new Map<string, Run>();
  const deployedAt = new Map<string, string>();
  /** Plans that only rename what runs: their version and labels are shown, the worker goes on with the plan it has. */
  const shown = new Map<string, Plan>();
  const changed = new Set<string>();
  const listeners = new Set<(statuses: FlowStatus[]) => void>();
  const busy = new Map<string, Promise<unknown>>();
  /** Flows whose worker is being exchanged; settles when it is done, either way. */
  const deploying = new Map<string, Promise<void>>();
  const admin = kafka.admin();
  let closing = false;

  const push = setInterval(() => {
    if (changed.size === 0) return;
    const statuses = [...changed].flatMap((flow) => statusOf(flow) ?? []);
    changed.clear();
    for (const listener of listeners) listener(statuses);
  }, pushEveryMs);

  function runOf(plan: Plan, canary?: WorkerInput['canary']): Run {
    return createRun({
      plan,
      ...(canary && { canary }),
      input: async () => {
        // Also when it starts again by itself: Kafka may be away, or a topic gone, since the deploy.
        await createTopics(plan);
        return {
          kafka: options.settings,
          nodeFolders: options.nodeFolders,
          secrets: await options.secrets(),
          filesFolder: options.filesFolder,
          triesFolder: join(options.triesFolder, plan.flow),
          bindings: options.bindings,
          allowPrivate: options.allowPrivate,
        };
      },
      marks: {
        list: () => options.crashes.list(plan.flow),
        add: ({ stage, ...at }, message) => options.crashes.mark(plan.flow, stage, at, message),
      },
      changed: () => changed.add(plan.flow),
      happened: (event) => options.happened?.({ flow: plan.flow, version: plan.version, ...event }),
      types: options.types,
      log: options.log,
    });
  }

  /** One change of a flow at a time: a second deploy waits for the first. */
  function alone<T>(flow: string, work: () => Promise<T>): Promise<T> {
    const before = busy.get(flow) ?? Promise.resolve();
    const mine = before.then(work, work);
    busy.set(
      flow,
      mine.catch(() => undefined),
    );
    return mine;
  }

  async function createTopics(plan: Plan): Promise<string[]> {
    const foreign = plan.topics.filter((topic) => !topic.own);
    if (foreign.length > 0) {
      const existing = new Set((await admin.topics()).map(({ name }) => name));
      const missing = foreign.filter(({ name }) => !existing.has(name));
      if (missing.length > 0) {
        throw new Error(
          `The topic ${missing.map(({ name }) => `“${name}”`).join(', ')} does not exist. Create it, or let its node create it (Advanced), and deploy again.`,
        );
      }
    }
    const created = await admin.ensureTopics([
      ...plan.topics.filter((topic) => topic.own).map(({ name, partitions, config }) => ({ name, partitions, config })),
      ledgerSpec,
      repairsSpec,
    ]);
    await matchPartitions(plan);
    return created;
  }

  /** A topic made by an older deploy may have more partitions than its flow asks for now, and others must have as many. */
  async function matchPartitions(plan: Plan): Promise<void> {
    const wanted = plan.topics.filter(({ like }) => like !== undefined);
    if (wanted.length === 0) return;
    const counts = new Map((await admin.topics()).map(({ name, partitions }) => [name, partitions]));
    const short = wanted.flatMap(({ name, partitions, config, like = '' }) => {
      const most = counts.get(like) ?? partitions;
      return (counts.get(name) ?? partitions) < most ? [{ name, partitions: most, config }] : [];
    });
    if (short.length > 0) await admin.ensureTopics(short);
  }

  async function barrierOf(plan: Plan): Promise<DeployResult['barrier']> {
    const barrier: DeployResult['barrier'] = [];
    for (const stage of plan.stages) {
      if (stage.kind === 'ingest') continue;
      for (const { topic } of stage.kind === 'transform' ? stage.inputs : [stage.input]) {
        for (const [partition, offset] of await admin.committed(stage.group, topic))
          barrier.push({ group: stage.group, topic, partition, offset: String(offset) });
      }
    }
    return barrier;
  }

  /** What stands beyond each barrier now. */
  async function waitingAt(places: readonly HandoverPlace[]): Promise<Map<HandoverPlace, number>> {
    const ends = new Map<string, bigint>();
    for (const topic of new Set(places.map((place) => place.topic)))
      for (const { partition, high } of (await admin.offsets(topic)) ?? []) ends.set(`${topic}/${partition}`, high);
    return new Map(
      places.map((place) => [place, Number((ends.get(`${place.topic}/${place.partition}`) ?? 0n) - BigInt(place.barrier))] as const),
    );
  }

  async function startWithin(run: Run, ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`The flow did not start within ${ms / 1000} s.`)), ms);
    });
    try {
      await Promise.race([run.start(), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async function deploy(plan: Plan, { who = '', canary }: DeployHow): Promise<DeployResult> {
    const topicsCreated = await createTopics(plan);
    await options.crashes.clear(plan.flow);
    const old = runs.get(plan.flow);
    const wasActive = old !== undefined && old.state !== 'stopped' && old.state !== 'failed';
    const handover = await options.handovers?.begin({
      flow: plan.flow,
      to: canary?.plan.version ?? plan.version,
      who,
      ...(wasActive && { from: old.plan.version }),
      ...(canary && { share: canary.share }),
    });
    let run: Run | undefined;
    let barrier: DeployResult['barrier'];
    try {
      if (old !== undefined) await old.stop(options.drainMs);
      const ended = await barrierOf(old?.plan ?? plan);
      barrier = old === undefined ? [] : ended;
      const places = placesOf(ended, old?.plan ?? plan, plan);
      if (handover) await options.handovers?.drained(handover, places);
      run = runOf(plan, canary);
      runs.set(plan.flow, run);
      shown.delete(plan.flow);
      deployedAt.set(plan.flow, new Date().toISOString());
      await startWithin(run, startMs);
      if (handover) options.handovers?.started(handover, await waitingAt(places));
    } catch (error) {
      await run?.stop(options.drainMs);
      const reason = error instanceof Error ? error.message : String(error);
      const version = canary?.plan.version ?? plan.version;
      if (handover) await options.handovers?.failed(handover, reason);
      if (old === undefined) {
        runs.delete(plan.flow);
        throw new Error(`Version ${version} did not start: ${reason}`);
      }
      runs.set(plan.flow, old);
      if (!wasActive) throw new Error(`Version ${version} did not start: ${reason}`);
      await old
        .start()
        .catch((again: unknown) =>
          options.log('error', `Version ${old.plan.version} of ${plan.flow} did not start again: ${String(again)}`, { flow: plan.flow }),
        );
      throw new Error(`Version ${version} did not start, so version ${old.plan.version} runs on: ${reason}`);
    }
    return { barrier, topicsCreated, status: statusOf(plan.flow) as FlowStatus, ...(handover && { handover }) };
  }

  /** Only the drawing or labels changed: the running worker is right as it is. */
  function relabel(plan: Plan): DeployResult | undefined {
    const old = runs.get(plan.flow);
    if (old === undefined || old.plan.hash !== plan.hash || old.state !== 'running' || old.canary !== undefined) return undefined;
    shown.set(plan.flow, plan);
    return { barrier: [], topicsCreated: [], status: statusOf(plan.flow) as FlowStatus };
  }

  function statusOf(flow: string): FlowStatus | undefined {
    const run = runs.get(flow);
    if (run === undefined) return undefined;
    const now = Date.now();
    const totals = options.ledger.totals(flow);
    const topicSinks = topicSinksOf(run.plan);
    const nodes = addTopicSinks(totals, topicSinks);
    for (const [node, reasons] of Object.entries(run.refused)) {
      nodes[node] = { ...(nodes[node] ?? { in: 0, out: {}, filtered: {}, dead: {} }), refused: reasons };
    }
    const balance = balanceOf(totals, topicSinks);
    const gaps = options.gaps?.(flow);
    const plan = shown.get(flow) ?? run.plan;
    const labels = labelsOf(plan);
    const at = deployedAt.get(flow);
    return {
      flow,
      version: plan.version,
      state: run.state,
      health: healthOf({
        state: run.state,
        version: plan.version,
        lastError: run.lastError,
        stages: run.stages,
        label: (node) => labels.get(node) ?? node,
        recentDead: deadSince(totals, now - 3_600_000),
        difference: balance.difference,
        ...(gaps !== undefined && { disputed: gaps.messages }),
        ...(balance.parked !== undefined && { parked: balance.parked }),
        ...(run.canary && { canary: { version: run.canary.plan.version, share: run.canary.share } }),
        now,
      }),
      restarts: run.restarts,
      ...(run.lastError !== undefined && { lastError: run.lastError }),
      ...(at !== undefined && { deployedAt: at }),
      ...(run.canary && { canary: canaryOf(run.canary, run.plan, totals.canary) }),
      stages: run.stages,
      nodes,
      balance,
      ...(gaps !== undefined && gaps.gaps > 0 && { gaps }),
      at: now,
    };
  }

  const hookAt = (method: string, path: string) => findHook(runs.values(), options.types, method, path);

  /**
   * The worker that takes a request now. A deploy or restart changes workers within moments, so the request is held for
   * a while rather than refused; the run that was there when it came may not be the one that takes it.
   */
  async function hostOf(flow: string, until: number): Promise<WorkerHost | undefined> {
    for (;;) {
      const run = runs.get(flow);
      const left = until - Date.now();
      if (run?.state === 'running' && run.host !== undefined) return run.host;
      if (run === undefined || left <= 0 || closing) return undefined;
      if (deploying.has(flow)) await settledWithin(deploying.get(flow), left);
      else if (run.state === 'starting' || run.state === 'backing-off') await run.untilRunning(left);
      else if (run.state === 'running') await nextTurn();
      else return undefined;
    }
  }

  return {
    deploy: (plan, how = {}) =>
      alone(plan.flow, async () => {
        const unchanged = how.canary === undefined ? relabel(plan) : undefined;
        if (unchanged) return unchanged;
        const work = deploy(plan, how);
        const over = work.then(
          () => undefined,
          () => undefined,
        );
        deploying.set(plan.flow, over);
        void over.then(() => deploying.delete(plan.flow));
        return work;
      }),
    stop: (flow) => alone(flow, async () => runs.get(flow)?.stop(options.drainMs)),
    restore(plan, at, canary) {
      deployedAt.set(plan.flow, at);
      const run = runOf(plan, canary);
      runs.set(plan.flow, run);
      // What fails before it runs is met with back-off inside; the first rejection only says so.
      run.start().catch((error: unknown) =>
        options.log('warn', `Flow ${plan.flow} is being started again: ${error instanceof Error ? error.message : String(error)}`, {
          flow: plan.flow,
        }),
      );
    },
    forget(flow) {
      runs.delete(flow);
      shown.delete(flow);
      deployedAt.delete(flow);
      options.ledger.forget(flow);
      rm(join(options.triesFolder, flow), { recursive: true, force: true }).catch((error: unknown) =>
        options.log('warn', `What the sinks of ${flow} were asked for last stays in ${options.triesFolder}: ${String(error)}`, { flow }),
      );
    },
    ledgerChanged: (flow) => void changed.add(flow),
    status: statusOf,
    statuses: () => [...runs.keys()].flatMap((flow) => statusOf(flow) ?? []),
    onStatus(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async samples(flow, node, port) {
      return (await runs.get(flow)?.host?.samples(node, port)) ?? [];
    },
    async setShare(flow, share) {
      await alone(flow, async () => runs.get(flow)?.setShare(share));
    },
    async setPaused(flow, stage, paused) {
      runs.get(flow)?.setPaused(stage, paused);
    },
    deadLetters: (flow, limit) => readDeadLetters(kafka, runs.get(flow)?.plan.deadLetterTopic ?? `millrace.${flow}.dead`, limit),
    async hook(request: HookRequest) {
      const hook = hookAt(request.method, request.path);
      if (hook === undefined) return undefined;
      const until = Date.now() + hookWaitMs;
      for (;;) {
        const host = await hostOf(hook.flow, until);
        if (host === undefined) return unavailable;
        try {
          return await host.hook(hook.node, request);
        } catch (error) {
          if (error instanceof HookUntouched && Date.now() < until) {
            // Its worker is ending; the run says so in a moment.
            await settledWithin(host.ended, until - Date.now());
            continue;
          }
          options.log(
            'warn',
            `A webhook request to ${request.path} was not taken: ${error instanceof Error ? error.message : String(error)}`,
            { flow: hook.flow, node: hook.node },
          );
          return undecided;
        }
      }
    },
    hookLimit: (method, path) => hookAt(method, path)?.maxBytes,
    async topics() {
      const result = [];
      for (const { name, partitions } of await admin.topics()) {
        const ends = (await admin.offsets(name)) ?? [];
        result.push({ name, partitions, messages: Number(ends.reduce((sum, { low, high }) => sum + (high - low), 0n)) });
      }
      return result;
    },
    findMessages: (spec, signal, onProgress) => findMessages(kafka, spec, signal, onProgress),
    messagesAt: (positions, signal) => messagesAt(kafka, positions, signal),
    async ready() {
      const reasons: string[] = [];
      try {
        await admin.ping();
      } catch (error) {
        reasons.push(error instanceof Error ? error.message : String(error));
      }
      for (const [flow, run] of runs) {
        if (run.state === 'backing-off' || run.state === 'failed' || run.state === 'starting')
          reasons.push(`Flow ${flow} is ${run.state}.`);
      }
      return { ready: reasons.length === 0, reasons };
    },
    async close() {
      closing = true;
      clearInterval(push);
      await Promise.allSettled([...runs.keys()].map((flow) => runs.get(flow)?.stop(options.drainMs)));
      await admin.close();
    },
  };
}

/** Waits for the end of something, or until the time is over. */
async function settledWithin(work: Promise<unknown> | undefined, ms: number): Promise<void> {
  const late = new AbortController();
  await Promise.race([work, wait(ms, late.signal)]);
  late.abort();
}

const comeAgain = (error: string) => ({
  status: 503,
  headers: { 'retry-after': '5', 'content-type': 'application/json' },
  body: JSON.stringify({ error }),
});
const unavailable = comeAgain('The flow is not running now. Nothing was taken; send it again.');
/** The worker ended before it answered: the event may or may not be durable, so the sender must repeat it. */
const undecided = comeAgain('The flow stopped before it could say whether the event was taken; send it again.');

function topicSinksOf(plan: Plan): Set<string> {
  const stage = plan.stages.find((candidate): candidate is TransformStage => candidate.kind === 'transform');
  return new Set(stage?.nodes.filter((node) => node.kind === 'sink' && stage.sinkTopics[node.id] === undefined).map(({ id }) => id));
}

function labelsOf(plan: Plan): Map<string, string> {
  const nodes = plan.stages.flatMap((stage: IngestStage | TransformStage | DeliverStage) =>
    stage.kind === 'transform' ? stage.nodes : [stage.node],
  );
  return new Map(nodes.map((node) => [node.id, node.label || node.id]));
}
