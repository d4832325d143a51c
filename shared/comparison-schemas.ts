import { z } from 'zod';
import { named } from './api-schemas.ts';
import { type Comparison, comparisonLimits, differenceClasses } from './comparison.ts';

/** Requests and answers of the routes of comparisons, in the manner of api-schemas.ts. */

const optional = z.exactOptional;
const text = z.string();
const number = z.number();
const count = z.number().int().min(1).max(comparisonLimits.mostMessages).default(comparisonLimits.defaultMessages);

export const comparisonScopeSchema = z.discriminatedUnion('by', [
  z.object({ by: z.literal('newest'), count }),
  z.object({ by: z.literal('time'), since: number, until: number, count }),
  z.object({ by: z.literal('dead-letters'), node: text.min(1).max(60), code: text.min(1).max(200), count }),
]);
export type ComparisonScopeInput = z.input<typeof comparisonScopeSchema>;

export const compareRequestSchema = z.object({
  scope: comparisonScopeSchema.default({ by: 'newest', count: comparisonLimits.defaultMessages }),
});

export const decisionRequestSchema = z.object({ expected: z.boolean(), note: text.max(500).default('') });

const shownChangeSchema = z.object({ place: text, before: optional(text), after: optional(text), masked: optional(z.literal(true)) });

const exampleSchema = z.object({
  position: z.object({ topic: text, partition: number, offset: text }),
  timestamp: number,
  key: text.nullable(),
  label: optional(z.object({ name: text, value: text })),
  changes: z.array(shownChangeSchema),
  more: number,
  before: optional(text),
  after: optional(text),
});

const causeSchema = z.object({
  node: text,
  what: z.enum(['row', 'setting', 'added', 'removed', 'wiring']),
  field: optional(text),
  item: optional(text),
  row: optional(z.object({ id: text, place: text })),
  before: optional(text),
  after: optional(text),
});

const groupSchema = z.object({
  signature: text,
  class: z.enum(differenceClasses),
  sink: optional(text),
  to: optional(text),
  topics: optional(z.object({ before: text, after: text })),
  places: z.array(text),
  added: z.array(text),
  removed: z.array(text),
  node: optional(text),
  code: optional(text),
  reason: optional(text),
  sinks: optional(z.array(text)),
  end: optional(z.enum(['dead-letter', 'skip', 'stop', 'wait', 'crash', 'unanswered'])),
  messages: number,
  examples: z.array(exampleSchema),
  causes: z.array(causeSchema),
  rest: optional(z.literal(true)),
  expected: optional(z.object({ by: text, at: text, note: text })),
});

const reasonSchema = z.object({
  code: z.enum([
    'first-deploy',
    'no-messages',
    'no-topic',
    'retention',
    'deployed-broken',
    'draft-broken',
    'equal',
    'stopped',
    'server-ended',
    'failed',
  ]),
  sentence: text,
});

export const comparisonSchema: z.ZodType<Comparison> = z.object({
  id: text,
  flow: text,
  state: z.enum(['running', 'done', 'stopped', 'failed']),
  scope: z.discriminatedUnion('by', [
    z.object({ by: z.literal('newest'), count: number }),
    z.object({ by: z.literal('time'), since: number, until: number, count: number }),
    z.object({ by: z.literal('dead-letters'), node: text, code: text, count: number }),
  ]),
  draft: z.object({ hash: text }),
  against: optional(number),
  startedAt: text,
  startedBy: text,
  endedAt: optional(text),
  ms: number,
  done: number,
  total: number,
  topics: z.array(z.object({ topic: text, messages: number, fromTime: optional(number), toTime: optional(number) })),
  missing: number,
  counts: z.partialRecord(z.enum(['same', ...differenceClasses]), number),
  groups: z.array(groupSchema),
  unseen: z.array(z.object({ node: text, fields: z.array(text) })),
  labels: z.record(text, text),
  reason: optional(reasonSchema),
  stale: optional(z.boolean()),
  deployment: optional(z.object({ version: number, at: text })),
});
named.add(comparisonSchema, { id: 'Comparison' });
