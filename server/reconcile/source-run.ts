import { type ListRow, listReader } from '#shared/reconcile/list.ts';
import { createSourceMatch } from '#shared/reconcile/match.ts';
import type { ReconcileReport, ReconcileSpec } from '#shared/reconcile.ts';
import type { KafkaAdmin } from '../kafka/port.ts';
import type { StoredItem } from '../store/reconciles.ts';
import { type PlanSource, type ReconcileDeps, ReconcileRefused } from './deps.ts';
import { pollList } from './http-list.ts';
import { nameReader, rangeOf, scan } from './log-scan.ts';

type SourceSpec = Extract<ReconcileSpec, { kind: 'source' }>;

/** The list of a comparison as it is kept while it is compared. */
export interface ListKeeper {
  add(row: ListRow): void;
  /** Writes what has gathered. */
  flush(): Promise<void>;
  end(): Promise<void>;
  match: ReturnType<typeof createSourceMatch>;
}

const chunk = 500;

/** Keeps the things of a list in the store and their ids in memory. */
export function createListKeeper(deps: Pick<ReconcileDeps, 'store'>, report: ReconcileReport): ListKeeper {
  const match = createSourceMatch();
  let waiting: StoredItem[] = [];
  let ordinal = 0;
  let twice = 0;
  return {
    match,
    add({ id, row }) {
      if (!match.list(id, ordinal)) {
        twice++;
        return;
      }
      waiting.push({ ordinal, state: 'listed', id, row, note: '' });
      if (row !== undefined) report.hasRecords = true;
      ordinal++;
      report.listed = ordinal;
    },
    async flush() {
      if (waiting.length < chunk) return;
      const full = waiting;
      waiting = [];
      await deps.store.reconciles.addItems(report.id, full);
    },
    async end() {
      await deps.store.reconciles.addItems(report.id, waiting);
      waiting = [];
      if (twice > 0) report.notes.push(`${twice} of the list stand in it more than once; each counts once.`);
    },
  };
}

/** Reads an uploaded list as it comes in, in memory for a part at a time. @throws ReconcileRefused, ListError */
export async function takeUpload(
  keeper: ListKeeper,
  report: ReconcileReport,
  idField: string,
  body: AsyncIterable<Uint8Array>,
): Promise<void> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const reader = listReader(idField, (row) => keeper.add(row));
  try {
    for await (const part of body) {
      reader.push(decoder.decode(part, { stream: true }));
      await keeper.flush();
    }
    reader.push(decoder.decode());
  } catch (error) {
    if (error instanceof TypeError)
      throw new ReconcileRefused('The list is not UTF-8 text. Save it as UTF-8 and send it again.', { cause: error });
    throw error;
  }
  reader.end();
  if (reader.without() > 0)
    report.notes.push(`${reader.without()} of the list have no id${idField === '' ? '' : ` at “${idField}”`} and were left out.`);
  await keeper.end();
  if (keeper.match.listed() === 0) throw new ReconcileRefused('The list holds no id. Say where the id stands, or send another list.');
}

/** Asks for the list over HTTP. */
export async function takePoll(deps: ReconcileDeps, keeper: ListKeeper, spec: SourceSpec, signal: AbortSignal): Promise<void> {
  if (spec.list.from !== 'poll') return;
  const secrets = await deps.store.secrets.reveal();
  for await (const rows of pollList(deps.caller, spec.list, spec, secrets, signal)) {
    for (const row of rows) {
      keeper.add(row);
      await keeper.flush();
    }
  }
  await keeper.end();
}

/** Compares the list with the log of the source and keeps what does not agree. */
export async function compareSource(
  deps: ReconcileDeps,
  admin: KafkaAdmin,
  report: ReconcileReport,
  source: PlanSource,
  keeper: ListKeeper,
  signal: AbortSignal,
): Promise<void> {
  const { reconciles } = deps.store;
  if (report.spec.kind !== 'source') return;
  const { since, until, slackMinutes, named } = report.spec;
  const { topic } = source.input;
  const slack = slackMinutes * 60_000;
  const range = await rangeOf(admin, topic, since - slack, until + slack);
  if (range === undefined) throw new ReconcileRefused(`The topic ${topic} does not exist. Deploy the flow first.`);
  const lows = await admin.offsets(topic);
  const gone = (lows ?? []).some(({ partition, low }) => low > 0n && range.from.get(partition) === low);
  if (gone)
    report.notes.push(
      'Retention has deleted messages at the beginning of this topic. What is missing from before may have come in and be gone.',
    );
  report.total = range.total;
  report.scannedTo = Object.fromEntries([...range.to].map(([partition, offset]) => [String(partition), String(offset)]));
  const nameOf = nameReader(named);
  const { match } = keeper;
  await scan(
    deps.kafka,
    topic,
    range,
    signal,
    (record) => {
      const inside = record.timestamp >= since && record.timestamp < until;
      match.seen(nameOf(record), `${topic}/${record.partition}/${record.offset}`, inside);
    },
    (records) => {
      report.scanned += records;
    },
  );
  const { missing, doubled, extra, moreExtra, matched, unnamed } = match.result();
  report.matched = matched;
  await reconciles.setState(report.id, missing, 'missing');
  for (const { ordinal, count, position } of doubled) await reconciles.setState(report.id, [ordinal], 'doubled', { position, count });
  await reconciles.removeState(report.id, 'listed');
  const first = report.listed;
  await reconciles.addItems(
    report.id,
    extra.map(({ id, position }, at) => ({ ordinal: first + at, state: 'extra' as const, id, position, note: '' })),
  );
  report.counts = await reconciles.counts(report.id);
  if (moreExtra > 0) {
    report.counts.extra = (report.counts.extra ?? 0) + moreExtra;
    report.notes.push(`Of the extra ones the first ${extra.length} are named.`);
  }
  if (unnamed > 0)
    report.notes.push(`${unnamed} messages of the period have no ${named.by === 'key' ? 'key' : `“${named.path}”`} and were left out.`);
  const why = whyNoBackfill(deps, source);
  report.backfillable = why === undefined && missing.length > 0;
  if (why !== undefined) report.why = why;
}

/** Why nothing may be written to the topic of a source; undefined: it may. */
export function whyNoBackfill(deps: Pick<ReconcileDeps, 'types'>, source: PlanSource): string | undefined {
  if (source.ingest !== undefined) return undefined;
  if (source.node.config.backfill === true) return undefined;
  return deps.types.get(source.node.type) === undefined
    ? 'The type of this source is not there.'
    : `The topic ${source.input.topic} is your own, and Millrace only reads it. Let the system that writes to it send the missing ones again, or switch on “Reconcile may write to it” in the settings of the source and deploy.`;
}
