import { z } from 'zod';
import { name } from './api-schemas.ts';
import {
  type FindBounds,
  type FindHow,
  type FindReport,
  type FlowMasks,
  type FoundMessage,
  findBounds,
  type SampleBytes,
  type SampleOrigin,
  type SavedSample,
  sampleLimits,
} from './sample.ts';
import type { EdgeCase } from './sample-edge-cases.ts';
import { type Mask, maskKinds, maskSteps } from './sample-masks.ts';
import { pasteFormats } from './sample-paste.ts';

/** The shapes of `sample.ts` as schemas, for requests, the OpenAPI document and tests; see `api-schemas.ts`. */

const optional = z.exactOptional;
const text = z.string();
const count = z.number();
/** ms since 1970. */
const time = z.number().int().min(0).max(8.64e15);
const offset = text.regex(/^\d{1,18}$/, 'an offset is a whole number, sent as text');

const bytesSchema = name<SampleBytes>('SampleBytes', z.object({ text, encoding: z.enum(['utf8', 'base64']) }));

const originSchema = name<SampleOrigin>(
  'SampleOrigin',
  z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('topic'), position: text }),
    z.object({ kind: z.literal('dead-letter'), position: text, of: text, code: text }),
    z.object({ kind: z.literal('pasted') }),
    z.object({ kind: z.literal('uploaded'), file: optional(text) }),
    z.object({ kind: z.literal('derived'), of: text, edgeCase: text }),
  ]),
);

export const savedSampleSchema = name<SavedSample>(
  'SavedSample',
  z.object({
    id: text,
    name: text,
    origin: originSchema,
    key: bytesSchema.nullable(),
    headers: z.record(text, bytesSchema),
    timestamp: count.nullable(),
    value: optional(bytesSchema.nullable()),
    preview: text,
    size: count,
    masked: count,
    createdAt: text,
    createdBy: text,
  }),
);

export const foundMessageSchema = name<FoundMessage>(
  'FoundMessage',
  z.object({
    position: text,
    timestamp: count,
    key: bytesSchema.nullable(),
    headers: z.record(text, bytesSchema),
    preview: bytesSchema.nullable(),
    truncated: z.boolean(),
    size: count,
    masked: count,
    error: optional(z.object({ code: text, message: text, node: text, of: text })),
  }),
);

export const findReportSchema = name<FindReport>(
  'FindReport',
  z.object({
    topic: text,
    messages: z.array(foundMessageSchema),
    scanned: z.object({
      messages: count,
      bytes: count,
      ms: count,
      partitions: z.array(z.object({ partition: z.number().int(), from: text, to: text })),
      fromTime: optional(count),
      toTime: optional(count),
    }),
    ended: z.enum(['found', 'all', 'messages', 'bytes', 'time']),
    next: optional(z.record(text, text)),
  }),
);

const howSchema: z.ZodType<FindHow> = z.discriminatedUnion('by', [
  z.object({ by: z.literal('newest') }),
  z.object({ by: z.literal('time'), at: time }),
  z.object({ by: z.literal('key'), key: text.max(10_000) }),
  z.object({ by: z.literal('text'), text: text.min(1).max(1000) }),
  z.object({ by: z.literal('offset'), partition: z.number().int().min(0), offset }),
]);

const bound = (of: keyof FindBounds) => z.number().int().min(1).max(findBounds.most[of]).default(findBounds.default[of]);

/** A search: in one topic, in the topic of a node, in the flow's dead letters, or else in the topics of all its sources. */
export const findRequestSchema = z
  .object({
    topic: optional(text.regex(/^[\w.-]{1,249}$/, 'this is no name of a topic')),
    node: optional(text.min(1)),
    deadLetters: optional(z.literal(true)),
    how: howSchema.default({ by: 'newest' }),
    /** Messages wanted of each topic. */
    count: z.number().int().min(1).max(100).default(10),
    since: optional(time),
    until: optional(time),
    before: optional(z.record(text.regex(/^\d{1,9}$/), offset)),
    bounds: z.object({ messages: bound('messages'), bytes: bound('bytes'), ms: bound('ms') }).prefault({}),
  })
  .refine(({ topic, node, deadLetters }) => [topic, node, deadLetters].filter((one) => one !== undefined).length < 2, {
    error: 'name a topic, a node or the dead letters, not several',
  })
  .refine(({ topic, node, deadLetters, before }) => before === undefined || (topic ?? node ?? deadLetters) !== undefined, {
    error: 'going on needs the topic, node or dead letters that the search was in',
    path: ['before'],
  });
export type FindRequest = z.output<typeof findRequestSchema>;
/** The same as it is sent: what has a default may be left out. */
export type FindRequestInput = z.input<typeof findRequestSchema>;

const sampleName = text.trim().min(1).max(200);

/** How samples come in: from positions of topics, as text, or as edge cases of another sample. */
export const takeRequestSchema = z.discriminatedUnion('from', [
  z.object({
    from: z.literal('topic'),
    /** `topic/partition/offset`, as a search has given them. */
    positions: z.array(text.max(300)).min(1).max(100),
  }),
  z.object({
    from: z.enum(['paste', 'upload']),
    format: z.enum([...pasteFormats, 'base64']),
    text,
    /** Each element of a list, or each line, a sample of its own. */
    split: z.boolean().default(false),
    name: optional(sampleName),
    file: optional(text.max(200)),
    key: optional(text.max(10_000).nullable()),
    headers: optional(z.record(text.max(1000), text.max(100_000))),
    timestamp: optional(time),
  }),
  z.object({ from: z.literal('edge-cases'), sample: text, cases: z.array(text.max(2000)).min(1).max(sampleLimits.count) }),
]);
export type TakeRequest = z.output<typeof takeRequestSchema>;
export type TakeRequestInput = z.input<typeof takeRequestSchema>;

/** What was taken, without values; `missing` are positions at which nothing stands any more, or nothing committed. */
export const takeResultSchema = z.object({ samples: z.array(savedSampleSchema), missing: z.array(text) });
export type TakeResult = z.output<typeof takeResultSchema>;

export const renameSchema = z.object({ name: sampleName });

const maskSchema = name<Mask>(
  'Mask',
  z.object({
    in: z.enum(['value', 'header', 'key']),
    path: text.max(500).refine((path) => maskSteps(path) !== undefined, 'write a path such as customer.email, items.card or **.password'),
    kind: z.enum(maskKinds),
  }),
);

export const setMasksSchema = z.object({ masks: z.array(maskSchema).max(sampleLimits.masks) });
const masksFields = { masks: z.array(maskSchema), revision: z.number().int(), default: z.boolean() };
export const flowMasksSchema = name<FlowMasks>('FlowMasks', z.object(masksFields));
/** Masks as they were set; `changed` counts the stored samples in which they masked something. */
export const masksSetSchema = z.object({ ...masksFields, changed: count });

export const edgeCasesSchema = z.object({
  cases: z.array(
    name<EdgeCase>(
      'EdgeCase',
      z.object({
        id: text,
        name: text,
        kind: z.enum([
          'missing',
          'null',
          'empty-text',
          'long-text',
          'empty-list',
          'one-item',
          'single',
          'number-as-text',
          '64-bit',
          'wrong-type',
          'no-value',
        ]),
        path: text,
        value: text.nullable(),
      }),
    ),
  ),
  /** A bound left some out. */
  more: z.boolean(),
});
