import type { CanaryStatus } from './canary.ts';

import type { Incident } from './incident.ts';

/** Where a flow's run stands. */
export const runStates = ['stopped', 'starting', 'running', 'draining', 'backing-off', 'failed'] as const;
export type RunState = (typeof runStates)[number];

/** What can happen to a run. */
export const runEvents = ['start', 'ready', 'drain', 'ended', 'crash', 'retry', 'give-up'] as const;
export type RunEvent = (typeof runEvents)[number];

/**
 * The total transition table: every state answers every event, and an event that changes nothing says so by
 * naming the state itself. `failed` is loud and final until a person starts the flow again.
 */
export const runTransitions: Record<RunState, Record<RunEvent, RunState>> = {
  stopped: {
    start: 'starting',
    ready: 'stopped',
    drain: 'stopped',
    ended: 'stopped',
    crash: 'stopped',
    retry: 'stopped',
    'give-up': 'stopped',
  },
  starting: {
    start: 'starting',
    ready: 'running',
    drain: 'draining',
    ended: 'stopped',
    crash: 'backing-off',
    retry: 'starting',
    'give-up': 'failed',
  },
  running: {
    start: 'running',
    ready: 'running',
    drain: 'draining',
    ended: 'stopped',
    crash: 'backing-off',
    retry: 'running',
    'give-up': 'failed',
  },
  draining: {
    start: 'draining',
    ready: 'draining',
    drain: 'draining',
    ended: 'stopped',
    crash: 'stopped',
    retry: 'draining',
    'give-up': 'failed',
  },
  'backing-off': {
    start: 'starting',
    ready: 'backing-off',
    drain: 'stopped',
    ended: 'stopped',
    crash: 'backing-off',
    retry: 'starting',
    'give-up': 'failed',
  },
  failed: { start: 'starting', ready: 'failed', drain: 'stopped', ended: 'failed', crash: 'failed', retry: 'failed', 'give-up': 'failed' },
};

/** What one stage of a running flow is doing. */
export interface StageStatus {
  stage: string;
  kind: 'ingest' | 'transform' | 'deliver';
  /** The node shown for it: the source, the sink, or none for the transform stage. */
  node?: string;
  state: 'starting' | 'running' | 'retrying' | 'paused' | 'stopped';
  /** Messages waiting in its input topics, and the age in ms of the oldest one; absent while unknown. */
  lag?: number;
  behindMs?: number;
  /** Why it is retrying or paused, for people, and since when (ms since 1970). */
  reason?: string;
  since?: number;
}

/** Totals since the first deploy, from the ledger; the browser derives rates. */
export interface NodeTotals {
  in: number;
  out: Record<string, number>;
  /** By reason. */
  filtered: Record<string, number>;
  /** Dead letters by code. */
  dead: Record<string, number>;
  /** Sinks: messages the world outside has accepted. */
  delivered?: number;
  /** Sources: requests refused before they became messages, by reason, since the worker started. */
  refused?: Record<string, number>;
  /** ms since 1970 of the last message seen. */
  lastAt?: number;
}

/** The live state of one flow, pushed at most once a second. */
export interface FlowStatus {
  flow: string;
  version?: number;
  state: RunState;
  /** One health sentence for people, and how serious it is. */
  health: { level: 'ok' | 'warning' | 'error' | 'off'; sentence: string };
  /** Restarts since the deploy, and the last crash in one sentence. */
  restarts: number;
  lastError?: string;
  deployedAt?: string;
  /** A second version that takes a share of the messages, and how both do since it began. Times are ms since 1970. */
  canary?: Omit<CanaryStatus, 'id' | 'flow' | 'startedBy' | 'ended'>;
  stages: StageStatus[];
  nodes: Record<string, NodeTotals>;
  /**
   * Ledger of all versions: in + copies + resent = delivered + filtered + dead + parked + in flight. `resent`: messages of
   * replays and retries that a sink's stage has taken up; left out, as `parked` is, for none.
   */
  balance: {
    in: number;
    delivered: number;
    filtered: number;
    dead: number;
    copies: number;
    inFlight: number;
    difference: number;
    parked?: number;
    resent?: number;
  };
  /** Differences between the ledger and what stands in Kafka that nobody has settled, and their messages; left out for none. */
  gaps?: { gaps: number; messages: number };
  /** ms since 1970 when this was measured. */
  at: number;
}

/** One message seen at a port by the live tap. */
export interface Sample {
  node: string;
  port: string;
  /** ms since 1970 when it was seen. */
  at: number;
  origin: string;
  key: string | null;
  /** JSON text of the value, cut to 16 KB. */
  value: string;
  truncated: boolean;
  headers: Record<string, string>;
  /** Set on samples of the error port and of dead letters. */
  error?: { code: string; message: string };
  /** Set on samples of the port `filtered`: why the message ended there. */
  reason?: string;
}

/** One union for everything that the server pushes to the browser. */
export type ServerEvent =
  | { type: 'status'; flows: FlowStatus[] }
  | { type: 'flow-changed'; flow: string; revision: number }
  | { type: 'flow-removed'; flow: string }
  /** All incidents that go on, newest first, whenever one of them changes. */
  | { type: 'incidents'; open: Incident[] }
  | { type: 'hello'; at: number; serverVersion: string };
