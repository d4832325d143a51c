import { z } from 'zod';
import type { InboxItem } from '#shared/inbox.ts';
import {
  discardSchema,
  doneSchema,
  fixReportSchema,
  inboxCauseDetailSchema,
  inboxItemsSchema,
  inboxLetterSchema,
  inboxListSchema,
  inboxQuerySchema,
  inboxRetrySchema,
  itemsQuerySchema,
  markSchema,
  overtakenSchema,
  recoverSchema,
  selectionSchema,
  suggestedFixSchema,
} from '#shared/inbox-schemas.ts';
import { retrySchema } from '#shared/replay-schemas.ts';
import type { AppDeps } from './deps.ts';
import { asked, Refusal } from './refusal.ts';
import { json, type Route } from './route.ts';
import { untilClosed } from './sample-find.ts';

const tag = 'Dead letters';
/** Lists of 100,000 positions, and edited messages of some megabytes. */
const bodyLimit = 16_000_000;
const itemQuery = z.object({ item: z.string().min(3).max(400) });

const refreshMs = 10_000;

/** Whoever looks for news is told in time that Kafka does not answer; the inbox itself goes on looking. */
async function soon(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const message = `Kafka has not answered within ${refreshMs / 1000} s. The inbox shows what it knew before and goes on looking.`;
    timer = setTimeout(() => reject(new Refusal(503, 'kafka/slow', message, { headers: { 'retry-after': '5' } })), refreshMs);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The dead-letter inbox: causes, their messages, checking a fix, retrying, discarding. Payloads pass the flow's masks. */
export function inboxRoutes({ store, inbox, mending }: AppDeps): Route[] {
  const statesOf = (state: z.output<typeof itemsQuerySchema>['state']): InboxItem['state'][] =>
    state === 'unsettled' ? ['open', 'sent'] : [state];
  const causeOf = async (id: string) => (await inbox.found(id)).cause;

  return [
    json({
      method: 'get',
      path: '/api/inbox',
      role: 'viewer',
      tag,
      summary: 'Why messages failed, by cause; of all flows or of one. Searched and paged on the server.',
      query: inboxQuerySchema,
      response: { status: 200, description: 'A page of causes, and how many stand in each tab.', schema: inboxListSchema },
      async handle({ query }) {
        return { body: await inbox.list(query) };
      },
    }),
    json({
      method: 'post',
      path: '/api/inbox/refresh',
      role: 'viewer',
      tag,
      summary: 'Looks at Kafka at once; answers when everything that stood there then is in the inbox.',
      response: { status: 204, description: 'It is up to date.' },
      errors: [503],
      async handle() {
        await asked('kafka/refused', soon(inbox.follower.refresh()));
        return {};
      },
    }),
    json({
      method: 'get',
      path: '/api/inbox/causes/:cause',
      role: 'viewer',
      tag,
      summary: 'One cause: its numbers, the rule that failed, and what is likely behind it.',
      response: { status: 200, description: 'The cause.', schema: inboxCauseDetailSchema },
      errors: [404, 503],
      async handle({ params, response }) {
        return { body: await untilClosed(response, (signal) => mending.detail(params.cause, signal)) };
      },
    }),
    json({
      method: 'put',
      path: '/api/inbox/causes/:cause',
      role: 'analyst',
      tag,
      summary: 'Calls a cause known or new, mutes it or takes that back, and says who looks after it.',
      body: markSchema,
      response: { status: 200, description: 'The cause.', schema: inboxCauseDetailSchema },
      errors: [404, 503],
      async handle({ params, body, who, response }) {
        const cause = await causeOf(params.cause);
        if (body.owner !== undefined) await store.inbox.setOwner(cause.id, body.owner || undefined);
        const event = { known: 'looked-at', new: 'set-new', muted: 'muted', unmuted: 'unmuted' } as const;
        if (body.state !== undefined) {
          await store.inbox.move(cause.id, event[body.state], who.name, Date.now());
          // Unmuted, it stands where its messages say.
          if (body.state === 'unmuted' && cause.messages === 0) await store.inbox.move(cause.id, 'emptied', null, Date.now());
        }
        const what = [body.state, body.owner === undefined ? '' : `owner: ${body.owner || 'nobody'}`].filter(Boolean).join(', ');
        await store.audit.add({ who: who.name, action: 'inbox/mark', flow: cause.flow, detail: `${what}: ${cause.title}` });
        return { body: await untilClosed(response, (signal) => mending.detail(params.cause, signal)) };
      },
    }),
    json({
      method: 'get',
      path: '/api/inbox/causes/:cause/items',
      role: 'viewer',
      tag,
      summary: 'Messages of a cause, newest first, with the value of the failing field.',
      query: itemsQuerySchema,
      response: { status: 200, description: 'A page of messages.', schema: inboxItemsSchema },
      errors: [404, 503],
      async handle({ params, query, response }) {
        const filter = { states: statesOf(query.state), ...(query.search !== undefined && { search: query.search }) };
        const page = { limit: query.limit, ...(query.after !== undefined && { after: query.after }) };
        return { body: await untilClosed(response, (signal) => inbox.items(params.cause, filter, page, signal)) };
      },
    }),
    json({
      method: 'get',
      path: '/api/inbox/letter',
      role: 'viewer',
      tag,
      summary: 'One dead letter: its value, masked and at most 256 KB of it, its headers, and which field failed.',
      query: itemQuery,
      response: { status: 200, description: 'The letter.', schema: inboxLetterSchema },
      errors: [404, 503],
      async handle({ query, response }) {
        return { body: await untilClosed(response, (signal) => inbox.letter(query.item, signal)) };
      },
    }),
    {
      kind: 'raw',
      method: 'get',
      path: '/api/inbox/letter/value',
      role: 'viewer',
      tag,
      summary: 'The whole value of a dead letter, masked, as a file. Query: item.',
      response: { status: 200, description: 'The bytes.', contentType: 'application/octet-stream' },
      errors: [404, 503],
      async handle(request, response) {
        const query = itemQuery.safeParse(request.query);
        if (!query.success) throw new Refusal(400, 'query/invalid', 'Name the item: ?item=topic/partition/offset.');
        const whole = await untilClosed(response, (signal) => inbox.whole(query.data.item, signal));
        if (whole === undefined) {
          response.status(204).end();
          return;
        }
        response
          .status(200)
          .type('application/octet-stream')
          .set('content-disposition', `attachment; filename="${whole.name}"`)
          .send(Buffer.from(whole.bytes));
      },
    },
    json({
      method: 'post',
      path: '/api/inbox/causes/:cause/check',
      role: 'analyst',
      tag,
      summary:
        'Check fix: runs the open messages, at most 1,000, through the draft and the deployed version. Writes nothing, calls nothing.',
      response: { status: 200, description: 'How many would pass, and what becomes of each.', schema: fixReportSchema },
      errors: [404, 409, 503],
      async handle({ params, who, response }) {
        return { body: await untilClosed(response, (signal) => asked('inbox/check', mending.check(params.cause, who.name, signal))) };
      },
    }),
    json({
      method: 'post',
      path: '/api/inbox/causes/:cause/fixes',
      role: 'analyst',
      tag,
      summary: 'Edits of the draft that may mend a cause, each with how many messages would pass with it. Changes nothing.',
      response: { status: 200, description: 'Suggestions, the best first.', schema: z.array(suggestedFixSchema) },
      errors: [404, 409, 503],
      async handle({ params, response }) {
        return { body: await untilClosed(response, (signal) => asked('inbox/fixes', mending.fixes(params.cause, signal))) };
      },
    }),
    json({
      method: 'post',
      path: '/api/inbox/causes/:cause/overtaken',
      role: 'viewer',
      tag,
      summary: 'Keys of the chosen messages of which newer messages have come in since.',
      body: z.object({ select: selectionSchema.default({}) }),
      bodyOptional: true,
      bodyLimit,
      response: { status: 200, description: 'The keys, at most 100 of them.', schema: overtakenSchema },
      errors: [404, 503],
      async handle({ params, body, response }) {
        return { body: await untilClosed(response, (signal) => inbox.overtaken(params.cause, body.select, signal)) };
      },
    }),
    json({
      method: 'post',
      path: '/api/inbox/causes/:cause/retry',
      role: 'analyst',
      tag,
      summary: 'Retries the open messages of a cause: all, those that fit a search, or some; edited ones with a reason.',
      body: inboxRetrySchema,
      bodyLimit,
      response: { status: 201, description: 'The retry; it runs on by itself.', schema: retrySchema },
      errors: [404, 409, 503],
      async handle({ params, body, who }) {
        const { select, edits, reason, ...how } = body;
        if (edits !== undefined && (reason ?? '').trim() === '')
          throw new Refusal(
            400,
            'inbox/reason',
            'Say why the messages were edited: the reason stands in the audit beside what was changed.',
          );
        const cause = await causeOf(params.cause);
        const { retry, edited } = await asked(
          'inbox/retry',
          inbox.retry(
            params.cause,
            { ...how, filter: select, ...(edits && { edits }), ...(reason !== undefined && { reason: reason.trim() }) },
            who.name,
          ),
        );
        for (const { item, words } of edited) {
          await store.audit.add({
            who: who.name,
            action: 'dead-letter/edit',
            flow: cause.flow,
            detail: `${item}: ${words}. Reason: ${reason?.trim() ?? ''}. Retry ${retry.id}.`,
          });
        }
        await store.audit.add({
          who: who.name,
          action: 'retry/start',
          flow: cause.flow,
          detail: `${retry.request.count} messages of “${cause.title}” with version ${retry.request.version}, from the ${how.from === 'node' ? 'node that failed' : 'start'} (${retry.id})${reason === undefined ? '' : `: ${reason.trim()}`}`,
        });
        return { status: 201, body: retry };
      },
    }),
    json({
      method: 'post',
      path: '/api/inbox/causes/:cause/discard',
      role: 'analyst',
      tag,
      summary: 'Puts open messages among the discarded ones, with a reason. They can be recovered until retention takes them.',
      body: discardSchema,
      bodyLimit,
      response: { status: 200, description: 'How many were discarded.', schema: doneSchema },
      errors: [404, 409],
      async handle({ params, body, who }) {
        const cause = await causeOf(params.cause);
        const { select, reason } = body;
        const messages = await store.inbox.discard(cause.id, { ...select, states: ['open'] }, { who: who.name, reason, at: Date.now() });
        const detail = `${messages} messages of “${cause.title}”: ${reason}`;
        await store.audit.add({ who: who.name, action: 'dead-letter/discard', flow: cause.flow, detail });
        return { body: { messages } };
      },
    }),
    json({
      method: 'post',
      path: '/api/inbox/causes/:cause/recover',
      role: 'analyst',
      tag,
      summary: 'Makes discarded messages open again.',
      body: recoverSchema,
      bodyLimit,
      response: { status: 200, description: 'How many are open again.', schema: doneSchema },
      errors: [404, 409],
      async handle({ params, body, who }) {
        const cause = await causeOf(params.cause);
        const messages = await store.inbox.recover(cause.id, { ...body.select, states: ['discarded'] }, { who: who.name, at: Date.now() });
        const detail = `${messages} messages of “${cause.title}”`;
        await store.audit.add({ who: who.name, action: 'dead-letter/recover', flow: cause.flow, detail });
        return { body: { messages } };
      },
    }),
  ];
}
