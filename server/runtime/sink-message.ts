import { header, type Position, parsePosition } from '#shared/message.ts';
import { controlHeader } from '#shared/parked.ts';
import type { DeliverStage, Plan, ValueFormat } from '#shared/plan.ts';
import type { KafkaRecord, OutRecord } from '../kafka/port.ts';
import { MessageError, type SinkMessage } from '../sdk.ts';
import { decodeKey, decodeValue, storedFormat } from './codec.ts';
import { deadLetter, failureOf } from './dead-letter.ts';

/** The record of a sink's own topic as the sink gets it, or why it cannot be read. */
export function sinkMessage(record: KafkaRecord, format: ValueFormat): SinkMessage | MessageError {
  const position: Position = { topic: record.topic, partition: record.partition, offset: String(record.offset) };
  try {
    return {
      key: decodeKey(record.key),
      value: decodeValue(record.value, format === 'json' ? storedFormat(record.headers) : format),
      headers: record.headers,
      timestamp: record.timestamp,
      origin: originOf(record) ?? position,
      position,
      id: outputId(record),
    };
  } catch (error) {
    if (error instanceof MessageError) return error;
    throw error;
  }
}

/** Stable name of an output, the same at every redelivery and retry: its origin and its ordinal there. */
export function outputId(record: KafkaRecord): string {
  const origin = originOf(record) ?? { topic: record.topic, partition: record.partition, offset: String(record.offset) };
  const index = record.headers[header.index];
  return `${origin.topic}-${origin.partition}-${origin.offset}#${typeof index === 'string' ? index : '0'}`;
}

export function originOf(record: KafkaRecord): Position | undefined {
  const text = record.headers[header.origin];
  return typeof text === 'string' ? parsePosition(text) : undefined;
}

/** The name without the attempt: outputs of retries and replays are numbered like those of the message, with `~` and more behind. */
export function baseId(record: KafkaRecord): string {
  return outputId(record).replace(/~.*$/, '');
}

/** The dead letter of a message that a sink did not take. */
export function sinkLetter(plan: Plan, stage: DeliverStage, record: KafkaRecord, failure: MessageError, at: number): OutRecord {
  const origin = originOf(record) ?? { topic: record.topic, partition: record.partition, offset: String(record.offset) };
  const where = { topic: plan.deadLetterTopic, flow: plan.flow, version: plan.version, stage: stage.id, origin, at };
  return deadLetter(record, failureOf(failure, stage.node.id), where);
}

/** True for what a replay or a retry has put into the sink's topic. */
export function isResent(record: KafkaRecord): boolean {
  return record.headers[header.replay] !== undefined || record.headers[header.item] !== undefined;
}

/** True for a record that is no message but an order to the stage. Every message of a flow says which flow made it. */
export function isControl(record: KafkaRecord): boolean {
  return record.headers[controlHeader] !== undefined && record.headers[header.flow] === undefined;
}
