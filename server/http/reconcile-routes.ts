import type { Request, Response } from 'express';
import { z } from 'zod';
import { admits } from '#shared/api.ts';
import { type ReconcileSpec, reconcileLimits } from '#shared/reconcile.ts';
import {
  backfillRequestSchema,
  itemQuerySchema,
  itemSchema,
  reconcileRequestSchema,
  reportSchema,
  uploadQuerySchema,
} from '#shared/reconcile-schemas.ts';
import { ReconcileRefused } from '../reconcile/deps.ts';
import type { AppDeps } from './deps.ts';
import { asked, invalid, Refusal } from './refusal.ts';
import { json, type RawRoute, type Route, type Who } from './route.ts';

const tag = 'Reconcile';

/** A source against the log, the log against a sink; what is missing is written to the source's topic. */
export function reconcileRoutes(deps: AppDeps): Route[] {
  const { store, reconciles } = deps;
  const said = (what: string, who: Who, flow: string, detail: string): Promise<void> =>
    store.audit.add({ who: who.name, action: what, flow, detail: detail.slice(0, 500) });

  const upload: RawRoute = {
    kind: 'raw',
    method: 'post',
    path: '/api/flows/:id/reconciles/upload',
    role: 'analyst',
    tag,
    summary: `Compares an uploaded list (CSV, JSON, JSON lines or ids line by line, at most ${reconcileLimits.ids} ids) with what came in at a source.`,
    response: { status: 201, description: 'The comparison, which goes on.', schema: reportSchema },
    errors: [404, 409, 413, 415],
    async handle(request: Request, response: Response, who) {
      if (who === undefined) throw new Refusal(401, 'access/unknown', 'Sign in first.');
      const id = String(request.params.id);
      await store.flows.revision(id);
      const parsed = uploadQuerySchema.safeParse(request.query);
      if (!parsed.success) throw invalid('query', parsed.error.issues);
      // A page of another site can send plain text without asking, but not this.
      if (!/^application\/octet-stream\b/i.test(request.headers['content-type'] ?? ''))
        throw new Refusal(415, 'body/type', 'Send the list with the header "Content-Type: application/octet-stream".');
      const { node, field, since, until, slackMinutes, idField, name } = parsed.data;
      const spec: ReconcileSpec = {
        kind: 'source',
        node,
        named: field === '' ? { by: 'key' } : { by: 'field', path: field },
        since,
        until,
        slackMinutes,
        list: { from: 'upload', name, idField },
      };
      const report = await refusing(reconciles.start(id, spec, who.name, bounded(request)));
      await said('reconcile/start', who, id, `${node}, ${name}, ${report.listed} ids`);
      response.status(201).json(report);
    },
  };

  const csv: RawRoute = {
    kind: 'raw',
    method: 'get',
    path: '/api/flows/:id/reconciles/:report/items.csv',
    role: 'viewer',
    tag,
    summary: 'All that does not agree, as CSV.',
    response: { status: 200, description: 'state, id, position, count, note', contentType: 'text/csv' },
    errors: [404],
    async handle(request, response) {
      const report = await reconciles.get(String(request.params.id), String(request.params.report));
      response
        .status(200)
        .set({ 'content-type': 'text/csv; charset=utf-8', 'content-disposition': `attachment; filename="reconcile-${report.flow}.csv"` });
      response.write('state,id,position,count,note\r\n');
      for (let after = -1; ; ) {
        const items = await store.reconciles.items(report.id, { after, limit: 1000 });
        for (const { state, id, position = '', count, note } of items)
          response.write(`${[state, id, position, count === undefined ? '' : String(count), note].map(cell).join(',')}\r\n`);
        const last = items.at(-1);
        if (last === undefined || response.destroyed) break;
        after = last.ordinal;
      }
      response.end();
    },
  };

  return [
    upload,
    csv,
    json({
      method: 'get',
      path: '/api/flows/:id/reconciles',
      role: 'viewer',
      tag,
      summary: 'Comparisons of a flow, newest first.',
      response: { status: 200, description: 'Reports.', schema: z.array(reportSchema) },
      errors: [404],
      async handle({ params }) {
        await store.flows.revision(params.id);
        return { body: await reconciles.list(params.id) };
      },
    }),
    json({
      method: 'post',
      path: '/api/flows/:id/reconciles',
      role: 'analyst',
      tag,
      summary:
        'Compares what the flow sent to a sink with what the place holds, or, for developers and admins, a polled list with a source.',
      body: reconcileRequestSchema,
      response: { status: 201, description: 'The comparison, which goes on.', schema: reportSchema },
      errors: [404, 409],
      async handle({ params, body, who }) {
        await store.flows.revision(params.id);
        // It calls an address of somebody's choice with a stored secret.
        if (body.kind === 'source' && !admits('developer', who.role))
          throw new Refusal(403, 'access/role', 'To poll a list takes the role developer. Upload the list, or ask somebody who has it.');
        const report = await refusing(reconciles.start(params.id, body, who.name));
        await said('reconcile/start', who, params.id, body.kind === 'sink' ? body.node : `${body.node}, ${new URL(body.list.url).origin}`);
        return { status: 201, body: report };
      },
    }),
    json({
      method: 'get',
      path: '/api/flows/:id/reconciles/:report',
      role: 'viewer',
      tag,
      summary: 'One comparison: how far it is, or what it found.',
      response: { status: 200, description: 'The report.', schema: reportSchema },
      errors: [404],
      async handle({ params }) {
        return { body: await reconciles.get(params.id, params.report) };
      },
    }),
    json({
      method: 'get',
      path: '/api/flows/:id/reconciles/:report/items',
      role: 'viewer',
      tag,
      summary: 'What does not agree, in order, behind `after`.',
      query: itemQuerySchema,
      response: { status: 200, description: 'Things.', schema: z.array(itemSchema) },
      errors: [404],
      async handle({ params, query }) {
        const report = await reconciles.get(params.id, params.report);
        const items = await store.reconciles.items(report.id, query);
        return { body: items.filter(({ state }) => state !== 'listed').map(({ row: _row, ...item }) => item) };
      },
    }),
    json({
      method: 'post',
      path: '/api/flows/:id/reconciles/:report/stop',
      role: 'analyst',
      tag,
      summary: 'Ends a comparison or its backfill; what is done stays.',
      response: { status: 200, description: 'The report.', schema: reportSchema },
      errors: [404],
      async handle({ params, who }) {
        const report = await reconciles.stop(params.id, params.report);
        await said('reconcile/stop', who, params.id, report.spec.node);
        return { body: report };
      },
    }),
    json({
      method: 'post',
      path: '/api/flows/:id/reconciles/:report/backfill',
      role: 'admin',
      tag,
      summary: 'Writes what is missing to the topic of the source, as the source would; looks right before whether it has come in.',
      body: backfillRequestSchema,
      response: { status: 200, description: 'The report; the backfill goes on.', schema: reportSchema },
      errors: [404, 409],
      async handle({ params, body, who }) {
        const report = await refusing(reconciles.backfill(params.id, params.report, body, who.name));
        await said(
          'reconcile/backfill',
          who,
          params.id,
          `${report.spec.node}: ${report.backfill?.total ?? 0} missing, ${body.record.from}`,
        );
        return { body: report };
      },
    }),
  ];
}

/** A refusal of reconciling is an answer; what Kafka or the store say goes its usual way. */
export async function refusing<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof ReconcileRefused) throw new Refusal(409, 'reconcile/refused', error.message, { cause: error });
    return asked('reconcile/failed', Promise.reject(error));
  }
}

async function* bounded(request: Request): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > reconcileLimits.uploadBytes)
      throw new Refusal(413, 'body/too-large', 'The list is larger than 256 MB. Send ids only, or a shorter period.');
    yield part;
  }
}

/** A cell of CSV. What a sheet would take for a formula is made text. */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
