import { z } from 'zod';
import type { Replay, ReplayPlan, ReplaySample, ReplaySpec, Retry, RetryRequest } from './replay.ts';

/** Requests and answers of the routes of replays and retries, in the manner of api-schemas.ts. */

const optional = z.exactOptional;
const text = z.string();
const number = z.number();
const count = z.number().int().min(0);
const offset = text.regex(/^\d{1,19}$/, 'an offset is a whole number from 0');
const node = text.min(1).max(60);
const perSecond = z.number().min(0).max(1_000_000);
const version = z.number().int().min(1);
const reason = text.max(500);

/** Most positions of one replay, and most dead letters of one retry. */
export const mostPositions = 100_000;

const positionSchema = z.object({ topic: text.min(1).max(249), partition: count, offset });

const rangeSchema = z.discriminatedUnion('by', [
  z.object({ by: z.literal('time'), since: number, until: number }),
  z.object({
    by: z.literal('offsets'),
    ranges: z
      .array(z.object({ topic: text.min(1).max(249), partition: count, from: offset, to: offset }))
      .min(1)
      .max(10_000),
  }),
  z.object({ by: z.literal('version'), version, since: optional(number), until: optional(number) }),
  z.object({ by: z.literal('history'), sink: node, since: optional(number) }),
]);

/** Everything of a replay but its flow, which the path names. What is left out is what harms least. */
export const replaySpecSchema = z.object({
  flow: text.max(200).default(''),
  name: text.max(200).default(''),
  range: rangeSchema,
  filter: z
    .object({
      keys: optional(z.array(text.max(10_000)).max(10_000)),
      positions: optional(z.array(positionSchema).max(mostPositions)),
      onlyFailed: optional(z.boolean()),
      onlyDifferent: optional(z.boolean()),
    })
    .default({}),
  version,
  sinks: z.array(node).max(200),
  target: z.enum(['real', 'scratch', 'compare']).default('compare'),
  overtaken: z.enum(['skip', 'send']).default('skip'),
  ids: z.enum(['same', 'new']).default('same'),
  perSecond: perSecond.default(0),
  pauseAtErrorShare: z.number().min(0).max(1).default(0.2),
  reason: optional(reason),
});

export const replayStartSchema = z.object({ spec: replaySpecSchema, confirm: optional(count) });
export const replayRateSchema = z.object({ perSecond });
export const replaySampleRequestSchema = z.object({ spec: replaySpecSchema, messages: z.number().int().min(1).max(1000).default(200) });

const blastSchema = z.object({
  sink: text,
  guarantee: z.enum(['upsert', 'idempotency-key', 'transaction', 'kafka', 'none']),
  fresh: number,
  overwrite: number,
  double: number,
  ignored: number,
  unsafe: z.boolean(),
  sentence: text,
});

export const replayPlanSchema = z.object({
  spec: replaySpecSchema,
  messages: number,
  exact: z.boolean(),
  estimate: optional(z.object({ lookedAt: number, offsets: number, most: number, sentence: text })),
  bytes: number,
  seconds: number,
  gone: z.array(z.object({ topic: text, messages: number, atMost: optional(z.boolean()), before: optional(number), sentence: text })),
  sinks: z.array(blastSchema),
  overtaken: z.object({ keys: number, messages: number, examples: z.array(text) }),
  downstream: z.array(z.object({ sink: text, topic: text, flows: z.array(text) })),
  problems: z.array(z.object({ code: text, severity: z.enum(['error', 'warning']), message: text, field: optional(text) })),
  confirm: optional(number),
  needsReason: z.boolean(),
});

const exampleSchema = z.object({
  origin: text,
  key: text.nullable(),
  sink: text,
  class: z.enum(['changed', 'failing', 'fresh']),
  before: optional(text),
  after: optional(text),
  error: optional(z.object({ code: text, message: text, node: text })),
});

export const replaySampleSchema = z.object({
  messages: number,
  same: number,
  changed: number,
  failing: number,
  fresh: number,
  examples: z.array(exampleSchema),
});

const state = z.enum(['starting', 'running', 'paused', 'done', 'stopped', 'failed']);

export const replaySchema = z.object({
  id: text,
  spec: replaySpecSchema,
  state,
  startedBy: text,
  startedAt: number,
  endedAt: optional(number),
  total: number,
  counted: optional(z.boolean()),
  balance: z.object({ read: number, written: number, filtered: number, failed: number, skipped: number }),
  gone: optional(
    z.object({
      messages: number,
      parts: z.array(z.object({ topic: text, partition: number, from: text, to: text, offsets: number, noticedAt: number })),
      sentence: text,
    }),
  ),
  outputs: z.record(text, number),
  failures: z.record(text, z.record(text, number)),
  compared: optional(replaySampleSchema.omit({ messages: true })),
  reason: optional(text),
  rate: optional(number),
  leftSeconds: optional(number),
});

const letter = text.regex(/^.{1,249}\/\d+\/\d+$/, 'a position is topic/partition/offset');

export const retryRequestSchema = z.object({
  flow: text.max(200).default(''),
  letters: z.array(letter).min(1).max(mostPositions),
  from: z.enum(['node', 'start']).default('node'),
  version,
  perSecond: perSecond.default(0),
  stopAfter: count.default(10),
  edits: optional(
    z.record(letter, z.object({ key: text.max(100_000).nullable(), value: text.max(16_777_216), encoding: z.enum(['utf8', 'base64']) })),
  ),
  reason: optional(reason),
});

export const retrySchema = z.object({
  id: text,
  request: z.object({
    flow: text,
    from: z.enum(['node', 'start']),
    version: number,
    perSecond: number,
    stopAfter: number,
    reason: optional(text),
    count: number,
    edited: number,
  }),
  state,
  startedBy: text,
  startedAt: number,
  endedAt: optional(number),
  done: number,
  passed: number,
  failed: number,
  skipped: number,
  reason: optional(text),
});

export const volumeSchema = z.object({
  since: number,
  until: number,
  counts: z.array(number),
  topics: z.array(z.object({ topic: text, messages: number, oldest: optional(number), newest: optional(number) })),
});

/** How many messages came in when, and what the topics still hold. Times ms since 1970. */
export type Volume = z.output<typeof volumeSchema>;

// The schemas and the types of replay.ts say the same: a difference is an error here.
true satisfies z.output<typeof replaySpecSchema> extends ReplaySpec ? true : never;
true satisfies z.output<typeof replayPlanSchema> extends ReplayPlan ? true : never;
true satisfies z.output<typeof replaySampleSchema> extends ReplaySample ? true : never;
true satisfies z.output<typeof replaySchema> extends Replay ? true : never;
true satisfies z.output<typeof retryRequestSchema> extends RetryRequest ? true : never;
true satisfies z.output<typeof retrySchema> extends Retry ? true : never;
