import { z } from 'zod';
import type { EditGroup, FlowHistory } from '#shared/api.ts';
import { flowHistorySchema, versionInfoSchema } from '#shared/api-schemas.ts';
import { flowSchema } from '#shared/flow.ts';
import type { DraftSave } from '../store/audit.ts';
import type { AppDeps } from './deps.ts';
import type { Events } from './events.ts';
import { Refusal } from './refusal.ts';
import { json, type Route } from './route.ts';

const tag = 'Versions';
/** Most deployments and saves of a draft that a history looks back on. */
const deploymentLimit = 500;
const saveLimit = 5000;

/** Publishing, reading and telling the history of versions. */
export function versionRoutes({ store, compile }: AppDeps, events: Events): Route[] {
  /** Refuses a flow that does not exist. */
  const mustExist = (id: string): Promise<number> => store.flows.revision(id);

  return [
    json({
      method: 'get',
      path: '/api/flows/:id/versions',
      role: 'viewer',
      tag,
      summary: 'Published versions, newest first.',
      response: { status: 200, description: 'Versions.', schema: z.array(versionInfoSchema) },
      errors: [404],
      async handle({ params }) {
        await mustExist(params.id);
        return { body: await store.versions.list(params.id) };
      },
    }),
    json({
      method: 'post',
      path: '/api/flows/:id/versions',
      role: 'analyst',
      tag,
      summary: 'Publishes the draft as the next version. The draft must be one that can run.',
      body: z.object({ note: z.string().max(4000).default('') }),
      bodyOptional: true,
      response: { status: 201, description: 'The version.', schema: versionInfoSchema },
      errors: [404, 422],
      async handle({ params, body, who }) {
        const { flow } = await store.flows.get(params.id);
        const { plan, problems } = compile(flow, 1);
        if (!plan) throw new Refusal(422, 'version/problems', 'A version must be able to run; the draft cannot yet.', { problems });
        const version = await store.versions.publish(flow, who.name, body.note);
        await store.audit.add({ who: who.name, action: 'version/publish', flow: params.id, detail: `version ${version.version}` });
        // Tells the browsers that there is another version; the draft is the same.
        events.publish({ type: 'flow-changed', flow: params.id, revision: await store.flows.revision(params.id) });
        return { status: 201, body: version };
      },
    }),
    json({
      method: 'get',
      path: '/api/flows/:id/versions/:version',
      role: 'viewer',
      tag,
      summary: 'The document of a version, as it was published.',
      response: { status: 200, description: 'The document.', schema: flowSchema },
      errors: [404],
      async handle({ params }) {
        return { body: await store.versions.get(params.id, versionNumber(params.version)) };
      },
    }),
    json({
      method: 'get',
      path: '/api/flows/:id/history',
      role: 'viewer',
      tag,
      summary: 'The versions with who made them live, and who saved the draft how often in between.',
      response: { status: 200, description: 'The history, newest first.', schema: flowHistorySchema },
      errors: [404],
      async handle({ params }) {
        const draft = await store.flows.get(params.id);
        const [versions, deployments, saves, overrides] = await Promise.all([
          store.versions.list(params.id),
          store.deployments.history(params.id, deploymentLimit),
          store.audit.saves(params.id, saveLimit),
          store.gate.overrides(params.id),
        ]);
        const body: FlowHistory = {
          versions: versions.map((version, at) => ({
            ...version,
            deployments: deployments
              .filter((one) => one.version === version.version)
              .map(({ deployedAt, deployedBy, replaced }) => {
                const override = overrides.find((one) => one.version === version.version && one.at === deployedAt)?.reason;
                return {
                  deployedAt,
                  deployedBy,
                  ...(replaced !== undefined && { replaced }),
                  ...(override !== undefined && { override }),
                };
              }),
            edits: editsBetween(saves, versions[at + 1]?.createdAt, version.createdAt),
          })),
          ...(draft.deployedVersion !== undefined && { deployedVersion: draft.deployedVersion }),
          draft: {
            revision: draft.revision,
            updatedAt: draft.updatedAt,
            updatedBy: draft.updatedBy,
            hash: draft.hash,
            edits: editsBetween(saves, versions[0]?.createdAt, undefined),
          },
        };
        return { body };
      },
    }),
  ];
}

/** Saves after one time and up to another, by person, who saved last first. */
function editsBetween(saves: readonly DraftSave[], after: string | undefined, until: string | undefined): EditGroup[] {
  const groups = new Map<string, EditGroup>();
  // Newest first, as they come.
  for (const { who, at } of saves) {
    if ((after !== undefined && at <= after) || (until !== undefined && at > until)) continue;
    const group = groups.get(who);
    groups.set(who, group === undefined ? { who, saves: 1, first: at, last: at } : { ...group, saves: group.saves + 1, first: at });
  }
  return [...groups.values()];
}

function versionNumber(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new Refusal(404, 'request/unknown', 'Versions are numbers from 1.');
}
