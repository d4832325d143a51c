import { imbalance, type LedgerEntry, type NodeCounts, total, type VersionCounts } from '#shared/ledger.ts';

type Counters = Record<string, Record<string, number>>;

/** Counts what becomes of the messages of one batch while they travel; becomes one ledger entry. */
export interface Tally {
  in: number;
  copies: number;
  readonly delivered: Record<string, number>;
  readonly dead: Counters;
  readonly filtered: Counters;
  readonly nodes: Record<string, NodeCounts>;
  /** Only where something was parked, or taken up again: fewer. */
  parked?: Record<string, number>;
  /** Records that are no messages but orders to the stage; and messages of replays and retries. Only where there were some. */
  orders?: number;
  resent?: number;
  /** Messages that the sink was asked for more than once. Only where there were some. */
  again?: NonNullable<LedgerEntry['again']>;
}

export function createTally(): Tally {
  return { in: 0, copies: 0, delivered: {}, dead: {}, filtered: {}, nodes: {} };
}

export function countArrival(tally: Tally, node: string): void {
  nodeOf(tally, node).in++;
}

export function countEmission(tally: Tally, node: string, port: string): void {
  const { out } = nodeOf(tally, node);
  out[port] = (out[port] ?? 0) + 1;
}

export function countFiltered(tally: Tally, node: string, reason: string): void {
  bump(tally.filtered, node, reason);
}

export function countDead(tally: Tally, node: string, code: string): void {
  bump(tally.dead, node, code);
}

export function countDelivered(tally: Tally, node: string): void {
  tally.delivered[node] = (tally.delivered[node] ?? 0) + 1;
}

/** @param by negative for messages that are taken up again */
export function countParked(tally: Tally, node: string, by = 1): void {
  tally.parked ??= {};
  tally.parked[node] = (tally.parked[node] ?? 0) + by;
}

/** Adds the counts of a tally to another's. */
export function addTally(into: Tally, more: Tally): void {
  into.in += more.in;
  into.copies += more.copies;
  for (const [node, count] of Object.entries(more.delivered)) into.delivered[node] = (into.delivered[node] ?? 0) + count;
  for (const name of ['dead', 'filtered'] as const)
    for (const [node, counts] of Object.entries(more[name]))
      for (const [reason, count] of Object.entries(counts)) bump(into[name], node, reason, count);
  for (const [node, counts] of Object.entries(more.nodes)) {
    const sums = nodeOf(into, node);
    sums.in += counts.in;
    for (const [port, count] of Object.entries(counts.out)) sums.out[port] = (sums.out[port] ?? 0) + count;
  }
}

/** The sums of a tally. */
export function countsOf({ in: came, copies, delivered, filtered, dead }: Tally): VersionCounts {
  const sent = Object.values(delivered).reduce((sum, count) => sum + count, 0);
  return { in: came, copies, delivered: sent, filtered: total(filtered), dead: total(dead) };
}

/** A ledger entry that does not balance: a bug of ours, which must stop the stage rather than go unseen. */
export class LedgerError extends Error {
  override readonly name = 'LedgerError';
}

/**
 * The entry of a batch.
 * @throws LedgerError when the counts do not balance: nothing of the batch may be committed then.
 */
export function closeTally(
  tally: Tally,
  where: { flow: string; version: number; stage: string; topic: string; partition: number; from: bigint; to: bigint; at: number },
): LedgerEntry {
  const difference = imbalance(tally);
  if (difference !== 0) {
    throw new LedgerError(
      `The ledger of stage ${where.stage} does not balance for ${where.topic}/${where.partition}@${where.from}-${where.to}: ` +
        `${difference} of ${tally.in} messages are unexplained. The stage stopped and committed nothing of this batch.`,
    );
  }
  return { ...where, from: String(where.from), to: String(where.to), ...tally };
}

function nodeOf(tally: Tally, node: string): NodeCounts {
  let counts = tally.nodes[node];
  if (counts === undefined) tally.nodes[node] = counts = { in: 0, out: {} };
  return counts;
}

function bump(counters: Counters, node: string, name: string, by = 1): void {
  const inner = (counters[node] ??= {});
  inner[name] = (inner[name] ?? 0) + by;
}
