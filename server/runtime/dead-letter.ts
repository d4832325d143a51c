import { formatPosition, type Headers, header, type Position } from '#shared/message.ts';
import type { KafkaRecord, OutRecord } from '../kafka/port.ts';
import type { MessageError } from '../sdk.ts';
import { attemptOf, withoutRetry } from './repairs.ts';

/** What a dead letter says about why it is one. */
export interface Failure {
  code: string;
  message: string;
  node: string;
  /** Offset in the node's expression. */
  position?: number;
  /** JSON pointer to what is wrong in the message. */
  field?: string;
  /** Which arrival of the message at the node it was, from 0: a message that was split comes several times. */
  arrival?: number;
}

/** What a node's error says about itself, with the place where it knows one. */
export function failureOf({ code, message, details }: MessageError, node: string): Failure {
  const { position, errors } = details;
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
  const field = typeof first === 'object' && first !== null && 'pointer' in first ? first.pointer : undefined;
  return {
    code,
    message,
    node,
    ...(typeof position === 'number' && { position }),
    ...(typeof field === 'string' && field !== '' && { field: field.slice(0, 500) }),
  };
}

/**
 * The dead letter of a record: key, value and headers byte for byte as they were consumed, and headers that say
 * where it came from, what failed, when, in which version and at which attempt.
 */
export function deadLetter(
  record: KafkaRecord,
  failure: Failure,
  where: { topic: string; flow: string; version: number; stage: string; origin: Position; at: number },
): OutRecord {
  // Of an attempt before, which may have failed elsewhere.
  const { [header.errorPosition]: _position, [header.errorField]: _field, [header.errorArrival]: _arrival, ...kept } = record.headers;
  const item = kept[header.item];
  // A message that another flow has retried or replayed is no item of this one.
  const foreign = typeof item === 'string' && !item.startsWith(`${where.topic}/`);
  const headers = foreign ? withoutRetry(kept) : kept;
  const attempt = (foreign ? undefined : attemptOf(record)) ?? attemptsOf(headers) + 1;
  return {
    topic: where.topic,
    key: record.key,
    value: record.value,
    headers: {
      ...headers,
      [header.origin]: formatPosition(where.origin),
      [header.parent]: formatPosition({ topic: record.topic, partition: record.partition, offset: String(record.offset) }),
      [header.flow]: `${where.flow}@${where.version}`,
      [header.errorCode]: failure.code,
      [header.errorMessage]: cut(failure.message),
      [header.errorNode]: failure.node,
      [header.errorStage]: where.stage,
      [header.errorAttempt]: String(attempt),
      [header.errorAt]: new Date(where.at).toISOString(),
      [header.errorTime]: String(record.timestamp),
      ...(failure.arrival !== undefined && { [header.errorArrival]: `${failure.node}:${failure.arrival}` }),
      ...(failure.position !== undefined && { [header.errorPosition]: String(failure.position) }),
      ...(failure.field !== undefined && { [header.errorField]: failure.field }),
    },
    timestamp: where.at,
  };
}

function attemptsOf(headers: Headers): number {
  const value = headers[header.errorAttempt];
  return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : 0;
}

/** Headers stay small, whatever a remote system answered. */
function cut(text: string): string {
  return text.length > 2000 ? `${text.slice(0, 2000)}…` : text;
}
