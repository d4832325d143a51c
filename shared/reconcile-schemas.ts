import { z } from 'zod';
import { reconcileStates } from './reconcile.ts';

const time = z.number().int().min(0);
const path = z.string().max(500);
const authFields = {
  auth: z.enum(['none', 'bearer', 'basic', 'header']).default('none'),
  authSecret: z.string().max(120).default(''),
  authUser: z.string().max(200).default(''),
  authHeader: z.string().max(100).default('X-Api-Key'),
};
const webAddress = z
  .string()
  .regex(/^https?:\/\//, 'write an address that begins with http:// or https://')
  .max(4000);

export const namedSchema = z.discriminatedUnion('by', [
  z.strictObject({ by: z.literal('key') }),
  z.strictObject({ by: z.literal('field'), path: path.min(1) }),
]);

const pollSchema = z.strictObject({
  from: z.literal('poll'),
  url: webAddress,
  items: path.default(''),
  id: path.min(1),
  next: path.default(''),
  ...authFields,
});

/** What is asked for with the list still to be polled, or of a sink; an uploaded list comes with its own route. */
export const reconcileRequestSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('source'),
    node: z.string().max(120),
    named: namedSchema,
    since: time,
    until: time,
    slackMinutes: z.number().min(0).max(43_200).default(60),
    list: pollSchema,
  }),
  z.strictObject({ kind: z.literal('sink'), node: z.string().max(120), since: time, until: time }),
]);

/** The query of an upload; the body is the list. */
export const uploadQuerySchema = z.object({
  node: z.string().max(120),
  /** Path of the field, or nothing for the key. */
  field: path.default(''),
  since: z.coerce.number().int().min(0),
  until: z.coerce.number().int().min(0),
  slackMinutes: z.coerce.number().min(0).max(43_200).default(60),
  idField: path.default(''),
  name: z.string().max(200).default('list'),
});

export type ReconcileRequest = z.input<typeof reconcileRequestSchema>;
export type UploadQuery = z.input<typeof uploadQuerySchema>;

export const backfillRequestSchema = z.strictObject({
  record: z.discriminatedUnion('from', [
    /** The things of the list are the records. */
    z.strictObject({ from: z.literal('list') }),
    /** Each is fetched; `{id}` in the address. `path`: where it stands in the answer. */
    z.strictObject({
      from: z.literal('fetch'),
      url: webAddress.refine((url) => url.includes('{id}'), 'write {id} where the id belongs'),
      path: path.default(''),
      ...authFields,
    }),
  ]),
});
export type BackfillRequest = z.output<typeof backfillRequestSchema>;
export type BackfillInput = z.input<typeof backfillRequestSchema>;

const specSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('source'),
    node: z.string(),
    named: namedSchema,
    since: z.number(),
    until: z.number(),
    slackMinutes: z.number(),
    list: z.discriminatedUnion('from', [z.object({ from: z.literal('upload'), name: z.string(), idField: z.string() }), pollSchema]),
  }),
  z.object({ kind: z.literal('sink'), node: z.string(), since: z.number(), until: z.number() }),
]);

const backfillSchema = z.object({
  state: z.enum(['running', 'done', 'stopped', 'failed']),
  who: z.string(),
  startedAt: z.number(),
  endedAt: z.number().optional(),
  total: z.number(),
  written: z.number(),
  arrived: z.number(),
  failed: z.number(),
  reason: z.string().optional(),
});

export const reportSchema = z.object({
  id: z.string(),
  flow: z.string(),
  spec: specSchema,
  state: z.enum(['running', 'done', 'stopped', 'failed']),
  startedBy: z.string(),
  startedAt: z.number(),
  endedAt: z.number().optional(),
  listed: z.number(),
  scanned: z.number(),
  total: z.number(),
  matched: z.number(),
  counts: z.partialRecord(z.enum(reconcileStates), z.number()),
  backfillable: z.boolean(),
  why: z.string().optional(),
  hasRecords: z.boolean().optional(),
  backfill: backfillSchema.optional(),
  notes: z.array(z.string()),
  reason: z.string().optional(),
  scannedTo: z.record(z.string(), z.string()).optional(),
});

export const itemSchema = z.object({
  ordinal: z.number(),
  state: z.enum(reconcileStates),
  id: z.string(),
  position: z.string().optional(),
  count: z.number().optional(),
  note: z.string(),
});

export const itemQuerySchema = z.object({
  state: z.enum(reconcileStates).optional(),
  after: z.coerce.number().int().min(-1).default(-1),
  limit: z.coerce.number().int().min(1).max(1000).default(200),
});
