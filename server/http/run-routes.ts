import { z } from 'zod';
import {
  deadLetterSchema,
  deploymentSchema,
  deployPreviewSchema,
  flowStatusSchema,
  sampleSchema,
  topicSummarySchema,
} from '#shared/api-schemas.ts';
import { overrideRequestSchema } from '#shared/gate-schemas.ts';
import { stageName } from '#shared/stage-name.ts';
import type { Deployer } from './deploy.ts';
import type { AppDeps } from './deps.ts';
import type { Events } from './events.ts';
import { idleStatus } from './flow-status.ts';
import { asked, Refusal } from './refusal.ts';
import { json, type Route } from './route.ts';

const limitQuery = z.object({ limit: z.coerce.number().int().min(1).max(1000).default(200) });
const runTag = 'Running';
const lookTag = 'Looking inside';

/** Deploying, and looking at what runs. */
export function runRoutes({ store, runtime, catalog: { types } }: AppDeps, events: Events, deployer: Deployer): Route[] {
  /** Refuses a flow that does not exist. */
  const mustExist = (id: string): Promise<unknown> => store.flows.revision(id);

  /** Tells the browsers that the deployment of a flow is another now; its draft is the same. */
  async function tell(id: string): Promise<void> {
    events.publish({ type: 'flow-changed', flow: id, revision: await store.flows.revision(id) });
  }

  async function statusOf(id: string) {
    return runtime.status(id) ?? idleStatus(id, await store.deployments.current(id));
  }

  function pausing(action: 'pause' | 'resume'): Route {
    return json({
      method: 'post',
      path: `/api/flows/:id/stages/:stage/${action}`,
      role: 'admin',
      tag: runTag,
      summary: action === 'pause' ? 'Pauses one stage; what comes in waits in its topic.' : 'Lets a paused stage go on where it stopped.',
      response: { status: 200, description: 'The status of the flow.', schema: flowStatusSchema },
      errors: [404, 409],
      async handle({ params, who }) {
        const { id, stage } = params as { id: string; stage: string };
        await mustExist(id);
        const current = await store.deployments.current(id);
        if (current?.desired !== 'running')
          throw new Refusal(409, 'flow/stopped', 'This flow does not run, so none of its stages can be paused.');
        if (!current.plan.stages.some((one) => one.id === stage)) {
          throw new Refusal(404, 'request/unknown', `The running version of this flow has no stage "${stage}".`);
        }
        await asked('stage/refused', runtime.setPaused(id, stage, action === 'pause'));
        await store.audit.add({ who: who.name, action: `stage/${action}`, flow: id, detail: stage });
        const name = stageName(
          current.plan.stages.find((one) => one.id === stage),
          types,
        );
        const sentence = `${who.name} ${action === 'pause' ? 'paused' : 'resumed'} ${name}.`;
        await store.flowEvents.add({ flow: id, at: Date.now(), kind: action, sentence, who: who.name, version: current.version });
        return { body: await statusOf(id) };
      },
    });
  }

  return [
    json({
      method: 'post',
      path: '/api/flows/:id/preview',
      role: 'viewer',
      tag: runTag,
      summary: 'What deploying the draft would do.',
      response: { status: 200, description: 'The preview.', schema: deployPreviewSchema },
      errors: [404, 503],
      async handle({ params }) {
        return { body: await deployer.preview(params.id) };
      },
    }),
    json({
      method: 'post',
      path: '/api/flows/:id/deploy',
      role: 'admin',
      tag: runTag,
      summary:
        'Makes a version live; without one, the draft, which is published when its logic is new. What the gate blocks is refused with 409, unless it is overridden with a reason, which is kept for ever.',
      body: z.object({ version: z.exactOptional(z.number().int().min(1)), override: z.exactOptional(overrideRequestSchema) }),
      bodyOptional: true,
      response: { status: 200, description: 'The deployment; the flow runs.', schema: deploymentSchema },
      errors: [404, 409, 422, 503],
      async handle({ params, body, who }) {
        const deployment = await deployer.deploy(params.id, body.version, who.name, body.override?.reason);
        await tell(params.id);
        return { body: deployment };
      },
    }),
    json({
      method: 'post',
      path: '/api/flows/:id/stop',
      role: 'admin',
      tag: runTag,
      summary: 'Drains and stops the flow. Its topics and positions stay.',
      response: { status: 200, description: 'The status; the flow has stopped.', schema: flowStatusSchema },
      errors: [404],
      async handle({ params, who }) {
        const status = await deployer.stop(params.id, who.name);
        await tell(params.id);
        return { body: status };
      },
    }),
    pausing('pause'),
    pausing('resume'),
    json({
      method: 'get',
      path: '/api/flows/:id/status',
      role: 'viewer',
      tag: runTag,
      summary: 'State, counts per node, lag per stage, ledger balance.',
      response: { status: 200, description: 'The status.', schema: flowStatusSchema },
      errors: [404],
      async handle({ params }) {
        await mustExist(params.id);
        return { body: await statusOf(params.id) };
      },
    }),
    json({
      method: 'get',
      path: '/api/flows/:id/tap',
      role: 'viewer',
      tag: lookTag,
      summary: 'The last messages seen at a port, newest first; none when the flow does not run.',
      query: z.object({ node: z.string().min(1), port: z.string().min(1) }),
      response: { status: 200, description: 'Samples.', schema: z.array(sampleSchema) },
      errors: [404],
      async handle({ params, query }) {
        await mustExist(params.id);
        return { body: await asked('tap/refused', runtime.samples(params.id, query.node, query.port)) };
      },
    }),
    json({
      method: 'get',
      path: '/api/flows/:id/dead-letters',
      role: 'viewer',
      tag: lookTag,
      summary: 'Messages that could not be processed, newest first.',
      query: limitQuery,
      response: { status: 200, description: 'Dead letters.', schema: z.array(deadLetterSchema) },
      errors: [404, 503],
      async handle({ params, query }) {
        await mustExist(params.id);
        return { body: await asked('kafka/refused', runtime.deadLetters(params.id, query.limit)) };
      },
    }),
    json({
      method: 'get',
      path: '/api/topics',
      role: 'viewer',
      tag: lookTag,
      summary: 'The topics in Kafka.',
      response: { status: 200, description: 'Topics.', schema: z.array(topicSummarySchema) },
      errors: [503],
      async handle() {
        return { body: await asked('kafka/refused', runtime.topics()) };
      },
    }),
  ];
}
