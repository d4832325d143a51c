import type { Sample, StageStatus } from '#shared/events.ts';
import type { Plan } from '#shared/plan.ts';
import type { KafkaSettings } from '../kafka/port.ts';
import type { HookRequest, HookResponse } from '../sdk.ts';

/** A message that crashed the worker before: how often, and whether it is quarantined now. */
export interface CrashMark {
  stage: string;
  topic: string;
  partition: number;
  /** Decimal text. */
  offset: string;
  count: number;
  /** What the last crash said. */
  message: string;
}

/** What a worker thread is started with; plain data plus one shared buffer. */
export interface WorkerInput {
  plan: Plan;
  kafka: KafkaSettings;
  /** Folders of custom node types. */
  nodeFolders: string[];
  secrets: Record<string, string>;
  filesFolder: string;
  /** Folder of this flow, for what its sinks are asked for at the moment. */
  triesFolder: string;
  bindings: Record<string, unknown>;
  allowPrivate: string[];
  progress: SharedArrayBuffer;
  marks: CrashMark[];
  /** A second version that takes a share of the messages, 0 to 1; since when, in ms since 1970. */
  canary?: { plan: Plan; share: number; since: number };
  /** Stages that a person has paused. */
  paused: string[];
}

/** Main thread → worker. */
export type ToWorker =
  | { type: 'drain'; deadlineMs: number }
  | { type: 'hook'; id: number; node: string; request: HookRequest }
  | { type: 'samples'; id: number; node: string; port: string }
  | { type: 'share'; share: number }
  | { type: 'pause'; stage: string }
  | { type: 'resume'; stage: string };

/** Worker → main thread. Totals, not rates; errors cross as data. */
export type FromWorker =
  | { type: 'ready' }
  | { type: 'stages'; stages: StageStatus[]; refused: Record<string, Record<string, number>> }
  /** The group of a stage shares its partitions out anew. */
  | { type: 'rebalance'; stage: string }
  | { type: 'hook-answer'; id: number; response: HookResponse }
  /** `untouched`: the worker is ending and did not look at it, so another may take it. */
  | { type: 'hook-failed'; id: number; message: string; untouched?: boolean }
  | { type: 'samples-answer'; id: number; samples: Sample[] }
  | { type: 'log'; level: 'info' | 'warn' | 'error'; message: string; fields: Record<string, unknown> }
  /** The worker cannot go on. `final`: starting it again would meet the same, so a person must act. */
  | { type: 'failed'; message: string; final: boolean; at?: { stage: string; topic: string; partition: number; offset: string } }
  | { type: 'drained' };
