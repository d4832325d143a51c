import { z } from 'zod';
import { admits } from '#shared/api.ts';
import { canonicalJson } from '#shared/canonical.ts';
import type { Flow } from '#shared/flow.ts';
import { parseJson } from '#shared/json.ts';
import type { Plan, PlanNode } from '#shared/plan.ts';
import { createMasker } from '#shared/sample-masks.ts';
import type { TrialRequest, TrialResult } from '#shared/trial.ts';
import { recordingInfoSchema, trialRequestSchema, trialResultSchema } from '#shared/trial-schemas.ts';
import type { TriedSample } from '../try/tries.ts';
import type { AppDeps } from './deps.ts';
import { readDocument } from './flow-routes.ts';
import { asked } from './refusal.ts';
import { json, type Route, type Who } from './route.ts';
import { untilClosed } from './sample-find.ts';

/** Most bytes of a request: a flow, and messages of some megabytes. */
const tryLimit = 10 * 1024 * 1024;
/** The least role whose calls in a Try may really be made, where they only read. */
const callRole = 'developer';

const tag = 'Trying';

/** Trying a flow over samples: nothing is written, nothing is committed. */
export function tryRoutes(deps: AppDeps): Route[] {
  const { store } = deps;
  return [
    json({
      method: 'post',
      path: '/api/flows/:id/try',
      role: 'analyst',
      tag,
      summary:
        'Runs samples and messages through the draft, or through a document that is sent along, node by node. Writes nothing, commits nothing; ends when the request is broken off.',
      body: trialRequestSchema,
      bodyLimit: tryLimit,
      response: { status: 200, description: 'What came to every node, and what became of it.', schema: trialResultSchema },
      errors: [404, 409, 422, 503],
      async handle({ params, body, text, who, response }) {
        const stored = await store.flows.get(params.id);
        const flow = body.flow === undefined ? stored.flow : { ...readDocument(body.flow), id: params.id };
        // Once more from the text, because JSON.parse rounds long numbers and a message must keep its digits.
        const { flow: _flow, ...request } = trialRequestSchema.parse(parseJson(text)) as TrialRequest;
        const result = await untilClosed(response, (signal) => tryFlow(deps, flow, request, who, signal));
        return result === undefined ? {} : { body: result };
      },
    }),
    json({
      method: 'get',
      path: '/api/flows/:id/recordings',
      role: 'viewer',
      tag,
      summary: 'The calls to the outside whose answers are recorded for Tries, newest first; without the answers.',
      response: { status: 200, description: 'Recorded calls.', schema: z.array(recordingInfoSchema) },
      errors: [404],
      async handle({ params }) {
        await store.flows.revision(params.id);
        return { body: await store.recordings.infos(params.id) };
      },
    }),
    json({
      method: 'delete',
      path: '/api/flows/:id/recordings',
      role: 'analyst',
      tag,
      summary: 'Forgets recorded answers: those of a node, or all.',
      query: z.object({ node: z.exactOptional(z.string().min(1)) }),
      response: { status: 204, description: 'Forgotten.' },
      errors: [404],
      async handle({ params, query, who }) {
        await store.flows.revision(params.id);
        const count = await store.recordings.remove(params.id, query.node);
        await store.audit.add({ who: who.name, action: 'try/forget', flow: params.id, detail: `${count} recorded answers` });
        return {};
      },
    }),
  ];
}

async function tryFlow(
  { store, tries }: AppDeps,
  flow: Flow,
  { samples: ids = [], ...request }: Omit<TrialRequest, 'flow'>,
  who: Who,
  signal: AbortSignal,
): Promise<TrialResult> {
  const samples: TriedSample[] = [];
  for (const id of ids) samples.push(await store.samples.get(flow.id, id));
  // Also what was recorded before these masks were set.
  const mask = createMasker((await store.samples.masks(flow.id)).masks);
  const recordings = (await store.recordings.list(flow.id)).map((one) => ({ ...one, answer: masked(one.answer, mask) }));
  const running = (await store.deployments.current(flow.id))?.plan;
  const { result, recorded } = await asked(
    'try/refused',
    tries.run(
      {
        flow,
        request,
        samples,
        recordings,
        mayCall: (node, open) => admits(callRole, who.role) || (open && standsIn(running, node)),
        secrets: () => store.secrets.reveal(),
      },
      signal,
    ),
  );
  if (recorded.length > 0) {
    const kept = recorded.map((recording) => ({ ...recording, answer: masked(recording.answer, mask) }));
    const count = await store.recordings.add(flow.id, kept, who.name);
    const called = [...new Set(recorded.map(({ node }) => node))].join(', ');
    const detail = `${recorded.length} calls of ${called} in a Try; ${count} answers recorded`;
    await store.audit.add({ who: who.name, action: 'try/call', flow: flow.id, detail: detail.slice(0, 500) });
  }
  return result;
}

/** The answer as a sample would be stored. */
function masked(answer: string, mask: ReturnType<typeof createMasker>): string {
  const { message } = mask({ key: null, headers: {}, timestamp: null, value: { text: answer, encoding: 'utf8' } });
  return message.value?.text ?? 'null';
}

/** Whether the version that runs has this very node: then somebody who may deploy has seen where it calls. */
function standsIn(plan: Plan | undefined, node: PlanNode): boolean {
  const stage = plan?.stages.find(({ kind }) => kind === 'transform');
  if (stage?.kind !== 'transform') return false;
  return stage.nodes.some(
    (one) => one.id === node.id && one.type === node.type && canonicalJson(one.config) === canonicalJson(node.config),
  );
}
