import { z } from 'zod';
import type { ParkedKey } from '#shared/parked.ts';
import { parkedKeySchema, releaseRequestSchema } from '#shared/parked-schemas.ts';
import { createMasker, type Masker } from '#shared/sample-masks.ts';
import type { AppDeps } from './deps.ts';
import { asked, Refusal } from './refusal.ts';
import { json, type Route } from './route.ts';

const tag = 'Looking inside';

/** Keys that wait at a sink for a person, and letting them go. */
export function parkedRoutes({ store, parked }: AppDeps): Route[] {
  async function listOf(id: string): Promise<ParkedKey[]> {
    await store.flows.revision(id);
    const current = await store.deployments.current(id);
    return current === undefined ? [] : asked('kafka/refused', parked.list(current.plan));
  }
  const maskerOf = async (id: string) => createMasker((await store.samples.masks(id)).masks);

  return [
    json({
      method: 'get',
      path: '/api/flows/:id/parked',
      role: 'viewer',
      tag,
      summary: 'Keys that wait at a sink because a message of theirs failed, the oldest first; keys are masked as samples are.',
      response: { status: 200, description: 'Parked keys.', schema: z.array(parkedKeySchema) },
      errors: [404, 503],
      async handle({ params }) {
        const masker = await maskerOf(params.id);
        return { body: (await listOf(params.id)).map((one) => masked(one, masker)) };
      },
    }),
    json({
      method: 'post',
      path: '/api/flows/:id/parked/release',
      role: 'analyst',
      tag,
      summary:
        'Releases a key: the message that failed is tried again or dropped, then those behind it are delivered in order, then what comes. Done by the flow; see the list for how far it is.',
      body: releaseRequestSchema,
      response: { status: 202, description: 'The key as it stood when its release was ordered.', schema: parkedKeySchema },
      errors: [404, 409, 503],
      async handle({ params, body, who }) {
        const current = await store.deployments.current(params.id);
        const masker = await maskerOf(params.id);
        const all = (await listOf(params.id)).filter(({ sink }) => sink === body.sink);
        const found = all.filter((one) =>
          body.failed !== undefined
            ? one.failed === body.failed
            : body.key !== undefined && [one.key, masked(one, masker).key].includes(body.key),
        );
        const [key] = found;
        if (key === undefined || current === undefined) {
          throw new Refusal(409, 'parked/gone', 'This key is not parked there any more: somebody has released it. Nothing was done.');
        }
        if (found.length > 1) {
          throw new Refusal(
            409,
            'parked/many',
            'Several parked keys look like this one, because a mask hides them. Name the failed message.',
          );
        }
        if (current.desired !== 'running') {
          throw new Refusal(409, 'flow/stopped', 'This flow does not run. Deploy it, then release the key.');
        }
        await asked('parked/refused', parked.release(current.plan, key, body.first, who.name));
        const shown = masked(key, masker);
        const what = body.first === 'retry' ? 'its failed message is tried again' : 'its failed message is dropped';
        await store.audit.add({
          who: who.name,
          action: 'parked/release',
          flow: params.id,
          detail: `${key.sink}: key “${shown.key.slice(0, 200)}” with ${key.count} waiting, parked at ${key.failed}; ${what}`,
        });
        return { status: 202, body: shown };
      },
    }),
  ];
}

/** The key as the flow's masks let it be seen. */
function masked(parked: ParkedKey, masker: Masker): ParkedKey {
  const { key } = masker({ key: { text: parked.key, encoding: parked.encoding }, headers: {}, timestamp: null, value: null }).message;
  return key === null ? parked : { ...parked, key: key.text, encoding: key.encoding };
}
