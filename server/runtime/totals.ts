import type { NodeTotals } from '#shared/events.ts';
import { imbalance, type LedgerEntry } from '#shared/ledger.ts';

/** The ledger of one flow summed up; plain data, stored as it is. */
export interface FlowTotals {
  nodes: Record<string, NodeTotals>;
  /** Sums of the transform stage's entries. */
  transform: { in: number; copies: number; filtered: number; dead: number; delivered: Record<string, number> };
  /** Sums of the deliver stages' entries, by node. */
  deliver: Record<string, { in: number; delivered: number; filtered: number; dead: number }>;
  /** Sum of what entries did not explain; anything but 0 is a bug. */
  unexplained: number;
  /** Dead letters of late: [ms since 1970, count], one per minute, at most 60. */
  recentDead: [number, number][];
  lastAt: number;
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

/** Adds one entry. Changes `totals` in place: it is called for every batch of every flow. */
export function addEntry(totals: FlowTotals, entry: LedgerEntry): void {
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
      const node = nodeOf(totals, id);
      node.delivered = (node.delivered ?? 0) + delivered;
    }
  }
  if (dead > 0) noteDead(totals, entry.at, dead);
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

/** in + copies = delivered + filtered + dead + in flight; `difference` is what that leaves unexplained. */
export function balanceOf(totals: FlowTotals, topicSinks: ReadonlySet<string>) {
  const { transform } = totals;
  let delivered = 0;
  let filtered = transform.filtered;
  let dead = transform.dead;
  let inFlight = 0;
  let surplus = 0;
  for (const [id, count] of Object.entries(transform.delivered)) {
    if (topicSinks.has(id)) {
      delivered += count;
      continue;
    }
    const sink = totals.deliver[id] ?? { in: 0, delivered: 0, filtered: 0, dead: 0 };
    delivered += sink.delivered;
    filtered += sink.filtered;
    dead += sink.dead;
    // A sink cannot have taken more than was made for it.
    if (sink.in > count) surplus += sink.in - count;
    else inFlight += count - sink.in;
  }
  return { in: transform.in, copies: transform.copies, delivered, filtered, dead, inFlight, difference: totals.unexplained - surplus };
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
