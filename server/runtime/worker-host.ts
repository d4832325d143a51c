import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Sample } from '#shared/events.ts';
import type { HookRequest, HookResponse } from '../sdk.ts';
import { createProgress, type ProgressReader, progressReader } from './progress.ts';
import type { FromWorker, ToWorker, WorkerInput } from './protocol.ts';

/** How a worker thread ended. */
export interface WorkerEnd {
  /** drained: as asked. failed: it said why. died: it could not say (out of memory, ended by the watchdog, a fatal error). */
  how: 'drained' | 'failed' | 'died';
  message: string;
  final: boolean;
  at?: { stage: string; topic: string; partition: number; offset: string };
}

/** The main thread's handle on one flow's worker. Nothing ever waits on a dead thread: its end rejects all that is pending. */
export interface WorkerHost {
  ended: Promise<WorkerEnd>;
  progress: ProgressReader;
  hook(node: string, request: HookRequest): Promise<HookResponse>;
  samples(node: string, port: string): Promise<Sample[]>;
  setPaused(stage: string, paused: boolean): void;
  /** Changes the share of the canary. */
  setShare(share: number): void;
  /** Asks it to finish; it is cut when the deadline has passed. */
  drain(deadlineMs: number): void;
  /** Ends the thread now; `why` becomes the message of its end. */
  kill(why: string): void;
}

export interface HostEvents {
  ready(): void;
  stages(message: Extract<FromWorker, { type: 'stages' }>): void;
  rebalance(stage: string): void;
  log(level: 'info' | 'warn' | 'error', message: string, fields: Record<string, unknown>): void;
}

/** A request that no worker has looked at: it may be given to the next one. */
export class HookUntouched extends Error {
  override readonly name = 'HookUntouched';
}

/** Longer than a producer tries (30 s), so that the source can say itself why it did not take an event. */
const requestTimeoutMs = 40_000;

/** Where the thread's code is: beside this file in development, beside the bundle in a build. */
function createThread(input: WorkerInput): Worker {
  const resourceLimits = { maxOldGenerationSizeMb: input.plan.settings.memoryMb };
  const name = `flow ${input.plan.flow}`.slice(0, 60);
  if (import.meta.url.endsWith('.ts')) {
    const entry = new URL('./worker.ts', import.meta.url).href;
    return new Worker(fileURLToPath(new URL('./boot.mjs', import.meta.url)), { workerData: { entry, input }, resourceLimits, name });
  }
  const inChunks = import.meta.url.includes('/chunks/');
  return new Worker(new URL(inChunks ? '../worker.js' : './worker.js', import.meta.url), { workerData: { input }, resourceLimits, name });
}

export function startWorker(input: Omit<WorkerInput, 'progress'>, events: HostEvents): WorkerHost {
  const shared = createProgress();
  const progress = progressReader(shared);
  const worker = createThread({ ...input, progress: shared });
  const pending = new Map<number, { resolve(value: never): void; reject(error: Error): void }>();
  let nextId = 1;
  let over = false;
  let end: WorkerEnd | undefined;
  let settle: (end: WorkerEnd) => void;
  const ended = new Promise<WorkerEnd>((resolve) => {
    settle = resolve;
  });
  let cut: NodeJS.Timeout | undefined;

  const positionOf = (): Pick<WorkerEnd, 'at'> => {
    const current = progress.current();
    const stage = current && input.plan.stages[current.stage];
    if (current === undefined || stage === undefined || stage.kind === 'ingest') return {};
    const topic = stage.kind === 'transform' ? stage.inputs[current.topic]?.topic : stage.input.topic;
    return topic === undefined ? {} : { at: { stage: stage.id, topic, partition: current.partition, offset: String(current.offset) } };
  };

  const die = (message: string) => {
    end ??= { how: 'died', message, final: false, ...positionOf() };
  };

  worker.on('message', (message: FromWorker) => {
    switch (message.type) {
      case 'ready':
        return events.ready();
      case 'stages':
        return events.stages(message);
      case 'rebalance':
        return events.rebalance(message.stage);
      case 'log':
        return events.log(message.level, message.message, message.fields);
      case 'hook-answer':
        return answer(message.id, message.response);
      case 'samples-answer':
        return answer(message.id, message.samples);
      case 'hook-failed':
        pending.get(message.id)?.reject(message.untouched ? new HookUntouched(message.message) : new Error(message.message));
        pending.delete(message.id);
        return;
      case 'failed':
        end ??= { how: 'failed', message: message.message, final: message.final, ...(message.at ? { at: message.at } : {}) };
        return;
      case 'drained':
        end ??= { how: 'drained', message: '', final: false };
    }
  });
  worker.on('error', (error: NodeJS.ErrnoException) => {
    die(
      error.code === 'ERR_WORKER_OUT_OF_MEMORY'
        ? `The worker used more than ${input.plan.settings.memoryMb} MB of memory.`
        : `The worker failed: ${error.message}`,
    );
  });
  worker.on('exit', (code) => {
    over = true;
    clearTimeout(cut);
    die(`The worker ended by itself (exit code ${code}).`);
    const result = end as WorkerEnd;
    for (const { reject } of pending.values()) reject(new Error(`The flow's worker has ended. ${result.message}`.trim()));
    pending.clear();
    settle(result);
  });

  function answer(id: number, value: unknown): void {
    pending.get(id)?.resolve(value as never);
    pending.delete(id);
  }

  function ask<T>(make: (id: number) => ToWorker): Promise<T> {
    if (over) return Promise.reject(new HookUntouched('The flow is not running.'));
    const id = nextId++;
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => {
        pending.delete(id);
        reject(new Error(`The flow did not answer within ${requestTimeoutMs / 1000} s.`));
      }, requestTimeoutMs);
      const close =
        <V>(then: (value: V) => void) =>
        (value: V) => {
          clearTimeout(timer);
          then(value);
        };
      pending.set(id, { resolve: close(resolve) as (value: never) => void, reject: close(reject) });
      worker.postMessage(make(id));
    });
  }

  return {
    ended,
    progress,
    hook: (node, request) => ask((id) => ({ type: 'hook', id, node, request })),
    samples: (node, port) => ask((id) => ({ type: 'samples', id, node, port })),
    setPaused(stage, paused) {
      if (!over) worker.postMessage({ type: paused ? 'pause' : 'resume', stage } satisfies ToWorker);
    },
    setShare(share) {
      if (!over) worker.postMessage({ type: 'share', share } satisfies ToWorker);
    },
    drain(deadlineMs) {
      if (over) return;
      worker.postMessage({ type: 'drain', deadlineMs } satisfies ToWorker);
      // The worker gets the deadline itself; this is for one that cannot keep it any more.
      cut ??= setTimeout(() => {
        end ??= {
          how: 'drained',
          message: `The worker was cut after ${deadlineMs} ms; what it had not committed comes again.`,
          final: false,
        };
        void worker.terminate();
      }, deadlineMs + 2000);
    },
    kill(why) {
      if (over) return;
      die(why);
      void worker.terminate();
    },
  };
}
