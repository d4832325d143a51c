import { formatPosition, type Headers, header, type Position } from '#shared/message.ts';
import type { KafkaRecord, OutRecord } from '../kafka/port.ts';

/** What a dead letter says about why it is one. */
export interface Failure {
  code: string;
  message: string;
  node: string;
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
  return {
    topic: where.topic,
    key: record.key,
    value: record.value,
    headers: {
      ...record.headers,
      [header.origin]: formatPosition(where.origin),
      [header.parent]: formatPosition({ topic: record.topic, partition: record.partition, offset: String(record.offset) }),
      [header.flow]: `${where.flow}@${where.version}`,
      [header.errorCode]: failure.code,
      [header.errorMessage]: cut(failure.message),
      [header.errorNode]: failure.node,
      [header.errorStage]: where.stage,
      [header.errorAttempt]: String(attemptsOf(record.headers) + 1),
      [header.errorAt]: new Date(where.at).toISOString(),
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
