import type { ReplayBalance, ReplayGone } from './replay.ts';

/**
 * What became of every message of one batch, written in the same Kafka transaction as its outputs, dead letters
 * and offsets, so it cannot disagree with the data. One entry covers one contiguous offset range of one input partition.
 */
export interface LedgerEntry {
  flow: string;
  version: number;
  stage: string;
  topic: string;
  partition: number;
  /** First and last offset of the range, inclusive, decimal text. */
  from: string;
  to: string;
  /** When the batch was committed, milliseconds since 1970. */
  at: number;
  /** Messages read from the range. */
  in: number;
  /** Messages handed to each sink (transform: written to its topic; deliver: accepted by the world outside). */
  delivered: Record<string, number>;
  /** Dead letters by node, then by error code. */
  dead: Record<string, Record<string, number>>;
  /** Messages that ended on purpose, by node, then by reason. */
  filtered: Record<string, Record<string, number>>;
  /** Messages made beyond one for one: fan-out over edges and lists that were split. */
  copies: number;
  /** Per node: arrivals, and emissions per port. */
  nodes: Record<string, NodeCounts>;
  /** Of the transform stage: the topic that each sink writes to, so that outputs can be looked up with the entry alone. */
  topics?: Record<string, string>;
  /**
   * Set where the group's offset was not its own work's: in a new group, after a reset, on a topic that was made anew. The
   * offset at which reading began; what lies between it and the entry before is no business of the ledger.
   */
  anew?: string;
  /** Of deliver stages: messages of replays and retries among `in`. */
  resent?: number;
  /** Of deliver stages: records of the range that are no messages but orders to the stage, such as a release. */
  orders?: number;
  /**
   * By sink: set aside because an earlier message of the same key failed, less what was taken up again. Negative in the
   * entry of a release. Left out for 0.
   */
  parked?: Record<string, number>;
  /** Of deliver stages: messages that the sink was asked for more than once. */
  again?: { offset: string; tries: number; unsure: number; code: string }[];
  /** While two versions run side by side: the second one, its share (0 to 1), and since when (ms since 1970). */
  canary?: { version: number; share: number; since: number };
  /** While two versions run side by side: what each of them did; together they are the counts above. */
  versions?: Record<string, VersionCounts>;
  /** Of replays and retries: the same in messages of the source, each counted once; failures by node, then code; how outputs differ. */
  balance?: ReplayBalance;
  failures?: Record<string, Record<string, number>>;
  compared?: { same: number; changed: number; failing: number; fresh: number };
  /** Of replays: the range of this entry was gone before it was read. */
  gone?: ReplayGone;
}

/** What one version did of a batch. */
export interface VersionCounts {
  in: number;
  copies: number;
  delivered: number;
  filtered: number;
  dead: number;
}

export interface NodeCounts {
  in: number;
  out: Record<string, number>;
}

/** The sum over two levels of counters. */
export function total(counts: Record<string, Record<string, number>>): number {
  let all = 0;
  for (const inner of Object.values(counts)) for (const count of Object.values(inner)) all += count;
  return all;
}

/** in + copies − delivered − filtered − dead − parked: 0 when the entry balances. */
export function imbalance(entry: Pick<LedgerEntry, 'in' | 'copies' | 'delivered' | 'dead' | 'filtered' | 'parked'>): number {
  return entry.in + entry.copies - sum(entry.delivered) - total(entry.filtered) - total(entry.dead) - sum(entry.parked ?? {});
}

function sum(counts: Record<string, number>): number {
  return Object.values(counts).reduce((all, count) => all + count, 0);
}
