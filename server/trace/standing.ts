import { formatPosition, header, type Position } from '#shared/message.ts';
import type { KafkaAdmin, KafkaPort, KafkaRecord } from '../kafka/port.ts';
import type { TraceIndexFile } from '../store/trace-index.ts';
import type { KnownFlow } from './estate.ts';
import { placeOf, recordsAt } from './records-at.ts';
import { termHash } from './term.ts';
import { textHeader } from './terms-of.ts';
import { type TopicRange, topicRange } from './topic-range.ts';

/** What Kafka holds that was made of one message. */
export interface Standing {
  outputs: StandingOutput[];
  letters: StandingLetter[];
  /** What could not be looked at, for people. */
  notes: string[];
}

/** A record in a sink's topic. */
export interface StandingOutput {
  sink: string;
  record: KafkaRecord;
  position: string;
  index: number;
  version: number;
  by?: { kind: 'replay' | 'retry'; id: string };
}

/** A dead letter. */
export interface StandingLetter {
  position: string;
  /** What failed: the message itself, or an output that stands in a sink's topic. */
  parent: string;
  node: string;
  stage: string;
  code: string;
  message: string;
  at: number;
  attempt: number;
  version: number;
  /** Position of the first dead letter of the message; of a first one its own. */
  item: string;
  /** Of a replay or a retry: which. */
  by?: { kind: 'replay' | 'retry'; id: string };
}

/** Messages of one topic that are looked at one by one where the index has not read them. */
const mostUnread = 20_000n;
/** Places of one message that are looked at. */
const mostPlaces = 2_000;
const readMs = 5_000;

/** Looks up in the index what was made of the message at `origin`, and reads what the index has not read yet. */
export async function standingOf(
  { kafka, admin, index }: { kafka: KafkaPort; admin: KafkaAdmin; index: TraceIndexFile | undefined },
  flow: KnownFlow,
  origin: Position,
  since: number | undefined,
  signal: AbortSignal,
): Promise<Standing> {
  const sinkOf = new Map([...flow.sinks].map(([sink, { topic }]) => [topic, sink]));
  const text = formatPosition(origin);
  const hash = termHash('origin', text);
  const notes: string[] = [];
  const topics = [...new Set([...sinkOf.keys(), flow.deadLetterTopic])];
  const found = await Promise.all(
    topics.map(async (topic) => {
      const range = await topicRange(admin, index, topic);
      if (!range) return [];
      const places = (index?.find([topic], hash, mostPlaces) ?? []).map(({ offset, ...place }) => ({ ...place, offset: String(offset) }));
      const [known, unread] = await Promise.all([
        recordsAt({ kafka, admin }, places, signal),
        unreadOf(kafka, admin, range, since, text, notes, signal),
      ]);
      return [...new Map([...known.values(), ...unread].map((record) => [placeOf(record), record])).values()];
    }),
  );
  const mine = found.flat().filter((record) => textHeader(record, header.origin) === text && flowOf(record) === flow.id);
  const letters = mine.filter(({ topic }) => topic === flow.deadLetterTopic).map(letterOf);
  const outputs = mine.flatMap((record) => {
    const sink = sinkOf.get(record.topic);
    return sink === undefined || record.topic === flow.deadLetterTopic ? [] : [outputOf(record, sink)];
  });
  return {
    outputs: outputs.sort((a, b) => a.index - b.index || a.record.timestamp - b.record.timestamp),
    letters: letters.sort((a, b) => a.at - b.at),
    notes,
  };
}

async function unreadOf(
  kafka: KafkaPort,
  admin: KafkaAdmin,
  { topic, unread }: TopicRange,
  since: number | undefined,
  origin: string,
  notes: string[],
  signal: AbortSignal,
): Promise<KafkaRecord[]> {
  let parts = unread;
  if (count(parts) > mostUnread && since !== undefined) {
    // What was made of a message was written after it came, as far as the clocks of its writers agree.
    const first = await admin.offsetsAt(topic, since);
    parts = parts.flatMap((part) => {
      const low = first.get(part.partition) ?? part.low;
      return low < part.high ? [{ ...part, low: low > part.low ? low : part.low }] : [];
    });
  }
  if (count(parts) > mostUnread) {
    notes.push(
      `The index has not read ${count(parts)} messages of “${topic}” yet; of these the first ${mostUnread} were looked at, so something may be missing here.`,
    );
    const share = mostUnread / BigInt(parts.length);
    parts = parts.map((part) => ({ ...part, high: part.high - part.low > share ? part.low + share : part.high }));
  }
  const found: KafkaRecord[] = [];
  const over = AbortSignal.any([signal, AbortSignal.timeout(readMs)]);
  // One range of a partition at a time: before what the index knows, and behind it.
  for (let rest = parts; rest.length > 0; ) {
    const round = new Map(rest.map((part) => [part.partition, part]));
    rest = rest.filter((part) => round.get(part.partition) !== part);
    const from = new Map([...round].map(([partition, { low }]) => [partition, low]));
    const to = new Map([...round].map(([partition, { high }]) => [partition, high]));
    for await (const { records } of kafka.read({ topic, from, to, signal: over }))
      for (const record of records) if (textHeader(record, header.origin) === origin) found.push(record);
  }
  signal.throwIfAborted();
  if (over.aborted) notes.push(`Reading “${topic}” took longer than ${readMs / 1000} s, so something may be missing here. Try again.`);
  return found;
}

const count = (parts: TopicRange['unread']): bigint => parts.reduce((sum, { low, high }) => sum + (high - low), 0n);

/** The flow and version that made a record. */
export function madeBy(record: Pick<KafkaRecord, 'headers'>): { flow: string; version: number } | undefined {
  const match = /^(.+)@(\d+)$/.exec(textHeader(record, header.flow) ?? '');
  return match?.[1] === undefined ? undefined : { flow: match[1], version: Number(match[2]) };
}

const flowOf = (record: KafkaRecord): string | undefined => madeBy(record)?.flow;

function outputOf(record: KafkaRecord, sink: string): StandingOutput {
  const by = byOf(record);
  return {
    sink,
    record,
    position: placeOf(record),
    index: Number(textHeader(record, header.index) ?? 0),
    version: madeBy(record)?.version ?? 0,
    ...(by && { by }),
  };
}

/** The replay that made a record, or the item that a retry made it of. */
function byOf(record: KafkaRecord): StandingOutput['by'] {
  const replay = textHeader(record, header.replay);
  if (replay !== undefined) return { kind: 'replay', id: replay };
  const item = textHeader(record, header.item);
  return item === undefined ? undefined : { kind: 'retry', id: item };
}

function letterOf(record: KafkaRecord): StandingLetter {
  const text = (name: string): string => textHeader(record, name) ?? '';
  const position = placeOf(record);
  const by = byOf(record);
  const at = Date.parse(text(header.errorAt));
  return {
    position,
    parent: text(header.parent),
    node: text(header.errorNode),
    stage: text(header.errorStage),
    code: text(header.errorCode),
    message: text(header.errorMessage),
    at: Number.isNaN(at) ? record.timestamp : at,
    attempt: Number(text(header.errorAttempt) || '1'),
    version: madeBy(record)?.version ?? 0,
    item: text(header.item) || position,
    ...(by && { by }),
  };
}
