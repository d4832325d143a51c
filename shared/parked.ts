/**
 * Keys that wait at a sink outside. Where a sink parks keys, a message that fails for good becomes a dead letter and its
 * key is parked: later messages of the key are set aside in order, and those of other keys go on.
 */
export interface ParkedKey {
  sink: string;
  /** Partition of the sink's own topic. */
  partition: number;
  /** The key as text where it is UTF-8, else base64. */
  key: string;
  encoding: 'utf8' | 'base64';
  /** ms since 1970 when its first message failed. */
  since: number;
  /** Why the message that stands first failed: code and sentence. */
  code: string;
  message: string;
  /** The message that failed, as `topic/partition/offset` in the sink's own topic, and where it entered the flow. */
  failed: string;
  origin: string;
  /** Messages set aside behind it. */
  count: number;
}

/** What is to become of the message that failed, when its key is released. */
export const releaseFirsts = ['retry', 'discard'] as const;
export type ReleaseFirst = (typeof releaseFirsts)[number];

/** Asks for a parked key to be released. The key as the list gives it, or `failed`, which also tells masked keys apart. */
export interface ReleaseRequest {
  sink: string;
  key?: string;
  failed?: string;
  first: ReleaseFirst;
}

/** What the deliver stage is told, as JSON in a control record of the sink's own topic. */
export interface ReleaseOrder {
  /** `continue`: the stage's own order, after it has released a part. */
  first: ReleaseFirst | 'continue';
  /** Offset of the message that stood first when it was asked, decimal text; an order for another one is stale and does nothing. */
  head: string;
  who: string;
  /** The item of the failed message in the dead-letter inbox, where known. */
  item?: string;
}

/** Compacted: what is parked at a sink, and the messages that wait, by partition of the sink's own topic. */
export function parkedTopicOf(sinkTopic: string): string {
  return `${sinkTopic}.parked`;
}

/** Marks a record of a sink's own topic that is no message but an order; it has no `millrace-flow`, which messages have. */
export const controlHeader = 'millrace-control';
