import type { Broker } from './kafkajs.ts';
import { sendRaw } from './kafkajs.ts';
import type { AbortedTransaction } from './record-decoder.ts';

/** Encoded batches of one partition that travel in one Produce request. */
export interface ProduceEntry {
  topic: string;
  partition: number;
  batch: Buffer;
}

export interface ProduceAnswer {
  topic: string;
  partition: number;
  errorCode: number;
  baseOffset: bigint;
}

const produceApi = { key: 0, version: 7, name: 'Produce', needs: 'Kafka 2.1 or newer' };
const fetchApi = { key: 1, version: 11, name: 'Fetch', needs: 'Kafka 2.3 or newer' };

/** Groups entries by topic, as the protocol wants them, in the order in which topics appear. */
function byTopic<Entry extends { topic: string }>(entries: readonly Entry[]): Map<string, Entry[]> {
  const topics = new Map<string, Entry[]>();
  for (const entry of entries) {
    const list = topics.get(entry.topic);
    if (list) list.push(entry);
    else topics.set(entry.topic, [entry]);
  }
  return topics;
}

/** A small writer of Kafka's plain encoding: big-endian numbers, strings with an INT16 length. */
function writer(size: number) {
  const target = Buffer.allocUnsafe(size);
  let at = 0;
  return {
    target,
    int8: (value: number) => void (at = target.writeInt8(value, at)),
    int16: (value: number) => void (at = target.writeInt16BE(value, at)),
    int32: (value: number) => void (at = target.writeInt32BE(value, at)),
    int64: (value: bigint) => void (at = target.writeBigInt64BE(value, at)),
    string(text: string | null) {
      if (text === null) return this.int16(-1);
      at = target.writeInt16BE(Buffer.byteLength(text), at);
      at += target.write(text, at, 'utf8');
    },
    bytes(data: Buffer) {
      this.int32(data.length);
      at += data.copy(target, at);
    },
  };
}

function reader(source: Buffer) {
  let at = 0;
  const skip = (size: number) => (at += size) - size;
  return {
    int16: () => source.readInt16BE(skip(2)),
    int32: () => source.readInt32BE(skip(4)),
    int64: () => source.readBigInt64BE(skip(8)),
    string(): string {
      const size = this.int16();
      return size < 0 ? '' : source.toString('utf8', skip(size), at);
    },
    bytes(): Buffer {
      const size = this.int32();
      return size < 0 ? source.subarray(at, at) : source.subarray(skip(size), at);
    },
    array<Item>(read: () => Item): Item[] {
      const count = this.int32();
      const items: Item[] = [];
      for (let index = 0; index < count; index++) items.push(read());
      return items;
    },
  };
}

/**
 * Produce (key 0, version 7) with acks=all: at most one batch for each partition. The answer has one entry for each
 * batch, with Kafka's error code (0 is success).
 */
export function sendProduce(
  broker: Broker,
  request: { transactionalId: string | null; timeoutMs: number; entries: readonly ProduceEntry[] },
): Promise<ProduceAnswer[]> {
  const { transactionalId, timeoutMs, entries } = request;
  const topics = byTopic(entries);
  let size = 2 + Buffer.byteLength(transactionalId ?? '') + 2 + 4 + 4;
  for (const [topic, list] of topics) size += 2 + Buffer.byteLength(topic) + 4 + list.reduce((sum, { batch }) => sum + 8 + batch.length, 0);
  const out = writer(size);
  out.string(transactionalId);
  out.int16(-1);
  out.int32(timeoutMs);
  out.int32(topics.size);
  for (const [topic, list] of topics) {
    out.string(topic);
    out.int32(list.length);
    for (const { partition, batch } of list) {
      out.int32(partition);
      out.bytes(batch);
    }
  }
  return sendRaw(broker, produceApi, out.target, (raw) => {
    const answer = reader(raw);
    return answer
      .array(() => {
        const topic = answer.string();
        return answer.array(() => {
          const entry = { topic, partition: answer.int32(), errorCode: answer.int16(), baseOffset: answer.int64() };
          answer.int64();
          answer.int64();
          return entry;
        });
      })
      .flat();
  });
}

export interface FetchEntry {
  topic: string;
  partition: number;
  offset: bigint;
}

export interface FetchAnswer {
  topic: string;
  partition: number;
  errorCode: number;
  /** Offset after the last record that all replicas have. */
  high: bigint;
  /** Offset of the first record of an open transaction, or `high`. */
  stable: bigint;
  /** Empty when not read committed. */
  aborted: AbortedTransaction[];
  bytes: Buffer;
}

/** Fetch (key 1, version 11), without a fetch session. Entries travel in the given order, which decides who goes first. */
export function sendFetch(
  broker: Broker,
  request: { maxWaitMs: number; maxBytes: number; partitionBytes: number; committedOnly: boolean; entries: readonly FetchEntry[] },
): Promise<FetchAnswer[]> {
  const topics = byTopic(request.entries);
  let size = 4 + 4 + 4 + 4 + 1 + 4 + 4 + 4 + 4 + 2;
  for (const [topic, list] of topics) size += 2 + Buffer.byteLength(topic) + 4 + list.length * 28;
  const out = writer(size);
  out.int32(-1);
  out.int32(request.maxWaitMs);
  out.int32(1);
  out.int32(request.maxBytes);
  out.int8(request.committedOnly ? 1 : 0);
  out.int32(0);
  out.int32(-1);
  out.int32(topics.size);
  for (const [topic, list] of topics) {
    out.string(topic);
    out.int32(list.length);
    for (const { partition, offset } of list) {
      out.int32(partition);
      out.int32(-1);
      out.int64(offset);
      out.int64(-1n);
      out.int32(request.partitionBytes);
    }
  }
  out.int32(0);
  out.string('');
  return sendRaw(broker, fetchApi, out.target, (raw) => {
    const answer = reader(raw);
    answer.int32();
    answer.int16();
    answer.int32();
    return answer
      .array(() => {
        const topic = answer.string();
        return answer.array(() => {
          const partition = answer.int32();
          const errorCode = answer.int16();
          const high = answer.int64();
          const stable = answer.int64();
          answer.int64();
          const aborted = answer.array(() => ({ producerId: answer.int64(), firstOffset: answer.int64() }));
          answer.int32();
          return { topic, partition, errorCode, high, stable, aborted, bytes: answer.bytes() };
        });
      })
      .flat();
  });
}
