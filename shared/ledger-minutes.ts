import type { LedgerEntry } from './ledger.ts';

/**
 * The ledger of one flow in one minute, summed up over all stages of the live flow. Of the transform stage:
 * `in + copies = Σ sent + Σ filtered + Σ dead`; of each sink outside: what was sent to it = delivered + filtered + dead +
 * what waits. Replays and retries have sums of their own, so that they never blur the live ones; what they put into a
 * sink's topic passes the sink's live stage all the same, and stands in `resent` when it does.
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
  /** By sink outside: messages put into its topic less those taken from it; below 0 where what had waited was taken. */
  waiting?: Record<string, number>;
  /** By sink: messages of replays and retries that its stage has taken up, in `delivered`, `filtered` or `dead` too. */
  resent?: Record<string, number>;
  /** Most that any stage was behind, in messages and ms; absent where nobody measured. */
  lag?: number;
  behindMs?: number;
}

/** Whether an entry is of a replay or a retry, which keep sums of their own. */
export function isAside({ stage }: Pick<LedgerEntry, 'stage'>): boolean {
  return /^(replay|retry)-/.test(stage);
}

const storedTopic = (flow: string, sink: string) => `millrace.${flow}.${sink}`;

/** What one entry of the live flow adds to its minute. */
export function minuteOf(entry: LedgerEntry): LedgerMinute {
  const minute = emptyMinute(entry.at);
  minute.versions = [...new Set([entry.version, ...Object.keys(entry.versions ?? {}).map(Number)])].sort((a, b) => a - b);
  minute.filtered = entry.filtered;
  minute.dead = entry.dead;
  minute.parked = entry.parked ?? {};
  if (entry.stage === 'transform') {
    minute.in = entry.in;
    minute.copies = entry.copies;
    minute.sent = entry.delivered;
    for (const [sink, count] of Object.entries(entry.delivered)) {
      const outside = (entry.topics?.[sink] ?? storedTopic(entry.flow, sink)) === storedTopic(entry.flow, sink);
      if (outside) (minute.waiting ??= {})[sink] = count;
      else minute.delivered[sink] = count;
    }
    return minute;
  }
  minute.delivered = entry.delivered;
  const [sink] = Object.keys(entry.nodes);
  if (sink === undefined) return minute;
  minute.waiting = { [sink]: (entry.resent ?? 0) - entry.in };
  if (entry.resent !== undefined) minute.resent = { [sink]: entry.resent };
  return minute;
}

/** A minute in which nothing has happened yet. `at` may lie anywhere within it. */
export function emptyMinute(at: number): LedgerMinute {
  return {
    at: at - (((at % 60_000) + 60_000) % 60_000),
    versions: [],
    in: 0,
    copies: 0,
    sent: {},
    delivered: {},
    filtered: {},
    dead: {},
    parked: {},
  };
}

/** Adds what `more` counts to `into`, in place; `at` stays. In any order the result is the same. */
export function addMinute(into: LedgerMinute, more: LedgerMinute): void {
  if (more.versions.some((version) => !into.versions.includes(version)))
    into.versions = [...new Set([...into.versions, ...more.versions])].sort((a, b) => a - b);
  into.in += more.in;
  into.copies += more.copies;
  for (const name of ['sent', 'delivered', 'parked'] as const) addCounts(into[name], more[name]);
  for (const name of ['resent', 'waiting'] as const) {
    const counts = more[name];
    if (counts !== undefined) addCounts((into[name] ??= {}), counts);
  }
  for (const name of ['filtered', 'dead'] as const)
    for (const [node, counts] of Object.entries(more[name])) addCounts((into[name][node] ??= {}), counts);
  if (more.lag !== undefined) into.lag = Math.max(into.lag ?? 0, more.lag);
  if (more.behindMs !== undefined) into.behindMs = Math.max(into.behindMs ?? 0, more.behindMs);
}

function addCounts(into: Record<string, number>, more: Record<string, number>): void {
  for (const [name, count] of Object.entries(more)) into[name] = (into[name] ?? 0) + count;
}

/** What a difference is about, see {@link LedgerGap}. */
export const ledgerGapKinds = ['skipped', 'twice', 'missing', 'extra', 'entry'] as const;
export type LedgerGapKind = (typeof ledgerGapKinds)[number];

/** A difference that nothing explains: it is an alarm, and names where to look. */
export interface LedgerGap {
  /** The same for the same difference, however often it is found. */
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
  kind: LedgerGapKind;
  /** The sink of `missing` and `extra`, and the topic its outputs stand in; dead letters have only the topic. */
  sink?: string;
  outputTopic?: string;
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
