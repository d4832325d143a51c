import type { TrialRecord } from './trial.ts';

/** What somebody types to find a message; times ms since 1970. */
export interface TraceQuery {
  /** Key, field value, text, `topic/partition@offset` or `topic/partition/offset`, or a trace id. */
  text: string;
  /** `auto` decides by the look of the text: a position, a trace id, else the index, then keys, then text. */
  by: 'auto' | 'index' | 'key' | 'text' | 'position' | 'trace-id' | 'field';
  /** Of `field`: its path, `customer.email`. */
  field?: string;
  /** Only this flow; left out, all that are or were deployed. */
  flow?: string;
  since?: number;
  until?: number;
  limit?: number;
}

/** A message that was found: where it entered a flow. */
export interface TraceHit {
  /** `topic/partition/offset` of the source. */
  origin: string;
  flow: string;
  source: string;
  key: string | null;
  timestamp: number;
  /** What of it fits: `key`, `orderNo`, a piece of text. */
  matched: string;
  /** The beginning of the value, masked. */
  preview: string;
}

/** A search that goes on in the background. */
export interface TraceSearch {
  id: string;
  query: TraceQuery;
  state: 'running' | 'done' | 'stopped' | 'failed';
  hits: TraceHit[];
  /** Messages and bytes read so far, how many there are to read, ms so far, and how far back it has come. */
  scanned: number;
  scannedBytes: number;
  total: number;
  ms: number;
  reached?: number;
  /** True when the index answered, so that nothing was scanned. */
  indexed: boolean;
  /** Why it ended early or what it could not look at, for people. */
  notes: string[];
}

/** What became of a message at one sink. */
export interface SinkOutcome {
  sink: string;
  /**
   * `waiting`: it stands in the sink's topic. `retrying`: the sink is not ready. `parked`: behind an earlier message of its
   * key. `replayed`: sent again by a replay or a retry.
   */
  state: 'delivered' | 'waiting' | 'retrying' | 'dead' | 'parked' | 'unknown';
  /** Where the output stands; `index` is its ordinal among the outputs of this origin at this sink. */
  position?: string;
  index: number;
  version: number;
  /** When it was written to the sink's topic, and when the batch was committed with which the sink took it; ms since 1970. */
  writtenAt?: number;
  deliveredAt?: number;
  /** Of a replay or retry: its id, when it began, and of a retry the dead letter that it retried. */
  by?: { kind: 'replay' | 'retry'; id: string; at?: number; item?: string };
  /**
   * Set where the sink was asked for it more than once: how often in all, how many of the earlier tries the other side may
   * have taken, why the last of them failed, and whether it has it twice: `suppressed` where its guarantee sees to that.
   */
  tries?: { count: number; unsure: number; code: string; twice: 'no' | 'suppressed' | 'possible' };
  dead?: { position: string; code: string; message: string; node: string; at: number; attempt: number };
  /** SHA-256 of the value that stands there, and whether running the version again makes the same. */
  recomputed?: 'identical' | 'differs' | 'not-compared';
  /** For people. */
  sentence: string;
}

/** One step on the canvas: message `record` went over an edge, in this order. */
export interface TraceHop {
  order: number;
  edge?: string;
  from: { node: string; port: string };
  to: string;
  /** The record of `records` that went. */
  record: number;
  /** How long the node that it came from took for it when it was run again, in ms; how long it took then nobody wrote down. */
  ms?: number;
}

/** The way of one message through one flow. Payloads are recomputed and masked, never stored. */
export interface TraceWay {
  origin: string;
  flow: string;
  flowName: string;
  version: number;
  /** Who published the version, and when. */
  versionBy?: string;
  versionAt?: number;
  source: string;
  key: string | null;
  headers: Record<string, string>;
  /** When it came in, ms since 1970; size of the value in bytes. */
  timestamp: number;
  bytes: number;
  /** Whether its transform has committed it, and when; the time is absent where it is not known any more. */
  done: boolean;
  processedAt?: number;
  records: TrialRecord[];
  hops: TraceHop[];
  filtered: { node: string; record: number; reason: string }[];
  failed: { node: string; record: number; code: string; message: string }[];
  sinks: SinkOutcome[];
  /** The balance of this message, as of a ledger: in + copies = delivered + filtered + dead + under way. */
  balance: { in: number; copies: number; delivered: number; filtered: number; dead: number; waiting: number };
  recomputed: 'identical' | 'differs' | 'not-possible';
  /** Why it could not be recomputed, or differs: for people. */
  notes: string[];
  /** Flows that read what this one wrote of it, with the origin there. */
  next: { sink: string; flow: string; flowName: string; origin: string }[];
  /** The flow whose output this message is. */
  previous?: { flow: string; flowName: string; origin: string };
  /** Retries, replays, edits and discards of it, oldest first. */
  history: { at: number; who: string; what: string; reason?: string; link?: string }[];
  ms: number;
}

/** Which fields of a flow's source messages the index knows beside their keys, and how it stands. */
export interface TraceFields {
  /**
   * Paths through objects, lists passed through: `customer.email`, `lines.sku`. Null: nobody has chosen, so it is the fields
   * in the first two levels whose names look like numbers by which people know things: `id`, `orderNo`, `customer.email`.
   */
  fields: string[] | null;
  at?: string;
  by?: string;
}

/** How far the index of keys and fields has read. */
export interface TraceIndexState {
  /** False where the server keeps none. */
  on: boolean;
  /** Messages that it still has to read, over all topics. */
  behind: number;
  /** Bytes that it takes on the disk. */
  bytes: number;
  /** By topic; `reached` is the time of the newest message that it has read, ms since 1970. */
  topics: { topic: string; behind: number; reached?: number }[];
}

/** What is kept of a search at most. */
export const traceLimits = { hits: 100, text: 500, fields: 20, previewLength: 400 } as const;
