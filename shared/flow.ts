import { z } from 'zod';

/** Ids are short and stable; they stand in topic names and headers, so only lower case, digits and dashes. */
export const idPattern = /^[a-z0-9][a-z0-9-]{0,59}$/;
const id = z.string().regex(idPattern, 'use lower-case letters, digits and dashes, at most 60');

export const retrySchema = z.looseObject({
  /** Minutes one message is tried again; 0 never tries again. */
  minutes: z.number().min(0).max(43_200).default(1440),
  /**
   * What then: wait for a person (nothing is skipped, order is kept); make it a dead letter and go on; or make it a dead
   * letter and park its key: later messages of the key are set aside in order until a person releases it, others go on.
   * `park` also parks the key of a message that the sink refuses.
   */
  giveUp: z.enum(['pause', 'dead-letter', 'park']).default('pause'),
});

export const flowNodeSchema = z.looseObject({
  id,
  type: z.string().min(1),
  /** Version of the node type that wrote this config. */
  version: z.number().int().min(1).default(1),
  label: z.string().max(120).default(''),
  config: z.record(z.string(), z.unknown()).default({}),
  /** disabled: messages stop here. bypassed: messages pass unchanged. */
  mode: z.enum(['disabled', 'bypassed']).optional(),
  note: z.string().max(4000).optional(),
  /** What happens to a message this node cannot process; left out, the flow's setting decides. */
  onError: z.enum(['dead-letter', 'skip', 'stop']).optional(),
  /** Sinks: how long a message is tried again while the world is not ready, and what then. */
  retry: retrySchema.optional(),
});

const edgeEnd = z.looseObject({ node: id, port: z.string().min(1) });
export const flowEdgeSchema = z.looseObject({ id, from: edgeEnd, to: edgeEnd });

export const flowSettingsSchema = z.looseObject({
  /** Partitions of the topics that a deploy creates. */
  partitions: z.number().int().min(1).max(256).default(4),
  /** How long those topics keep messages, in hours; -1 keeps them for ever. */
  retentionHours: z.number().int().min(-1).default(168),
  /** What happens to a message that a node cannot process and that no error port takes. */
  onError: z.enum(['dead-letter', 'skip', 'stop']).default('dead-letter'),
  /** The weakest delivery guarantee any path may have; checkFlow refuses a weaker one. */
  guarantee: z.enum(['at-least-once', 'effectively-once']).default('at-least-once'),
  /** Milliseconds one message may take in the transform stage before the watchdog ends the worker. */
  messageTimeoutMs: z.number().int().min(100).max(600_000).default(10_000),
  /** Crashes at one offset after which that message is quarantined as a dead letter. */
  quarantineAfter: z.number().int().min(1).max(20).default(3),
  /** Heap limit of the flow's worker, in MB. */
  memoryMb: z.number().int().min(32).max(8192).default(256),
});

export const layoutSchema = z.looseObject({
  positions: z.record(z.string(), z.object({ x: z.number(), y: z.number() })).default({}),
  groups: z.array(z.looseObject({ id, title: z.string(), nodes: z.array(id) })).default([]),
  notes: z.array(z.looseObject({ id, text: z.string(), x: z.number(), y: z.number(), width: z.number(), height: z.number() })).default([]),
});

/** The document. Layout is apart from logic: it is never compiled and never restarts a flow. Unknown keys survive. */
export const flowSchema = z.looseObject({
  format: z.literal(1),
  id,
  name: z.string().min(1).max(120),
  nodes: z.array(flowNodeSchema).max(500).default([]),
  edges: z.array(flowEdgeSchema).max(2000).default([]),
  settings: flowSettingsSchema.prefault({}),
  layout: layoutSchema.prefault({}),
});

export type Flow = z.infer<typeof flowSchema>;
export type FlowNode = z.infer<typeof flowNodeSchema>;
export type FlowEdge = z.infer<typeof flowEdgeSchema>;
export type FlowSettings = z.infer<typeof flowSettingsSchema>;
export type Layout = z.infer<typeof layoutSchema>;
