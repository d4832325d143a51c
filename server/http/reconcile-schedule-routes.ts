import { z } from 'zod';
import { admits } from '#shared/api.ts';
import { periodWords, type RepeatedSpec, type ScheduleInput, timesWords } from '#shared/reconcile-schedule.ts';
import { reportSchema, scheduleInputSchema, shownScheduleSchema } from '#shared/reconcile-schemas.ts';
import type { AppDeps } from './deps.ts';
import { refusing } from './reconcile-routes.ts';
import { Refusal } from './refusal.ts';
import { json, type Route, type Who } from './route.ts';

const tag = 'Reconcile';
const pauseSchema = z.strictObject({ paused: z.boolean() });

/** Comparisons that repeat themselves. What calls an address with a secret takes the role that starting it by hand takes. */
export function scheduleRoutes({ store, schedules }: AppDeps): Route[] {
  const said = (action: string, who: Who, flow: string, detail: string): Promise<void> =>
    store.audit.add({ who: who.name, action, flow, detail: detail.slice(0, 500) });

  async function requireRole(who: Who, id: string): Promise<void> {
    allow(who, (await store.reconcileSchedules.get(id)).what);
  }

  return [
    json({
      method: 'get',
      path: '/api/flows/:id/reconcile-schedules',
      role: 'viewer',
      tag,
      summary: 'Comparisons that repeat themselves, with the next time and the last result of each.',
      response: { status: 200, description: 'Schedules.', schema: z.array(shownScheduleSchema) },
      errors: [404],
      async handle({ params }) {
        await store.flows.revision(params.id);
        return { body: await schedules.list(params.id) };
      },
    }),
    json({
      method: 'post',
      path: '/api/flows/:id/reconcile-schedules',
      role: 'analyst',
      tag,
      summary: 'Repeats a comparison of a sink, or, for developers and admins, of a polled list, for a period that moves along.',
      body: scheduleInputSchema,
      response: { status: 201, description: 'The schedule.', schema: shownScheduleSchema },
      errors: [404, 409],
      async handle({ params, body, who }) {
        await store.flows.revision(params.id);
        allow(who, body.what);
        const schedule = await refusing(schedules.add(params.id, body, who.name));
        await said('reconcile/schedule-create', who, params.id, wordsOf(schedule));
        return { status: 201, body: schedule };
      },
    }),
    json({
      method: 'put',
      path: '/api/flows/:id/reconcile-schedules/:schedule',
      role: 'analyst',
      tag,
      summary:
        'Changes a schedule: its name, times, period, and the list that it polls; who comes last wins. Where it compares, its results and whether it is paused stay. Other times begin with their next one.',
      body: scheduleInputSchema,
      response: { status: 200, description: 'The schedule.', schema: shownScheduleSchema },
      errors: [404, 409],
      async handle({ params, body, who }) {
        const before = await store.reconcileSchedules.get(params.schedule);
        allow(who, before.what);
        allow(who, body.what);
        const schedule = await refusing(schedules.change(params.id, params.schedule, body, who.name));
        const list = JSON.stringify(before.what) === JSON.stringify(schedule.what) ? '' : '; it asks for its list in another way';
        await said('reconcile/schedule-change', who, params.id, `${wordsOf(schedule)}${list}; before: ${wordsOf(before)}`);
        return { body: schedule };
      },
    }),
    json({
      method: 'post',
      path: '/api/flows/:id/reconcile-schedules/:schedule/pause',
      role: 'analyst',
      tag,
      summary: 'Pauses a schedule, or lets it go on with its next time.',
      body: pauseSchema,
      response: { status: 200, description: 'The schedule.', schema: shownScheduleSchema },
      errors: [404],
      async handle({ params, body, who }) {
        await requireRole(who, params.schedule);
        const schedule = await schedules.pause(params.id, params.schedule, body.paused);
        await said(body.paused ? 'reconcile/schedule-pause' : 'reconcile/schedule-resume', who, params.id, schedule.name);
        return { body: schedule };
      },
    }),
    json({
      method: 'post',
      path: '/api/flows/:id/reconcile-schedules/:schedule/run',
      role: 'analyst',
      tag,
      summary: 'Compares now, beside the times of the schedule; the result counts as its last.',
      response: { status: 201, description: 'The comparison, which goes on.', schema: reportSchema },
      errors: [404, 409],
      async handle({ params, who }) {
        await requireRole(who, params.schedule);
        const report = await refusing(schedules.run(params.id, params.schedule));
        await said('reconcile/schedule-run', who, params.id, report.schedule?.name ?? '');
        return { status: 201, body: report };
      },
    }),
    json({
      method: 'delete',
      path: '/api/flows/:id/reconcile-schedules/:schedule',
      role: 'analyst',
      tag,
      summary: 'Removes a schedule; what it found stays.',
      response: { status: 204, description: 'Removed.' },
      errors: [404],
      async handle({ params, who }) {
        await requireRole(who, params.schedule);
        const { name } = await schedules.remove(params.id, params.schedule);
        await said('reconcile/schedule-remove', who, params.id, name);
        return {};
      },
    }),
  ];
}

function wordsOf({ name, what, times, zone, period }: ScheduleInput): string {
  return `${name}: ${what.node}, ${timesWords(times)} ${zone}, ${periodWords(period)}`;
}

/** It calls an address of somebody's choice with a stored secret. */
function allow(who: Who, what: RepeatedSpec): void {
  if (what.kind === 'source' && !admits('developer', who.role))
    throw new Refusal(403, 'access/role', 'To poll a list takes the role developer. Ask somebody who has it.');
}
