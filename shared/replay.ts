import type { Position } from './message.ts';

/** Which messages of a flow's source topics a replay reads. Offsets are decimal text; times ms since 1970. */
export type ReplayRange =
  /** At or after `since` and before `until`, by the record's own time. */
  | { by: 'time'; since: number; until: number }
  /** From the first to the last, inclusive, per topic and partition. */
  | { by: 'offsets'; ranges: { topic: string; partition: number; from: string; to: string }[] }
  /** What one version handled, from its deployment to the next; from the ledger's entries. */
  | { by: 'version'; version: number; since?: number; until?: number }
  /** Everything that passed before the live flow began to feed this sink: no gap to what it gets live, and no overlap. */
  | { by: 'history'; sink: string; since?: number };

/** Which of the range's messages are run. All given conditions must hold. */
export interface ReplayFilter {
  /** Keys as text. */
  keys?: string[];
  /** Positions of the source, for what a search or a list of gaps has found. At most 100,000. */
  positions?: Position[];
  /** Only messages that became a dead letter in the range. */
  onlyFailed?: boolean;
  /** Only messages whose outputs at the chosen sinks would differ from what stands in the sinks' topics. */
  onlyDifferent?: boolean;
}

/** What to replay and where to. The document of a plan and of a run alike. */
export interface ReplaySpec {
  flow: string;
  name: string;
  range: ReplayRange;
  filter: ReplayFilter;
  /** The version that runs over the messages; must compile. */
  version: number;
  /** Ids of the sinks that get outputs; others' outputs are counted as skipped. */
  sinks: string[];
  /**
   * `real`: to the sinks as the live flow does. `scratch`: to topics `millrace.<flow>.replay.<id>.<sink>`. `compare`:
   * writes nothing and reports how it differs from what stands there.
   */
  target: 'real' | 'scratch' | 'compare';
  /**
   * Of keys of which newer messages have passed since. `skip`: their messages are skipped, so an older state never
   * overwrites a newer one. `send`: they are sent all the same.
   */
  overtaken: 'skip' | 'send';
  /**
   * The id under which a sink's receiver knows an output (`Idempotency-Key`). `same`: what it has taken before it will
   * not take again. `new`: it takes it as something new.
   */
  ids: 'same' | 'new';
  /** Messages per second; 0: as fast as it goes. */
  perSecond: number;
  /** Pauses when more than this share of the last 200 messages failed, 0 to 1. */
  pauseAtErrorShare: number;
  /** Needed where the plan says that the way is unsafe. */
  reason?: string;
}

/** What a replay would do to one sink. */
export interface SinkBlast {
  sink: string;
  /** What its type says it does with an output that it has seen before. */
  guarantee: 'upsert' | 'idempotency-key' | 'transaction' | 'kafka' | 'none';
  /** Outputs that were never delivered there. */
  fresh: number;
  /** Outputs that were delivered before and would be written over. */
  overwrite: number;
  /** Outputs that were delivered before and would be there twice. */
  double: number;
  /** Delivered before, and the receiver will know and refuse them. */
  ignored: number;
  /** True when a typed reason is needed. */
  unsafe: boolean;
  /** For people. */
  sentence: string;
}

/** The planner's answer, before anything runs. Counts are of messages of the source unless said otherwise. */
export interface ReplayPlan {
  spec: ReplaySpec;
  /** Messages in the range that the filter lets through; `exact` false: estimated from a part. */
  messages: number;
  exact: boolean;
  /** Where not all was looked at: how much of the range was, in offsets, the most messages that there can be, and what is exact all the same. */
  estimate?: { lookedAt: number; offsets: number; most: number; sentence: string };
  bytes: number;
  /** At the asked rate, or as measured when there is none. */
  seconds: number;
  /** Of the range: what retention has already taken, per topic; `atMost`: not more than so many messages. Times ms since 1970. */
  gone: { topic: string; messages: number; atMost?: boolean; before?: number; sentence: string }[];
  sinks: SinkBlast[];
  /** Keys of which newer messages have passed, and how many messages of the range have such a key. */
  overtaken: { keys: number; messages: number; examples: string[] };
  /** Other flows that read what a chosen sink writes. */
  downstream: { sink: string; topic: string; flows: string[] }[];
  /** Problems that forbid the start, and warnings, each with what to do. */
  problems: { code: string; severity: 'error' | 'warning'; message: string; field?: string }[];
  /** The number that must be typed to start: set above 10,000 messages and in production. */
  confirm?: number;
  needsReason: boolean;
}

