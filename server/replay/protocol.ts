import type { Plan } from '#shared/plan.ts';
import type { ReplaySample, ReplaySpec } from '#shared/replay.ts';
import type { Mask } from '#shared/sample-masks.ts';
import type { KafkaSettings } from '../kafka/port.ts';
import type { Stretch } from './stretches.ts';
import type { Sums } from './sums.ts';
import type { Survey, SurveyInput } from './survey.ts';

/** What a thread needs to bring a version to life; plain data. */
export interface ThreadBase {
  plan: Plan;
  kafka: KafkaSettings;
  nodeFolders: string[];
  secrets: Record<string, string>;
  filesFolder: string;
  bindings: Record<string, unknown>;
  allowPrivate: string[];
}

/** A replay to be run, or to be gone on with. */
export interface RunInput extends ThreadBase {
  kind: 'replay';
  id: string;
  who: string;
  spec: ReplaySpec;
  stretches: Stretch[];
  /** Of one to real sinks: the items that it holds, and the retries and replays that were active at or after its plan. */
  holds?: { items: string[]; others: string[] };
  masks: readonly Mask[];
  /** What was committed before this thread. */
  sums: Sums;
  /** How many examples there are already. */
  examples: number;
}

/** A retry to be run, or to be gone on with: its work list stands in a topic. */
export interface RetryInput extends ThreadBase {
  kind: 'retry';
  id: string;
  who: string;
  flow: string;
  from: 'node' | 'start';
  perSecond: number;
  stopAfter: number;
  /** The work list, and how many letters are on it. */
  topic: string;
  end: string;
  sums: Sums;
}

export type ThreadInput = RunInput | RetryInput | (ThreadBase & SurveyInput & { kind: 'survey' });

/** Main thread → thread. */
export type ToThread = { type: 'stop' } | { type: 'rate'; perSecond: number };

/** Thread → main thread. */
export type FromThread =
  /** All that is committed now, with what was before. */
  | { type: 'committed'; sums: Sums; examples: ReplaySample['examples'] }
  | { type: 'surveyed'; survey: Survey }
  /** It ended: all is done; asked to stop; or it must not go on before a person has looked at it (why). */
  | { type: 'ended'; how: 'done' | 'stopped' | 'paused'; reason?: string }
  /** `final`: another try would meet the same. */
  | { type: 'failed'; message: string; final: boolean }
  | { type: 'log'; level: 'info' | 'warn' | 'error'; message: string };
