import { header } from '#shared/message.ts';
import type { IngestStage, Plan, ValueFormat } from '#shared/plan.ts';
import type { KafkaPort, KafkaProducer } from '../kafka/port.ts';
import type { EmitEvent, SourceContext, SourceEvent } from '../sdk.ts';
import { encodeJson } from './codec.ts';

/** The emit function of an ingest stage: resolves when the event is durable in the source's topic. */
export function createEmit(plan: Plan, stage: IngestStage, producer: KafkaProducer, format: ValueFormat): EmitEvent {
  return async (event: SourceEvent) => {
    const sent = await producer.send({
      topic: stage.topic,
      key: event.key ?? null,
      value: encodeEvent(event.value, format),
      headers: { ...event.headers, [header.flow]: `${plan.flow}@${plan.version}` },
      timestamp: event.timestamp ?? Date.now(),
    });
    return { topic: sent.topic, partition: sent.partition, offset: String(sent.offset) };
  };
}

/** Reads back what the source wrote since a time, without joining a group. */
export function createRecall(kafka: KafkaPort, topic: string): SourceContext['recall'] {
  return async function* (sinceMs) {
    const admin = kafka.admin();
    try {
      const from = await admin.offsetsAt(topic, sinceMs);
      for await (const batch of kafka.read({ topic, from })) {
        for (const record of batch.records) {
          const key = record.key === null ? null : Buffer.from(record.key).toString('utf8');
          yield { key, headers: record.headers, timestamp: record.timestamp };
        }
      }
    } finally {
      await admin.close();
    }
  };
}

/** Bytes are written as they are: the sender's own digits and spaces survive. Text is text on a text source; everything else becomes JSON. */
function encodeEvent(value: unknown, format: ValueFormat): Uint8Array | string | null {
  if (value === null || value instanceof Uint8Array) return value;
  return typeof value === 'string' && format !== 'json' ? value : encodeJson(value);
}
