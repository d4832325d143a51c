import { parseJson, stringifyJson } from '#shared/json.ts';
import { header } from '#shared/message.ts';
import type { Plan } from '#shared/plan.ts';
import { atPath } from '#shared/reconcile/path.ts';
import { type Backfill, type ReconcileReport, reconcileLimits } from '#shared/reconcile.ts';
import type { BackfillRequest } from '#shared/reconcile-schemas.ts';
import type { KafkaAdmin, KafkaProducer } from '../kafka/port.ts';
import type { EventMaker, SourceEvent, SourceType } from '../sdk.ts';
import type { StoredItem } from '../store/reconciles.ts';
import { contextOf, type PlanSource, type ReconcileDeps, ReconcileRefused } from './deps.ts';
import { ask, fill, signIn } from './http-list.ts';
import { nameReader, rangeOf, scan } from './log-scan.ts';

const chunk = 500;
/** Records that are fetched at a time. */
const fetchesAtOnce = 4;
/** Records of the list that are under way to Kafka at a time; they travel together. */
const writesAtOnce = 100;

/**
 * Writes what is missing to the source's topic, as the source would. Right before each part the log is read up to its end, so
 * that what came in meanwhile, or was written by a backfill that was cut off, is left alone. Changes `report.backfill`.
 */
export async function runBackfill(
  deps: ReconcileDeps,
  admin: KafkaAdmin,
  report: ReconcileReport,
  { plan, source }: { plan: Plan; source: PlanSource },
  request: BackfillRequest,
  backfill: Backfill,
  signal: AbortSignal,
): Promise<void> {
  const { spec } = report;
  const { reconciles } = deps.store;
  if (spec.kind !== 'source') return;
  const { topic } = source.input;
  const missing = await missingOf(deps, report.id);
  const nameOf = nameReader(spec.named);
  /** What has come in since the comparison; `mine`: by an earlier run of this backfill that was cut off. */
  const arrived = new Map<string, { position: string; mine: boolean }>();
  let checked = new Map(Object.entries(report.scannedTo ?? {}).map(([partition, offset]) => [Number(partition), BigInt(offset)]));
  const makeEvent = await eventMaker(deps, plan, source);
  const bodyOf = await recordSource(deps, request, signal);
  const producer = await deps.kafka.producer();
  try {
    for (let after = -1; !signal.aborted; ) {
      const items = await reconciles.items(report.id, { state: 'missing', after, limit: chunk });
      const last = items.at(-1);
      if (last === undefined) break;
      after = last.ordinal;
      const end = await rangeOf(admin, topic, undefined, undefined);
      if (end === undefined) throw new ReconcileRefused(`The topic ${topic} does not exist any more.`);
      // A partition that was added meanwhile is read from its beginning.
      const from = new Map([...end.to.keys()].map((partition) => [partition, checked.get(partition) ?? end.from.get(partition) ?? 0n]));
      await scan(deps.kafka, topic, { from, to: end.to }, signal, (record) => {
        const id = nameOf(record);
        if (id !== undefined && missing.has(id))
          arrived.set(id, {
            position: `${topic}/${record.partition}/${record.offset}`,
            mine: record.headers[header.backfill] === report.id,
          });
      });
      checked = end.to;
      const open: StoredItem[] = [];
      for (const item of items) {
        const known = arrived.get(item.id);
        if (known === undefined) open.push(item);
        else {
          await reconciles.setState(report.id, [item.ordinal], known.mine ? 'written' : 'arrived', { position: known.position, note: '' });
          if (known.mine) backfill.written++;
          else backfill.arrived++;
        }
      }
      const written: { ordinal: number; position: string }[] = [];
      const lanes = request.record.from === 'fetch' ? fetchesAtOnce : writesAtOnce;
      const over = each(open, lanes, async (item) => {
        if (signal.aborted) return;
        const body = await bodyOf(item);
        if ('problem' in body) {
          await reconciles.setState(report.id, [item.ordinal], 'missing', { note: body.problem });
          backfill.failed++;
          return;
        }
        const event = makeEvent(body.bytes, item.id);
        const position = await write(producer, topic, plan, event, { report: report.id, who: backfill.who });
        written.push({ ordinal: item.ordinal, position });
        backfill.written++;
      });
      try {
        await over;
      } finally {
        // What was written before something failed is entered too. A server that is killed first finds it in the log.
        await reconciles.setWritten(report.id, written);
      }
    }
  } finally {
    await producer.close();
  }
}

