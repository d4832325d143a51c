import { z } from 'zod';
import { name } from './api-schemas.ts';
import { type LedgerGap, ledgerGapKinds } from './ledger-minutes.ts';
import type { FilteredSamples, LedgerReport } from './ledger-report.ts';

/** Requests and answers of the routes of the ledger, in the manner of api-schemas.ts. */

const optional = z.exactOptional;
const text = z.string();
const count = z.number();
const time = z.coerce.number().int().min(0).max(4_102_444_800_000);

export const ledgerQuerySchema = z
  .object({
    since: time,
    until: time,
    /** ms between two points; left out, so that there are at most 200. */
    step: z.coerce.number().int().min(60_000).optional(),
    format: z.enum(['json', 'csv']).default('json'),
  })
  .refine(({ since, until }) => since < until, { error: 'The period must begin before it ends.', path: ['until'] });

export const ledgerGapsQuerySchema = z.object({
  open: z.stringbool().default(false),
  limit: z.coerce.number().int().min(1).max(1000).default(500),
});

export const settleRequestSchema = z.object({
  reason: z.string().trim().min(3, 'Say in a few words why it is no concern any more.').max(1000),
});

export const ledgerGapSchema = name<LedgerGap>(
  'LedgerGap',
  z.object({
    id: text,
    flow: text,
    version: count,
    stage: text,
    topic: text,
    partition: count,
    from: text,
    to: text,
    kind: z.enum(ledgerGapKinds),
    sink: optional(text),
    outputTopic: optional(text),
    count,
    at: count,
    noticedAt: count,
    sentence: text,
    settled: optional(z.object({ at: count, who: text, reason: text })),
  }),
);

const reason = z.object({ node: text, reason: text, count });

export const ledgerReportSchema = name<LedgerReport>(
  'LedgerReport',
  z.object({
    flow: text,
    flowName: text,
    since: count,
    until: count,
    step: count,
    countedSince: optional(count),
    at: count,
    versions: z.array(count),
    balance: z.object({
      in: count,
      copies: count,
      resent: count,
      delivered: count,
      filtered: count,
      dead: count,
      parked: count,
      waiting: count,
      unexplained: count,
    }),
    sinks: z.array(z.object({ sink: text, sent: count, delivered: count, parked: count, waiting: count, resent: count })),
    filtered: z.array(reason),
    dead: z.array(reason),
    points: z.array(z.object({ at: count, in: count, delivered: count, filtered: count, dead: count })),
    gaps: z.array(ledgerGapSchema),
    names: z.record(text, text),
  }),
);

export const filteredSamplesSchema = name<FilteredSamples>(
  'FilteredSamples',
  z.object({
    node: text,
    reason: text,
    samples: z.array(z.object({ at: count, origin: text, key: text.nullable(), value: text, truncated: z.boolean() })),
  }),
);
