import { z } from 'zod';
import type { FilteredSample, FilteredSamples, LedgerReport } from '#shared/ledger-report.ts';
import { ledgerCsv, ledgerStep, sumLedger } from '#shared/ledger-report.ts';
import {
  filteredSamplesSchema,
  ledgerGapSchema,
  ledgerGapsQuerySchema,
  ledgerQuerySchema,
  ledgerReportSchema,
  settleRequestSchema,
} from '#shared/ledger-schemas.ts';
import { nodeNames } from '#shared/node-name.ts';
import { createMasker } from '#shared/sample-masks.ts';
import type { AppDeps } from './deps.ts';
import { asked, Refusal } from './refusal.ts';
import { json, type Route } from './route.ts';

const tag = 'Ledger';
const minuteMs = 60_000;
/** Longest period: as long as minutes are kept. */
const longestMs = 35 * 24 * 60 * minuteMs;
/** Samples shown of one reason. */
const shownOfReason = 10;

/** The ledger of a flow: what came in, what became of it, and what nothing explains. */
export function ledgerRoutes({ store, runtime, catalog, auditor }: AppDeps): Route[] {
  /** Also by the document of the version that runs, whose nodes may be gone from the draft. */
  async function namesOf(id: string): Promise<{ flowName: string; names: Record<string, string>; nodes: string[] }> {
    const { flow } = await store.flows.get(id);
    const current = await store.deployments.current(id);
    const running = current === undefined ? [] : ((await store.versions.get(id, current.version))?.nodes ?? []);
    const all = [...running, ...flow.nodes];
    const name = nodeNames(all, catalog.types);
    return {
      flowName: flow.name,
      names: Object.fromEntries(all.map((node) => [node.id, name(node.id)])),
      nodes: [...new Set(running.map((node) => node.id))],
    };
  }

  return [
    json({
      method: 'get',
      path: '/api/flows/:id/ledger',
      role: 'viewer',
      tag,
      summary: 'What came in between two times and what became of it, to the minute; with format=csv as a table.',
      query: ledgerQuerySchema,
      response: { status: 200, description: 'The report.', schema: ledgerReportSchema },
      errors: [404],
      async handle({ params: { id }, query }) {
        const { flowName, names } = await namesOf(id);
        const since = query.since - (query.since % minuteMs);
        const until = Math.ceil(query.until / minuteMs) * minuteMs;
        if (until - since > longestMs)
          throw new Refusal(400, 'query/invalid', 'The ledger is kept by the minute for 35 days: choose a period of at most so long.');
        const step = Math.max(query.step ?? 0, ledgerStep(since, until));
        const [minutes, countedSince, noticed, open] = await Promise.all([
          store.ledgerMinutes.range(id, since, until),
          store.ledgerMinutes.oldest(id),
          store.ledgerGaps.list({ flow: id, since, until }),
          store.ledgerGaps.list({ flow: id, open: true }),
        ]);
        const gaps = [...new Map([...noticed, ...open].map((gap) => [gap.id, gap])).values()].sort((a, b) => b.noticedAt - a.noticedAt);
        const report: LedgerReport = {
          flow: id,
          flowName,
          since,
          until,
          step,
          ...(countedSince !== undefined && { countedSince }),
          at: Date.now(),
          ...sumLedger(minutes, since, until, step),
          gaps,
          names,
        };
        if (query.format === 'json') return { body: report };
        const day = (at: number) => new Date(at).toISOString().slice(0, 16).replaceAll(':', '');
        const disposition = `attachment; filename="ledger-${id}-${day(since)}-${day(until)}.csv"`;
        return { csv: ledgerCsv(report), headers: { 'content-disposition': disposition } };
      },
    }),
    json({
      method: 'get',
      path: '/api/flows/:id/ledger/gaps',
      role: 'viewer',
      tag,
      summary: 'Differences between the ledger and what stands in Kafka, newest first.',
      query: ledgerGapsQuerySchema,
      response: { status: 200, description: 'The differences.', schema: z.array(ledgerGapSchema) },
      errors: [404],
      async handle({ params: { id }, query }) {
        await store.flows.revision(id);
        return { body: await store.ledgerGaps.list({ flow: id, ...query }) };
      },
    }),
    json({
      method: 'post',
      path: '/api/flows/:id/ledger/gaps/:gap/settle',
      role: 'analyst',
      tag,
      summary: 'Says why a difference is no concern any more, so that its alarm ends.',
      body: settleRequestSchema,
      response: { status: 200, description: 'The difference, settled.', schema: ledgerGapSchema },
      errors: [404, 409],
      async handle({ params: { id, gap }, body, who }) {
        await store.flows.revision(id);
        const settled = await store.ledgerGaps.settle(id, gap, { at: Date.now(), who: who.name, reason: body.reason });
        const { topic, partition, from, to, kind } = settled;
        const detail = `${kind} at ${topic}/${partition}@${from}-${to}: ${body.reason}`;
        await store.audit.add({ who: who.name, action: 'ledger/settle', flow: id, detail });
        await auditor?.refresh();
        return { body: settled };
      },
    }),
    json({
      method: 'get',
      path: '/api/flows/:id/ledger/filtered',
      role: 'viewer',
      tag,
      summary: 'Samples of what nodes have dropped of late, by node and reason, masked; none when the flow does not run.',
      response: { status: 200, description: 'The samples.', schema: z.array(filteredSamplesSchema) },
      errors: [404],
      async handle({ params: { id } }) {
        const { nodes } = await namesOf(id);
        const { masks } = await store.samples.masks(id);
        const masker = createMasker(masks);
        const hidesValues = masks.some((mask) => mask.in === 'value');
        const seen = await Promise.all(nodes.map((node) => asked('tap/refused', runtime.samples(id, node, 'filtered'))));
        const groups = new Map<string, FilteredSamples>();
        for (const sample of seen.flat()) {
          const { node, reason = '', at, origin, truncated } = sample;
          const name = `${node}\n${reason}`;
          const group = groups.get(name) ?? { node, reason, samples: [] as FilteredSample[] };
          groups.set(name, group);
          if (group.samples.length >= shownOfReason) continue;
          const { message } = masker({
            key: sample.key === null ? null : { text: sample.key, encoding: 'utf8' },
            value: { text: sample.value, encoding: 'utf8' },
            headers: {},
            timestamp: null,
          });
          // A value that was cut is no JSON any more, so that masks would not find what they hide.
          const value = truncated && hidesValues ? '' : (message.value?.text ?? 'null');
          group.samples.push({ at, origin, key: message.key?.text ?? null, value, truncated });
        }
        return { body: [...groups.values()] };
      },
    }),
  ];
}