async function missingOf(deps: ReconcileDeps, report: string): Promise<ReadonlySet<string>> {
  const missing = new Set<string>();
  for (let after = -1; ; ) {
    const items = await deps.store.reconciles.items(report, { state: 'missing', after, limit: 5000 });
    for (const { id } of items) missing.add(id);
    const last = items.at(-1);
    if (last === undefined) return missing;
    after = last.ordinal;
  }
}

/** Acknowledged by all in-sync replicas. */
async function write(
  producer: KafkaProducer,
  topic: string,
  plan: Plan,
  event: SourceEvent,
  by: { report: string; who: string },
): Promise<string> {
  const value = event.value instanceof Uint8Array || typeof event.value === 'string' ? event.value : (stringifyJson(event.value) ?? 'null');
  const sent = await producer.send({
    topic,
    key: event.key ?? null,
    value,
    headers: { ...event.headers, [header.flow]: `${plan.flow}@${plan.version}`, [header.backfill]: by.report, [header.backfillBy]: by.who },
    timestamp: event.timestamp ?? Date.now(),
  });
  return `${sent.topic}/${sent.partition}/${sent.offset}`;
}

async function eventMaker(deps: ReconcileDeps, plan: Plan, source: PlanSource): Promise<(body: Uint8Array, id: string) => SourceEvent> {
  const type = deps.types.get(source.node.type);
  const make: EventMaker | undefined =
    type?.kind === 'source' && !('topic' in type)
      ? (type as SourceType).event?.(type.config.parse(source.node.config), await contextOf(deps, plan, source.node))
      : undefined;
  return make ? (body) => make(body) : (body, id) => ({ key: id, value: body });
}

type Body = { bytes: Uint8Array } | { problem: string };

/** Where the full records come from. */
async function recordSource(
  deps: ReconcileDeps,
  { record }: BackfillRequest,
  signal: AbortSignal,
): Promise<(item: StoredItem) => Promise<Body>> {
  if (record.from === 'list') {
    return async ({ row }) =>
      row === undefined ? { problem: 'The list holds no record of it, only its id.' } : { bytes: Buffer.from(row) };
  }
  const headers = signIn(record, await deps.store.secrets.reveal());
  return async ({ id }) => {
    const answer = await ask(deps.caller, fill(record.url, { id }), headers, signal, reconcileLimits.rowBytes);
    if (answer.status === 404 || answer.status === 410) return { problem: `The other side has no record of it (${answer.status}).` };
    if (answer.status < 200 || answer.status > 299)
      throw new ReconcileRefused(`The other side answered ${answer.status}. Check address and sign-in.`);
    if (record.path === '') return { bytes: Buffer.from(answer.text) };
    try {
      const found = atPath(parseJson(answer.text), record.path);
      return found === undefined
        ? { problem: `The answer has nothing at “${record.path}”.` }
        : { bytes: Buffer.from(stringifyJson(found) ?? 'null') };
    } catch {
      // One bad answer is one record that is not written; the others go on.
      return { problem: 'The answer is not JSON.' };
    }
  };
}

/** Works on items, so many at a time; after a failure no more are begun, and it rejects when all that were have ended. */
async function each<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  let isOver = false;
  const lane = async (): Promise<void> => {
    while (next < items.length && !isOver) {
      try {
        await work(items[next++] as T);
      } catch (error) {
        isOver = true;
        throw error;
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: atOnce }, lane));
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed) throw failed.reason;
}
