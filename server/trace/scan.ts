import type { FindBounds, FindEnd } from '#shared/sample.ts';
import type { KafkaPort, KafkaRecord } from '../kafka/port.ts';
import { createBudget, partAt, scan } from '../runtime/message-scan.ts';
import { createMatch, type MatchSpec, readable } from './match.ts';

/** Messages to be looked through, one by one; plain data. Offsets from `low` up to, not including, `high`. */
export interface ScanJob {
  topics: { topic: string; parts: { partition: number; low: bigint; high: bigint }[] }[];
  match: MatchSpec;
  /** Hits that end it. */
  limit: number;
  bounds: FindBounds;
}

export interface ScanEvents {
  found(record: KafkaRecord, matched: string): void;
  /** Messages and bytes so far, and how far back it has come, in ms since 1970. */
  progress(progress: { scanned: number; bytes: number; reached?: number }): void;
}

/**
 * Looks through topics, each from its newest message back; hits come as they are found, so within a window of some
 * thousand messages older ones may come first. Undefined when everything was looked at, else what ended it.
 */
export async function scanTopics(
  kafka: KafkaPort,
  job: ScanJob,
  events: ScanEvents,
  signal: AbortSignal,
): Promise<Exclude<FindEnd, 'all'> | undefined> {
  const match = createMatch(job.match);
  let hits = 0;
  const tell = () => {
    const { messages: scanned, bytes, fromTime } = budget;
    events.progress({ scanned, bytes, ...(fromTime !== undefined && { reached: fromTime }) });
  };
  const budget = createBudget(job.bounds, tell);
  for (const { topic, parts: ranges } of job.topics) {
    if (hits >= job.limit) break;
    const parts = ranges.map(({ partition, low, high }) => partAt(partition, low, high, high));
    await scan(parts, () => (hits >= job.limit ? [] : parts), {
      kafka,
      topic,
      direction: 'back',
      count: 1,
      fits(record) {
        const matched = match(readable(record));
        if (matched === undefined) return false;
        hits++;
        events.found(record, matched);
        return false;
      },
      budget,
      signal,
    });
    tell();
    if (budget.ended || signal.aborted) break;
  }
  return hits >= job.limit ? 'found' : budget.ended;
}
