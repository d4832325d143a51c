import { z } from 'zod';
import { gateOverrideSchema, gateSchema } from '#shared/gate-schemas.ts';
import type { AppDeps } from './deps.ts';
import { gateOf } from './gate.ts';
import { Refusal } from './refusal.ts';
import { json, type Route } from './route.ts';

const tag = 'Running';

/** What must hold before a draft goes live, who approved it, and what was deployed against the gate. */
export function gateRoutes(deps: AppDeps): Route[] {
  const { store } = deps;
  return [
    json({
      method: 'get',
      path: '/api/flows/:id/gate',
      role: 'viewer',
      tag,
      summary: 'How the draft stands before the gate of this environment. Looks at what is kept; runs nothing.',
      response: { status: 200, description: 'Each part with its verdict.', schema: gateSchema },
      errors: [404],
      async handle({ params }) {
        const { flow } = await store.flows.get(params.id);
        return { body: await gateOf(deps, params.id, flow) };
      },
    }),
    json({
      method: 'post',
      path: '/api/flows/:id/approvals',
      role: 'developer',
      tag,
      summary: 'Says that this draft may go live. Counts for its logic as it is now; whoever changed it last cannot approve it.',
      body: z.object({
        comment: z.string().trim().max(1000).default(''),
        /** Of the draft that was looked at; another one is not approved by mistake. */
        hash: z.exactOptional(z.string().regex(/^[0-9a-f]{64}$/)),
      }),
      bodyOptional: true,
      response: { status: 200, description: 'The gate, with the approval.', schema: gateSchema },
      errors: [404, 409, 422],
      async handle({ params, body, who }) {
        const draft = await store.flows.get(params.id);
        if (body.hash !== undefined && body.hash !== draft.hash) {
          throw new Refusal(409, 'approval/stale', 'The draft was changed since you looked at it. Look at it again before you approve it.');
        }
        const editor = draft.logicBy ?? draft.updatedBy;
        if (editor === who.name) {
          throw new Refusal(409, 'approval/own', `${who.name} changed this draft last, so somebody else must approve it.`);
        }
        const checks = (await gateOf(deps, params.id, draft.flow)).sections.find(({ id }) => id === 'checks');
        if (checks?.verdict === 'blocked') {
          throw new Refusal(422, 'approval/problems', `A draft that cannot run cannot be approved. ${checks.sentence}`);
        }
        await store.gate.approve(params.id, draft.hash, who.name, body.comment);
        const detail = `${draft.hash.slice(0, 12)}${body.comment === '' ? '' : `: ${body.comment}`}`;
        await store.audit.add({ who: who.name, action: 'flow/approve', flow: params.id, detail });
        return { body: await gateOf(deps, params.id, draft.flow) };
      },
    }),
    json({
      method: 'delete',
      path: '/api/flows/:id/approvals',
      role: 'developer',
      tag,
      summary: 'Takes your own approval of the draft back.',
      response: { status: 200, description: 'The gate, without the approval.', schema: gateSchema },
      errors: [404],
      async handle({ params, who }) {
        const draft = await store.flows.get(params.id);
        if (!(await store.gate.withdraw(params.id, draft.hash, who.name))) {
          throw new Refusal(404, 'request/unknown', 'You have not approved this draft.');
        }
        await store.audit.add({ who: who.name, action: 'flow/unapprove', flow: params.id, detail: draft.hash.slice(0, 12) });
        return { body: await gateOf(deps, params.id, draft.flow) };
      },
    }),
    json({
      method: 'get',
      path: '/api/flows/:id/overrides',
      role: 'viewer',
      tag,
      summary: 'Deployments that went against the gate, with their reasons; kept for ever.',
      response: { status: 200, description: 'Newest first.', schema: z.array(gateOverrideSchema) },
      errors: [404],
      async handle({ params }) {
        await store.flows.revision(params.id);
        return { body: await store.gate.overrides(params.id) };
      },
    }),
  ];
}
