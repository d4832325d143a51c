import { z } from 'zod';
import {
  setTraceFieldsSchema,
  traceFieldsSchema,
  traceIndexSchema,
  traceQuerySchema,
  traceSearchSchema,
  traceWaySchema,
  wayQuerySchema,
} from '#shared/trace-schemas.ts';
import type { AppDeps } from './deps.ts';
import { asked, Refusal } from './refusal.ts';
import { json, type Route } from './route.ts';

const tag = 'Traces';

/** Finding a message in everything that flows read, and its way. Nothing is written to Kafka, and no offset moves. */
export function traceRoutes({ store, traces }: AppDeps): Route[] {
  const found = <T>(search: T | undefined): T => {
    if (search !== undefined) return search;
    throw new Refusal(404, 'trace/unknown', 'There is no such search any more: they are forgotten after a while. Search again.');
  };
  return [
    json({
      method: 'get',
      path: '/api/traces',
      role: 'viewer',
      tag,
      summary: 'Your own searches, newest first.',
      response: { status: 200, description: 'Searches with what they have found so far.', schema: z.array(traceSearchSchema) },
      async handle({ who }) {
        return { body: traces.list(who) };
      },
    }),
    json({
      method: 'post',
      path: '/api/traces',
      role: 'viewer',
      tag,
      summary:
        'Starts looking for a message by position, trace id, key, field or text. The index answers where it can; else the sources are read, newest first, within bounds.',
      body: traceQuerySchema,
      response: { status: 201, description: 'The search; it goes on while state is running.', schema: traceSearchSchema },
      errors: [404, 409, 429, 503],
      async handle({ body, who }) {
        if (body.flow !== undefined) await store.flows.revision(body.flow);
        return { status: 201, body: await refused(traces.start(body, who)) };
      },
    }),
    json({
      method: 'get',
      path: '/api/traces/:id',
      role: 'viewer',
      tag,
      summary: 'One of your searches: how far it is and what it has found.',
      response: { status: 200, description: 'The search.', schema: traceSearchSchema },
      errors: [404],
      async handle({ params, who }) {
        return { body: found(traces.get(params.id, who)) };
      },
    }),
    json({
      method: 'delete',
      path: '/api/traces/:id',
      role: 'viewer',
      tag,
      summary: 'Stops a search; what it has found stays for a while.',
      response: { status: 200, description: 'The search.', schema: traceSearchSchema },
      errors: [404],
      async handle({ params, who }) {
        return { body: found(traces.stop(params.id, who)) };
      },
    }),
    json({
      method: 'get',
      path: '/api/trace-index',
      role: 'viewer',
      tag,
      summary: 'How far the index of keys and fields has read.',
      response: { status: 200, description: 'The state of the index.', schema: traceIndexSchema },
      async handle() {
        return { body: await traces.index() };
      },
    }),
    json({
      method: 'get',
      path: '/api/flows/:id/trace-fields',
      role: 'viewer',
      tag,
      summary: "The fields of a flow's messages that the index knows.",
      response: { status: 200, description: 'The fields; null where nobody has chosen.', schema: traceFieldsSchema },
      errors: [404],
      async handle({ params }) {
        await store.flows.revision(params.id);
        return { body: await traces.fields(params.id) };
      },
    }),
    json({
      method: 'put',
      path: '/api/flows/:id/trace-fields',
      role: 'analyst',
      tag,
      summary: 'Chooses them. The version of the flow stays as it is, and the index reads its topics again.',
      body: setTraceFieldsSchema,
      response: { status: 200, description: 'The fields.', schema: traceFieldsSchema },
      errors: [404],
      async handle({ params, body, who }) {
        await store.flows.revision(params.id);
        const fields = await traces.setFields(params.id, body.fields, who.name);
        const detail = (body.fields === null ? 'as by default' : body.fields.join(', ')).slice(0, 500);
        await store.audit.add({ who: who.name, action: 'trace/fields', flow: params.id, detail });
        return { body: fields };
      },
    }),
    json({
      method: 'get',
      path: '/api/flows/:id/way',
      role: 'viewer',
      tag,
      summary:
        'What became of one message in a flow: its way through the nodes, run again by the version that handled it, and what stands at the sinks.',
      query: wayQuerySchema,
      response: { status: 200, description: 'The way, masked.', schema: traceWaySchema },
      errors: [404, 409, 503],
      async handle({ params, query }) {
        await store.flows.revision(params.id);
        return { body: await refused(traces.way(params.id, query.origin, query.version)) };
      },
    }),
  ];
}

/** What the search refuses, as an answer: 429 when too many run, 409 with its sentence for the rest. */
async function refused<T>(answer: Promise<T>): Promise<T> {
  return asked('trace/refused', answer).catch((error: unknown) => {
    if (error instanceof Refusal && error.cause instanceof Error && error.cause.name === 'TraceBusy')
      throw new Refusal(429, 'trace/busy', error.message, { headers: { 'retry-after': '2' } });
    throw error;
  });
}
