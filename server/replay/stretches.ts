/** A run of offsets of one partition: from the first, up to before `to`. Plain data, decimal text, so that it can be stored. */
export interface Stretch {
  topic: string;
  partition: number;
  from: string;
  to: string;
}

/** Stretches in order, those that touch or overlap made one, empty ones left out. */
export function merged(stretches: readonly Stretch[]): Stretch[] {
  const sorted = stretches
    .filter(({ from, to }) => BigInt(from) < BigInt(to))
    .sort((a, b) => compareText(a.topic, b.topic) || a.partition - b.partition || compareBig(BigInt(a.from), BigInt(b.from)));
  const result: Stretch[] = [];
  for (const next of sorted) {
    const last = result.at(-1);
    if (last && last.topic === next.topic && last.partition === next.partition && BigInt(next.from) <= BigInt(last.to)) {
      if (BigInt(next.to) > BigInt(last.to)) result[result.length - 1] = { ...last, to: next.to };
    } else result.push(next);
  }
  return result;
}

/** What lies in both. */
export function intersection(one: readonly Stretch[], other: readonly Stretch[]): Stretch[] {
  const result: Stretch[] = [];
  for (const a of one) {
    for (const b of other) {
      if (a.topic !== b.topic || a.partition !== b.partition) continue;
      const from = max(BigInt(a.from), BigInt(b.from));
      const to = min(BigInt(a.to), BigInt(b.to));
      if (from < to) result.push({ ...a, from: String(from), to: String(to) });
    }
  }
  return merged(result);
}

/** How many offsets; messages are fewer where markers of transactions stand among them, or compaction took some. */
export function length(stretches: readonly Stretch[]): number {
  return Number(stretches.reduce((sum, { from, to }) => sum + (BigInt(to) - BigInt(from)), 0n));
}

/** The topics, in order. */
export function topicsOf(stretches: readonly Stretch[]): string[] {
  return [...new Set(stretches.map(({ topic }) => topic))];
}

/** Of a topic: where each partition begins and ends, gaps included. */
export function boundsOf(stretches: readonly Stretch[], topic: string): { from: Map<number, bigint>; to: Map<number, bigint> } {
  const bounds = { from: new Map<number, bigint>(), to: new Map<number, bigint>() };
  for (const stretch of stretches) {
    if (stretch.topic !== topic) continue;
    const { partition } = stretch;
    const from = BigInt(stretch.from);
    const to = BigInt(stretch.to);
    bounds.from.set(partition, min(bounds.from.get(partition) ?? from, from));
    bounds.to.set(partition, max(bounds.to.get(partition) ?? to, to));
  }
  return bounds;
}

/** Most readings of one topic: each asks Kafka anew. */
const mostRounds = 50;

/**
 * Readings of one topic that together meet all stretches of it, and little that lies between them: the first stretch of
 * each partition, the second, and so on. Small gaps are read over. A partition that has no more is read from its end to its end.
 */
export function roundsOf(stretches: readonly Stretch[], topic: string): { from: Map<number, bigint>; to: Map<number, bigint> }[] {
  const mine = merged(stretches.filter((stretch) => stretch.topic === topic));
  for (let gap = 1000n; ; gap *= 4n) {
    const queues = new Map<number, { from: bigint; to: bigint }[]>();
    for (const { partition, from, to } of mine) {
      const queue = queues.get(partition) ?? [];
      const last = queue.at(-1);
      if (last && BigInt(from) - last.to <= gap) last.to = BigInt(to);
      else queue.push({ from: BigInt(from), to: BigInt(to) });
      queues.set(partition, queue);
    }
    const rounds = [...queues.values()].reduce((most, queue) => Math.max(most, queue.length), 0);
    if (rounds > mostRounds) continue;
    return Array.from({ length: rounds }, (_, round) => {
      const bounds = { from: new Map<number, bigint>(), to: new Map<number, bigint>() };
      for (const [partition, queue] of queues) {
        const end = queue.at(-1)?.to ?? 0n;
        bounds.from.set(partition, queue[round]?.from ?? end);
        bounds.to.set(partition, queue[round]?.to ?? end);
      }
      return bounds;
    });
  }
}

/** Says of a position whether it lies in one of the stretches; made once, asked for every message. */
export function within(stretches: readonly Stretch[]): (topic: string, partition: number, offset: bigint) => boolean {
  const known = new Map<string, Map<number, { from: bigint; to: bigint }[]>>();
  for (const { topic, partition, from, to } of merged(stretches)) {
    const partitions = known.get(topic) ?? new Map<number, { from: bigint; to: bigint }[]>();
    const list = partitions.get(partition) ?? [];
    list.push({ from: BigInt(from), to: BigInt(to) });
    known.set(topic, partitions.set(partition, list));
  }
  return (topic, partition, offset) => {
    const list = known.get(topic)?.get(partition) ?? [];
    let [low, high] = [0, list.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((list[middle]?.to ?? 0n) > offset) high = middle;
      else low = middle + 1;
    }
    return (list[low]?.from ?? offset + 1n) <= offset;
  };
}

const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const compareBig = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);
const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
