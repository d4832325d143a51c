import { stringifyJson } from '#shared/json.ts';
import type { Headers, Position } from '#shared/message.ts';
import type { SampleBytes, SampleMessage } from '#shared/sample.ts';
import type { TrialMessage } from '#shared/trial.ts';

/** A message as Kafka would hand it to the source: bytes, so that a source decodes it or cannot. */
export interface TrialInput {
  /** The source that it enters at. */
  node: string;
  key: Uint8Array | null;
  /** Null for a tombstone. */
  value: Uint8Array | null;
  headers: Headers;
  /** ms since 1970. */
  timestamp: number;
  /** Where it stands in Kafka: what `$origin` and the headers of outputs name. */
  origin: Position;
}

/** Where an input enters, and what stands in for what it does not say itself. */
export interface InputPlace {
  node: string;
  /** The source's topic. */
  topic: string;
  /** Which of the inputs it is: its offset, where it stands in no topic. */
  index: number;
  /** For a message without a time of its own. */
  now: number;
}

/** A sample as its topic gave it. `origin` is its position there, where it has one. */
export function inputOfSample(sample: SampleMessage, origin: Position | undefined, place: InputPlace): TrialInput {
  const headers = Object.entries(sample.headers).map(
    ([name, content]) => [name, content.encoding === 'utf8' ? content.text : Buffer.from(content.text, 'base64')] as const,
  );
  return {
    node: place.node,
    key: bytesOf(sample.key),
    value: bytesOf(sample.value),
    headers: Object.fromEntries(headers),
    timestamp: sample.timestamp ?? place.now,
    origin: origin ?? standIn(place),
  };
}

/** A message that somebody wrote, as a topic would hold it. */
export function inputOfMessage(message: TrialMessage, place: InputPlace): TrialInput {
  return {
    node: place.node,
    key: typeof message.key === 'string' ? Buffer.from(message.key) : null,
    value: bytesOfValue(message),
    headers: message.headers ?? {},
    timestamp: message.timestamp ?? place.now,
    origin: standIn(place),
  };
}

function bytesOfValue({ value, encoding }: TrialMessage): Uint8Array | null {
  if (value === null || value === undefined) return null;
  if (encoding !== undefined && typeof value === 'string') return Buffer.from(value, encoding === 'text' ? 'utf8' : 'base64');
  return Buffer.from(stringifyJson(value) ?? 'null');
}

function standIn({ topic, index }: InputPlace): Position {
  return { topic, partition: 0, offset: String(index) };
}

function bytesOf(content: SampleBytes | null): Uint8Array | null {
  return content === null ? null : Buffer.from(content.text, content.encoding === 'utf8' ? 'utf8' : 'base64');
}
