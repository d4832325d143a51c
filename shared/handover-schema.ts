import { z } from 'zod';
import { type Handover, handoverStates } from './handover.ts';

const optional = z.exactOptional;
const text = z.string();
const count = z.number();

/** Shape of a hand-over; a file of its own because api-schemas.ts needs it. */
export const handoverSchema: z.ZodType<Handover> = z.object({
  id: text,
  flow: text,
  from: optional(z.number().int()),
  to: z.number().int(),
  state: z.enum(handoverStates),
  who: text,
  at: count,
  drainMs: optional(count),
  startMs: optional(count),
  places: z.array(
    z.object({
      stage: text,
      group: text,
      topic: text,
      partition: z.number().int(),
      barrier: text,
      last: optional(text),
      first: optional(text),
      waiting: count,
      between: optional(count),
      ends: optional(z.boolean()),
    }),
  ),
  share: optional(count),
  handled: optional(z.array(z.object({ stage: text, topic: text, partition: z.number().int(), from: text, to: text }))),
  reason: optional(text),
});
