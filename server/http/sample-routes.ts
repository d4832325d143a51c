import { z } from 'zod';
import type { FindProgress } from '#shared/sample.ts';
import { edgeCasesOf } from '#shared/sample-edge-cases.ts';
import { createMasker } from '#shared/sample-masks.ts';
import {
  edgeCasesSchema,
  findReportSchema,
  findRequestSchema,
  flowMasksSchema,
  masksSetSchema,
  renameSchema,
  savedSampleSchema,
  setMasksSchema,
  takeRequestSchema,
  takeResultSchema,
} from '#shared/sample-schemas.ts';
import type { AppDeps } from './deps.ts';
import { seenRevision } from './flow-routes.ts';
import { json, type Route } from './route.ts';
import { findForFlow, untilClosed } from './sample-find.ts';
import { answerInLines, createSearchSlots, wantsProgress } from './sample-search.ts';
import { takeSamples, textOf } from './sample-take.ts';

const tag = 'Samples';
/** Most bytes of a request that brings samples along. */
const takeLimit = 8 * 1024 * 1024;

/** Samples of a flow's workspace: find messages, take them, paste, rename, remove, mask, and derive edge cases. */
export function sampleRoutes(deps: AppDeps): Route[] {
  const { store } = deps;
  const inSlot = createSearchSlots();
  return [
    json({
      method: 'get',
      path: '/api/flows/:id/samples',
      role: 'viewer',
      tag,
      summary: 'The samples of a flow, in the order in which they were taken.',
      query: z.object({ values: z.enum(['true', 'false']).default('false') }),
      response: { status: 200, description: 'Samples; with their values when `values` is true.', schema: z.array(savedSampleSchema) },
      errors: [404],
      async handle({ params, query }) {
        await store.flows.revision(params.id);
        return { body: await store.samples.list(params.id, { values: query.values === 'true' }) };
      },
    }),
    json({
      method: 'post',
      path: '/api/flows/:id/samples',
      role: 'analyst',
      tag,
      summary:
        'Takes samples: from positions of topics, pasted or uploaded, or edge cases of another. They are masked before they are stored.',
      body: takeRequestSchema,
      bodyLimit: takeLimit,
      response: { status: 201, description: 'What was taken, without values.', schema: takeResultSchema },
      errors: [404, 409, 503],
      async handle({ params, body, who, response }) {
        const result = await untilClosed(response, (signal) => takeSamples(deps, params.id, body, who.name, signal));
        if (!result) return {};
        const { samples } = result;
        const detail = `${samples.length} from ${body.from}: ${samples.map(({ name }) => name).join(', ')}`;
        await store.audit.add({ who: who.name, action: 'sample/take', flow: params.id, detail: detail.slice(0, 500) });
        return { status: 201, body: result };
      },
    }),
    json({
      method: 'post',
      path: '/api/flows/:id/samples/find',
      role: 'analyst',
      tag,
      summary:
        'Finds messages in Kafka, within bounds. Stores nothing, joins no group, commits nothing; ends when the request is broken off. With Accept: application/x-ndjson the answer comes as lines: how far the search is, then {"answer"} or {"problem"}.',
      body: findRequestSchema,
      bodyOptional: true,
      response: {
        status: 200,
        description: 'For each topic what was found, masked, and what was looked at.',
        schema: z.object({ topics: z.array(findReportSchema) }),
      },
      errors: [404, 409, 429, 503],
      async handle({ params, body, request, response }) {
        const search = (onProgress?: (progress: FindProgress) => void) =>
          inSlot(() => untilClosed(response, (signal) => findForFlow(deps, params.id, body, signal, onProgress)));
        if (wantsProgress(request.get('accept'))) {
          await answerInLines(response, async (onProgress) => {
            const topics = await search(onProgress);
            return topics && { topics };
          });
          return {};
        }
        const topics = await search();
        return topics ? { body: { topics } } : {};
      },
    }),
    json({
      method: 'get',
      path: '/api/flows/:id/samples/:sample',
      role: 'viewer',
      tag,
      summary: 'One sample with its value.',
      response: { status: 200, description: 'The sample.', schema: savedSampleSchema },
      errors: [404],
      async handle({ params }) {
        return { body: await store.samples.get(params.id, params.sample) };
      },
    }),
    json({
      method: 'put',
      path: '/api/flows/:id/samples/:sample',
      role: 'analyst',
      tag,
      summary: 'Gives a sample another name.',
      body: renameSchema,
      response: { status: 200, description: 'The sample, without its value.', schema: savedSampleSchema },
      errors: [404],
      async handle({ params, body, who }) {
        const sample = await store.samples.rename(params.id, params.sample, body.name);
        await store.audit.add({ who: who.name, action: 'sample/rename', flow: params.id, detail: sample.name });
        return { body: sample };
      },
    }),
    json({
      method: 'delete',
      path: '/api/flows/:id/samples/:sample',
      role: 'analyst',
      tag,
      summary: 'Removes a sample.',
      response: { status: 204, description: 'Removed.' },
      errors: [404],
      async handle({ params, who }) {
        const sample = await store.samples.remove(params.id, params.sample);
        await store.audit.add({ who: who.name, action: 'sample/remove', flow: params.id, detail: sample.name });
        return {};
      },
    }),
    json({
      method: 'post',
      path: '/api/flows/:id/samples/:sample/edge-cases',
      role: 'viewer',
      tag,
      summary: 'Edge cases of a sample: fields missing, null, of another type and so on. None is stored until it is taken.',
      response: { status: 200, description: 'The same sample gives the same cases.', schema: edgeCasesSchema },
      errors: [404],
      async handle({ params }) {
        const { value } = await store.samples.get(params.id, params.sample);
        return { body: edgeCasesOf(textOf(value)) };
      },
    }),
    json({
      method: 'get',
      path: '/api/flows/:id/masks',
      role: 'viewer',
      tag,
      summary: 'What is masked in the samples of a flow; the revision is also the ETag.',
      response: { status: 200, description: 'Masks.', schema: flowMasksSchema },
      errors: [404],
      async handle({ params }) {
        await store.flows.revision(params.id);
        const masks = await store.samples.masks(params.id);
        return { body: masks, headers: { etag: `"${masks.revision}"` } };
      },
    }),
    json({
      method: 'put',
      path: '/api/flows/:id/masks',
      role: 'analyst',
      tag,
      summary:
        'Sets the masks over the revision that If-Match names, and masks the samples that are stored. What is masked cannot be brought back.',
      body: setMasksSchema,
      headers: { 'If-Match': 'The ETag that was read, or * to set them over whatever is there (for scripts).' },
      response: { status: 200, description: 'The masks as set.', schema: masksSetSchema },
      errors: [404, 412, 428],
      async handle({ params, body, who, request }) {
        const seen = seenRevision(request.headers['if-match']);
        const { masks, changed } = await store.samples.setMasks(params.id, body.masks, seen, who.name, createMasker(body.masks));
        const detail = `revision ${masks.revision}: ${body.masks.length} masks; masked ${changed} samples`;
        await store.audit.add({ who: who.name, action: 'sample/masks', flow: params.id, detail });
        return { body: { ...masks, changed }, headers: { etag: `"${masks.revision}"` } };
      },
    }),
  ];
}
