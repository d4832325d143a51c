import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Moment, MomentMessages, TimelinePoint } from '#shared/moment.ts';
import { minuteOf, spanAt, stateAt, timelineStep, timelineSums, versionSpans } from '#shared/moment.ts';
import { momentMessagesSchema, momentQuerySchema, momentSchema, timelineQuerySchema, timelineSchema } from '#shared/moment-schemas.ts';
import type { TransformStage } from '#shared/plan.ts';
import type { FindReport } from '#shared/sample.ts';
import { createMasker } from '#shared/sample-masks.ts';
import type { AppDeps } from './deps.ts';
import { asked, Refusal } from './refusal.ts';
import { json, type Route } from './route.ts';
import { shown, untilClosed } from './sample-find.ts';
import { eventsOf } from './time-events.ts';

const tag = 'Time travel';
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** Longest axis: two months. Minutes are read one by one, so a longer one would hold the others up. */
const longestMs = 62 * 24 * hourMs;
const messageCount = 10;
/** Dead letters so far from the moment still belong to it. */
const nearMs = 5 * minuteMs;
const bounds = { messages: 5000, bytes: 16 * 1024 * 1024, ms: 5000 };

/** The past of a flow: an axis of time with marks, what stood at a moment, and messages of about then. Nothing is ever written. */
export function timeRoutes({ store, runtime }: AppDeps): Route[] {
  return [
    json({
      method: 'get',
      path: '/api/flows/:id/timeline',
      role: 'viewer',
      tag,
      summary: 'What was counted between two times, with what happened to the flow meanwhile.',
      query: timelineQuerySchema,
      response: { status: 200, description: 'The axis of time.', schema: timelineSchema },
      errors: [404],
      async handle({ params: { id }, query }) {
        await store.flows.revision(id);
        const since = minuteOf(query.since);
        const until = minuteOf(query.until - 1) + minuteMs;
        if (until - since > longestMs) throw new Refusal(400, 'query/invalid', 'The period may be 62 days at most. Choose a shorter one.');
        const step = timelineStep(since, until);
        const [points, events, countedSince, all] = await Promise.all([
          pointsOf(store, id, since, until, step),
          eventsOf(store, id, since, until),
          store.ledgerMinutes.oldest(id),
          store.flowEvents.range(id, 0, until),
        ]);
        const spans = versionSpans(all).filter((span) => (span.until ?? until) > since);
        return { body: { flow: id, since, until, step, points, events, spans, ...(countedSince !== undefined && { countedSince }) } };
      },
    }),
    json({
      method: 'get',
      path: '/api/flows/:id/moment',
      role: 'viewer',
      tag,
      summary: 'The flow as it was at a time: version, document, state, and what was counted in that minute.',
      query: momentQuerySchema,
      response: { status: 200, description: 'The moment.', schema: momentSchema },
      errors: [404],
      async handle({ params: { id }, query }) {
        await store.flows.revision(id);
        const at = minuteOf(query.at);
        const [[minute], countedSince, all, recent, current] = await Promise.all([
          store.ledgerMinutes.range(id, at, at + minuteMs),
          store.ledgerMinutes.oldest(id),
          store.flowEvents.range(id, 0, Date.now() + minuteMs),
          eventsOf(store, id, at - hourMs, at + minuteMs),
          store.deployments.current(id),
        ]);
        // A version that came within the minute is the one to show: whoever looks at a mark wants to see what it brought.
        const span = spanAt(versionSpans(all), at + minuteMs - 1);
        const body: Moment = {
          flow: id,
          at,
          state: stateAt(all, at),
          ...(span && {
            version: span.version,
            deployedBy: span.who,
            deployedAt: span.from,
            document: await store.versions.get(id, span.version),
            ...(span.until !== undefined && { replacedAt: span.until }),
          }),
          ...(current && { current: current.version }),
          ...(minute && { minute }),
          counted: countedSince !== undefined && countedSince <= at,
          ...(countedSince !== undefined && { countedSince }),
          events: recent.reverse(),
        };
        return { body };
      },
    }),
    json({
      method: 'get',
      path: '/api/flows/:id/moment/messages',
      role: 'viewer',
      tag,
      summary: 'Messages that came at about a time, and what failed then, masked. Joins no group, commits nothing.',
      query: momentQuerySchema,
      response: { status: 200, description: 'The messages.', schema: momentMessagesSchema },
      errors: [404, 503],
      async handle({ params: { id }, query, response }) {
        await store.flows.revision(id);
        const at = minuteOf(query.at);
        const body: MomentMessages = { flow: id, at, sources: [], dead: [], notes: [] };
        const deployment = await store.deployments.at(id, at + minuteMs);
        if (deployment === undefined) return { body: { ...body, notes: ['The flow was not deployed then, so it read no messages.'] } };
        const masker = createMasker((await store.samples.masks(id)).masks);
        const { plan } = deployment;
        const transform = plan.stages.find((stage): stage is TransformStage => stage.kind === 'transform');
        await untilClosed(response, async (signal) => {
          const find = async (topic: string, more: object): Promise<FindReport | undefined> => {
            // The middle of the minute: what stands in it is nearer than what stands around it.
            const how = { by: 'time', at: at + minuteMs / 2 } as const;
            const spec = { topic, how, count: messageCount, bounds, ...more };
            const finding = await asked('kafka/refused', runtime.findMessages(spec, signal));
            return finding && shown(finding, masker);
          };
          for (const { topic, node } of transform?.inputs ?? []) {
            const report = await find(topic, {});
            if (report === undefined) {
              body.notes.push(`The topic “${topic}” is not there any more, so its messages cannot be shown.`);
              continue;
            }
            const { messages, scanned } = report;
            const first = messages[0]?.timestamp;
            // A topic that still has its very first message has lost nothing: then it is only that nothing had come.
            const cut = scanned.partitions.some(({ from }) => from !== '0');
            const gone = cut && first !== undefined && first >= at + minuteMs;
            body.sources.push({ node, topic, messages: gone ? [] : messages, ...(gone && { goneBefore: first }) });
          }
          const dead = await find(plan.deadLetterTopic, { since: at - nearMs, until: at + minuteMs + nearMs });
          body.dead.push(...(dead?.messages ?? []));
        });
        return { body };
      },
    }),
  ];
}

/** Minutes read at a time. */
const piece = 6 * hourMs;

/** Sums up the minutes of an axis, with a turn for others after each piece: a month has more than 40,000 of them. */
async function pointsOf(
  { ledgerMinutes }: Pick<AppDeps['store'], 'ledgerMinutes'>,
  flow: string,
  since: number,
  until: number,
  step: number,
): Promise<TimelinePoint[]> {
  const sums = timelineSums(since, until, step);
  const oldest = (await ledgerMinutes.oldest(flow)) ?? until;
  for (let at = Math.max(since, minuteOf(oldest)); at < until; at += piece) {
    sums.add(await ledgerMinutes.range(flow, at, Math.min(until, at + piece)));
    await nextTurn();
  }
  return sums.points();
}
