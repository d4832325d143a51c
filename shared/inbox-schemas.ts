import { z } from 'zod';
import { causeStates } from './inbox/cause-state.ts';
import {
  type FixCheck,
  type FixReport,
  fixKinds,
  type InboxCause,
  type InboxCauseDetail,
  type InboxItem,
  type InboxItems,
  type InboxLetter,
  type InboxList,
  inboxOrders,
  inboxTabs,
  type Overtaken,
  type SuggestedFix,
} from './inbox.ts';

/** Requests and answers of the inbox's routes, in the manner of api-schemas.ts. */

const optional = z.exactOptional;
const text = z.string();
const number = z.number();
const count = z.number().int().min(0);
const itemText = text.min(3).max(400);
const path = z.array(z.union([text.max(2000), count])).max(100);

export const inboxQuerySchema = z.object({
  flow: optional(text.max(200)),
  node: optional(text.max(100)),
  tab: z.enum(inboxTabs).default('open'),
  search: optional(text.max(200)),
  order: z.enum(inboxOrders).default('needs-you'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  offset: z.coerce.number().int().min(0).default(0),
});

const itemStates = ['open', 'sent', 'solved', 'discarded'] as const;

export const itemsQuerySchema = z.object({
  state: z.enum([...itemStates, 'unsettled']).default('unsettled'),
  search: optional(text.max(200)),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  after: optional(text.max(500)),
});

/** Which messages of a cause are meant: all, those that fit a search, or these. */
export const selectionSchema = z.object({
  search: optional(text.max(200)),
  items: optional(z.array(itemText).min(1).max(100_000)),
});

export const inboxRetrySchema = z.object({
  select: selectionSchema,
  from: z.enum(['node', 'start']).default('node'),
  /** Left out: the deployed one. */
  version: optional(z.number().int().min(1)),
  /** Messages per second; 0: as fast as it goes. */
  perSecond: z.number().min(0).max(1_000_000).default(0),
  /** 0: never. */
  stopAfter: z.number().int().min(0).max(100_000).default(10),
  edits: optional(
    z
      .array(
        z.object({
          item: itemText,
          key: optional(text.max(100_000).nullable()),
          value: optional(text.max(8_000_000)),
          encoding: optional(z.enum(['utf8', 'base64'])),
          changes: optional(
            z
              .array(z.object({ path, text: text.max(1_000_000) }))
              .min(1)
              .max(1000),
          ),
        }),
      )
      .min(1)
      .max(100),
  ),
  reason: optional(text.max(500)),
});
export type InboxRetryInput = z.input<typeof inboxRetrySchema>;

export const discardSchema = z.object({ select: selectionSchema, reason: text.trim().min(3, 'say why, in a few words').max(500) });
export const recoverSchema = z.object({ select: selectionSchema });
export const markSchema = z.object({
  state: optional(z.enum(['known', 'new', 'muted', 'unmuted'])),
  owner: optional(text.trim().max(100).nullable()),
});

const fixCheckShape = {
  draft: text,
  current: optional(z.boolean()),
  version: optional(number),
  at: number,
  who: text,
  checked: count,
  of: count,
  draftPasses: count,
  deployedPasses: count,
  unknown: count,
  notes: z.array(text),
  failing: z.array(z.object({ code: text, node: text, message: text, messages: count })),
  ms: number,
};
const fixCheckSchema = z.object(fixCheckShape) satisfies z.ZodType<FixCheck>;
export const fixReportSchema = z.object({
  ...fixCheckShape,
  verdicts: z.record(text, z.enum(['passes', 'fails', 'unknown'])),
}) satisfies z.ZodType<FixReport>;

const causeShape = {
  id: text,
  flow: text,
  flowName: text,
  node: text,
  nodeName: text,
  nodeType: text,
  code: text,
  place: text,
  title: text,
  state: z.enum(causeStates),
  stateAt: number,
  stateBy: optional(text),
  owner: optional(text),
  messages: count,
  keys: count,
  solved: count,
  discarded: count,
  first: number,
  last: number,
  versions: z.array(number),
  bars: z.array(count),
  retry: optional(z.object({ id: text, done: count, total: count })),
  replays: optional(z.array(z.object({ id: text, name: text, paused: z.boolean(), messages: count }))),
  fix: optional(fixCheckSchema),
  gone: optional(z.object({ messages: count, since: number })),
};
const inboxCauseSchema = z.object(causeShape) satisfies z.ZodType<InboxCause>;

export const inboxListSchema = z.object({
  causes: z.array(inboxCauseSchema),
  total: count,
  counts: z.object({ open: count, muted: count, solved: count, discarded: count, messages: count }),
  checkedAt: number,
  behind: z.boolean(),
  lastFailure: optional(number),
  since: number,
}) satisfies z.ZodType<InboxList>;

export const inboxCauseDetailSchema = z.object({
  ...causeShape,
  sentence: text,
  rule: optional(
    z.object({
      node: text,
      expression: text,
      row: text,
      place: text,
      reads: z.array(text),
      changed: z.boolean(),
      error: text,
    }),
  ),
  likely: optional(
    z.discriminatedUnion('by', [
      z.object({ by: z.literal('deployment'), version: number, at: number, who: text }),
      z.object({ by: z.literal('data'), field: text, what: text, since: number }),
    ]),
  ),
  revision: optional(number),
  deployedVersion: optional(number),
  versionsToRetry: z.array(number),
  flowExists: z.boolean(),
}) satisfies z.ZodType<InboxCauseDetail>;

const itemShape = {
  item: text,
  position: text,
  state: z.enum(itemStates),
  node: text,
  stage: text,
  version: number,
  origin: text,
  key: text.nullable(),
  bytes: count,
  attempt: count,
  firstAt: number,
  lastAt: number,
  value: optional(text),
  by: optional(
    z.object({
      who: text,
      at: number,
      reason: optional(text),
      retry: optional(text),
      replay: optional(z.object({ id: text, name: text })),
    }),
  ),
};
const inboxItemSchema = z.object(itemShape) satisfies z.ZodType<InboxItem>;

export const inboxItemsSchema = z.object({
  items: z.array(inboxItemSchema),
  total: count,
  next: optional(text),
}) satisfies z.ZodType<InboxItems>;

export const inboxLetterSchema = z.object({
  item: inboxItemSchema,
  cause: text,
  value: text.nullable(),
  encoding: z.enum(['utf8', 'base64']),
  cut: z.boolean(),
  masked: count,
  headers: z.record(text, text),
  message: text,
  code: text,
  field: optional(path),
}) satisfies z.ZodType<InboxLetter>;

export const overtakenSchema = z.object({
  messages: count,
  keys: z.array(z.object({ key: text, item: text, origin: text, newer: text, newerAt: number })),
  total: count,
  note: optional(text),
}) satisfies z.ZodType<Overtaken>;

export const suggestedFixSchema = z.object({
  kind: z.enum(fixKinds),
  title: text,
  sentence: text,
  node: text,
  field: z.literal('expression'),
  before: text,
  after: text,
  row: text,
  example: optional(z.object({ from: text, to: text })),
  checked: count,
  passes: count,
  inDraft: optional(z.boolean()),
}) satisfies z.ZodType<SuggestedFix>;

export const doneSchema = z.object({ messages: count });
