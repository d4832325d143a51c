import { z } from 'zod';
import { header } from '#shared/message.ts';
import type { ShownResend } from '#shared/resend.ts';
import { resendReportSchema } from '#shared/resend-schemas.ts';
import { createMasker } from '#shared/sample-masks.ts';
import type { AppDeps } from './deps.ts';
import { gone } from './gone.ts';
import { asked } from './refusal.ts';
import { json, type Route } from './route.ts';

const dayMs = 24 * 3_600_000;

/** Messages that a sink was asked for more than once: the first place to look when something is there twice. */
export function resendRoutes({ store, runtime }: AppDeps): Route[] {
  return [
    json({
      method: 'get',
      path: '/api/flows/:id/resends',
      role: 'viewer',
      tag: 'Looking inside',
      summary: 'Messages that a sink was asked for more than once in a period, newest first, and by sink how many it may have twice.',
      query: z.object({
        since: z.exactOptional(z.coerce.number().int().min(0)),
        until: z.exactOptional(z.coerce.number().int().min(0)),
        limit: z.coerce.number().int().min(1).max(500).default(100),
      }),
      response: { status: 200, description: 'Counts by sink, and messages.', schema: resendReportSchema },
      errors: [404, 503],
      async handle({ params, query, response }) {
        await store.flows.revision(params.id);
        const until = query.until ?? Date.now() + 1;
        const since = query.since ?? until - dayMs;
        const found = await store.resends.range(params.id, since, until, query.limit);
        const positions = found.map(({ topic, partition, offset }) => ({ topic, partition, offset }));
        const messages = found.length === 0 ? [] : await asked('kafka/refused', runtime.messagesAt(positions, gone(response)));
        const mask = createMasker((await store.samples.masks(params.id)).masks);
        const byPosition = new Map(messages.map((one) => [one.position, mask(one.message).message]));
        const shown = found.map((resend): ShownResend => {
          const message = byPosition.get(`${resend.topic}/${resend.partition}/${resend.offset}`);
          const origin = message?.headers[header.origin]?.text;
          return { ...resend, key: message?.key?.text ?? null, ...(origin !== undefined && { origin }) };
        });
        return { body: { since, until, sinks: await store.resends.count(params.id, since, until), messages: shown } };
      },
    }),
  ];
}
