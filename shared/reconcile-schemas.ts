import { z } from 'zod';
import { reconcileStates } from './reconcile.ts';
import { everyHours } from './reconcile-schedule.ts';
import { isTimeZone } from './time-zone.ts';

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

const sourceFields = {
  kind: z.literal('source'),
  node: z.string().max(120),
  named: namedSchema,
  slackMinutes: z.number().min(0).max(43_200).default(60),
  list: pollSchema,
};
const sinkFields = { kind: z.literal('sink'), node: z.string().max(120) };

/** What is asked for with the list still to be polled, or of a sink; an uploaded list comes with its own route. */
export const reconcileRequestSchema = z.discriminatedUnion('kind', [
  z.strictObject({ ...sourceFields, since: time, until: time }),
  z.strictObject({ ...sinkFields, since: time, until: time }),
]);

/** A comparison that repeats itself, as it is sent. */
export const scheduleInputSchema = z.strictObject({
  name: z.string().trim().min(1).max(120),
  what: z.discriminatedUnion('kind', [z.strictObject(sourceFields), z.strictObject(sinkFields)]),
  times: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('hours'),
      hours: z.number().refine((hours) => everyHours.some((one) => one === hours), `write one of ${everyHours.join(', ')}`),
    }),
    z.strictObject({ kind: z.literal('daily'), at: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'write a time such as 06:00') }),
  ]),
  zone: z.string().max(60).refine(isTimeZone, 'write a time zone such as Europe/Berlin'),
  period: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('yesterday') }),
    z.strictObject({
      kind: z.literal('hours'),
      hours: z.number().min(1).max(744),
      settleMinutes: z.number().min(0).max(1440).default(10),
    }),
  ]),
});
export type ScheduleRequest = z.input<typeof scheduleInputSchema>;

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
  schedule: z.object({ id: z.string(), name: z.string() }).optional(),
});

export const shownScheduleSchema = scheduleInputSchema.extend({
  id: z.string(),
  flow: z.string(),
  createdBy: z.string(),
  createdAt: z.number(),
  changedBy: z.string().optional(),
  changedAt: z.number().optional(),
  paused: z.boolean(),
  next: z.number(),
  progress: z.object({
    attempts: z.number(),
    last: z
      .object({
        tick: z.number(),
        endedAt: z.number(),
        state: z.enum(['done', 'failed', 'stopped']),
        reason: z.string().optional(),
        report: z.string().optional(),
      })
      .optional(),
    lastDone: z.string().optional(),
  }),
  running: z.boolean(),
  result: reportSchema.optional(),
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
