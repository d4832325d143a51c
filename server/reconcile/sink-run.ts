import { formatPosition, header } from '#shared/message.ts';
import type { DeliverStage, Plan } from '#shared/plan.ts';
import { createSinkMatch } from '#shared/reconcile/match.ts';
import { type ReconcileReport, reconcileLimits } from '#shared/reconcile.ts';
import type { KafkaAdmin } from '../kafka/port.ts';
import { isControl, sinkMessage } from '../runtime/sink-message.ts';
import { MessageError, type SinkHoldings, type SinkType } from '../sdk.ts';
import { contextOf, type ReconcileDeps, ReconcileRefused } from './deps.ts';
import { rangeOf, scan } from './log-scan.ts';

/** What a sink's type can say of its place. @throws ReconcileRefused where it can say nothing */
export function holdingsOf(deps: Pick<ReconcileDeps, 'types'>, stage: DeliverStage): { holds: SinkHoldings<unknown>; config: unknown } {
  const type = deps.types.get(stage.node.type);
  const holds = type?.kind === 'sink' && 'holds' in type ? (type as SinkType).holds : undefined;
  if (type === undefined || holds === undefined)
    throw new ReconcileRefused('This sink cannot be asked what it holds. Tables of SQLite and PostgreSQL and files can.');
  const config = type.config.parse(stage.node.config);
  const unable = holds.unable?.(config);
  if (unable !== undefined) throw new ReconcileRefused(unable);
  return { holds, config };
}

/** Compares what the flow sent to a sink with what the place behind it holds, and keeps what does not agree. */
export async function compareSink(
  deps: ReconcileDeps,
  admin: KafkaAdmin,
  report: ReconcileReport,
  plan: Plan,
  stage: DeliverStage,
  signal: AbortSignal,
): Promise<void> {
  const { reconciles } = deps.store;
  const { since, until } = report.spec;
  const { topic } = stage.input;
  const { holds, config } = holdingsOf(deps, stage);
  const context = await contextOf(deps, plan, stage.node);
  const keyOf = holds.key(config, context);
  // All of the topic: a row that stands there may have been sent long before the period, or after it.
  const range = await rangeOf(admin, topic, undefined, undefined);
  if (range === undefined) throw new ReconcileRefused(`The topic ${topic} does not exist. Deploy the flow first.`);
  report.total = range.total;
  const committed = await admin.committed(stage.group, topic);
  const match = createSinkMatch();
  let unreadable = 0;
  await scan(
    deps.kafka,
    topic,
    range,
    signal,
    (record) => {
      if (isControl(record)) return;
      const inside = record.timestamp >= since && record.timestamp < until;
      const message = sinkMessage(record, stage.input.format);
      try {
        if (message instanceof MessageError) throw message;
        const waiting = record.offset >= (committed.get(record.partition) ?? 0n);
        match.sent(keyOf(message), { origin: formatPosition(message.origin), position: formatPosition(message.position), inside, waiting });
      } catch (error) {
        if (!(error instanceof MessageError)) throw error;
        if (inside) unreadable++;
      }
    },
    (records) => {
      report.scanned += records;
    },
  );
  const dead = await deadOf(deps, admin, plan, stage, since, signal);
  for await (const keys of holds.keys(config, context, signal)) {
    for (const key of keys) match.held(key);
    report.listed += keys.length;
    signal.throwIfAborted();
  }
  signal.throwIfAborted();
  const { missing, doubled, extra, moreExtra, matched } = match.result((position) => dead.has(position));
  report.matched = matched;
  await reconciles.addItems(
    report.id,
    missing.map(({ key, origin, state }, ordinal) => ({ ordinal, state, id: key, position: origin, note: '' })),
  );
  await reconciles.addItems(
    report.id,
    doubled.map(({ key, origin, count }, at) => ({
      ordinal: missing.length + at,
      state: 'doubled' as const,
      id: key,
      position: origin,
      count,
      note: '',
    })),
  );
  const first = missing.length + doubled.length;
  await reconciles.addItems(
    report.id,
    extra.map((key, at) => ({ ordinal: first + at, state: 'extra' as const, id: key, note: '' })),
  );
  report.counts = await reconciles.counts(report.id);
  if (moreExtra > 0) {
    report.counts.extra = (report.counts.extra ?? 0) + moreExtra;
    report.notes.push(`Of the extra rows the first ${extra.length} are named.`);
  }
  if (unreadable > 0) report.notes.push(`${unreadable} messages of the period give no row; they are dead letters of the sink.`);
  const lows = await admin.offsets(topic);
  if (extra.length + doubled.length > 0 && (lows ?? []).some(({ low }) => low > 0n))
    report.notes.push('Retention has deleted older messages of the sink’s topic, so what is extra or doubled may have been sent before.');
  report.backfillable = (report.counts.missing ?? 0) > 0;
}

/** Positions in the sink's topic whose message the sink refused. */
async function deadOf(
  deps: ReconcileDeps,
  admin: KafkaAdmin,
  plan: Plan,
  stage: DeliverStage,
  since: number,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const dead = new Set<string>();
  const range = await rangeOf(admin, plan.deadLetterTopic, since, undefined);
  if (range === undefined || range.total === 0) return dead;
  await scan(deps.kafka, plan.deadLetterTopic, range, signal, ({ headers }) => {
    const parent = headers[header.parent];
    if (headers[header.errorStage] === stage.id && typeof parent === 'string' && dead.size < reconcileLimits.keys) dead.add(parent);
  });
  return dead;
}
