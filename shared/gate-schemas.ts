import { z } from 'zod';
import { name } from './api-schemas.ts';
import { environments, type Gate, type GateOverride, gateSections } from './gate.ts';

/** The shapes of `gate.ts` as schemas, for requests, the OpenAPI document and tests; see `api-schemas.ts`. */

const optional = z.exactOptional;
const text = z.string();
const sectionId = z.enum(gateSections);

export const gateSchema = name<Gate>(
  'Gate',
  z.object({
    environment: z.enum(environments),
    hash: text,
    sections: z.array(
      z.object({
        id: sectionId,
        rule: z.enum(['required', 'shown', 'off']),
        verdict: z.enum(['ok', 'warning', 'blocked', 'not-needed']),
        sentence: text,
        figures: z.array(z.object({ label: text, value: text })),
        details: z.array(z.object({ text, node: optional(text), port: optional(text), test: optional(text) })),
      }),
    ),
    approvals: z.array(z.object({ by: text, at: text, comment: text })),
    editedBy: optional(text),
    blocked: z.boolean(),
  }),
);

export const gateOverrideSchema = name<GateOverride>(
  'GateOverride',
  z.object({
    version: z.number().int(),
    at: text,
    by: text,
    reason: text,
    environment: z.enum(environments),
    blocked: z.array(z.object({ id: sectionId, sentence: text })),
  }),
);

/** An admin's word that a deploy goes ahead although the gate blocks it. */
export const overrideRequestSchema = z.object({ reason: text.trim().min(10, 'say why, in at least ten characters').max(1000) });
