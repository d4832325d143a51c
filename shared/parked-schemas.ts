import { z } from 'zod';
import { name } from './api-schemas.ts';
import { type ReleaseAllRequest, type ReleaseRequest, type ReleaseRun, releaseFirsts, type ShownParkedKey } from './parked.ts';

/** Shapes of `parked.ts`, as in api-schemas.ts. */

export const parkedKeySchema = name<ShownParkedKey>(
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
    attempts: z.number(),
    releasing: z.boolean(),
    sinkName: z.string(),
  }),
);

export const releaseRequestSchema: z.ZodType<ReleaseRequest> = z.object({
  sink: z.string().min(1).max(60),
  key: z.exactOptional(z.string().max(10_000)),
  failed: z.exactOptional(z.string().max(400)),
  first: z.enum(releaseFirsts),
});

export const releaseAllSchema: z.ZodType<ReleaseAllRequest> = z.object({
  sink: z.string().min(1).max(60),
  first: z.enum(releaseFirsts),
  keys: z.number().int().min(1),
});

export const releaseRunSchema = name<ReleaseRun>(
  'ReleaseRun',
  z.object({
    sink: z.string(),
    sinkName: z.string(),
    first: z.enum(releaseFirsts),
    startedBy: z.string(),
    startedAt: z.number(),
    endedAt: z.exactOptional(z.number()),
    state: z.enum(['running', 'done', 'stopped', 'failed']),
    keys: z.number(),
    messages: z.number(),
    through: z.number(),
    failed: z.number(),
    reason: z.exactOptional(z.string()),
  }),
);
