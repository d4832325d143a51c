import { z } from 'zod';
import type { FlowRecord } from '#shared/api.ts';
import { flowRecordSchema, flowSummarySchema, problemSchema } from '#shared/api-schemas.ts';
import { upgradeFlow } from '#shared/document.ts';
import { type Flow, flowSchema } from '#shared/flow.ts';
import { parseJson } from '#shared/json.ts';
import { problemsOf } from '../compile.ts';
import type { StoredFlow } from '../store/flows.ts';
import type { Deployer } from './deploy.ts';
import type { AppDeps } from './deps.ts';
import type { Events } from './events.ts';
import { idleStatus } from './flow-status.ts';
import { Refusal } from './refusal.ts';
import { type Answer, json, type Route } from './route.ts';

/** Most bytes of a flow document. */
export const flowLimit = 2 * 1024 * 1024;
const tag = 'Flows';

/** Drafts: list, make, read, save, delete, check. */
export function flowRoutes({ store, runtime, catalog }: AppDeps, events: Events, deployer: Deployer): Route[] {
  return [
    json({
      method: 'get',
      path: '/api/flows',
      role: 'viewer',
      tag,
      summary: 'All flows with their health.',
      response: { status: 200, description: 'By name.', schema: z.array(flowSummarySchema) },
      async handle() {
        const [flows, deployments] = await Promise.all([store.flows.list(), store.deployments.all()]);
        const deployed = new Map(deployments.map((deployment) => [deployment.flow, deployment]));
        return { body: flows.map((flow) => ({ ...flow, status: runtime.status(flow.id) ?? idleStatus(flow.id, deployed.get(flow.id)) })) };
      },
    }),
    json({
      method: 'post',
      path: '/api/flows',
      role: 'analyst',
      tag,
      summary: 'Makes a flow of a document. Its id must be free.',
      body: anyFlow,
      bodyLimit: flowLimit,
      response: { status: 201, description: 'The draft.', schema: flowRecordSchema },
      errors: [409],
      async handle({ text, who }) {
        const stored = await store.flows.create(readDocument(parseJson(text)), who.name);
        await store.audit.add({ who: who.name, action: 'flow/create', flow: stored.flow.id, detail: stored.flow.name });
        events.publish({ type: 'flow-changed', flow: stored.flow.id, revision: stored.revision });
        return recordAnswer(stored, 201);
      },
    }),
    json({
      method: 'get',
      path: '/api/flows/:id',
      role: 'viewer',
      tag,
      summary: 'The draft of a flow; its revision is also the ETag.',
      response: { status: 200, description: 'The draft.', schema: flowRecordSchema },
      errors: [404],
      async handle({ params }) {
        return recordAnswer(await store.flows.get(params.id), 200);
      },
    }),
    json({
      method: 'put',
      path: '/api/flows/:id',
      role: 'analyst',
      tag,
      summary: 'Saves the draft over the revision that If-Match names.',
      body: anyFlow,
      bodyLimit: flowLimit,
      headers: { 'If-Match': 'The ETag that was read, or * to save over whatever is there (for scripts).' },
      response: { status: 200, description: 'The draft as saved.', schema: flowRecordSchema },
      errors: [404, 412, 428],
      async handle({ params, text, who, request }) {
        // From the text, because JSON.parse rounds long numbers.
        const flow = readDocument(parseJson(text));
        if (flow.id !== params.id) {
          const message = `The document has the id "${flow.id}", the path says "${params.id}". The id of a flow cannot change.`;
          throw new Refusal(400, 'flow/id', message, { problems: [{ code: 'flow/id', severity: 'error', message, field: 'id' }] });
        }
        const stored = await store.flows.save(flow, seenRevision(request.headers['if-match']), who.name);
        await store.audit.add({ who: who.name, action: 'flow/save', flow: flow.id, detail: `revision ${stored.revision}` });
        events.publish({ type: 'flow-changed', flow: flow.id, revision: stored.revision });
        return recordAnswer(stored, 200);
      },
    }),
    json({
      method: 'delete',
      path: '/api/flows/:id',
      role: 'analyst',
      tag,
      summary: 'Deletes a flow that does not run. Its published versions are kept.',
      response: { status: 204, description: 'Deleted.' },
      errors: [404, 409],
      async handle({ params, who }) {
        await deployer.remove(params.id, who.name);
        events.publish({ type: 'flow-removed', flow: params.id });
        return {};
      },
    }),
    json({
      method: 'post',
      path: '/api/flows/:id/check',
      role: 'viewer',
      tag,
      summary: 'Everything that is wrong with the draft.',
      response: {
        status: 200,
        description: 'Errors stop a deploy, warnings do not.',
        schema: z.object({ problems: z.array(problemSchema) }),
      },
      errors: [404],
      async handle({ params }) {
        return { body: { problems: problemsOf((await store.flows.get(params.id)).flow, catalog) } };
      },
    }),
  ];
}

/**
 * The API document shows the schema of a flow; what comes in is read by {@link readDocument}, which knows older formats
 * too, so nothing is refused here.
 */
const anyFlow = z.unknown().meta({ documented: flowSchema });

/** Reads a flow document of any format that is still known; refuses it with the places that are wrong. */
export function readDocument(value: unknown): Flow {
  const { flow, problems } = upgradeFlow(value);
  if (flow) return flow;
  throw new Refusal(400, 'flow/shape', problems.map((problem) => problem.message).join(' '), { problems });
}

/** The revision that If-Match names; undefined for `*`. Refuses a missing one (428) and one that is none of ours (412). */
export function seenRevision(header: string | undefined): number | undefined {
  if (header === undefined) {
    throw new Refusal(
      428,
      'request/if-match',
      'Say which revision you changed: send If-Match with the ETag that you read, or * to save over any.',
    );
  }
  if (header.trim() === '*') return undefined;
  const revision = /^\s*(?:W\/)?"?(\d{1,15})"?\s*$/.exec(header)?.[1];
  if (revision === undefined) {
    throw new Refusal(412, 'request/stale', 'If-Match is not an ETag that was given: send it as it was read, for example "7".');
  }
  return Number(revision);
}

function recordAnswer(stored: StoredFlow, status: number): Answer {
  const { hash, logicBy, ...record } = stored;
  return { status, body: record satisfies FlowRecord, headers: { etag: `"${stored.revision}"` } };
}
