import { z } from 'zod';
import type { Deployments } from './api.ts';
import { name } from './api-schemas.ts';
import type { Canary, CanaryHandled, CanaryStatus } from './canary.ts';
import { handoverSchema } from './handover-schema.ts';

/** Shapes of `canary.ts` and of the deployments in `api.ts`, as in api-schemas.ts. */

const optional = z.exactOptional;
const text = z.string();
const count = z.number();
const counts = z.object({ in: count, copies: count, delivered: count, filtered: count, dead: count });

const canary = {
  id: text,
  flow: text,
  version: z.number().int(),
  base: z.number().int(),
  share: count,
  since: count,
  startedBy: text,
  ended: optional(z.object({ at: count, who: text, how: z.enum(['promoted', 'rolled-back', 'replaced']) })),
};

export const canarySchema = name<Canary>('Canary', z.object(canary));

export const canaryStatusSchema = name<CanaryStatus>(
  'CanaryStatus',
  z.object({ ...canary, counts: z.object({ base: counts, canary: counts }), countedAt: count }),
);

export const canaryHandledSchema = name<CanaryHandled>(
  'CanaryHandled',
  z.object({ messages: count, positions: z.array(text), complete: z.boolean() }),
);

/** More than nothing and at most all of the keys. */
export const shareSchema = z.number().gt(0).max(1);

export const deploymentsSchema = name<Deployments>(
  'Deployments',
  z.object({
    running: z.boolean(),
    deployments: z.array(
      z.object({
        version: z.number().int(),
        deployedAt: text,
        deployedBy: text,
        replaced: optional(z.number().int()),
        until: optional(text),
        override: optional(text),
        topicsCreated: z.array(text),
        handover: optional(handoverSchema),
      }),
    ),
    others: z.array(handoverSchema),
    canaries: z.array(canarySchema),
  }),
);
