import { addMinute, emptyMinute, type LedgerGap, type LedgerMinute } from './ledger-minutes.ts';

/** The ledger of one flow over a period: what came in and what became of it. Times are ms since 1970. */
export interface LedgerReport {
  flow: string;
  flowName: string;
  since: number;
  until: number;
  /** ms between two points. */
  step: number;
  /** Beginning of the oldest minute that is kept; what lies before is not counted here. */
  countedSince?: number;
  /** When this was read. */
  at: number;
  versions: number[];
  balance: LedgerBalance;
  sinks: LedgerSink[];
  /** Biggest first. */
  filtered: LedgerReason[];
  /** By error code, biggest first. */
  dead: LedgerReason[];
  points: LedgerPoint[];
  /** Differences noticed in the period, and those that are still open. Newest first. */
  gaps: LedgerGap[];
  /** What people call the nodes. */
  names: Record<string, string>;
}

/** in + copies + resent = delivered + filtered + dead + parked + waiting + unexplained. */
export interface LedgerBalance {
  in: number;
  /** Made beyond one for one: lists that were split, several sinks. */
  copies: number;
  /** Messages of replays and retries that sinks have taken up. */
  resent: number;
  delivered: number;
  filtered: number;
  dead: number;
  /** Below 0 where more was taken up again than was set aside. */
  parked: number;
  /** Below 0 where more of what had waited before the period was taken than came to wait. */
  waiting: number;
  /** What the entries do not account for; anything but 0 is a bug. */
  unexplained: number;
}

/** One sink of the period. Of a sink outside: sent + resent = delivered + what ended there + parked + waiting. */
export interface LedgerSink {
  sink: string;
  sent: number;
  delivered: number;
  parked: number;
  waiting: number;
  resent: number;
}

/** Messages that ended at a node for a reason, or with an error code. */
export interface LedgerReason {
  node: string;
  reason: string;
  count: number;
}

export interface LedgerPoint {
  at: number;
  in: number;
  delivered: number;
  filtered: number;
  dead: number;
}

/** Samples of what a node has dropped for one reason, newest first, masked. */
export interface FilteredSamples {
  node: string;
  reason: string;
  samples: FilteredSample[];
}

export interface FilteredSample {
  /** ms since 1970 when it was seen. */
  at: number;
  origin: string;
  key: string | null;
  value: string;
  truncated: boolean;
}

/** Steps of the points, in ms: the shortest that gives at most 200. */
const steps = [1, 2, 5, 10, 15, 30, 60, 120, 240, 720, 1440, 10_080].map((minutes) => minutes * 60_000);
export function ledgerStep(since: number, until: number): number {
  return steps.find((step) => (until - since) / step <= 200) ?? (steps.at(-1) as number);
}

/** Sums minutes into the report's numbers. */
export function sumLedger(
  minutes: readonly LedgerMinute[],
  since: number,
  until: number,
  step: number,
): Pick<LedgerReport, 'versions' | 'balance' | 'sinks' | 'filtered' | 'dead' | 'points'> {
  const all = emptyMinute(since);
  const first = Math.floor(since / step) * step;
  const points: LedgerPoint[] = [];
  for (let at = first; at < until; at += step) points.push({ at, in: 0, delivered: 0, filtered: 0, dead: 0 });
  for (const minute of minutes) {
    addMinute(all, minute);
    const point = points[Math.floor((minute.at - first) / step)];
    if (point === undefined) continue;
    point.in += minute.in;
    point.delivered += sum(minute.delivered);
    point.filtered += sumOf(minute.filtered);
    point.dead += sumOf(minute.dead);
  }
  const counted = {
    in: all.in,
    copies: all.copies,
    resent: sum(all.resent ?? {}),
    delivered: sum(all.delivered),
    filtered: sumOf(all.filtered),
    dead: sumOf(all.dead),
    parked: sum(all.parked),
    waiting: sum(all.waiting ?? {}),
  };
  const { in: came, copies, resent, delivered, filtered, dead, parked, waiting } = counted;
  const unexplained = came + copies + resent - delivered - filtered - dead - parked - waiting;
  const names = [...new Set([...Object.keys(all.sent), ...Object.keys(all.delivered), ...Object.keys(all.parked)])];
  return {
    versions: all.versions,
    balance: { ...counted, unexplained },
    sinks: names.map((sink) => ({
      sink,
      sent: all.sent[sink] ?? 0,
      delivered: all.delivered[sink] ?? 0,
      parked: all.parked[sink] ?? 0,
      waiting: all.waiting?.[sink] ?? 0,
      resent: all.resent?.[sink] ?? 0,
    })),
    filtered: reasonsOf(all.filtered),
    dead: reasonsOf(all.dead),
    points,
  };
}

