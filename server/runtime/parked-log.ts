import type { KafkaAdmin, KafkaPort, KafkaRecord } from '../kafka/port.ts';
import { fold, type ParkedKeys, restore } from './parked-state.ts';

/** The topic in which a sink's parked keys and their messages stand. */
export interface ParkedLog {
  readonly topic: string;
  /** What is parked in a partition now. Its owner calls this after it has fenced the partition: then nothing of it is open. */
  load(partition: number, signal?: AbortSignal): Promise<ParkedKeys>;
  /** What is parked in every partition; empty where there is no such topic yet. */
  all(signal?: AbortSignal): Promise<Map<number, ParkedKeys>>;
  /** The messages of a key that wait, as they stood in the sink's topic, in their order. */
  messages(partition: number, name: string, waiting: readonly string[], signal?: AbortSignal): AsyncIterable<KafkaRecord>;
}

export function openParkedLog(kafka: KafkaPort, admin: KafkaAdmin, topic: string, sinkTopic: string): ParkedLog {
  async function* records(partition: number | undefined, signal?: AbortSignal): AsyncGenerator<KafkaRecord> {
    const offsets = ((await admin.offsets(topic, { committedOnly: true })) ?? []).filter(
      (one) => (partition === undefined || one.partition === partition) && one.high > one.low,
    );
    if (offsets.length === 0) return;
    const to = new Map(offsets.map((one) => [one.partition, one.high]));
    for await (const batch of kafka.read({ topic, to, ...(signal && { signal }) })) {
      for (const record of batch.records) yield record;
    }
    // A read that was cut off ends quietly; what it gave is not all.
    signal?.throwIfAborted();
  }

  return {
    topic,
    async load(partition, signal) {
      const keys: ParkedKeys = new Map();
      for await (const record of records(partition, signal)) fold(keys, record);
      return keys;
    },
    async all(signal) {
      const partitions = new Map<number, ParkedKeys>();
      for await (const record of records(undefined, signal)) {
        let keys = partitions.get(record.partition);
        if (keys === undefined) partitions.set(record.partition, (keys = new Map()));
        fold(keys, record);
      }
      return partitions;
    },
    async *messages(partition, name, [head, ...rest], signal) {
      let first: KafkaRecord | undefined;
      for await (const record of records(partition, signal)) {
        const message = restore(record, name, sinkTopic);
        // It is written again when it fails again, behind the others: the newest counts.
        if (message !== undefined && String(message.offset) === head) first = message;
      }
      if (first === undefined) throw new Error(`The parked message at offset ${head} of ${sinkTopic}/${partition} is not in ${topic}.`);
      yield first;
      let next = 0;
      if (rest.length === 0) return;
      for await (const record of records(partition, signal)) {
        const message = restore(record, name, sinkTopic);
        if (message === undefined || String(message.offset) !== rest[next]) continue;
        next++;
        yield message;
        if (next === rest.length) return;
      }
    },
  };
}
