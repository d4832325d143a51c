import { z } from 'zod';
import { name } from './api-schemas.ts';
import type { Standing } from './lineage/standing.ts';
import type { FieldGoes } from './lineage/where.ts';

/** The shapes of `lineage/` that the server answers with; see `api-schemas.ts`. */

const optional = z.exactOptional;
const text = z.string();
const certainty = z.enum(['sure', 'may']);
const how = z.enum(['copy', 'made', 'decides']);
const at = { flow: text, flowName: text, version: z.number(), node: text, nodeName: text, type: text };

export const fieldGoesSchema = name<FieldGoes>(
  'FieldGoes',
  z.object({
    start: z.object({ flow: text, node: optional(text), field: text }),
    uses: z.array(
      z.object({
        ...at,
        what: z.enum(['row', 'decides', 'asks', 'key', 'header']),
        from: text,
        to: text,
        text,
        how,
        certainty,
        why: optional(text),
      }),
    ),
    ends: z.array(
      z.object({
        ...at,
        target: text,
        outside: z.boolean(),
        places: z.array(z.object({ place: text, kind: z.enum(['copy', 'made', 'asked']), certainty, why: optional(text) })),
        certainty,
        readBy: z.array(z.object({ flow: text, flowName: text, node: text })),
      }),
    ),
    topics: z.array(z.object({ topic: text, flow: text, certainty })),
    notes: z.array(text),
  }),
);

export const standingSchema = name<Standing>(
  'Standing',
  z.object({
    flow: text,
    origin: text,
    key: text.nullable(),
    places: z.array(
      z.object({
        kind: z.enum(['topic', 'outside', 'dead-letter', 'sample', 'test']),
        flow: text,
        flowName: text,
        where: text,
        type: optional(text),
        position: optional(text),
        from: optional(text),
        key: optional(text.nullable()),
        at: optional(z.number()),
        sentence: text,
        certainty,
      }),
    ),
    notes: z.array(text),
  }),
);

/** A field of a flow: names with dots; a node, else every source. */
export const fieldQuerySchema = z.object({
  flow: text.min(1).max(60),
  node: optional(text.min(1).max(60)),
  field: text.max(500).default(''),
});

/** A message by where it entered a flow. */
export const standingQuerySchema = z.object({
  origin: text.regex(/^.{1,249}\/\d{1,9}\/\d{1,19}$/, 'an origin is topic/partition/offset'),
});
