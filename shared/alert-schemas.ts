import { z } from 'zod';
import { alertKinds } from './incident.ts';
import { isTimeZone } from './time-zone.ts';

const minutes = z.number().min(0.01).max(43_200);
const share = z.number().min(0).max(1);

const hoursSchema = z.strictObject({
  days: z.array(z.number().int().min(1).max(7)).min(1).max(7),
  from: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'write a time such as 08:00'),
  to: z.string().regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, 'write a time such as 18:00'),
  zone: z.string().max(60).refine(isTimeZone, 'write a time zone such as Europe/Berlin'),
});

/** A condition as it is sent. */
export const conditionSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('ledger-gap') }),
  z.strictObject({ kind: z.literal('dead-letter-rate'), minutes, count: z.number().int().min(1), share }),
  z.strictObject({
    kind: z.literal('filtered-share'),
    minutes,
    points: share,
    atLeast: z.number().int().min(1),
    usualHours: z.number().min(1).max(168),
  }),
  z.strictObject({ kind: z.literal('behind'), minutes }),
  z.strictObject({ kind: z.literal('silent'), minutes, hours: hoursSchema.optional() }),
  z.strictObject({ kind: z.literal('sink-paused'), minutes: z.number().min(0).max(43_200) }),
  z.strictObject({ kind: z.literal('retention'), hours: z.number().min(0.1).max(8760) }),
  z.strictObject({ kind: z.literal('flow-failed'), restarts: z.number().int().min(1).max(100) }),
  z.strictObject({ kind: z.literal('comparison-gaps'), atLeast: z.number().int().min(1), extra: z.boolean().default(false) }),
  z.strictObject({
    kind: z.literal('field-empty'),
    node: z.string().min(1).max(120),
    path: z.string().trim().min(1).max(500),
    minutes,
    share: z.number().min(0.001).max(1),
    atLeast: z.number().int().min(1).max(500),
  }),
]);

/** A rule as an admin sends it. */
export const ruleInputSchema = z.strictObject({
  name: z.string().trim().min(1).max(120),
  flow: z.string().max(120).optional(),
  enabled: z.boolean().default(true),
  condition: conditionSchema,
  channels: z.array(z.string().max(60)).max(50).default([]),
  tellEnd: z.boolean().default(true),
  calmSeconds: z.number().min(0).max(86_400).default(60),
});
export const ruleSchema = ruleInputSchema.extend({ id: z.string(), mutedUntil: z.number().optional() });

const secretName = z.string().max(120);

/** A channel as an admin sends it. */
export const channelInputSchema = z.strictObject({
  name: z.string().trim().min(1).max(120),
  enabled: z.boolean().default(true),
  groupSeconds: z.number().min(0).max(86_400).default(60),
  to: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('webhook'),
      url: z.union([z.literal(''), z.url({ protocol: /^https?$/ }).max(2000)]),
      urlSecret: secretName.optional(),
      secret: secretName.optional(),
    }),
    z.strictObject({ kind: z.literal('email'), addresses: z.array(z.email().max(320)).min(1).max(50) }),
  ]),
});
export const channelSchema = channelInputSchema.extend({
  id: z.string(),
  health: z.object({ sentAt: z.number().optional(), waiting: z.number(), failed: z.number(), lastError: z.string().optional() }),
});

export const muteSchema = z.strictObject({ minutes: z.number().min(0).max(43_200) });

export const incidentSchema = z.object({
  id: z.string(),
  kind: z.enum(alertKinds),
  rule: z.string(),
  flow: z.string(),
  node: z.string().optional(),
  stage: z.string().optional(),
  since: z.number(),
  until: z.number().optional(),
  sentence: z.string(),
  link: z.string(),
  acknowledged: z.object({ at: z.number(), who: z.string() }).optional(),
});

export const incidentQuerySchema = z.object({
  flow: z.string().optional(),
  open: z.enum(['true', 'false']).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(200),
});
