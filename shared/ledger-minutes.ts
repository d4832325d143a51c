/**
 * The ledger of one flow in one minute, summed up over all stages of the live flow. Of the transform stage:
 * `in + copies = Σ sent + Σ filtered + Σ dead`; of each sink outside: what was sent to it = delivered + filtered + dead +
 * what waits. Replays and retries have sums of their own, so that they never blur the live ones.
 */
export interface LedgerMinute {
  /** Beginning of the minute, ms since 1970. */
  at: number;
  /** Versions that worked in it. */
  versions: number[];
  /** Messages that entered. */
  in: number;
  copies: number;
  /** By sink: written to its topic by the transform stage. */
  sent: Record<string, number>;
  /** By sink: accepted by the world outside, or written to the user's own topic. */
  delivered: Record<string, number>;
  /** By node, then reason; of all stages. */
  filtered: Record<string, Record<string, number>>;
  /** By node, then error code; of all stages. */
  dead: Record<string, Record<string, number>>;
  /** By sink: set aside because an earlier message of the same key waits for a person. */
  parked: Record<string, number>;
  /** Most that any stage was behind, in messages and ms; absent where nobody measured. */
  lag?: number;
  behindMs?: number;
}

/** A difference that nothing explains: it is an alarm, and names where to look. */
export interface LedgerGap {
  id: string;
  flow: string;
  version: number;
  stage: string;
  /** The input of the stage. */
  topic: string;
  partition: number;
  /** The offsets of the input within which the difference lies, inclusive, decimal text. */
  from: string;
  to: string;
  /**
   * `skipped`: messages of the input that no entry accounts for. `twice`: accounted for more than once. `missing` and
   * `extra`: fewer or more outputs stand in a sink's topic than the ledger says. `entry`: an entry that does not balance.
   */
  kind: 'skipped' | 'twice' | 'missing' | 'extra' | 'entry';
  /** The sink of `missing` and `extra`. */
  sink?: string;
  /** How many messages. */
  count: number;
  /** ms since 1970: when the entry was committed, and when the difference was noticed. */
  at: number;
  noticedAt: number;
  /** For people: what, where, what next. */
  sentence: string;
  /** Set when a person has looked at it. */
  settled?: { at: number; who: string; reason: string };
}
