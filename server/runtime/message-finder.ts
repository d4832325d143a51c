import type { FindHow, FindProgress, FindReport } from '#shared/sample.ts';
import { type KafkaAdmin, type KafkaPort, type KafkaRecord, KafkaUnreachable, type PartitionOffsets } from '../kafka/port.ts';
import { createBudget, isExhausted, partAt, type ScanBudget, type ScanPart, scan } from './message-scan.ts';
import type { Finding, FindSpec } from './runtime.ts';
import { readMessage } from './sample-message.ts';

/**
 * Looks for messages without a group: joins nothing, commits nothing, sees committed messages alone. By newest, key and
 * text the newest come first; across partitions time decides, within one its order. By time and offset they come in
 * order. A bound that is reached ends the search with what it has, and what
 * the last window had found may come again when the search goes on; the signal ends it by its reason. Undefined when there
 * is no such topic. `onProgress` hears after each batch how far it is. Rejects with KafkaUnreachable when Kafka does not answer soon after the time bound.
 */
export async function findMessages(
  kafka: KafkaPort,
  spec: FindSpec,
  signal: AbortSignal,
  onProgress?: (progress: FindProgress) => void,
): Promise<Finding | undefined> {
  const budget = createBudget(
    spec.bounds,
    onProgress &&
      (({ messages, bytes, startedAt, fits }) => {
        const ms = Math.round(performance.now() - startedAt);
        onProgress({ topic: spec.topic, messages, bytes, ms, found: Math.min(spec.count, fits) });
      }),
  );
  const admin = kafka.admin();
  try {
    // The admin itself is more patient than somebody who waits for a list.
    const over = AbortSignal.any([signal, AbortSignal.timeout(spec.bounds.ms + answerMs)]);
    const ask: Ask = (question) => answered(question, over);
    const ends = await ask(admin.offsets(spec.topic, { committedOnly: true }));
    if (ends === undefined) return undefined;
    const parts = await partsOf((time) => ask(admin.offsetsAt(spec.topic, time)), spec, ends);
    const search = { kafka, spec, budget, signal };
    const { how } = spec;
    let found: Finding;
    if (how.by === 'time') found = await findAround(await ask(admin.offsetsAt(spec.topic, how.at)), search, parts, how.at);
    else if (how.by === 'offset') found = await findFrom(search, parts, how);
    else found = await findNewest(search, parts);
    signal.throwIfAborted();
    return found;
  } finally {
    await admin.close();
  }
}

/** How much longer than the search itself Kafka may take to say where its topics begin and end, in ms. */
const answerMs = 2_000;

type Ask = <T>(question: Promise<T>) => Promise<T>;

/** Waits for an answer of the admin until the signal fires; a timeout says that Kafka does not answer. */
async function answered<T>(question: Promise<T>, over: AbortSignal): Promise<T> {
  over.throwIfAborted();
  const cut = new Promise<never>((_resolve, reject) => {
    const reason = (): unknown =>
      over.reason instanceof DOMException && over.reason.name === 'TimeoutError'
        ? new KafkaUnreachable('Kafka does not answer now. Try again in a moment.', { cause: over.reason })
        : over.reason;
    over.addEventListener('abort', () => reject(reason()), { once: true });
  });
  return Promise.race([question, cut]);
}

interface Search {
  kafka: KafkaPort;
  spec: FindSpec;
  budget: ScanBudget;
  signal: AbortSignal;
}

type OffsetsAt = (time: number) => ReturnType<KafkaAdmin['offsetsAt']>;

async function partsOf(offsetsAt: OffsetsAt, { since, until, before }: FindSpec, ends: PartitionOffsets[]): Promise<ScanPart[]> {
  const [first, last] = await Promise.all([since, until].map((time) => (time === undefined ? undefined : offsetsAt(time))));
  return ends.map(({ partition, low, high }) => {
    const bottom = max(low, first?.get(partition) ?? low);
    const asked = before?.[partition];
    const top = [high, last?.get(partition) ?? high, asked === undefined ? high : BigInt(asked)].reduce(min);
    const end = max(bottom, top);
    return partAt(partition, bottom, end, end);
  });
}

/** The newest that fit, over all partitions. */
async function findNewest({ kafka, spec, budget, signal }: Search, parts: ScanPart[]): Promise<Finding> {
  const { topic, count } = spec;
  const fits = matcher(spec.how);
  await scan(parts, () => mergeNewest(parts, count).wanting, { kafka, topic, direction: 'back', count, fits, budget, signal });
  const { picked, left } = mergeNewest(parts, count, budget.ended !== undefined);
  const loose = parts.flatMap((part) => part.loose).sort((a, b) => b.timestamp - a.timestamp);
  picked.push(...loose.slice(0, count - picked.length));
  const enough = picked.length === count;
  const rest = left.some((offset, index) => offset > (parts[index]?.low ?? offset));
  const next = Object.fromEntries(parts.map(({ partition }, index) => [partition, String(left[index])]));
  return report(spec, budget, parts, picked, enough ? 'found' : (budget.ended ?? 'all'), rest ? next : undefined);
}

