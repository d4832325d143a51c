import type { LedgerEntry } from '#shared/ledger.ts';
import { formatPosition } from '#shared/message.ts';
import { ledgerTopic } from '#shared/plan.ts';
import { createPartitioner } from '../kafka/partitioner.ts';
import type { KafkaAdmin, KafkaPort, PartitionOffsets } from '../kafka/port.ts';

/** A record whose batch is looked for: what a stage read at a position. */
export interface Processed {
  stage: string;
  topic: string;
  partition: number;
  offset: bigint;
  /** ms since 1970: it was not processed before this, as far as clocks agree. */
  since: number;
}

/** Names a record that a stage read, in what {@link committedAt} gives. */
export function processedName({ stage, topic, partition, offset }: Omit<Processed, 'since'>): string {
  return `${stage} ${formatPosition({ topic, partition, offset: String(offset) })}`;
}

/** Entries that are read at one place, and in all; ms for all. */
const most = { look: 400n, records: 40_000, ms: 1_500 };
/** Clocks of those who write messages and of this server may differ. */
const slackMs = 5_000;

/**
 * When stages of a flow committed what they read at these positions, in ms since 1970, as the ledger's entries say. Those whose
 * entry was not found are left out: retention has taken it, or it lies too far away to be found in the time there is.
 */
export async function committedAt(
  { kafka, admin }: { kafka: KafkaPort; admin: KafkaAdmin },
  flow: string,
  wanted: readonly Processed[],
  signal: AbortSignal,
): Promise<Map<string, number>> {
  const times = new Map<string, number>();
  const ends = wanted.length === 0 ? undefined : await admin.offsets(ledgerTopic, { committedOnly: true });
  // Entries are keyed by their flow.
  const mine = createPartitioner().choose(ledgerTopic, ends?.length ?? 1, flow);
  const place = ends?.find(({ partition }) => partition === mine);
  if (place === undefined) return times;
  const over = AbortSignal.any([signal, AbortSignal.timeout(most.ms)]);
  const ledger = createLedgerLook(kafka, flow, over);
  const open = [...wanted].sort((a, b) => a.since - b.since);
  for (const one of open) {
    if (over.aborted) break;
    if (times.has(processedName(one))) continue;
    const starts = await admin.offsetsAt(ledgerTopic, Math.max(0, one.since - slackMs));
    const start = starts.get(mine) ?? place.low;
    const entry = await findEntry(ledger, one, { ...place, low: start > place.low ? start : place.low });
    // Of a batch of which some were set aside nobody knows whether this one was.
    if (entry === undefined || entry.parked !== undefined) continue;
    // Messages of one batch are asked for together.
    for (const each of open) if (sideOf(entry, each) === 0) times.set(processedName(each), entry.at);
  }
  signal.throwIfAborted();
  return times;
}

/** Entries of a flow in a stretch of a partition of the ledger, in their order. */
export type Look = (partition: number, from: bigint, to: bigint) => Promise<LedgerEntry[]>;

/** The flow's entries in a stretch of the ledger. */
function createLedgerLook(kafka: KafkaPort, flow: string, signal: AbortSignal): Look {
  const key = Buffer.from(flow);
  let read = 0;
  return async (partition, from, to) => {
    const found: LedgerEntry[] = [];
    if (from >= to || read > most.records || signal.aborted) return found;
    const options = { topic: ledgerTopic, from: new Map([[partition, from]]), to: new Map([[partition, to]]), signal };
    for await (const { records } of kafka.read(options)) {
      read += records.length;
      for (const record of records) {
        if (record.value === null || record.key === null || !key.equals(record.key)) continue;
        found.push(JSON.parse(Buffer.from(record.value).toString('utf8')) as LedgerEntry);
      }
    }
    return found;
  };
}

/** The entry of the batch that held a record. Those of one stage and partition stand in the order of its offsets, so halves can be left out. */
export async function findEntry(
  look: Look,
  wanted: Processed,
  { partition, low, high }: PartitionOffsets,
): Promise<LedgerEntry | undefined> {
  let [from, to] = [low, high];
  // The beginning is looked at first: what is not behind is processed soon after it came.
  for (let at = from; from < to; at = to - from <= most.look ? from : from + (to - from) / 2n) {
    let end = at;
    let sides: { side: -1 | 0 | 1; entry: LedgerEntry }[] = [];
    while (sides.length === 0 && end < to) {
      const begin = end;
      end = begin + most.look < to ? begin + most.look : to;
      sides = (await look(partition, begin, end)).flatMap((entry) => {
        const side = sideOf(entry, wanted);
        return side === undefined ? [] : [{ side, entry }];
      });
    }
    const hit = sides.find(({ side }) => side === 0);
    if (hit) return hit.entry;
    const [first, last] = [sides[0], sides.at(-1)];
    if (first === undefined || first.side < 0) to = at;
    else if (last !== undefined && last.side > 0) from = end;
    else return undefined;
  }
  return undefined;
}

/** 0: the entry is of the batch that held it; 1: of one before, -1: of one behind; undefined: of something else. */
function sideOf(entry: LedgerEntry, { stage, topic, partition, offset }: Processed): -1 | 0 | 1 | undefined {
  if (entry.stage !== stage || entry.topic !== topic || entry.partition !== partition) return undefined;
  if (BigInt(entry.to) < offset) return 1;
  return BigInt(entry.from) > offset ? -1 : 0;
}
