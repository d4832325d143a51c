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
  /** How often one of its messages has failed since it is parked, from 1. */
  attempts: number;
  /** True while its messages are being released: what stands first has not failed. */
  releasing: boolean;
}

/** A parked key as it is shown, with what people call its sink. */
export interface ShownParkedKey extends ParkedKey {
  sinkName: string;
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

/** Asks for all keys of a sink to be released. `keys`: how many were shown to whoever asks. */
export interface ReleaseAllRequest {
  sink: string;
  first: ReleaseFirst;
  keys: number;
}

/** The release of all keys of a sink that were parked when it was asked for. It goes on after a restart. Times ms since 1970. */
export interface ReleaseRun {
  sink: string;
  sinkName: string;
  first: ReleaseFirst;
  startedBy: string;
  startedAt: number;
  endedAt?: number;
  /**
   * `stopped`: by a person, or because nothing went through any more; `failed`: it could not go on (`reason` says why). Keys that
   * were ordered by then go on all the same.
   */
  state: 'running' | 'done' | 'stopped' | 'failed';
  /** Keys and messages in all, the failed ones among them. */
  keys: number;
  messages: number;
  /** Keys of which all went through, and keys that failed again and are still parked. */
  through: number;
  failed: number;
  /** Why it waits or was stopped, for people. */
  reason?: string;
}

/** One key of such a release while it runs. It is known again by its place and the hash; the key itself is not kept. */
export interface ReleaseKey {
  /** Order in which the keys are released, from 0. */
  ordinal: number;
  /** Of the sink's own topic. */
  partition: number;
  /** SHA-256 of the key, in hex. */
  hash: string;
  /** When it was parked, ms since 1970; one that went through and is parked anew has another time. */
  since: number;
  /** How often it had failed when its release was ordered. */
  attempts: number;
  /** `ordered`: it is about to be ordered, or was. */
  state: 'waiting' | 'ordered' | 'through' | 'failed';
}

/** Such a release as it is kept. */
export interface KeptRelease {
  id: string;
  flow: string;
  run: ReleaseRun;
  /** Keys that failed again one after the other, up to now. */
  inARow: number;
}

/** Most keys of one run; the oldest first. */
export const mostReleased = 10_000;

/** What the deliver stage is told, as JSON in a control record of the sink's own topic. */
export interface ReleaseOrder {
  /** `continue`: the stage's own order, after it has released a part. */
  first: ReleaseFirst | 'continue';
  /** Offset of the message that stood first when it was asked, decimal text; an order for another one is stale and does nothing. */
  head: string;
  /** How often the key had failed when it was asked; an order for another try does nothing, so one that comes twice is done once. */
  attempts?: number;
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
