import { z } from 'zod';
import { name } from './api-schemas.ts';
import { maskSteps } from './sample-masks.ts';
import {
  type SinkOutcome,
  type TraceFields,
  type TraceHit,
  type TraceHop,
  type TraceIndexState,
  type TraceQuery,
  type TraceSearch,
  type TraceWay,
  traceLimits,
} from './trace.ts';
import { trialRecordSchema } from './trial-schemas.ts';

/** The shapes of `trace.ts` as schemas, for requests, the OpenAPI document and tests; see `api-schemas.ts`. */

const optional = z.exactOptional;
const text = z.string();
const count = z.number();
/** ms since 1970. */
const time = z.number().int().min(0).max(8.64e15);

const pathSchema = text
  .max(200)
  .refine((path) => (maskSteps(path)?.length ?? 0) > 0 && !path.includes('*'), 'a path is names with dots between them: customer.email');

export const traceQuerySchema = name<TraceQuery>(
  'TraceQuery',
  z
    .object({
      text: text.trim().min(1, 'say what to look for').max(traceLimits.text),
      by: z.enum(['auto', 'index', 'key', 'text', 'position', 'trace-id', 'field']).default('auto'),
      field: optional(pathSchema),
      flow: optional(text.min(1).max(60)),
      since: optional(time),
      until: optional(time),
      limit: optional(z.number().int().min(1).max(traceLimits.hits)),
    })
    .superRefine(({ by, field, since, until }, { addIssue }) => {
      if (by === 'field' && field === undefined) addIssue({ code: 'custom', path: ['field'], message: 'name the field to look in' });
      if (since !== undefined && until !== undefined && since >= until)
        addIssue({ code: 'custom', path: ['until'], message: 'the end must be after the beginning' });
    }),
);

const hitSchema = name<TraceHit>(
  'TraceHit',
  z.object({
    origin: text,
    flow: text,
    source: text,
    key: text.nullable(),
    timestamp: count,
    matched: text,
    preview: text,
  }),
);

export const traceSearchSchema = name<TraceSearch>(
  'TraceSearch',
  z.object({
    id: text,
    query: z.object({
      text,
      by: text as unknown as z.ZodType<TraceQuery['by']>,
      field: optional(text),
      flow: optional(text),
      since: optional(count),
      until: optional(count),
      limit: optional(count),
    }),
    state: z.enum(['running', 'done', 'stopped', 'failed']),
    hits: z.array(hitSchema),
    scanned: count,
    scannedBytes: count,
    total: count,
    ms: count,
    reached: optional(count),
    indexed: z.boolean(),
    notes: z.array(text),
  }),
);

const outcomeSchema = name<SinkOutcome>(
  'SinkOutcome',
  z.object({
    sink: text,
    state: z.enum(['delivered', 'waiting', 'retrying', 'dead', 'parked', 'unknown']),
    position: optional(text),
    index: count,
    version: count,
    writtenAt: optional(count),
    deliveredAt: optional(count),
    by: optional(z.object({ kind: z.enum(['replay', 'retry']), id: text, at: optional(count), item: optional(text) })),
    tries: optional(z.object({ count, unsure: count, code: text, twice: z.enum(['no', 'suppressed', 'possible']) })),
    dead: optional(z.object({ position: text, code: text, message: text, node: text, at: count, attempt: count })),
    recomputed: optional(z.enum(['identical', 'differs', 'not-compared'])),
    sentence: text,
  }),
);

const hopSchema = name<TraceHop>(
  'TraceHop',
  z.object({
    order: count,
    edge: optional(text),
    from: z.object({ node: text, port: text }),
    to: text,
    record: count,
    ms: optional(count),
  }),
);

export const traceWaySchema = name<TraceWay>(
  'TraceWay',
  z.object({
    origin: text,
    flow: text,
    flowName: text,
    version: count,
    versionBy: optional(text),
    versionAt: optional(count),
    source: text,
    key: text.nullable(),
    headers: z.record(text, text),
    timestamp: count,
    bytes: count,
    done: z.boolean(),
    processedAt: optional(count),
    records: z.array(trialRecordSchema),
    hops: z.array(hopSchema),
    filtered: z.array(z.object({ node: text, record: count, reason: text })),
    failed: z.array(z.object({ node: text, record: count, code: text, message: text })),
    sinks: z.array(outcomeSchema),
    balance: z.object({ in: count, copies: count, delivered: count, filtered: count, dead: count, waiting: count }),
    recomputed: z.enum(['identical', 'differs', 'not-possible']),
    notes: z.array(text),
    next: z.array(z.object({ sink: text, flow: text, flowName: text, origin: text })),
    previous: optional(z.object({ flow: text, flowName: text, origin: text })),
    history: z.array(z.object({ at: count, who: text, what: text, reason: optional(text), link: optional(text) })),
    ms: count,
  }),
);

export const traceFieldsSchema = name<TraceFields>(
  'TraceFields',
  z.object({ fields: z.array(text).nullable(), at: optional(text), by: optional(text) }),
);

/** A request that chooses the fields of a flow; null goes back to the default. */
export const setTraceFieldsSchema = z.object({ fields: z.array(pathSchema).max(traceLimits.fields).nullable() });

export const traceIndexSchema = name<TraceIndexState>(
  'TraceIndexState',
  z.object({
    on: z.boolean(),
    behind: count,
    bytes: count,
    topics: z.array(z.object({ topic: text, behind: count, reached: optional(count) })),
  }),
);

/** `topic/partition/offset` of a way, and the version to run instead of the one that handled it. */
export const wayQuerySchema = z.object({
  origin: text.regex(/^.{1,249}\/\d{1,9}\/\d{1,19}$/, 'an origin is topic/partition/offset'),
  version: optional(z.coerce.number().int().min(1)),
});
