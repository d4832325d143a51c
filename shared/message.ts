/** Where a message entered a flow, or where one stands in Kafka: topic, partition and offset (decimal text, 64 bit). */
export interface Position {
  topic: string;
  partition: number;
  offset: string;
}

/** Header values are text where they are valid UTF-8, bytes otherwise; nothing is changed on the way through. */
export type Headers = Record<string, string | Uint8Array>;

/** One message inside a flow. Its value is decoded (JSON by default); it is never mutated, only replaced. */
export interface Message {
  key: string | Uint8Array | null;
  /** Decoded value: JSON data (with ExactNumber where digits matter), a string for text, bytes for raw, null for a tombstone. A JsonText in nodes that ask for it. */
  value: unknown;
  headers: Headers;
  /** Milliseconds since 1970, the record's own timestamp. */
  timestamp: number;
  /** Where it entered the flow. Every message made of it carries the same origin. */
  origin: Position;
}

/** `orders/3/4711`, the form of the `millrace-origin` header. */
export function formatPosition(position: Position): string {
  return `${position.topic}/${position.partition}/${position.offset}`;
}

/** Reads `topic/partition/offset`; undefined when the text is not one. */
export function parsePosition(text: string): Position | undefined {
  const match = /^(.+)\/(\d+)\/(\d+)$/.exec(text);
  if (!match) return undefined;
  const [, topic = '', partition = '', offset = ''] = match;
  return { topic, partition: Number(partition), offset };
}

/** Headers that Millrace writes. All others pass through untouched. */
export const header = {
  /** `topic/partition/offset` at which the message entered the flow. */
  origin: 'millrace-origin',
  /** `<flow id>@<version>` that made the message. */
  flow: 'millrace-flow',
  /** Immediate parent, `topic/partition/offset`. */
  parent: 'millrace-parent',
  /** Ordinal of this output among the outputs of its parent at this sink, from 0. With origin it names one output for ever. */
  index: 'millrace-index',
  /** Which part of a list that was split: `2/5`, counted from 1. */
  split: 'millrace-split',
  /** W3C trace context, passed on. */
  trace: 'traceparent',
  /** Dead letters: error code, sentence, node id, stage id, attempt (from 1), time of failure (ISO). */
  errorCode: 'millrace-error-code',
  errorMessage: 'millrace-error-message',
  errorNode: 'millrace-error-node',
  errorStage: 'millrace-error-stage',
  errorAttempt: 'millrace-error-attempt',
  errorAt: 'millrace-error-at',
  /** Offset in the failing node's expression, where the error has one; and the place in the message, as a JSON pointer. */
  errorPosition: 'millrace-error-position',
  errorField: 'millrace-error-field',
  /** `<node>:<n>`: from where a retry goes on, the n-th arrival (from 0) of this message at that node. And the record's own time, in ms. */
  errorArrival: 'millrace-error-arrival',
  errorTime: 'millrace-error-time',
  /** Id of the replay that made the message; the live flow never writes it. */
  replay: 'millrace-replay',
  /** Of what a retry made: position of the first dead letter of the message, which names its item in the inbox for ever. */
  item: 'millrace-item',
  /** Of what a retry made: `<id>@<who>`. Its index then ends in `~<attempt>`, so that no sink takes it for the first delivery. */
  retry: 'millrace-retry',
  /** Of what a replay made of a message with an open item: `<attempt>@<who>`. The item stands in `millrace-item`. */
  mends: 'millrace-mends',
  /** Of a message that a person has edited before its retry: who. */
  correctedBy: 'millrace-corrected-by',
  /** Of what a backfill wrote to a source's topic: the comparison that missed it, and who asked for it. */
  backfill: 'millrace-backfill',
  backfillBy: 'millrace-backfill-by',
  /** Ingest: the sender's own event id, for the dedupe window. */
  eventId: 'millrace-event-id',
} as const;

/**
 * What a dead letter adds to the headers of its message; none of it was there when the message failed. Beside these it sets
 * origin, parent and flow anew.
 */
export const letterHeaders: readonly string[] = [
  header.errorCode,
  header.errorMessage,
  header.errorNode,
  header.errorStage,
  header.errorAttempt,
  header.errorAt,
  header.errorPosition,
  header.errorField,
  header.errorArrival,
  header.errorTime,
  header.item,
  header.retry,
  header.mends,
];
