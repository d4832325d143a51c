import type { FlowStatus, NodeTotals } from '#shared/events.ts';

/** Totals of one flow at one moment of the browser's clock; what rates are made from. */
export interface TotalsPoint {
  /** ms since 1970, when the browser received it. */
  at: number;
  nodes: FlowStatus['nodes'];
  balance: FlowStatus['balance'];
}

/** The period a rate looks at; `deploy` is since the deploy, or since the page was opened when that was later. */
export type RateWindow = '1m' | '5m' | 'deploy';

/** A rate and what it rests on. `overMs` is the time really covered, which is shorter just after the page was opened. */
export interface Rate {
  perMinute: number;
  /** Messages counted in the period. */
  count: number;
  overMs: number;
}

const windowMs: Record<Exclude<RateWindow, 'deploy'>, number> = { '1m': 60_000, '5m': 300_000 };
const keepMs = 330_000;
const spacingMs = 2000;

/**
 * Adds a point to a history, keeping 5½ minutes at 2 s apart; the first point and the newest one always stay, so
 * that `deploy` has something to start from. Returns a new array; the old one is not changed.
 */
export function pushPoint(history: readonly TotalsPoint[], point: TotalsPoint): TotalsPoint[] {
  const last = history.at(-1);
  const before = history.at(-2);
  const tooClose = last !== undefined && before !== undefined && last.at - before.at < spacingMs;
  const next = tooClose ? history.slice(0, -1) : history.slice();
  next.push(point);
  const [first, ...rest] = next;
  const kept = rest.filter((each) => each.at >= point.at - keepMs);
  return first === undefined ? kept : [first, ...kept];
}

/**
 * The history up to `at`, for a server that pushes only what changes: while it is known to be there, silence means that
 * the totals stayed as they were. Returns the same array when the newest point is not older than a second and a half.
 */
export function holdUntil(history: readonly TotalsPoint[], at: number): readonly TotalsPoint[] {
  const last = history.at(-1);
  return last === undefined || at - last.at < 1500 ? history : pushPoint(history, { ...last, at });
}

/**
 * The rate of one total over a period, from the difference between two points and the time between them.
 * Undefined while there are not two points a second apart. A total that went down (the counter began again) counts from there.
 * @param deployedAt ms since 1970, only looked at by the window `deploy`.
 */
export function rate(
  history: readonly TotalsPoint[],
  period: RateWindow,
  pick: (point: TotalsPoint) => number | undefined,
  deployedAt?: number,
): Rate | undefined {
  const end = history.at(-1);
  if (end === undefined) return undefined;
  const from = period === 'deploy' ? (deployedAt ?? 0) : end.at - windowMs[period];
  let count = 0;
  let start: number | undefined;
  let previous: number | undefined;
  for (let index = startIndex(history, from); index < history.length; index += 1) {
    const point = history[index];
    if (point === undefined) continue;
    const total = pick(point) ?? 0;
    if (start === undefined || previous === undefined) start = point.at;
    else count += total >= previous ? total - previous : total;
    previous = total;
  }
  if (start === undefined) return undefined;
  const overMs = end.at - start;
  return overMs < 900 ? undefined : { perMinute: (count * 60_000) / overMs, count, overMs };
}

/** The last point at or before `from`, so that the whole period is covered; else the first point. */
function startIndex(history: readonly TotalsPoint[], from: number): number {
  let found = 0;
  for (let index = 0; index < history.length; index += 1) {
    const point = history[index];
    if (point !== undefined && point.at <= from) found = index;
  }
  return found;
}

/**
 * Rates per minute at `steps` moments `stepMs` apart up to the newest point, for a sparkline; each over the `overMs`
 * before it, so that a line of few messages is calm. `null` where nothing is known.
 */
export function series(
  history: readonly TotalsPoint[],
  pick: (point: TotalsPoint) => number | undefined,
  { steps, stepMs, overMs = stepMs }: { steps: number; stepMs: number; overMs?: number },
): (number | null)[] {
  const [first] = history;
  const end = history.at(-1);
  if (first === undefined || end === undefined) return new Array<null>(steps).fill(null);
  return Array.from({ length: steps }, (_, step) => {
    const to = end.at - (steps - 1 - step) * stepMs;
    const from = Math.max(first.at, to - overMs);
    if (to - from < Math.min(stepMs, overMs)) return null;
    const high = valueAt(history, pick, to);
    const low = valueAt(history, pick, from);
    return high === undefined || low === undefined ? null : (Math.max(0, high - low) * 60_000) / (to - from);
  });
}

/** The total at a moment, on the straight line between its neighbours; undefined before the first point. */
function valueAt(history: readonly TotalsPoint[], pick: (point: TotalsPoint) => number | undefined, at: number): number | undefined {
  let before: TotalsPoint | undefined;
  for (const point of history) {
    if (point.at <= at) {
      before = point;
      continue;
    }
    if (before === undefined) return undefined;
    const low = pick(before) ?? 0;
    const high = pick(point) ?? 0;
    return low + ((high - low) * (at - before.at)) / (point.at - before.at);
  }
  return before === undefined ? undefined : (pick(before) ?? 0);
}

/** Messages that went into a node. */
export const nodeIn =
  (node: string) =>
  (point: TotalsPoint): number | undefined =>
    point.nodes[node]?.in;

/** Messages that left a port of a node; without a port, all of them. */
export const nodeOut =
  (node: string, port?: string) =>
  (point: TotalsPoint): number | undefined => {
    const totals = point.nodes[node];
    if (totals === undefined) return undefined;
    return port === undefined ? sum(totals.out) : (totals.out[port] ?? 0);
  };

/** Dead letters of a node, all codes. */
export const nodeDead =
  (node: string) =>
  (point: TotalsPoint): number | undefined =>
    deadOf(point.nodes[node]);

/** Messages that a sink's outside world has accepted. */
export const nodeDelivered =
  (node: string) =>
  (point: TotalsPoint): number | undefined =>
    point.nodes[node]?.delivered;

/** Messages that entered the flow, that left it, and that became dead letters. */
export const flowIn = (point: TotalsPoint): number => point.balance.in;
export const flowOut = (point: TotalsPoint): number => point.balance.delivered;
export const flowDead = (point: TotalsPoint): number => point.balance.dead;

/** Dead letters of one node's totals, all codes together; 0 when there are no totals. */
export function deadOf(totals: NodeTotals | undefined): number {
  return totals === undefined ? 0 : sum(totals.dead);
}

function sum(counts: Record<string, number>): number {
  let total = 0;
  for (const count of Object.values(counts)) total += count;
  return total;
}
