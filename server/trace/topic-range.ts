import type { KafkaAdmin } from '../kafka/port.ts';
import type { TraceIndexFile } from '../store/trace-index.ts';

/** What stands in a topic, and what of it the index has not read. Offsets from `low` up to, not including, `high`. */
export interface TopicRange {
  topic: string;
  all: { partition: number; low: bigint; high: bigint }[];
  unread: { partition: number; low: bigint; high: bigint }[];
  /** Time of the newest message that the index has read, ms since 1970. */
  reached?: number;
}

/** Undefined when there is no such topic. */
export async function topicRange(admin: KafkaAdmin, index: TraceIndexFile | undefined, topic: string): Promise<TopicRange | undefined> {
  // Asked first: what is committed meanwhile counts as not read.
  const known = index?.topic(topic);
  const ends = await admin.offsets(topic, { committedOnly: true });
  if (ends === undefined) return undefined;
  const all = ends.filter(({ low, high }) => low < high);
  const unread = all.flatMap(({ partition, low, high }) => {
    const place = known?.partitions.get(partition);
    if (place === undefined) return [{ partition, low, high }];
    const [first, next] = [BigInt(place.first), BigInt(place.next)];
    // A position past the end belongs to another log of the same name, of which the index will forget all.
    if (next > high) return [{ partition, low, high }];
    return [
      { partition, low: next > low ? next : low, high },
      { partition, low, high: first < high ? first : high },
    ].filter((part) => part.low < part.high);
  });
  const reached = Math.max(0, ...[...(known?.partitions.values() ?? [])].map((place) => place.reached));
  return { topic, all, unread, ...(reached > 0 && { reached }) };
}

/** Whether a time lies in what was asked for. */
export function inTime(timestamp: number, { since, until }: { since?: number; until?: number }): boolean {
  return timestamp >= (since ?? Number.NEGATIVE_INFINITY) && timestamp < (until ?? Number.POSITIVE_INFINITY);
}

/** A time for people who may be anywhere: `2026-03-01 10:02:11 UTC`. */
export function utcText(time: number): string {
  return time <= 0 ? 'nothing' : `${new Date(time).toISOString().replace('T', ' ').slice(0, 19)} UTC`;
}
