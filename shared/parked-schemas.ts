import { z } from 'zod';
import { name } from './api-schemas.ts';
import { type ParkedKey, type ReleaseRequest, releaseFirsts } from './parked.ts';

/** Shapes of `parked.ts`, as in api-schemas.ts. */

export const parkedKeySchema = name<ParkedKey>(
  'ParkedKey',
  z.object({
    sink: z.string(),
    partition: z.number().int(),
    key: z.string(),
    encoding: z.enum(['utf8', 'base64']),
    since: z.number(),
    code: z.string(),
    message: z.string(),
    failed: z.string(),
    origin: z.string(),
    count: z.number(),
  }),
);

export const releaseRequestSchema: z.ZodType<ReleaseRequest> = z.object({
  sink: z.string().min(1).max(60),
  key: z.exactOptional(z.string().max(10_000)),
  failed: z.exactOptional(z.string().max(400)),
  first: z.enum(releaseFirsts),
});
