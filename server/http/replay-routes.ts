import { z } from 'zod';
import { admits, type Role } from '#shared/api.ts';
import {
  replayPlanSchema,
  replayRateSchema,
  replaySampleRequestSchema,
  replaySampleSchema,
  replaySchema,
  replaySpecSchema,
  replayStartSchema,
  retryRequestSchema,
  retrySchema,
  volumeSchema,
} from '#shared/replay-schemas.ts';
import { ReplayRefused } from '../replay/replays.ts';
import type { AppDeps } from './deps.ts';
import { gone } from './gone.ts';
import { asked, Refusal } from './refusal.ts';
import { json, type Route } from './route.ts';

const tag = 'Replay and retry';
/** A list of 100,000 positions, and edited messages of up to 16 MB. */
const bodyLimit = 24_000_000;
const replayAnswer = { status: 200, description: 'The replay.', schema: replaySchema };

/** Replays of past ranges and retries of dead letters: plan, start, look, steer. */
export function replayRoutes({ store, replays, retries }: AppDeps): Route[] {
  const mustExist = (id: string): Promise<unknown> => store.flows.revision(id);

  /** What reaches sinks outside is for admins; what writes nothing that counts, for everybody who mends. */
  function mayReachSinks(target: string, role: Role): void {
    if (target !== 'real' || admits('admin', role)) return;
    throw new Refusal(
      403,
      'role/needed',
      'A replay to the real sinks needs the role admin. Compare, or write to scratch topics, or ask an admin.',
    );
  }

  function steering(action: 'pause' | 'resume' | 'stop', summary: string): Route {
    return json({
      method: 'post',
      path: `/api/replays/:id/${action}`,
      role: 'analyst',
      tag,
      summary,
      response: replayAnswer,
      errors: [403, 404, 409],
      async handle({ params, who }) {
        const { id } = params as { id: string };
        const { spec } = await replays.get(id);
        if (action === 'resume') mayReachSinks(spec.target, who.role);
        const body = await asked('replay/refused', replays[action](id));
        await store.audit.add({ who: who.name, action: `replay/${action}`, flow: spec.flow, detail: `${spec.name} (${id})` });
        return { body };
      },
    });
  }

  return [
    json({
      method: 'post',
      path: '/api/flows/:id/replays/plan',
      role: 'viewer',
      tag,
      summary: 'What a replay would do, before anything runs: counts, what it would double or write over, what is gone.',
      body: replaySpecSchema,
      bodyLimit,
      response: { status: 200, description: 'The plan.', schema: replayPlanSchema },
      errors: [404, 409, 503],
      async handle({ params, body, response }) {
        await mustExist(params.id);
        return { body: await asked('replay/refused', replays.plan({ ...body, flow: params.id }, gone(response))) };
      },
    }),
    json({
      method: 'post',
      path: '/api/flows/:id/replays/sample',
      role: 'analyst',
      tag,
      summary: 'Runs the version over a sample of the range and compares with what stands in the sinks’ topics. Writes nothing.',
      body: replaySampleRequestSchema,
      bodyLimit,
      response: { status: 200, description: 'How they differ.', schema: replaySampleSchema },
      errors: [404, 409, 422, 503],
      async handle({ params, body, response }) {
        await mustExist(params.id);
        const sample = replays.sample({ ...body.spec, flow: params.id }, body.messages, gone(response));
        return { body: await asked('replay/refused', allowed(sample)) };
      },
    }),
    json({
      method: 'post',
      path: '/api/flows/:id/replays',
      role: 'analyst',
      tag,
      summary: 'Starts a replay; to the real sinks only an admin may. It goes on by itself, also after a restart of the server.',
      body: replayStartSchema,
      bodyLimit,
      response: { status: 201, description: 'The replay; it runs on.', schema: replaySchema },
      errors: [403, 404, 409, 422, 503],
      async handle({ params, body, who }) {
        await mustExist(params.id);
        const spec = { ...body.spec, flow: params.id };
        mayReachSinks(spec.target, who.role);
        const replay = await asked('replay/refused', allowed(replays.start(spec, body.confirm, who.name)));
        const to = spec.target === 'real' ? `to ${spec.sinks.join(', ')}` : spec.target;
        const why = spec.reason === undefined ? '' : `: ${spec.reason}`;
        const detail = `${spec.name} (${replay.id}), version ${spec.version}, ${replay.total} messages ${to}${why}`;
        await store.audit.add({ who: who.name, action: 'replay/start', flow: params.id, detail });
        return { status: 201, body: replay };
      },
    }),
    json({
      method: 'get',
      path: '/api/replays',
      role: 'viewer',
      tag,
      summary: 'Replays, newest first.',
      query: z.object({ flow: z.string().min(1).optional() }),
      response: { status: 200, description: 'Replays.', schema: z.array(replaySchema) },
      async handle({ query }) {
        return { body: await replays.list(query.flow) };
      },
    }),
    json({
      method: 'get',
      path: '/api/replays/:id',
      role: 'viewer',
      tag,
      summary: 'One replay: how far it is, or its report.',
      response: replayAnswer,
      errors: [404],
      async handle({ params }) {
        return { body: await replays.get(params.id) };
      },
    }),
    steering('pause', 'Pauses a replay where it is.'),
    steering('resume', 'Lets a paused replay go on.'),
    steering('stop', 'Ends a replay; what it has written stays, and its balance is that of what it did.'),
    json({
      method: 'put',
      path: '/api/replays/:id/rate',
      role: 'analyst',
      tag,
      summary: 'Changes how many messages per second a replay runs; 0: as fast as it goes.',
      body: replayRateSchema,
      response: replayAnswer,
      errors: [403, 404, 409],
      async handle({ params, body, who }) {
        const { spec } = await replays.get(params.id);
        mayReachSinks(spec.target, who.role);
        const replay = await asked('replay/refused', replays.setRate(params.id, body.perSecond));
        const rate = body.perSecond === 0 ? 'as fast as it goes' : `${body.perSecond} per second`;
        await store.audit.add({ who: who.name, action: 'replay/rate', flow: spec.flow, detail: `${spec.name} (${params.id}): ${rate}` });
        return { body: replay };
      },
    }),
    json({
      method: 'get',
      path: '/api/flows/:id/volume',
      role: 'viewer',
      tag,
      summary: 'How many messages came in when, and what the source topics still hold.',
      query: z.object({
        since: z.coerce.number(),
        until: z.coerce.number(),
        buckets: z.coerce.number().int().min(1).max(200).default(60),
      }),
      response: { status: 200, description: 'Counts per bucket.', schema: volumeSchema },
      errors: [404, 409, 503],
      async handle({ params, query }) {
        await mustExist(params.id);
        return { body: await asked('replay/refused', replays.volume(params.id, query.since, query.until, query.buckets)) };
      },
    }),
    json({
      method: 'post',
      path: '/api/flows/:id/retries',
      role: 'analyst',
      tag,
      summary: 'Retries dead letters, from the node that failed or from the start. It goes on by itself, also after a restart.',
      body: retryRequestSchema,
      bodyLimit,
      response: { status: 201, description: 'The retry; it runs on.', schema: retrySchema },
      errors: [404, 409, 503],
      async handle({ params, body, who }) {
        await mustExist(params.id);
        const retry = await asked('retry/refused', retries.start({ ...body, flow: params.id }, who.name));
        const { count, edited, from, version, reason } = retry.request;
        const what = `${count} dead letters${edited > 0 ? ` (${edited} edited)` : ''} from the ${from === 'node' ? 'failed node' : 'start'}`;
        const detail = `${retry.id}: ${what}, version ${version}${reason === undefined ? '' : `: ${reason}`}`;
        await store.audit.add({ who: who.name, action: 'retry/start', flow: params.id, detail });
        return { status: 201, body: retry };
      },
    }),
    json({
      method: 'get',
      path: '/api/flows/:id/retries',
      role: 'viewer',
      tag,
      summary: 'Retries of a flow, newest first.',
      response: { status: 200, description: 'Retries.', schema: z.array(retrySchema) },
      errors: [404],
      async handle({ params }) {
        await mustExist(params.id);
        return { body: await retries.list(params.id) };
      },
    }),
    json({
      method: 'get',
      path: '/api/retries/:id',
      role: 'viewer',
      tag,
      summary: 'One retry: how far it is.',
      response: { status: 200, description: 'The retry.', schema: retrySchema },
      errors: [404],
      async handle({ params }) {
        return { body: await found(params.id) };
      },
    }),
    json({
      method: 'post',
      path: '/api/retries/:id/stop',
      role: 'analyst',
      tag,
      summary: 'Ends a retry; what has gone through stays, the rest waits as before.',
      response: { status: 200, description: 'The retry.', schema: retrySchema },
      errors: [404, 409],
      async handle({ params, who }) {
        const { request } = await found(params.id);
        await asked('retry/refused', retries.stop(params.id));
        await store.audit.add({ who: who.name, action: 'retry/stop', flow: request.flow, detail: params.id });
        return { body: await found(params.id) };
      },
    }),
  ];

  async function found(id: string) {
    const retry = await retries.get(id);
    if (!retry) throw new Refusal(404, 'request/unknown', 'There is no such retry. Look it up in the list of retries of its flow.');
    return retry;
  }
}

/** What a plan forbids becomes 422 with each of its problems. */
async function allowed<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof ReplayRefused)) throw error;
    throw new Refusal(422, 'replay/problems', error.message, { problems: error.problems, cause: error });
  }
}
