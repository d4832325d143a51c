import { z } from 'zod';
import type { Deployments } from '#shared/api.ts';
import { deploymentSchema } from '#shared/api-schemas.ts';
import { type Canary, type CanaryStatus, noCounts } from '#shared/canary.ts';
import { overrideRequestSchema } from '#shared/gate-schemas.ts';
import { canaryHandledSchema, canarySchema, canaryStatusSchema, deploymentsSchema, shareSchema } from '#shared/handover-schemas.ts';
import type { Deployer } from './deploy.ts';
import type { AppDeps } from './deps.ts';
import type { Events } from './events.ts';
import { gone } from './gone.ts';
import { asked, Refusal } from './refusal.ts';
import { json, type Route } from './route.ts';

const tag = 'Running';
/** Most deployments and canaries that are looked back on. */
const most = 200;

/** Two versions side by side, and the deployments of a flow with their hand-overs. */
export function canaryRoutes({ store, runtime, handovers, canaryHandled }: AppDeps, events: Events, deployer: Deployer): Route[] {
  /** Tells the browsers that what runs of a flow is another now; its draft is the same. */
  async function tell(id: string): Promise<void> {
    events.publish({ type: 'flow-changed', flow: id, revision: await store.flows.revision(id) });
  }

  function statusOf(canary: Canary): CanaryStatus {
    const running = runtime.status(canary.flow)?.canary;
    const { counts, countedAt } =
      running?.since === canary.since ? running : { counts: { base: noCounts, canary: noCounts }, countedAt: 0 };
    return { ...canary, counts, countedAt };
  }

  return [
    json({
      method: 'get',
      path: '/api/flows/:id/deployments',
      role: 'viewer',
      tag,
      summary: 'What was deployed when and by whom, with what each version really processed around the change.',
      response: { status: 200, description: 'Deployments, newest first.', schema: deploymentsSchema },
      errors: [404],
      async handle({ params: { id } }) {
        await store.flows.revision(id);
        const [history, reports, overrides, canaries] = await Promise.all([
          store.deployments.history(id, most),
          store.handovers.list(id, most * 2),
          store.gate.overrides(id),
          store.canaries.list(id, most),
        ]);
        const all = reports.map((one) => ({ ...one, handover: handovers.current(one.handover.id) ?? one.handover }));
        const body: Deployments = {
          running: history[0]?.desired === 'running',
          deployments: history.map(({ version, deployedAt, deployedBy, replaced, topicsCreated }, at) => {
            const override = overrides.find((one) => one.version === version && one.at === deployedAt)?.reason;
            const handover = all.find((one) => one.deployedAt === deployedAt)?.handover;
            return {
              version,
              deployedAt,
              deployedBy,
              ...(replaced !== undefined && { replaced }),
              ...(at > 0 && { until: history[at - 1]?.deployedAt ?? '' }),
              ...(override !== undefined && { override }),
              topicsCreated,
              ...(handover && { handover }),
            };
          }),
          others: all.flatMap(({ handover, deployedAt }) => (deployedAt === undefined ? [handover] : [])),
          canaries,
        };
        return { body };
      },
    }),
    json({
      method: 'get',
      path: '/api/flows/:id/canaries/:canary/handled',
      role: 'viewer',
      tag,
      summary: 'The messages that a canary has processed, by their positions, so that a replay can take exactly those.',
      response: { status: 200, description: 'Positions.', schema: canaryHandledSchema },
      errors: [404, 503],
      async handle({ params, response }) {
        const found = (await store.canaries.list(params.id, most)).find(({ id }) => id === params.canary);
        if (found === undefined) throw new Refusal(404, 'request/unknown', 'This flow has had no such canary.');
        return { body: await asked('kafka/refused', canaryHandled(found, gone(response))) };
      },
    }),
    json({
      method: 'get',
      path: '/api/flows/:id/canary',
      role: 'viewer',
      tag,
      summary: 'The canary that runs and how both versions do; null when there is none.',
      response: { status: 200, description: 'The canary.', schema: canaryStatusSchema.nullable() },
      errors: [404],
      async handle({ params: { id } }) {
        await store.flows.revision(id);
        const trial = await store.canaries.running(id);
        return { body: trial ? statusOf(trial.canary) : null };
      },
    }),
    json({
      method: 'post',
      path: '/api/flows/:id/canary',
      role: 'admin',
      tag,
      summary:
        'Lets a version take a share of the messages beside the deployed one, by a stable hash of the key; without a version, the draft. Refused where the two cannot share sources, sinks or topics.',
      body: z.object({
        version: z.exactOptional(z.number().int().min(1)),
        share: shareSchema,
        override: z.exactOptional(overrideRequestSchema),
      }),
      response: { status: 200, description: 'The canary; it runs.', schema: canaryStatusSchema },
      errors: [404, 409, 422, 503],
      async handle({ params, body, who }) {
        const canary = await deployer.canary(params.id, body.version, body.share, who.name, body.override?.reason);
        await tell(params.id);
        return { body: statusOf(canary) };
      },
    }),
    json({
      method: 'put',
      path: '/api/flows/:id/canary',
      role: 'admin',
      tag,
      summary: 'Changes the share of the canary at once. A larger share keeps the keys of the smaller one.',
      body: z.object({ share: shareSchema }),
      response: { status: 200, description: 'The canary.', schema: canaryStatusSchema },
      errors: [404, 409],
      async handle({ params, body, who }) {
        const canary = await deployer.shareCanary(params.id, body.share, who.name);
        await tell(params.id);
        return { body: statusOf(canary) };
      },
    }),
    json({
      method: 'post',
      path: '/api/flows/:id/canary/promote',
      role: 'admin',
      tag,
      summary: 'The canary takes over the rest: its version is deployed.',
      body: z.object({ override: z.exactOptional(overrideRequestSchema) }),
      bodyOptional: true,
      response: { status: 200, description: 'The deployment; the flow runs.', schema: deploymentSchema },
      errors: [404, 409, 422, 503],
      async handle({ params, body, who }) {
        const deployment = await deployer.promoteCanary(params.id, who.name, body.override?.reason);
        await tell(params.id);
        return { body: deployment };
      },
    }),
    json({
      method: 'post',
      path: '/api/flows/:id/canary/rollback',
      role: 'admin',
      tag,
      summary: 'All messages go to the deployed version again, at once; nothing is restarted.',
      response: { status: 200, description: 'The canary, which has ended.', schema: canarySchema },
      errors: [404, 409],
      async handle({ params, who }) {
        const canary = await deployer.rollBackCanary(params.id, who.name);
        await tell(params.id);
        return { body: canary };
      },
    }),
  ];
}
