import type { Headers } from '#shared/message.ts';
import type { StartAt } from '#shared/plan.ts';

/**
 * Everything Millrace asks of Kafka. Only this folder knows which client answers, so a change of client costs one folder.
 */

/** Connection settings, plain data so that they can cross to a worker thread. */
export interface KafkaSettings {
  brokers: string[];
  clientId: string;
  ssl?: boolean | { ca?: string; cert?: string; key?: string; rejectUnauthorized?: boolean };
  sasl?: { mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'; username: string; password: string };
  /** Replication factor of topics that Millrace creates; default 1, or the cluster's default when -1. */
  replication?: number;
}

/** A record as it stands in Kafka. */
export interface KafkaRecord {
  topic: string;
  partition: number;
  offset: bigint;
  key: Uint8Array | null;
  value: Uint8Array | null;
  headers: Headers;
  /** ms since 1970. */
  timestamp: number;
}

/** A record to be written. Without a partition the key decides, as Kafka's default partitioner does. */
export interface OutRecord {
  topic: string;
  partition?: number;
  key: Uint8Array | string | null;
  value: Uint8Array | string | null;
  headers?: Headers;
  timestamp?: number;
}

export interface TopicInfo {
  name: string;
  partitions: number;
}

export interface PartitionOffsets {
  partition: number;
  /** First offset still there, and the offset after the last. */
  low: bigint;
  high: bigint;
}

export interface KafkaAdmin {
  topics(): Promise<TopicInfo[]>;
  /** Creates what is missing, adds partitions where there are too few, leaves the rest alone. Returns the names it created. */
  ensureTopics(topics: readonly { name: string; partitions: number; config?: Record<string, string> }[]): Promise<string[]>;
  deleteTopics(names: readonly string[]): Promise<void>;
  /** Undefined when the topic does not exist. With `committedOnly` the end is the first transaction that is still open. */
  offsets(topic: string, options?: { committedOnly: boolean }): Promise<PartitionOffsets[] | undefined>;
  /** All settings of a topic as Kafka has them, its defaults too: `retention.ms`. Undefined when the topic does not exist. */
  configs(topic: string): Promise<Record<string, string> | undefined>;
  /** First offset at or after a time, per partition; the end where nothing is that new. */
  offsetsAt(topic: string, timeMs: number): Promise<Map<number, bigint>>;
  /** Committed offsets of a group; -1n where there is none. */
  committed(group: string, topic: string): Promise<Map<number, bigint>>;
  /** Sets offsets of a group that has no live members. */
  setOffsets(group: string, topic: string, offsets: ReadonlyMap<number, bigint>): Promise<void>;
  deleteGroups(groups: readonly string[]): Promise<void>;
  /** Throws a KafkaUnreachable error when no broker answers. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Idempotent producer with a linger buffer: concurrent sends travel together, one request at a time. */
export interface KafkaProducer {
  /** Resolves when all in-sync replicas have it (acks=all), with the position it got. */
  send(record: OutRecord): Promise<{ topic: string; partition: number; offset: bigint }>;
  close(): Promise<void>;
}

/** A run of records of one partition, in order, never empty. */
export interface RecordBatch {
  topic: string;
  partition: number;
  records: KafkaRecord[];
  /** Offset after the last committed record of the partition, when the batch was fetched. */
  high: bigint;
  /** Of a consumer: where it began, when that is an offset which no work of its group has committed: a new group, or one that was reset. */
  anew?: bigint;
}

/** What a handler made of the first `consumed` records of a batch. */
export interface Work {
  /** From 1 to the batch's length; the loop calls the handler again for the rest. */
  consumed: number;
  /** Written in the same transaction as the offsets. */
  records: OutRecord[];
  /**
   * Asked when all records stand in their topics, before the transaction is committed, each time that this is tried. False:
   * nobody ever sees them, and the handler is given the messages again. An error of Kafka in it is tried again like any other.
   */
  holds?(): Promise<boolean>;
}

export interface ConsumeOptions {
  group: string;
  topics: { topic: string; from: StartAt }[];
  /**
   * Called for each partition with the next records; calls for different partitions overlap, for one they never do.
   * Its work is committed in ONE transaction: records, and the offset after the last consumed record.
   * It must stop soon after the signal fires and may throw then; what it did not return is not committed.
   * Any error it throws stops the consumer with that error: nothing is skipped.
   */
  handle(batch: RecordBatch, signal: AbortSignal): Promise<Work>;
  /**
   * Called each time that a partition was fenced and its position read, before anything of it is handed out: what was
   * written with its earlier offsets is final then, and can be read. Fails as Kafka's own calls do: it is tried again.
   */
  onFence?(topic: string, partition: number, signal: AbortSignal): Promise<void>;
  /**
   * The messages from where the partition stands up to before `low` are gone: retention deleted them before they were read.
   * Called before the position moves on, each time that this is tried; what it gives is written in that transaction. With
   * `low` at or below `from` the topic was made anew. An error it throws stops the consumer, like one of `handle`.
   */
  onGone?(topic: string, partition: number, from: bigint, low: bigint): OutRecord[];
  /** After each commit: offsets up to `next` are done. */
  onCommit?(topic: string, partition: number, next: bigint): void;
  /** Kafka does not answer as it should: the loop keeps trying by itself. Called with undefined when it goes on. */
  onTrouble?(error: Error | undefined): void;
  /** Partitions were taken away and are given out anew; not for the first join nor the end. */
  onRebalance?(): void;
  /** Longest a transaction may stay open, in ms; default 60,000. Time inside `handle` does not count. */
  transactionTimeoutMs?: number;
  sessionTimeoutMs?: number;
  maxBatchBytes?: number;
}

/** A running consume → process → produce loop with exactly-once effects inside Kafka (read after fence). */
export interface KafkaConsumer {
  /** Settles when the loop ends: resolves after `stop`, rejects with the handler's or a fatal Kafka error. */
  done: Promise<void>;
  /** Resolves when the group has joined for the first time. */
  joined: Promise<void>;
  /** Waits for the current handlers and commits, then leaves the group; after the deadline it cuts. */
  stop(deadlineMs: number): Promise<void>;
  /** No more batches are handed out until `resume`; heartbeats go on. */
  pause(): void;
  resume(): void;
}

export interface ReadOptions {
  topic: string;
  /** Start per partition; partitions left out start at the low end. Offsets below the low end are moved up to it. */
  from?: ReadonlyMap<number, bigint>;
  /** Stop before these; default: the end as it stands at the call. `follow` never stops. */
  to?: ReadonlyMap<number, bigint> | 'follow';
  /** Default true: aborted and open transactions are not seen. */
  committedOnly?: boolean;
  signal?: AbortSignal;
}

export interface KafkaPort {
  readonly settings: KafkaSettings;
  admin(): KafkaAdmin;
  producer(): Promise<KafkaProducer>;
  consume(options: ConsumeOptions): KafkaConsumer;
  /** Reads a topic without a group: joins nothing, commits nothing. Batches arrive per partition, in order. */
  read(options: ReadOptions): AsyncIterable<RecordBatch>;
}

/** Kafka cannot be reached or has gone away; the message names the brokers. Retriable by nature. */
export class KafkaUnreachable extends Error {
  override readonly name = 'KafkaUnreachable';
}
