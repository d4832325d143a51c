import { idleStatus } from '#server/http/flow-status.ts';
import type { Finding, FindSpec, ReadMessage, Runtime } from '#server/runtime/runtime.ts';
import type { HookRequest, HookResponse } from '#server/sdk.ts';
import type { FlowStatus } from '#shared/events.ts';
import { formatPosition } from '#shared/message.ts';
import type { Plan } from '#shared/plan.ts';

/** A runtime that keeps plans in memory and answers as it is told, for the tests of the routes. */
export interface MemoryRuntime extends Runtime {
  running: Map<string, Plan>;
  paused: Set<string>;
  forgotten: string[];
  /** Requests that reached a hook. */
  received: HookRequest[];
  /** The next calls to Kafka or a worker fail with this. */
  failure: Error | undefined;
  /** What the hook at `POST orders` answers. */
  hookAnswer: HookResponse;
  /** How long a deploy takes: until this resolves. */
  gate: Promise<void>;
  /** The topics that can be searched, with all their messages, newest first, by their position. */
  messages: Map<string, ReadMessage[]>;
  /** The last search, and whether it was broken off. */
  searched: { spec: FindSpec; signal: AbortSignal } | undefined;
  push(changed: FlowStatus[]): void;
  listeners: number;
}

export function createMemoryRuntime(): MemoryRuntime {
  const running = new Map<string, Plan>();
  const listeners = new Set<(changed: FlowStatus[]) => void>();
  const status = (plan: Plan): FlowStatus => ({
    ...idleStatus(plan.flow),
    version: plan.version,
    state: 'running',
    health: { level: 'ok', sentence: 'Running.' },
    stages: plan.stages.map((stage) => ({ stage: stage.id, kind: stage.kind, state: 'running', lag: 2, behindMs: 1500 })),
    nodes: { 'a"b\n': { in: 7, out: { out: 5 }, filtered: { small: 1 }, dead: { 'map/failed': 1 }, delivered: 5 } },
  });
  const working = <T>(value: T): Promise<T> => (runtime.failure ? Promise.reject(runtime.failure) : Promise.resolve(value));
  const hookOf = (path: string) =>
    [...running.values()].some((plan) => plan.stages.some((stage) => stage.kind === 'ingest' && stage.node.config.path === path));
  const runtime: MemoryRuntime = {
    running,
    paused: new Set(),
    forgotten: [],
    received: [],
    failure: undefined,
    hookAnswer: { status: 200, body: 'ok' },
    gate: Promise.resolve(),
    messages: new Map(),
    searched: undefined,
    get listeners() {
      return listeners.size;
    },
    push(changed) {
      for (const listener of listeners) listener(changed);
    },
    async deploy(plan) {
      await runtime.gate;
      await working(undefined);
      running.set(plan.flow, plan);
      return { barrier: [], topicsCreated: plan.topics.map((topic) => topic.name), status: status(plan) };
    },
    async stop(flow) {
      running.delete(flow);
    },
    forget(flow) {
      runtime.forgotten.push(flow);
    },
    status: (flow) => {
      const plan = running.get(flow);
      return plan && status(plan);
    },
    statuses: () => [...running.values()].map(status),
    onStatus(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    samples: async (_flow, node, port) =>
      working([{ node, port, at: 1, origin: 'orders/0/1', key: null, value: '{"a":1}', truncated: false, headers: {} }]),
    async setPaused(_flow, stage, paused) {
      if (paused) runtime.paused.add(stage);
      else runtime.paused.delete(stage);
    },
    deadLetters: async (flow, limit) =>
      working(
        Array.from({ length: Math.min(limit, 3) }, (_, index) => ({
          position: `millrace.${flow}.dead/0/${index}`,
          at: 1,
          flow,
          version: 1,
          node: 'map',
          stage: 'transform',
          code: 'map/failed',
          message: 'It failed.',
          origin: 'orders/0/1',
          attempt: 1,
          key: null,
          value: '{}',
          encoding: 'utf8' as const,
          headers: {},
        })),
      ),
    async hook(request) {
      await working(undefined);
      if (!hookOf(request.path) || request.method !== 'POST') return undefined;
      runtime.received.push(request);
      return runtime.hookAnswer;
    },
    hookLimit: (method, path) => (method === 'POST' && hookOf(path) ? 1000 : undefined),
    topics: async () => working([{ name: 'orders', partitions: 4, messages: 10 }]),
    async findMessages(spec, signal, onProgress) {
      runtime.searched = { spec, signal };
      onProgress?.({ topic: spec.topic, messages: 4, bytes: 40, ms: 2, found: 1 });
      await runtime.gate;
      signal.throwIfAborted();
      const messages = await working(runtime.messages.get(spec.topic));
      const scanned = { messages: messages?.length ?? 0, bytes: 0, ms: 1, partitions: [{ partition: 0, from: '0', to: '9' }] };
      return messages && ({ topic: spec.topic, messages: messages.slice(0, spec.count), scanned, ended: 'all' } satisfies Finding);
    },
    async messagesAt(positions) {
      const all = new Map([...runtime.messages.values()].flat().map((message) => [message.position, message]));
      return working(positions.flatMap((position) => all.get(formatPosition(position)) ?? []));
    },
    async ready() {
      return runtime.failure ? { ready: false, reasons: ['Kafka does not answer.'] } : { ready: true, reasons: [] };
    },
    async close() {
      running.clear();
    },
  };
  return runtime;
}
