import type { NodeTotals } from '#shared/events.ts';
import { imbalance, type LedgerEntry, type VersionCounts } from '#shared/ledger.ts';
import { isAside } from '#shared/ledger-minutes.ts';

/** The ledger of one flow summed up; plain data, stored as it is. */
export interface FlowTotals {
  nodes: Record<string, NodeTotals>;
  /** Sums of the transform stage's entries. */
  transform: { in: number; copies: number; filtered: number; dead: number; delivered: Record<string, number> };
  /** Sums of the deliver stages' entries, by node. */
  deliver: Record<string, SinkTotals>;
  /** Sum of what entries did not explain; anything but 0 is a bug. */
  unexplained: number;
  /** Dead letters of late: [ms since 1970, count], one per minute, at most 60. */
  recentDead: [number, number][];
  lastAt: number;
  /** While two versions run side by side, since the canary began: what each did, by version, and when the newest entry was. */
  canary?: { since: number; versions: Record<string, VersionCounts>; at: number };
}

/** Sums of one deliver stage. */
interface SinkTotals {
  in: number;
  delivered: number;
  filtered: number;
  dead: number;
  /** Set aside behind a parked key now; absent in sums of older servers, as `resent` is. */
  parked?: number;
  /** Messages of replays and retries among `in`. */
  resent?: number;
}

export function emptyTotals(): FlowTotals {
  return {
    nodes: {},
    transform: { in: 0, copies: 0, filtered: 0, dead: 0, delivered: {} },
    deliver: {},
    unexplained: 0,
    recentDead: [],
    lastAt: 0,
  };
}

/**
 * Adds one entry. Changes `totals` in place: it is called for every batch of every flow. Entries of replays and retries
 * change nothing: they have sums of their own.
 */
export function addEntry(totals: FlowTotals, entry: LedgerEntry): void {
  if (isAside(entry)) return;
  const dead = sumNested(entry.dead);
  const filtered = sumNested(entry.filtered);
  totals.unexplained += imbalance(entry);
  totals.lastAt = Math.max(totals.lastAt, entry.at);
  for (const [id, counts] of Object.entries(entry.nodes)) {
    const node = nodeOf(totals, id);
    // A sink is counted where its messages leave, in its deliver stage, and not a second time where they queue up.
    if (entry.stage === 'transform' && entry.delivered[id] !== undefined) continue;
    node.in += counts.in;
    for (const [port, count] of Object.entries(counts.out)) node.out[port] = (node.out[port] ?? 0) + count;
    if (counts.in > 0) node.lastAt = Math.max(node.lastAt ?? 0, entry.at);
  }
  for (const [id, reasons] of Object.entries(entry.filtered)) addAll(nodeOf(totals, id).filtered, reasons);
  for (const [id, codes] of Object.entries(entry.dead)) addAll(nodeOf(totals, id).dead, codes);
  if (entry.stage === 'transform') {
    const sums = totals.transform;
    sums.in += entry.in;
    sums.copies += entry.copies;
    sums.filtered += filtered;
    sums.dead += dead;
    addAll(sums.delivered, entry.delivered);
  } else {
    const [id] = Object.keys(entry.nodes);
    if (id !== undefined) {
      const sums = (totals.deliver[id] ??= { in: 0, delivered: 0, filtered: 0, dead: 0 });
      const delivered = entry.delivered[id] ?? 0;
      sums.in += entry.in;
      sums.delivered += delivered;
      sums.filtered += filtered;
      sums.dead += dead;
      sums.parked = (sums.parked ?? 0) + (entry.parked?.[id] ?? 0);
      sums.resent = (sums.resent ?? 0) + (entry.resent ?? 0);
      const node = nodeOf(totals, id);
      node.delivered = (node.delivered ?? 0) + delivered;
    }
  }
  if (dead > 0) noteDead(totals, entry.at, dead);
  addVersions(totals, entry);
}

function addVersions(totals: FlowTotals, { canary, versions = {}, at }: LedgerEntry): void {
  if (canary === undefined) return;
  if (totals.canary?.since !== canary.since) totals.canary = { since: canary.since, versions: {}, at };
  const sums = totals.canary;
  sums.at = Math.max(sums.at, at);
  for (const [version, counts] of Object.entries(versions)) {
    const sum = (sums.versions[version] ??= { in: 0, copies: 0, delivered: 0, filtered: 0, dead: 0 });
    for (const name of ['in', 'copies', 'delivered', 'filtered', 'dead'] as const) sum[name] += counts[name];
  }
}

/** Sinks without a deliver stage (Kafka topics) are delivered in the transform transaction itself. */
export function addTopicSinks(totals: FlowTotals, topicSinks: ReadonlySet<string>): Record<string, NodeTotals> {
  const nodes = { ...totals.nodes };
  for (const id of topicSinks) {
    const delivered = totals.transform.delivered[id] ?? 0;
    if (delivered > 0)
      nodes[id] = { ...(nodes[id] ?? { in: 0, out: {}, filtered: {}, dead: {} }), in: delivered, delivered, lastAt: totals.lastAt };
  }
  return nodes;
}

/** in + copies + resent = delivered + filtered + dead + parked + in flight; `difference` is what that leaves unexplained. */
export function balanceOf(totals: FlowTotals, topicSinks: ReadonlySet<string>) {
  const { transform } = totals;
  let delivered = 0;
  let filtered = transform.filtered;
  let dead = transform.dead;
  let inFlight = 0;
  let surplus = 0;
  let parked = 0;
  let resent = 0;
  for (const [id, count] of Object.entries(transform.delivered)) {
    if (topicSinks.has(id)) {
      delivered += count;
      continue;
    }
    const sink: SinkTotals = totals.deliver[id] ?? { in: 0, delivered: 0, filtered: 0, dead: 0 };
    delivered += sink.delivered;
    filtered += sink.filtered;
    dead += sink.dead;
    parked += sink.parked ?? 0;
    resent += sink.resent ?? 0;
    // A sink cannot have taken more than was made for it.
    const taken = sink.in - (sink.resent ?? 0);
    if (taken > count) surplus += taken - count;
    else inFlight += count - taken;
  }
  const sums = {
    in: transform.in,
    copies: transform.copies,
    delivered,
    filtered,
    dead,
    inFlight,
    difference: totals.unexplained - surplus,
  };
  return { ...sums, ...(parked !== 0 && { parked }), ...(resent !== 0 && { resent }) };
}

/** Dead letters since a time, ms since 1970, to the minute; the topic keeps them longer. */
export function deadSince(totals: FlowTotals, since: number): number {
  return totals.recentDead.reduce((sum, [at, count]) => (at >= since ? sum + count : sum), 0);
}

function noteDead(totals: FlowTotals, at: number, count: number): void {
  const minute = at - (at % 60_000);
  const last = totals.recentDead.at(-1);
  if (last && last[0] === minute) last[1] += count;
  else totals.recentDead.push([minute, count]);
  if (totals.recentDead.length > 60) totals.recentDead.shift();
}

function nodeOf(totals: FlowTotals, id: string): NodeTotals {
  return (totals.nodes[id] ??= { in: 0, out: {}, filtered: {}, dead: {} });
}

function addAll(into: Record<string, number>, counts: Record<string, number>): void {
  for (const [name, count] of Object.entries(counts)) into[name] = (into[name] ?? 0) + count;
}

function sumNested(counts: Record<string, Record<string, number>>): number {
  let sum = 0;
  for (const inner of Object.values(counts)) for (const count of Object.values(inner)) sum += count;
  return sum;
}
