import { z } from 'zod';
import { compareRequestSchema, comparisonSchema, decisionRequestSchema } from '#shared/comparison-schemas.ts';
import type { AppDeps } from './deps.ts';
import type { Events } from './events.ts';
import { asked } from './refusal.ts';
import { json, type Route } from './route.ts';

const tag = 'What would change';

/** The draft against the deployed version over real messages: start, look, stop, decide. Nothing is ever written to Kafka. */
export function comparisonRoutes({ store, comparisons }: AppDeps, events: Events): Route[] {
  const tell = async (id: string): Promise<void> => {
    events.publish({ type: 'flow-changed', flow: id, revision: await store.flows.revision(id) });
  };
  return [
    json({
      method: 'get',
      path: '/api/flows/:id/comparison',
      role: 'viewer',
      tag,
      summary: 'The comparison that counts for the draft, with how far it is; or the one that a version was deployed with.',
      query: z.object({ version: z.coerce.number().int().min(1).optional() }),
      response: { status: 200, description: 'The comparison; null where there is none.', schema: comparisonSchema.nullable() },
      errors: [404],
      async handle({ params, query }) {
        await store.flows.revision(params.id);
        const { version } = query;
        const found = version === undefined ? await comparisons.latest(params.id) : await store.comparisons.ofVersion(params.id, version);
        return { body: found ?? null };
      },
    }),
    json({
      method: 'post',
      path: '/api/flows/:id/comparison',
      role: 'analyst',
      tag,
      summary:
        'Runs the draft and the deployed version over real messages. Joins no group, commits nothing, calls nothing, writes nothing.',
      body: compareRequestSchema,
      bodyOptional: true,
      response: { status: 201, description: 'The run; it goes on while state is running.', schema: comparisonSchema },
      errors: [404, 409, 503],
      async handle({ params, body, who }) {
        return { status: 201, body: await asked('comparison/refused', comparisons.start(params.id, body.scope, who.name)) };
      },
    }),
    json({
      method: 'get',
      path: '/api/flows/:id/comparison/:run',
      role: 'viewer',
      tag,
      summary: 'One comparison: how far it is, or its report.',
      response: { status: 200, description: 'The comparison.', schema: comparisonSchema },
      errors: [404],
      async handle({ params }) {
        return { body: await comparisons.get(params.id, params.run) };
      },
    }),
    json({
      method: 'delete',
      path: '/api/flows/:id/comparison/:run',
      role: 'analyst',
      tag,
      summary: 'Stops a run; what it has until then stays as its report.',
      response: { status: 200, description: 'The comparison.', schema: comparisonSchema },
      errors: [404],
      async handle({ params }) {
        return { body: await comparisons.stop(params.id, params.run) };
      },
    }),
    json({
      method: 'put',
      path: '/api/flows/:id/comparison/:run/groups/:signature',
      role: 'analyst',
      tag,
      summary: 'Calls a group of differences expected, with a note, or takes that back.',
      body: decisionRequestSchema,
      response: { status: 200, description: 'The comparison.', schema: comparisonSchema },
      errors: [404],
      async handle({ params, body, who }) {
        const { id, run, signature } = params;
        const comparison = await comparisons.decide(id, run, signature, body.expected, body.note, who.name);
        const group = comparison.groups.find((one) => one.signature === signature);
        const what = [group?.class, group?.sink, group?.places.join(', '), group?.node].filter((part) => part).join(' ');
        const action = body.expected ? 'comparison/expected' : 'comparison/not-expected';
        await store.audit.add({
          who: who.name,
          action,
          flow: id,
          detail: [what, body.note]
            .filter((part) => part !== '')
            .join(': ')
            .slice(0, 500),
        });
        await tell(id);
        return { body: comparison };
      },
    }),
  ];
}
