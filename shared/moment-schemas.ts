import { z } from 'zod';
import { name } from './api-schemas.ts';
import { flowSchema } from './flow.ts';
import { type FlowEvent, flowEventKinds } from './flow-event.ts';
import type { LedgerMinute } from './ledger-minutes.ts';
import type { Moment, MomentMessages, Timeline } from './moment.ts';
import { foundMessageSchema } from './sample-schemas.ts';

/** Requests and answers of the routes of a flow's past, in the manner of api-schemas.ts. */

const optional = z.exactOptional;
const text = z.string();
const number = z.number();
const counts = z.record(text, number);
const nested = z.record(text, counts);
/** Ends of what `Date` can hold would only be asked for by mistake. */
const time = z.coerce.number().int().min(0).max(4_102_444_800_000);

export const timelineQuerySchema = z
  .object({ since: time, until: time })
  .refine(({ since, until }) => since < until, { error: 'The period must begin before it ends.', path: ['until'] });

export const momentQuerySchema = z.object({ at: time });

const flowEventSchema = name<FlowEvent>(
  'FlowEvent',
  z.object({
    flow: text,
    at: number,
    until: optional(number),
    kind: z.enum(flowEventKinds),
    sentence: text,
    who: optional(text),
    version: optional(number),
    link: optional(text),
  }),
);

export const timelineSchema = name<Timeline>(
  'Timeline',
  z.object({
    flow: text,
    since: number,
    until: number,
    step: number,
    points: z.array(z.object({ at: number, in: number, delivered: number, filtered: number, dead: number, behindMs: optional(number) })),
    events: z.array(flowEventSchema),
    spans: z.array(z.object({ version: number, from: number, until: optional(number), who: text })),
    countedSince: optional(number),
  }),
);

const minuteSchema: z.ZodType<LedgerMinute> = z.object({
  at: number,
  versions: z.array(number),
  in: number,
  copies: number,
  sent: counts,
  delivered: counts,
  filtered: nested,
  dead: nested,
  parked: counts,
  waiting: optional(counts),
  resent: optional(counts),
  lag: optional(number),
  behindMs: optional(number),
});

export const momentSchema = name<Moment>(
  'Moment',
  z.object({
    flow: text,
    at: number,
    state: z.enum(['running', 'stopped', 'failed', 'unknown']),
    version: optional(number),
    deployedBy: optional(text),
    deployedAt: optional(number),
    replacedAt: optional(number),
    document: optional(flowSchema),
    current: optional(number),
    minute: optional(minuteSchema),
    counted: z.boolean(),
    countedSince: optional(number),
    events: z.array(flowEventSchema),
  }),
);

export const momentMessagesSchema = name<MomentMessages>(
  'MomentMessages',
  z.object({
    flow: text,
    at: number,
    sources: z.array(z.object({ node: text, topic: text, messages: z.array(foundMessageSchema), goneBefore: optional(number) })),
    dead: z.array(foundMessageSchema),
    notes: z.array(text),
  }),
);
