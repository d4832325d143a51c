import type { Guarantee, NodeKind } from './node-type.ts';

/** A node as the runtime needs it: config complete (defaults filled in), nothing of the drawing. */
export interface PlanNode {
  id: string;
  type: string;
  kind: NodeKind;
  label: string;
  config: Record<string, unknown>;
  mode?: 'disabled' | 'bypassed';
  /** The node's own policies; left out, the plan's settings decide. */
  onError?: 'dead-letter' | 'skip' | 'stop';
  retry?: { minutes: number; giveUp: GiveUp };
}

/** What becomes of a message that its sink does not take within the time: see the flow's schema. */
export type GiveUp = 'pause' | 'dead-letter' | 'park';

export interface PlanEdge {
  from: { node: string; port: string };
  to: { node: string; port: string };
}

/** Value encoding of a topic: JSON, UTF-8 text, or raw bytes. */
export type ValueFormat = 'json' | 'text' | 'bytes';

/** Where a consumer group without a committed offset starts: a time is milliseconds since 1970. */
export type StartAt = 'earliest' | 'latest' | { time: number };

/** Writes what an outside source gives to its topic, then acknowledges. */
export interface IngestStage {
  kind: 'ingest';
  id: string;
  node: PlanNode;
  topic: string;
}

export interface StageInput {
  topic: string;
  /** The source node it stands for (transform) or the sink it feeds (deliver). */
  node: string;
  from: StartAt;
  format: ValueFormat;
}

/** All transform nodes of the flow, and its Kafka topic sinks, over its source topics. One transaction per batch. */
export interface TransformStage {
  kind: 'transform';
  id: 'transform';
  group: string;
  inputs: StageInput[];
  /** Sources, transforms and sinks in topological order. */
  nodes: PlanNode[];
  edges: PlanEdge[];
  /** Topic of each sink that has a deliver stage; Kafka topic sinks decide their topic themselves. */
  sinkTopics: Record<string, string>;
}

/** Writes one sink's topic to the world outside, at its own pace. */
export interface DeliverStage {
  kind: 'deliver';
  id: string;
  group: string;
  input: StageInput;
  node: PlanNode;
  /** Topic of the keys that are parked at this sink; only where it parks keys. */
  parked?: string;
}

export type Stage = IngestStage | TransformStage | DeliverStage;

/** A topic that the deploy creates when it is missing. */
export interface PlanTopic {
  name: string;
  partitions: number;
  /** Kafka topic configs as strings. */
  config: Record<string, string>;
  /** True: created when it is missing. False: a user's topic that no node says to create; it must exist, and partitions is 0. */
  own: boolean;
  /** Name of a topic that it must have as many partitions as. */
  like?: string;
}

/** Guarantee of the way from a source to a sink, and the node that weakens it. */
export interface PathGuarantee {
  source: string;
  sink: string;
  guarantee: 'exactly-once' | 'effectively-once' | 'at-least-once';
  by: Guarantee | 'kafka';
  weakest?: string;
}

/** What the compiler makes of a flow version. Plain JSON; equal logic gives an equal hash. */
export interface Plan {
  flow: string;
  version: number;
  /** SHA-256 of the plan without version and labels, hex. */
  hash: string;
  stages: Stage[];
  topics: PlanTopic[];
  deadLetterTopic: string;
  paths: PathGuarantee[];
  settings: {
    onError: 'dead-letter' | 'skip' | 'stop';
    messageTimeoutMs: number;
    quarantineAfter: number;
    memoryMb: number;
  };
}

/** One topic for the ledger of all flows; keyed by flow id. */
export const ledgerTopic = 'millrace.ledger';
