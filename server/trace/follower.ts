import type { KafkaAdmin, KafkaPort } from '../kafka/port.ts';
import { backoffMs, wait } from '../runtime/backoff.ts';
import type { IndexBatch, IndexTerm, TraceIndexFile } from '../store/trace-index.ts';
import { createTermsOf, type IndexRule } from './terms-of.ts';

/** A topic that the index follows. */
export interface FollowedTopic {
  topic: string;
  rule: IndexRule;
}

/** How far a follower is, by topic. */
export interface FollowerState {
  topics: { topic: string; behind: number; reached?: number }[];
  bytes: number;
}

export interface FollowerOptions {
  kafka: KafkaPort;
  file: TraceIndexFile;
  /** Most bytes of the file. */
  maxBytes: number;
  /** What to follow now. */
  topics(): readonly FollowedTopic[];
  /** Called after each round. */
  state(state: FollowerState): void;
  trouble(message: string): void;
  signal: AbortSignal;
  /** A share of its time that it rests while there is more to read, where its thread could not be made less urgent. */
  restShare: number;
}

/** ms between two looks where nothing was new. */
const idleMs = 1_000;
/** Most messages of one partition that one round reads, so that no topic waits long for its turn. */
const perRound = 50_000n;
/** Terms that go to the file in one transaction. */
const perPut = 100_000;

/**
 * Follows topics without a group and writes the terms of their messages to the index, until the signal fires. Terms and
 * positions go in one transaction, so that after a kill it reads on where the file says. It looks once a second instead of
 * waiting at the end of every log: large reads cost the broker less than many small ones.
 */
export async function follow(options: FollowerOptions): Promise<void> {
  const { kafka, file, signal } = options;
  let admin = kafka.admin();
  for (let attempt = 0; !signal.aborted; ) {
    try {
      const started = performance.now();
      const more = await round(options, admin);
      attempt = 0;
      await wait(more ? (performance.now() - started) * options.restShare : idleMs, signal);
    } catch (error) {
      if (signal.aborted) break;
      options.trouble(`The index of messages waits: ${error instanceof Error ? error.message : String(error)}`);
      await admin.close();
      await wait(backoffMs(attempt++, 500, 15_000), signal);
      admin = kafka.admin();
    }
  }
  await admin.close();
  file.close();
}

/** Reads what is new of each topic, within bounds; true when there is more. */
async function round(options: FollowerOptions, admin: KafkaAdmin): Promise<boolean> {
  const { file, signal } = options;
  const topics = options.topics();
  const states: FollowerState['topics'] = [];
  const kept = new Set(topics.map(({ topic }) => topic));
  for (const name of file.names()) if (!kept.has(name)) file.forget(name);
  for (const followed of topics) {
    if (signal.aborted) return false;
    const state = await readOn(followed, options, admin);
    if (state) states.push(state);
  }
  file.bound(options.maxBytes);
  options.state({ topics: states, bytes: file.size() });
  return states.some(({ behind }) => behind > 0);
}

interface Place {
  first: number;
  next: number;
  reached: number;
}

async function readOn(
  { topic, rule }: FollowedTopic,
  { kafka, file, signal }: FollowerOptions,
  admin: KafkaAdmin,
): Promise<FollowerState['topics'][number] | undefined> {
  const ends = await admin.offsets(topic, { committedOnly: true });
  if (ends === undefined) {
    file.forget(topic);
    return undefined;
  }
  const ruleText = JSON.stringify(rule);
  let known = file.topic(topic);
  // A position past the end means another cluster, or a topic made anew.
  const foreign = ends.some(({ partition, high }) => (known?.partitions.get(partition)?.next ?? 0) > Number(high));
  if (known && (known.rule !== ruleText || foreign)) {
    file.forget(topic);
    known = undefined;
  }
  file.trim(topic, new Map(ends.map(({ partition, low }) => [partition, Number(low)])));
  const places = new Map<number, Place>();
  const from = new Map<number, bigint>();
  const to = new Map<number, bigint>();
  for (const { partition, low, high } of ends) {
    const { first = Number(low), next = Number(low), reached = 0 } = known?.partitions.get(partition) ?? {};
    const start = next > Number(low) ? BigInt(next) : low;
    const end = high - start > perRound ? start + perRound : high;
    places.set(partition, { first, next: Number(start), reached });
    from.set(partition, start);
    to.set(partition, end > start ? end : start);
  }
  if (known === undefined) file.put(topic, ruleText, { terms: [], partitions: places });
  const isNew = ends.some(({ partition }) => (to.get(partition) ?? 0n) > (from.get(partition) ?? 0n));
  if (isNew) {
    const termsOf = createTermsOf(rule);
    let terms: IndexTerm[] = [];
    const put = (partitions: IndexBatch['partitions']): void => {
      file.put(topic, ruleText, { terms, partitions });
      terms = [];
    };
    for await (const { partition, records } of kafka.read({ topic, from, to, signal })) {
      const place = places.get(partition);
      if (!place) continue;
      for (const record of records) {
        const offset = Number(record.offset);
        for (const hash of termsOf(record)) terms.push({ hash, partition, offset });
        place.next = offset + 1;
        if (record.timestamp > place.reached) place.reached = record.timestamp;
      }
      if (terms.length >= perPut) put(places);
    }
    // What was not read because somebody said stop must not count as read.
    if (signal.aborted) return undefined;
    for (const [partition, end] of to) {
      const place = places.get(partition);
      if (place) place.next = Number(end);
    }
    put(places);
  }
  let behind = 0;
  let reached = 0;
  for (const { partition, high } of ends) {
    const place = places.get(partition);
    behind += Math.max(0, Number(high) - (place?.next ?? 0));
    reached = Math.max(reached, place?.reached ?? 0);
  }
  return { topic, behind, ...(reached > 0 && { reached }) };
}
