import type { Flow } from './flow.ts';
import type { Problem } from './problem.ts';

/**
 * A Try: the whole draft run over samples with the runtime's own pipeline, sinks captured, nothing written. A message is
 * a record each time that it enters the flow or leaves a port, so that one message can be followed from node to node.
 */

/** A message given with the request, not stored. */
export interface TrialMessage {
  key?: string | null;
  /** Decoded JSON, with ExactNumber where digits matter. With an encoding: the text of the whole value, or its bytes as base64. */
  value: unknown;
  encoding?: 'text' | 'base64';
  headers?: Record<string, string>;
  /** ms since 1970; left out, the clock of the Try. */
  timestamp?: number;
  name?: string;
}

/** How a node's calls to the outside are answered. */
export type CallMode =
  /** From the recording of an earlier real call; a call that is not recorded fails with code `call/not-recorded`. */
  | { mode: 'recorded' }
  /** Always with this value. */
  | { mode: 'fixed'; value: unknown }
  /** Really, where the node type says that its call only reads; the answers are recorded. */
  | { mode: 'real' };

export interface TrialRequest {
  /** The document to try; left out, the stored draft. */
  flow?: Flow;
  /** Ids of samples of the workspace, in the order in which they enter. */
  samples?: string[];
  /** Messages that enter after the samples. */
  messages?: TrialMessage[];
  /** The source node they enter at; default: the source of the sample's topic, else the first source. */
  node?: string;
  /** By node id; default: recorded. */
  calls?: Record<string, CallMode>;
  /** The clock that expressions see, in ms since 1970; default: each message's own time. */
  now?: number;
  /** Seed of random numbers; default 1. */
  seed?: number;
}

/** A message at one place: as it entered at a source, as it left a port, or as a sink would have written it. */
export interface TrialRecord {
  /** Its place in `TrialResult.records`. */
  id: number;
  /** Which of the inputs it stems from. */
  input: number;
  /** The record that the node was working on when it made this one; absent for those that enter. */
  from?: number;
  node: string;
  /** The output port; `in` for what a sink would have written. */
  port: string;
  key: string | null;
  /** Decoded JSON; bytes as base64 text when `encoding` says so. */
  value: unknown;
  encoding?: 'base64';
  /** The value as JSON text, where it leaves otherwise than `value` would be written: `1.10`, `1e3`, `"\u00e9"`. */
  text?: string;
  /** Characters of the whole value as JSON; `value` is then only the beginning of that text. */
  truncated?: number;
  headers: Record<string, string>;
  timestamp: number;
  /** Of a sink: the topic that it writes to, which for a sink outside is the flow's own. */
  topic?: string;
  /** Of a Kafka topic sink that chooses the partition itself. */
  partition?: number;
  /** Of a sink outside: the call, row or line that it would make of the message. */
  sends?: { what: string; data: unknown };
}

/** What becomes of a message that a node could not process. */
export type FailureEnd =
  /** As the flow or the node says: it leaves by the error port, becomes a dead letter, is skipped, or stops the flow. */
  | 'error-port'
  | 'dead-letter'
  | 'skip'
  | 'stop'
  /** The world is not ready: the message would be tried again until it is. */
  | 'wait'
  /** The node has a fault: its worker would end and start again. */
  | 'crash'
  /** Only in a Try: the node asked the world, and there was no answer for it. */
  | 'unanswered';

/** Why a message ended at a node. */
export interface TrialFailure {
  /** The record that the node could not process. */
  record: number;
  code: string;
  message: string;
  /** Offset in the node's expression, where the error has one. */
  position?: number;
  /** True when the error port took it. */
  taken: boolean;
  end: FailureEnd;
}

/**
 * What a node did. It adds up: every id of `in` is the `from` of a record under `out`, or stands in `filtered`, or in
 * `failed`.
 */
export interface NodeTrial {
  /** Records that came to the node, by id. For a source: those that entered. */
  in: number[];
  /** Records that left by each port; of a sink under `in`. Every port of the type stands here, also when nothing left by it. */
  out: Record<string, number[]>;
  /** What ended here by intent. Where a port is not connected, `record` is the one that left by it. */
  filtered: { record: number; reason: string }[];
  failed: TrialFailure[];
  /** Calls to the outside, in their order. */
  calls: { record: number; what: string; answered: CallMode['mode'] | 'failed'; ms: number }[];
}

export interface TrialResult {
  /**
   * Errors of the document, or of a node that cannot be made: then nothing was run. With the code `try/stopped`: what
   * ended the Try before its end (time, memory); then the records of the inputs before that stand.
   */
  problems: Problem[];
  /** Hash of the logic that was tried (layout and labels left out), to tell a stale result. */
  hash: string;
  inputs: { sample?: string; name: string; node: string; record: number }[];
  records: TrialRecord[];
  nodes: Record<string, NodeTrial>;
  /** Nodes and branches that no message reached. */
  unreached: { node: string; port?: string }[];
  /** Nodes whose records were taken over from the Try before, because nothing up to them has changed. */
  reused: string[];
  now?: number;
  seed: number;
  ms: number;
}

/** What one Try takes at most. */
export const trialLimits = { messages: 100, ms: 30_000 } as const;
