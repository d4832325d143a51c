import type { FlowStatus } from '../events.ts';
import type { LedgerGap, LedgerMinute } from '../ledger-minutes.ts';

/** How long what waits in one partition is still there. Times in ms. */
export interface RetentionFact {
  stage: string;
  /** The node shown for it: the source, or the sink. */
  node: string;
  topic: string;
  partition: number;
  /** Messages deleted before the stage had taken them. */
  lost: number;
  /** Messages that wait, and the age of the oldest of them. */
  waiting: number;
  ageMs?: number;
  /** How much older the oldest waiting one gets in a second, in seconds: 1 when nothing moves, 0 or less when it catches up. */
  aging: number;
  /** How long Kafka keeps a message; absent: for ever, or as long as there is room. */
  retentionMs?: number;
}

/** How a scheduled comparison stands that is not paused. */
export interface ComparisonFact {
  schedule: string;
  name: string;
  node: string;
  side: 'source' | 'sink';
  /** The last with a result, as it stands now: what was mended since does not count any more. */
  result?: { report: string; counts: { missing?: number; doubled?: number; extra?: number } };
  /** The last one could not be made. */
  failed?: { reason: string; report?: string | undefined };
}

/** A field that a rule asks about. */
export interface FieldWanted {
  rule: string;
  flow: string;
  node: string;
  path: string;
  minutes: number;
}

/** How often a field was empty in the newest messages of a place. */
export interface FieldFact {
  rule: string;
  side: 'source' | 'sink';
  /** Messages that could say something about a field. */
  looked: number;
  empty: number;
  /** There were more than were looked at. */
  more: boolean;
}

/** What the rules look at, so that no more is gathered. */
export interface LookBack {
  minutes: number;
  usualHours: number;
  fields: FieldWanted[];
}

/** All that rules need to know of one flow at one moment. */
export interface FlowFacts {
  flow: string;
  name: string;
  status: FlowStatus;
  /** What its nodes are called. */
  names: ReadonlyMap<string, string>;
  /** The minutes of late, oldest first: as many as the longest rule looks back. */
  minutes: readonly LedgerMinute[];
  /** Of the hours before: what came in, and what was filtered by node, then reason. */
  usual: { in: number; filtered: Record<string, Record<string, number>> };
  /** Differences that nobody has settled. */
  gaps: readonly LedgerGap[];
  retention: readonly RetentionFact[];
  comparisons: readonly ComparisonFact[];
  fields: readonly FieldFact[];
  /** Restarts within the last ten minutes. */
  restarts: number;
  /** ms since 1970 of the last message that came in; absent when there never was one since the deploy. */
  lastIn?: number;
  /** ms since 1970 since when the flow is running. */
  runningSince?: number;
}

/**
 * What a rule finds at one subject of a flow. `met`: an incident opens. `near`: none opens, and an open one stays, so that
 * a value that swings about the limit is one incident.
 */
export interface Finding {
  subject: string;
  level: 'met' | 'near';
  node?: string;
  stage?: string;
  sentence: string;
  link: string;
}
