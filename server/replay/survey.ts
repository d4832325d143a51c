import type { ReplaySample, ReplaySpec } from '#shared/replay.ts';
import type { Mask } from '#shared/sample-masks.ts';
import type { Stretch } from './stretches.ts';

/** What is to be looked at, without a group and without writing anything. */
export interface SurveyInput {
  spec: ReplaySpec;
  stretches: Stretch[];
  masks: readonly Mask[];
  /** Most messages that are run, and how long it may take, in ms. */
  most: number;
  ms: number;
  /** Where `most` is less than the range: spread over all of it (a sample), not its beginning. */
  spread: boolean;
}

/** What a replay would do to one sink, in outputs. */
export interface SinkSurvey {
  fresh: number;
  /** Delivered before, or on its way. */
  again: number;
}

/** What was found; `done` of `offsets` were looked at. */
export interface Survey {
  offsets: number;
  done: number;
  /** Messages that the filter lets through, and their bytes. */
  messages: number;
  bytes: number;
  complete: boolean;
  sinks: Record<string, SinkSurvey>;
  overtaken: { keys: number; messages: number; examples: string[] };
  sample: ReplaySample;
  /** Messages of which nobody can say before what becomes of them, because a node asks the world. */
  unknown: number;
  ms: number;
  notes: string[];
}
