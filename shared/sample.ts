import type { Mask } from './sample-masks.ts';

/**
 * Samples: real messages that an analyst has taken into a flow's workspace, to map and try against. They belong to the
 * flow but never to its document: no version, export or plan knows of them, and they go when the flow is deleted.
 */

/** Bytes as text: UTF-8 where they are, else base64. Either way not one byte is lost. */
export interface SampleBytes {
  text: string;
  encoding: 'utf8' | 'base64';
}

/** What a sample holds of a message. */
export interface SampleMessage {
  key: SampleBytes | null;
  headers: Record<string, SampleBytes>;
  /** ms since 1970; null where the message had no time of its own, because it was pasted. */
  timestamp: number | null;
  /** Null for a tombstone. */
  value: SampleBytes | null;
}

/** Where a sample came from. Positions are `topic/partition/offset`. */
export type SampleOrigin =
  | { kind: 'topic'; position: string }
  /** `of` is the position of the message that could not be processed. */
  | { kind: 'dead-letter'; position: string; of: string; code: string }
  | { kind: 'pasted' }
  | { kind: 'uploaded'; file?: string }
  /** `of` names the sample, `edgeCase` what was done to it. */
  | { kind: 'derived'; of: string; edgeCase: string };

/** A stored sample. */
export interface SavedSample extends Omit<SampleMessage, 'value'> {
  id: string;
  name: string;
  origin: SampleOrigin;
  /** The whole value; lists leave it out unless they are asked for it. */
  value?: SampleBytes | null;
  /** The beginning of the value, for lists; base64 when the value is. */
  preview: string;
  /** Bytes of key, headers and value. */
  size: number;
  /** Places that masking has changed. */
  masked: number;
  createdAt: string;
  createdBy: string;
}

/** A message found in Kafka, masked as it would be stored. Nothing of it is stored yet. */
export interface FoundMessage {
  position: string;
  timestamp: number;
  key: SampleBytes | null;
  headers: Record<string, SampleBytes>;
  /** The beginning of the value; null for a tombstone. */
  preview: SampleBytes | null;
  truncated: boolean;
  size: number;
  masked: number;
  /** Dead letters: why it is one. */
  error?: { code: string; message: string; node: string; of: string };
}

/** Why a search has ended: enough was found, all there is was seen, or a bound was reached. */
export type FindEnd = 'found' | 'all' | 'messages' | 'bytes' | 'time';

/** What a search of one topic has looked at. */
export interface FindReport {
  topic: string;
  messages: FoundMessage[];
  scanned: {
    messages: number;
    bytes: number;
    ms: number;
    /** Offsets looked at: from `from` up to, not including, `to`. */
    partitions: { partition: number; from: string; to: string }[];
    /** Times (ms since 1970) of the oldest and newest message looked at. */
    fromTime?: number;
    toTime?: number;
  };
  ended: FindEnd;
  /** Where to go on: send it as `before` (or, with `offset`, as the next offset). Absent when nothing is left. */
  next?: Record<string, string>;
}

/** How far a search of one topic is. */
export interface FindProgress {
  topic: string;
  /** Looked at so far, over all topics of the search; bytes of keys and values. */
  messages: number;
  bytes: number;
  ms: number;
  found: number;
}

/** How messages are looked for. All but `offset` look at every partition. */
export type FindHow =
  /** The newest. */
  | { by: 'newest' }
  /** Those nearest to a time, in ms since 1970. */
  | { by: 'time'; at: number }
  /** The newest whose key is exactly this text. */
  | { by: 'key'; key: string }
  /** The newest whose value holds this text, letter case aside. */
  | { by: 'text'; text: string }
  /** From an offset of a partition on. */
  | { by: 'offset'; partition: number; offset: string };

/** Bounds of a search; what is left out takes the default of {@link findBounds}. */
export interface FindBounds {
  messages: number;
  bytes: number;
  ms: number;
}

/** Defaults and most of what one search looks at. */
export const findBounds = {
  default: { messages: 100_000, bytes: 64 * 1024 * 1024, ms: 5_000 },
  most: { messages: 1_000_000, bytes: 512 * 1024 * 1024, ms: 30_000 },
} as const;

/** What a flow's workspace holds at most. */
export const sampleLimits = {
  /** Bytes of one sample: key, headers and value. */
  bytes: 1024 * 1024,
  /** Samples of one flow, and their bytes together. */
  count: 200,
  flowBytes: 20 * 1024 * 1024,
  /** Masks of one flow. */
  masks: 200,
} as const;

/** A flow's masks. `revision` is also the ETag; it is 0 while the flow has the default masks. */
export interface FlowMasks {
  masks: Mask[];
  revision: number;
  /** True while nobody has set masks for this flow. */
  default: boolean;
}

/** Bytes that a sample takes: key, headers and value. */
export function sampleSize({ key, headers, value }: SampleMessage): number {
  let size = bytesOf(key) + bytesOf(value);
  for (const [name, content] of Object.entries(headers)) size += utf8Length(name) + bytesOf(content);
  return size;
}

/** The beginning of a value, to be shown in lists. A base64 text is cut where it can still be decoded. */
export function previewOf(value: SampleBytes | null, most = 1000): SampleBytes | null {
  if (value === null || value.text.length <= most) return value;
  const cut = value.encoding === 'base64' ? most - (most % 4) : most;
  // Not between the two halves of a character beyond U+FFFF.
  const whole = /[\uD800-\uDBFF]/.test(value.text[cut - 1] ?? '') ? cut - 1 : cut;
  return { text: value.text.slice(0, whole), encoding: value.encoding };
}

function bytesOf(content: SampleBytes | null): number {
  if (content === null) return 0;
  if (content.encoding === 'utf8') return utf8Length(content.text);
  return Math.floor((content.text.replace(/=+$/, '').length * 3) / 4);
}

function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}