function reasonsOf(counts: Record<string, Record<string, number>>): LedgerReason[] {
  return Object.entries(counts)
    .flatMap(([node, reasons]) => Object.entries(reasons).map(([reason, count]) => ({ node, reason, count })))
    .sort((a, b) => b.count - a.count || a.reason.localeCompare(b.reason));
}

const sum = (counts: Record<string, number>): number => Object.values(counts).reduce((all, count) => all + count, 0);
const sumOf = (counts: Record<string, Record<string, number>>): number => Object.values(counts).reduce((all, inner) => all + sum(inner), 0);

/** The balance as one sentence, the first that a person reads. */
export function balanceSentence({ balance, gaps }: Pick<LedgerReport, 'balance' | 'gaps'>): string {
  const open = gaps.filter(({ settled }) => settled === undefined).reduce((all, { count }) => all + count, 0);
  const { copies, resent, delivered, filtered, dead, parked, waiting } = balance;
  if (balance.in === 0 && resent === 0 && delivered === 0 && waiting === 0 && open === 0) return 'Nothing came in.';
  const made = balance.in + copies + resent;
  const parts = [
    `${number(delivered)} delivered`,
    ...(filtered !== 0 ? [`${number(filtered)} filtered`] : []),
    ...(dead !== 0 ? [`${number(dead)} dead letter${dead === 1 ? '' : 's'}`] : []),
    ...(parked > 0 ? [`${number(parked)} parked`] : []),
    ...(waiting > 0 ? [`${number(waiting)} still waiting`] : []),
  ];
  const before = -Math.min(0, waiting) - Math.min(0, parked);
  const came = `${number(balance.in)} came in`;
  const became =
    made === balance.in ? '' : `${resent > 0 ? ` and ${number(resent)} were sent again` : ''}, which made ${number(made)} messages`;
  const earlier = before > 0 ? `, with ${number(before)} from before` : '';
  const unexplained = Math.abs(balance.unexplained) + open;
  const end = unexplained === 0 ? 'nothing is unexplained' : `${number(unexplained)} ${unexplained === 1 ? 'is' : 'are'} unexplained`;
  return `${came}${became}${earlier}: ${parts.join(', ')}; ${end}.`;
}

const number = (value: number): string => value.toLocaleString('en');

/** The report as a table for a spreadsheet: one line for each line of the balance. Texts of people are quoted and cannot be formulas. */
export function ledgerCsv(report: LedgerReport): string {
  const name = (node: string) => report.names[node] ?? node;
  const { balance } = report;
  const rows: (string | number)[][] = [
    ['line', 'node', 'name', 'reason', 'messages'],
    ['in', '', '', '', balance.in],
    ['copies', '', '', '', balance.copies],
    ['resent', '', '', '', balance.resent],
    ...report.sinks.map(({ sink, delivered }) => ['delivered', sink, name(sink), '', delivered]),
    ...report.filtered.map(({ node, reason, count }) => ['filtered', node, name(node), reason, count]),
    ...report.dead.map(({ node, reason, count }) => ['dead', node, name(node), reason, count]),
    ...report.sinks.filter(({ parked }) => parked !== 0).map(({ sink, parked }) => ['parked', sink, name(sink), '', parked]),
    ...report.sinks.filter(({ waiting }) => waiting !== 0).map(({ sink, waiting }) => ['waiting', sink, name(sink), '', waiting]),
    ['unexplained', '', '', '', balance.unexplained],
    ...report.gaps.map((gap) => [
      `difference (${gap.settled ? 'settled' : 'open'})`,
      gap.stage,
      `${gap.topic}/${gap.partition}@${gap.from}-${gap.to}`,
      gap.sentence,
      gap.count,
    ]),
  ];
  return `${rows.map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
}

function cell(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) || safe !== value ? `"${safe.replaceAll('"', '""')}"` : safe;
}
