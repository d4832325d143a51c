/** How a message of the log names the thing that it is about. */
export type NamedBy = { by: 'key' } | { by: 'field'; path: string };

/** A list that is asked for over HTTP, page by page. Secrets stand under their names. */
export interface PollList {
  /** Address; `{since}` and `{until}` become ISO times, `{page}` counts from 1, `{cursor}` is what the page before said. */
  url: string;
  /** Path of the list in an answer; empty: the answer is the list. */
  items: string;
  /** Path of the id in an item. */
  id: string;
  /** Path of the next page's address or cursor; empty: the Link header, or `{page}` until a page is empty. */
  next: string;
  auth: 'none' | 'bearer' | 'basic' | 'header';
  authSecret: string;
  authUser: string;
  authHeader: string;
}

/** What is compared. Times in ms since 1970. */
export type ReconcileSpec =
  /** What a system in front of a source says it has, against what came in there. */
  | {
      kind: 'source';
      node: string;
      named: NamedBy;
      since: number;
      until: number;
      /** A thing of the list may have come in so long before or after the period. */
      slackMinutes: number;
      list: { from: 'upload'; name: string; idField: string } | ({ from: 'poll' } & PollList);
    }
  /** What the flow sent to a sink, against what the place behind it holds. */
  | { kind: 'sink'; node: string; since: number; until: number };

/**
 * What became of one thing. `missing`: the list or the flow has it, the other side has not. `extra`: only the other side has
 * it. `doubled`: it came in more than once, or stands at the sink more often than it was sent. `waiting`: it is on its way to the
 * sink. `dead`: the sink refused it, it is in the inbox. `written`: it was missing, and was backfilled. `arrived`: it was missing,
 * and came in before the backfill.
 */
export const reconcileStates = ['missing', 'extra', 'doubled', 'waiting', 'dead', 'written', 'arrived'] as const;
export type ReconcileState = (typeof reconcileStates)[number];

/** One thing that the two sides do not agree on. */
export interface ReconcileItem {
  ordinal: number;
  state: ReconcileState;
  id: string;
  /** Where it stands in the log, or its origin there: `topic/partition/offset`. */
  position?: string;
  /** How often it came in. */
  count?: number;
  note: string;
}

/** Writing what was missing to the source's topic. */
export interface Backfill {
  state: 'running' | 'done' | 'stopped' | 'failed';
  who: string;
  startedAt: number;
  endedAt?: number;
  total: number;
  written: number;
  /** Had come in meanwhile, so they were left alone. */
  arrived: number;
  /** Could not be fetched or written. */
  failed: number;
  reason?: string;
}

/** One comparison and what was done about it; kept. Times in ms since 1970. */
export interface ReconcileReport {
  id: string;
  flow: string;
  spec: ReconcileSpec;
  state: 'running' | 'done' | 'stopped' | 'failed';
  /** The schedule that started it, by the name that it had then. */
  schedule?: { id: string; name: string };
  startedBy: string;
  startedAt: number;
  endedAt?: number;
  /** Read so far: of the list or the sink, and of the log. */
  listed: number;
  scanned: number;
  /** Of the log; 0 while it is not known. */
  total: number;
  /** Things that both sides have. */
  matched: number;
  counts: Partial<Record<ReconcileState, number>>;
  /** Whether a backfill can be made, and if not, why not and how else. */
  backfillable: boolean;
  why?: string;
  /** Whether the list came with full records. */
  hasRecords?: boolean;
  /** Up to where the log was read, by partition: the first offset that was not. */
  scannedTo?: Record<string, string>;
  backfill?: Backfill;
  /** What it could not look at, for people. */
  notes: string[];
  /** Why it failed. */
  reason?: string;
}

/** Bounds of one comparison. */
export const reconcileLimits = {
  ids: 200_000,
  keys: 500_000,
  uploadBytes: 256 * 1024 * 1024,
  rowBytes: 1024 * 1024,
  extra: 10_000,
  pages: 10_000,
};

/** The verdict of a report in one sentence. `source` and `sink` are what people call the nodes. */
export function verdict(report: ReconcileReport, name: string): string {
  const { counts, matched, spec } = report;
  const n = (count: number | undefined) => (count ?? 0).toLocaleString('en-US');
  const parts: string[] = [];
  if (spec.kind === 'source') {
    const all = matched + (counts.missing ?? 0) + (counts.doubled ?? 0) + (counts.written ?? 0) + (counts.arrived ?? 0);
    if (counts.missing) parts.push(`${n(counts.missing)} never arrived`);
    if (counts.doubled) parts.push(`${n(counts.doubled)} came in more than once`);
    if (counts.extra) parts.push(`${n(counts.extra)} came in that the list does not have`);
    if (counts.written) parts.push(`${n(counts.written)} were backfilled`);
    if (counts.arrived) parts.push(`${n(counts.arrived)} arrived late`);
    if (parts.length === 0 && all === 0) return 'The list has nothing of that time.';
    return parts.length === 0 ? `All ${n(all)} of the list came in at “${name}”.` : `Of ${n(all)} in the list, ${parts.join(', ')}.`;
  }
  const all = matched + (counts.missing ?? 0) + (counts.waiting ?? 0) + (counts.dead ?? 0) + (counts.doubled ?? 0);
  if (counts.missing) parts.push(`${n(counts.missing)} are missing`);
  if (counts.waiting) parts.push(`${n(counts.waiting)} are on their way`);
  if (counts.dead) parts.push(`${n(counts.dead)} were refused`);
  if (counts.doubled) parts.push(`${n(counts.doubled)} stand there more often than they were sent`);
  if (counts.extra) parts.push(`${n(counts.extra)} rows stand there that the log does not know`);
  if (parts.length === 0 && all === 0) return `Nothing was sent to “${name}” in that time.`;
  return parts.length === 0 ? `“${name}” holds all ${n(all)} that the flow sent.` : `Of ${n(all)} sent to “${name}”, ${parts.join(', ')}.`;
}
