import { formatPosition, type Headers, header, letterHeaders, parsePosition } from '#shared/message.ts';
import type { KafkaPort, KafkaRecord } from '../kafka/port.ts';
import { roundsOf } from '../runtime/messages-at.ts';

/** What a dead letter says of itself. */
export interface Letter {
  position: string;
  /** Position of the first dead letter of the message. */
  item: string;
  /** Where the message entered the flow. */
  origin: string;
  attempt: number;
  node: string;
  stage: string;
  /** From where a retry goes on: the n-th arrival at a node. */
  arrival: { node: string; at: number } | undefined;
  /** Position of the record that failed: of a deliver stage in its sink's topic. */
  parent: string;
  bytes: number;
  /** When it failed, ms since 1970. */
  at: number;
}

/** Reads a dead letter; undefined for a record that is none. */
export function letterOf(record: KafkaRecord): Letter | undefined {
  const text = (name: string): string => textOf(record.headers, name);
  const position = formatPosition({ topic: record.topic, partition: record.partition, offset: String(record.offset) });
  if (text(header.errorStage) === '' || text(header.origin) === '') return undefined;
  const arrival = /^(.+):(\d+)$/.exec(text(header.errorArrival));
  return {
    position,
    item: text(header.item) || position,
    origin: text(header.origin),
    attempt: Number(text(header.errorAttempt) || '1'),
    node: text(header.errorNode),
    stage: text(header.errorStage),
    arrival: arrival ? { node: arrival[1] ?? '', at: Number(arrival[2]) } : undefined,
    parent: text(header.parent),
    bytes: (record.value?.byteLength ?? 0) + (record.key?.byteLength ?? 0),
    at: record.timestamp,
  };
}

const added: ReadonlySet<string> = new Set([...letterHeaders, header.replay]);

/** The record that failed, as it stood where it was read: its own place, time and headers, without what made it a dead letter. */
export function failedRecord(record: KafkaRecord, letter: Letter): KafkaRecord {
  const at = parsePosition(letter.stage.startsWith('deliver-') ? letter.parent : letter.origin);
  const time = Number(textOf(record.headers, header.errorTime));
  return {
    ...record,
    ...(at && { topic: at.topic, partition: at.partition, offset: BigInt(at.offset) }),
    headers: Object.fromEntries(Object.entries(record.headers).filter(([name]) => !added.has(name))),
    timestamp: time > 0 ? time : record.timestamp,
  };
}

/** Offsets further apart than this are read apart. */
const near = 500n;

/** Reads the records at these positions, in the order of their partitions; those that are gone are not told of. */
export async function readAt(
  kafka: KafkaPort,
  positions: Iterable<string>,
  seen: (position: string, record: KafkaRecord) => void,
  signal: AbortSignal,
): Promise<void> {
  const topics = new Map<string, Map<number, bigint[]>>();
  for (const text of positions) {
    const at = parsePosition(text);
    if (at === undefined) continue;
    const partitions = topics.get(at.topic) ?? new Map<number, bigint[]>();
    const offsets = partitions.get(at.partition) ?? [];
    offsets.push(BigInt(at.offset));
    topics.set(at.topic, partitions.set(at.partition, offsets));
  }
  const admin = kafka.admin();
  try {
    for (const [topic, partitions] of topics) {
      const ends = await admin.offsets(topic, { committedOnly: true });
      if (ends === undefined) continue;
      const there = new Map<number, bigint[]>();
      for (const { partition, low, high } of ends) {
        const offsets = (partitions.get(partition) ?? []).filter((offset) => offset >= low && offset < high);
        if (offsets.length > 0)
          there.set(
            partition,
            offsets.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)),
          );
      }
      for (const round of roundsOf(there, near)) {
        const wanted = new Map([...round].map(([partition, offsets]) => [partition, new Set(offsets)]));
        const from = new Map([...round].map(([partition, offsets]) => [partition, offsets[0] ?? 0n]));
        const to = new Map([...round].map(([partition, offsets]) => [partition, (offsets.at(-1) ?? 0n) + 1n]));
        for await (const { partition, records } of kafka.read({ topic, from, to, signal })) {
          const offsets = wanted.get(partition);
          for (const record of records) if (offsets?.has(record.offset)) seen(`${topic}/${partition}/${record.offset}`, record);
        }
        signal.throwIfAborted();
      }
    }
  } finally {
    await admin.close();
  }
}

function textOf(headers: Headers, name: string): string {
  const value = headers[name];
  return typeof value === 'string' ? value : '';
}
