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
}

export interface NodeCounts {
  in: number;
  out: Record<string, number>;
}

/** The sum over two levels of counters. */
export function total(counts: Record<string, Record<string, number>>): number {
  let sum = 0;
  for (const inner of Object.values(counts)) for (const count of Object.values(inner)) sum += count;
  return sum;
}

/** in + copies − delivered − filtered − dead: 0 when the entry balances. */
export function imbalance(entry: Pick<LedgerEntry, 'in' | 'copies' | 'delivered' | 'dead' | 'filtered'>): number {
  const delivered = Object.values(entry.delivered).reduce((sum, count) => sum + count, 0);
  return entry.in + entry.copies - delivered - total(entry.filtered) - total(entry.dead);
}