/**
 * Takes the newest heads of the partitions one after the other. Where the head of a partition is not known yet and might
 * be newer than all known ones, it is wanting; `anyway` passes over it. `left` says where each partition goes on.
 */
function mergeNewest(parts: readonly ScanPart[], count: number, anyway = false) {
  const taken = parts.map(() => 0);
  const picked: KafkaRecord[] = [];
  let wanting: ScanPart[] = [];
  while (picked.length < count) {
    let newest: { record: KafkaRecord; index: number } | undefined;
    for (const [index, part] of parts.entries()) {
      const record = part.found[taken[index] ?? 0];
      if (record && (newest === undefined || record.timestamp > newest.record.timestamp)) newest = { record, index };
    }
    const time = newest?.record.timestamp;
    wanting = parts.filter((part, index) => {
      const unknown = part.found.length === taken[index] && !isExhausted(part, 'back');
      return unknown && (time === undefined || (part.reached ?? Number.POSITIVE_INFINITY) > time);
    });
    if (newest === undefined || (wanting.length > 0 && !anyway)) break;
    picked.push(newest.record);
    taken[newest.index] = (taken[newest.index] ?? 0) + 1;
  }
  if (picked.length === count) wanting = [];
  const left = parts.map((part, index) => {
    const record = part.found[taken[index] ?? 0];
    return record ? record.offset + 1n : part.at;
  });
  return { picked, wanting, left };
}

/** Those nearest to a time, in order. */
async function findAround(
  middle: ReadonlyMap<number, bigint>,
  { kafka, spec, budget, signal }: Search,
  parts: ScanPart[],
  time: number,
): Promise<Finding> {
  const { topic, count } = spec;
  const at = ({ partition, low, high }: ScanPart) => max(low, min(high, middle.get(partition) ?? high));
  const after = parts.map((part) => partAt(part.partition, at(part), part.high, at(part)));
  const before = parts.map((part) => partAt(part.partition, part.low, at(part), at(part)));
  const options = { kafka, topic, count, fits: () => true, budget, signal };
  const short = (part: ScanPart) => part.found.length < count;
  await scan(after, () => after.filter(short), { ...options, direction: 'on' });
  await scan(before, () => before.filter(short), { ...options, direction: 'back' });
  const all = [...after, ...before].flatMap(({ found }) => found);
  const near = all.sort((a, b) => Math.abs(a.timestamp - time) - Math.abs(b.timestamp - time)).slice(0, count);
  const seen = parts.map((part, index) => ({ ...part, at: before[index]?.at ?? part.at, high: after[index]?.at ?? part.high }));
  return report(spec, budget, seen, near.sort(inOrder), near.length === count ? 'found' : (budget.ended ?? 'all'), undefined);
}

/** From an offset of one partition on, in order. */
async function findFrom(
  { kafka, spec, budget, signal }: Search,
  parts: ScanPart[],
  how: { partition: number; offset: string },
): Promise<Finding> {
  const { topic, count } = spec;
  const mine = parts.find(({ partition }) => partition === how.partition);
  if (!mine) throw new Error(`The topic "${topic}" has no partition ${how.partition}; it has ${parts.length}, counted from 0.`);
  const start = min(mine.high, max(mine.low, BigInt(how.offset)));
  const part = partAt(mine.partition, start, mine.high, start);
  const wanting = () => (part.found.length < count ? [part] : []);
  await scan([part], wanting, { kafka, topic, direction: 'on', count, fits: () => true, budget, signal });
  const { found } = part;
  const enough = found.length === count;
  const last = found.at(-1);
  const goOn = enough && last ? last.offset + 1n : part.at;
  const next = goOn < part.high ? { [part.partition]: String(goOn) } : undefined;
  return report(spec, budget, [{ ...part, at: start, high: part.at }], found, enough ? 'found' : (budget.ended ?? 'all'), next);
}

function report(
  { topic }: FindSpec,
  budget: ScanBudget,
  parts: readonly ScanPart[],
  records: readonly KafkaRecord[],
  ended: FindReport['ended'],
  next: FindReport['next'],
): Finding {
  const { messages, bytes, startedAt, fromTime, toTime } = budget;
  return {
    topic,
    messages: records.map(readMessage),
    scanned: {
      messages,
      bytes,
      ms: Math.round(performance.now() - startedAt),
      partitions: parts.map(({ partition, at, high }) => ({ partition, from: String(at), to: String(high) })),
      ...(fromTime !== undefined && { fromTime }),
      ...(toTime !== undefined && { toTime }),
    },
    ended,
    ...(next && { next }),
  };
}

function matcher(how: FindHow): (record: KafkaRecord) => boolean {
  if (how.by === 'key') {
    const key = Buffer.from(how.key);
    return (record) => record.key !== null && key.equals(record.key);
  }
  if (how.by === 'text') {
    const text = how.text.toLowerCase();
    return ({ value }) =>
      value !== null && Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8').toLowerCase().includes(text);
  }
  return () => true;
}

const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const inOrder = (a: KafkaRecord, b: KafkaRecord): number =>
  a.partition === b.partition ? Number(a.offset - b.offset) : a.timestamp - b.timestamp || a.partition - b.partition;