/** Dry run on a sample: what this version makes now against what stands in the sinks' topics. */
export interface ReplaySample {
  messages: number;
  same: number;
  changed: number;
  failing: number;
  /** Would be made, and nothing stands there. */
  fresh: number;
  examples: {
    origin: string;
    key: string | null;
    sink: string;
    class: 'changed' | 'failing' | 'fresh';
    /** JSON text. */
    before?: string;
    after?: string;
    error?: { code: string; message: string; node: string };
  }[];
}

export type ReplayState = 'starting' | 'running' | 'paused' | 'done' | 'stopped' | 'failed';

/** The balance of a replay: read = written + filtered + failed + skipped, in messages of the source. */
export interface ReplayBalance {
  read: number;
  /** Made at least one output for a chosen sink. */
  written: number;
  /** Ended on purpose, and made none. */
  filtered: number;
  /** Became a dead letter, or would have where nothing is written; also when other parts of it were written. */
  failed: number;
  /** Not let through by the filter, or overtaken, or left to a retry or another replay, or only for sinks that were not chosen. */
  skipped: number;
}

/** read − written − filtered − failed − skipped: 0 when the balance closes. */
export function unexplained({ read, written, filtered, failed, skipped }: ReplayBalance): number {
  return read - written - filtered - failed - skipped;
}

/** A part of a replay's range that retention had deleted before it was read. */
export interface ReplayGone {
  topic: string;
  partition: number;
  /** First and last offset, inclusive, decimal text. */
  from: string;
  to: string;
  /** Offsets of the range among these: as many messages, or fewer where markers of transactions or compaction leave gaps. */
  offsets: number;
  /** When the replay came upon it, ms since 1970. */
  noticedAt: number;
}

/** One replay that was started; kept for ever. Times ms since 1970. */
export interface Replay {
  id: string;
  spec: ReplaySpec;
  state: ReplayState;
  startedBy: string;
  startedAt: number;
  endedAt?: number;
  /** Messages of the range. When it is done: those that were read and those that were gone. */
  total: number;
  /** False: `total` was not counted but is the number of offsets, which is the most that it can be. */
  counted?: boolean;
  balance: ReplayBalance;
  /** What retention took of the range before it was read, so that total = read + gone at the end; `sentence` is for people. */
  gone?: { messages: number; parts: ReplayGone[]; sentence: string };
  /** Outputs written, by sink. */
  outputs: Record<string, number>;
  /** Failures by node, then code. */
  failures: Record<string, Record<string, number>>;
  /** Of `compare`: how outputs differ. */
  compared?: Pick<ReplaySample, 'same' | 'changed' | 'failing' | 'fresh' | 'examples'>;
  /** Why it is paused or failed, for people. */
  reason?: string;
  /** Messages per second of the last seconds, and what is left, in seconds. */
  rate?: number;
  leftSeconds?: number;
}

/** Retrying dead letters: which, from where, with what. */
export interface RetryRequest {
  flow: string;
  /** Positions of the dead letters, `topic/partition/offset`, at most 100,000. */
  letters: string[];
  /** `node`: only the way behind the node that failed. `start`: the whole way; all sinks behind get it again. */
  from: 'node' | 'start';
  version: number;
  perSecond: number;
  /** Stops after so many failures in a row; 0: never. */
  stopAfter: number;
  /** Messages that a person has changed, by position of the dead letter. */
  edits?: Record<string, { key: string | null; value: string; encoding: 'utf8' | 'base64' }>;
  reason?: string;
}

export interface Retry {
  id: string;
  request: Omit<RetryRequest, 'letters' | 'edits'> & { count: number; edited: number };
  state: ReplayState;
  startedBy: string;
  startedAt: number;
  endedAt?: number;
  done: number;
  passed: number;
  failed: number;
  /** Solved meanwhile by somebody else, or discarded. */
  skipped: number;
  reason?: string;
}

/** Compacted, key = item: what became of a dead letter that was retried. Written in the transaction of the effect. */
export const repairsTopic = 'millrace.repairs';

/** One record of {@link repairsTopic}. */
export interface Repair {
  flow: string;
  /** Position of the first dead letter of the message. */
  item: string;
  /**
   * `sent`: on its way to a sink outside, which has not answered. `solved`: it went through, and the sink has it.
   * A message that fails again gets no record here but a new dead letter with the same item and one attempt more.
   */
  outcome: 'sent' | 'solved';
  /** Which attempt it was, from 2: a dead letter of this or a later attempt is open all the same. */
  attempt: number;
  /** The retry, '' where a replay did it; its version, who, and when (ms since 1970). */
  retry: string;
  replay?: string;
  version: number;
  who: string;
  at: number;
}
