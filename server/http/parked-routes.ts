import { z } from 'zod';
import { nodeName } from '#shared/node-name.ts';
import { mostReleased, type ParkedKey, type ShownParkedKey } from '#shared/parked.ts';
import { parkedKeySchema, releaseAllSchema, releaseRequestSchema, releaseRunSchema } from '#shared/parked-schemas.ts';
import type { Plan } from '#shared/plan.ts';
import { createMasker, type Masker } from '#shared/sample-masks.ts';
import type { StoredDeployment } from '../store/deployments.ts';
import type { AppDeps } from './deps.ts';
import { asked, Refusal } from './refusal.ts';
import { json, type Route } from './route.ts';

const tag = 'Looking inside';

/** Keys that wait at a sink for a person, and letting them go. */
export function parkedRoutes({ store, parked, releases, catalog }: AppDeps): Route[] {
  async function listOf(id: string): Promise<ParkedKey[]> {
    await store.flows.revision(id);
    const current = await store.deployments.current(id);
    return current === undefined ? [] : asked('kafka/refused', parked.list(current.plan));
  }
  const sinkNamesOf = (plan: Plan | undefined): ((sink: string) => string) => {
    const names = new Map(
      plan?.stages.flatMap((stage) => (stage.kind === 'deliver' ? [[stage.node.id, nodeName(stage.node, catalog.types)] as const] : [])),
    );
    return (sink) => names.get(sink) ?? sink;
  };
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
        const keys = await listOf(params.id);
        const sinkName = sinkNamesOf((await store.deployments.current(params.id))?.plan);
        return { body: keys.map((one) => shown(one, masker, sinkName)) };
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
            : body.key !== undefined && [one.key, masked(one, masker)].includes(body.key),
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
        mustRun(current);
        await asked('parked/refused', parked.release(current.plan, key, body.first, who.name));
        const view = shown(key, masker, sinkNamesOf(current.plan));
        const what = body.first === 'retry' ? 'its failed message is tried again' : 'its failed message is dropped';
        await store.audit.add({
          who: who.name,
          action: 'parked/release',
          flow: params.id,
          detail: `${key.sink}: key “${view.key.slice(0, 200)}” with ${key.count} waiting, parked at ${key.failed}; ${what}`,
        });
        return { status: 202, body: view };
      },
    }),
    json({
      method: 'post',
      path: '/api/flows/:id/parked/release-all',
      role: 'analyst',
      tag,
      summary:
        'Releases all keys that are parked at a sink now, the oldest first, some at a time and each in its order. Stops after five keys in a row that fail again.',
      body: releaseAllSchema,
      response: { status: 202, description: 'The run as it begins.', schema: releaseRunSchema },
      errors: [404, 409, 503],
      async handle({ params, body: { sink, first, keys: seen }, who }) {
        const keys = (await listOf(params.id)).filter((one) => one.sink === sink);
        const current = await store.deployments.current(params.id);
        if (keys.length === 0 || current === undefined) {
          throw new Refusal(409, 'parked/gone', 'No key is parked there any more: somebody has released them. Nothing was done.');
        }
        if (keys.length > seen) {
          const more = `${keys.length} keys are parked there now, more than the ${seen} that you were shown. Look at the list again, then release them.`;
          throw new Refusal(409, 'parked/more', more);
        }
        mustRun(current);
        const sinkName = sinkNamesOf(current.plan)(sink);
        const run = await releases.start(params.id, { sink, sinkName, first, who: who.name }, keys.slice(0, mostReleased));
        if (run === undefined) {
          throw new Refusal(409, 'parked/running', `All keys of “${sinkName}” are being released already. Wait for the end, or stop it.`);
        }
        const what = first === 'retry' ? 'failed messages are tried again' : 'failed messages are dropped';
        await store.audit.add({
          who: who.name,
          action: 'parked/release-all',
          flow: params.id,
          detail: `${sink}: ${run.keys} keys with ${run.messages} messages; ${what}`,
        });
        return { status: 202, body: run };
      },
    }),
    json({
      method: 'post',
      path: '/api/flows/:id/parked/release-all/stop',
      role: 'analyst',
      tag,
      summary: 'Releases no further key of a sink. Those that were ordered before go on.',
      body: z.object({ sink: z.string().min(1).max(60) }),
      response: { status: 200, description: 'The run as it ended.', schema: releaseRunSchema },
      errors: [404, 409],
      async handle({ params, body, who }) {
        await store.flows.revision(params.id);
        const run = await releases.stop(params.id, body.sink, who.name);
        if (run === undefined) throw new Refusal(409, 'parked/over', 'No release of all keys runs there. It has ended already.');
        const detail = `${body.sink}: stopped after ${run.through} of ${run.keys} keys, ${run.failed} failed again`;
        await store.audit.add({ who: who.name, action: 'parked/release-all-stop', flow: params.id, detail });
        return { body: run };
      },
    }),
    json({
      method: 'get',
      path: '/api/flows/:id/parked/releases',
      role: 'viewer',
      tag,
      summary: 'The newest release of all keys of each sink, and how far it is or how it ended. It goes on after a restart of the server.',
      response: { status: 200, description: 'Runs.', schema: z.array(releaseRunSchema) },
      errors: [404],
      async handle({ params }) {
        await store.flows.revision(params.id);
        return { body: await releases.list(params.id) };
      },
    }),
  ];
}

/** @throws Refusal for a flow that nobody runs */
function mustRun({ desired }: StoredDeployment): void {
  if (desired !== 'running') throw new Refusal(409, 'flow/stopped', 'This flow does not run. Deploy it, then release the key.');
}

/** The key as the flow's masks let it be seen. */
function masked(parked: ParkedKey, masker: Masker): string {
  return maskedKey(parked, masker)?.text ?? parked.key;
}

function shown(parked: ParkedKey, masker: Masker, sinkName: (sink: string) => string): ShownParkedKey {
  const key = maskedKey(parked, masker);
  return { ...parked, ...(key && { key: key.text, encoding: key.encoding }), sinkName: sinkName(parked.sink) };
}

function maskedKey({ key, encoding }: ParkedKey, masker: Masker) {
  return masker({ key: { text: key, encoding }, headers: {}, timestamp: null, value: null }).message.key;
}
