import { header } from '#shared/message.ts';
import { ledgerTopic, type StageInput } from '#shared/plan.ts';
import type { Repair, ReplayGone, ReplaySample, ReplaySpec } from '#shared/replay.ts';
import type { KafkaRecord, OutRecord, RecordBatch, Work } from '../kafka/port.ts';
import { backoffMs, wait } from '../runtime/backoff.ts';
import { Interrupted } from '../runtime/crash.ts';
import { deadLetter } from '../runtime/dead-letter.ts';
import { mendsHeader, repairRecord } from '../runtime/repairs.ts';
import { closeTally, countArrival, countFiltered, createTally, type Tally } from '../runtime/tally.ts';
import { RetriableError } from '../sdk.ts';
import type { DeadIndex } from './dead-index.ts';
import { differenceOf } from './differ.ts';
import { goneBetween } from './gone.ts';
import type { Living } from './live.ts';
import { behindIn, type MendedWhere, mendedBy, type OpenLetter } from './mended.ts';
import { type Made, runMessage } from './message-run.ts';
import type { FailureWatch, Pace } from './pace.ts';
import type { RunInput } from './protocol.ts';
import { replayStage, scratchTopic } from './run-kafka.ts';
import type { Selection } from './selection.ts';
import type { Standing } from './standing.ts';
import { type Stretch, within } from './stretches.ts';
import type { Counted } from './sums.ts';

export interface ReplayStageOptions {
  input: Pick<RunInput, 'id' | 'who' | 'spec' | 'plan'>;
  living: Living;
  selection: Selection;
  /** Where outputs are compared with what stands. */
  standing: Standing | undefined;
  /** Open items of the inbox by origin, where real sinks get something. */
  open: DeadIndex['open'] | undefined;
  stretches: readonly Stretch[];
  /** Offset before which a partition ends. */
  endOf(topic: string, partition: number): bigint;
  pace: Pace;
  watch: FailureWatch;
  /** Fires when no further message is to be begun. */
  ending: AbortSignal;
  /** Too many have failed: it should pause after this batch. */
  tooMany(): void;
  /** Which keys have newer messages cannot be known any more: it must pause now. */
  tooManyKeys(): void;
  /** Nothing of the range is left in a partition, though nothing was committed at its end: gaps stand there. */
  reached(topic: string, partition: number): void;
  example(made: Made, record: KafkaRecord, kind: ReplaySample['examples'][number]['class']): void;
  clock(): number;
}

/** A replay's own loop over a partition, and what each of its batches counts. */
export interface ReplayStage {
  handle(batch: RecordBatch, signal: AbortSignal): Promise<Work>;
  /** What is written when messages of the range are gone before they were read, as `onGone` of the port. */
  gone(topic: string, partition: number, from: bigint, low: bigint): OutRecord[];
  /** What the batch of a partition that was just committed counts; asked once. */
  committed(topic: string, partition: number): (Counted & { gone?: ReplayGone }) | undefined;
}

type BatchCounts = Required<Omit<Counted, 'filtered'>>;

const sliceMs = 200;
const sliceMessages = 5000;
const sliceBytes = 8_000_000;
const notChosen = 'replay: sink not chosen';

/** The messages that stand at the offsets of the range are others than those that were planned. */
export class TopicAnew extends Error {
  override readonly name = 'TopicAnew';
}

/** Makes the handler of a replay: like the live transform stage, but for what it selects, where it writes, and where it ends. */
export function createReplayStage(options: ReplayStageOptions): ReplayStage {
  const { living, pace, clock, ending } = options;
  const { id, who, spec, plan } = options.input;
  const inputs = new Map(living.stage.inputs.map((input) => [input.topic, input]));
  const chosen = new Set(spec.sinks);
  const inRange = within(options.stretches);
  const pending = new Map<string, Counted & { gone?: ReplayGone }>();
  /** By partition, how often the batch at hand was taken back in a row. */
  const takenBack = new Map<string, number>();
  const stageName = replayStage(id);
  const where: MendedWhere = {
    chosen,
    behind: behindIn(living.stage),
    outside: (sink) => living.stage.sinkTopics[sink] !== undefined,
  };

  async function handle(batch: RecordBatch, signal: AbortSignal): Promise<Work> {
    const end = options.endOf(batch.topic, batch.partition);
    const input = inputs.get(batch.topic);
    const over = AbortSignal.any([signal, ending]);
    const first = batch.records[0] as KafkaRecord;
    if (first.offset >= end || input === undefined) {
      // All of this partition is done: what follows belongs to the live flow alone.
      options.reached(batch.topic, batch.partition);
      await fired(over);
      throw new Interrupted('The replay is over.');
    }
    await options.selection.refresh(over).catch((error: unknown) => {
      throw over.aborted ? new Interrupted('The replay was stopped.') : error;
    });
    if (!options.selection.complete) {
      options.tooManyKeys();
      throw new Interrupted('Which keys have newer messages cannot be known any more.');
    }
    // Smaller each time, so that a key that is busy takes back only itself in the end.
    let most = Math.max(1, Math.floor(Math.min(batch.records.length, sliceMessages) / 4 ** (takenBack.get(placeOf(batch)) ?? 0)));
    for (let attempt = 0; ; ) {
      const result = await slice(batch, input, end, most, over);
      if (!('retry' in result)) return result;
      if (result.at > 0) most = result.at;
      else {
        await wait(Math.max(backoffMs(attempt++, 250, 30_000), result.retry.afterMs ?? 0), over);
        if (over.aborted) throw new Interrupted('The replay was stopped while a node waited.');
      }
    }
  }

  async function slice(
    batch: RecordBatch,
    input: StageInput,
    end: bigint,
    most: number,
    over: AbortSignal,
  ): Promise<Work | { retry: RetriableError; at: number }> {
    const started = clock();
    const tally = createTally();
    const counted: BatchCounts = {
      delivered: {},
      failures: {},
      compared: { same: 0, changed: 0, failing: 0, fresh: 0 },
      balance: { read: 0, written: 0, filtered: 0, failed: 0, skipped: 0 },
    };
    const records: OutRecord[] = [];
    const sent: KafkaRecord[] = [];
    let bytes = 0;
    let consumed = 0;
    for (const record of batch.records) {
      if (consumed >= most || record.offset >= end || (over.aborted && consumed > 0)) break;
      if (!inRange(record.topic, record.partition, record.offset)) {
        consumed++;
        continue;
      }
      const why =
        options.selection.refuses(record) ?? (options.selection.overtaken(record) ? 'a newer message of its key has passed' : undefined);
      if (why !== undefined) {
        skip(tally, counted, input, why);
        consumed++;
        continue;
      }
      const ms = pace.waitMs();
      if (ms > 0) {
        if (consumed > 0) break;
        for (let left = ms; left > 0 && !over.aborted; left = pace.waitMs()) await wait(left, over);
      }
      if (over.aborted) {
        if (consumed > 0) break;
        throw new Interrupted('The replay was stopped.');
      }
      let made: Made;
      try {
        const running = runMessage(living, record, input, tally);
        made = running instanceof Promise ? await running : running;
      } catch (error) {
        if (error instanceof RetriableError) return { retry: error, at: consumed };
        throw error;
      }
      pace.took();
      const outs = settle(made, record, tally, counted);
      if (outs.length > 0) sent.push(record);
      for (const out of outs) {
        records.push(out);
        bytes += out.value === null ? 0 : out.value.length;
      }
      consumed++;
      if (options.watch.ended(made.failures.length > 0)) {
        options.tooMany();
        break;
      }
      if (consumed >= sliceMessages || bytes >= sliceBytes || clock() - started > sliceMs) break;
    }
    const first = batch.records[0] as KafkaRecord;
    const last = batch.records[consumed - 1] as KafkaRecord;
    const where = { flow: plan.flow, version: plan.version, stage: stageName, topic: batch.topic, partition: batch.partition };
    const entry = closeTally(tally, { ...where, from: first.offset, to: last.offset, at: clock() });
    const { delivered: _delivered, ...more } = counted;
    records.push({ topic: ledgerTopic, key: plan.flow, value: JSON.stringify({ ...entry, ...more }) });
    pending.set(placeOf(batch), { ...more, delivered: entry.delivered, filtered: entry.filtered });
    return { consumed, records, ...(spec.target === 'real' && sent.length > 0 && { holds: () => holds(batch, sent, over) }) };
  }

  /**
   * Asked when the outputs stand in the sinks' topics: what the live flow makes of a message that is not in the log by now
   * will stand behind them. Where a newer message of a key is there, they are taken back and made anew without that key.
   */
  async function holds(batch: RecordBatch, sent: readonly KafkaRecord[], over: AbortSignal): Promise<boolean> {
    const place = placeOf(batch);
    try {
      if (await options.selection.stillNewest(sent, over)) return true;
    } catch (error) {
      if (!over.aborted) throw error;
    }
    takenBack.set(place, (takenBack.get(place) ?? 0) + 1);
    return false;
  }

  /** What is written of a message; counts it once. */
  function settle(made: Made, record: KafkaRecord, tally: Tally, counted: BatchCounts): OutRecord[] {
    const { balance, failures, compared } = counted;
    balance.read++;
    for (const { node, code } of made.failures) {
      const codes = (failures[node] ??= {});
      codes[code] = (codes[code] ?? 0) + 1;
    }
    const origin = `${record.topic}/${record.partition}/${record.offset}`;
    const difference = options.standing && differenceOf(made, chosen, origin, options.standing);
    if (difference && spec.target === 'compare') {
      compared[difference.class]++;
      if (difference.class !== 'same') options.example(made, record, difference.class);
    }
    let wanted = made.outputs.filter(({ sink }) => chosen.has(sink));
    const mine = wanted.length;
    take(tally, made.outputs, (output) => chosen.has(output.sink), notChosen);
    if (difference && spec.filter.onlyDifferent) {
      const changed = new Set(difference.changed);
      take(tally, wanted, (output) => changed.has(output), 'replay: stands there already');
      wanted = difference.changed;
    }
    if (made.failures.length > 0) balance.failed++;
    else if (wanted.length > 0) balance.written++;
    else if (mine > 0 || made.outputs.length > 0) balance.skipped++;
    else balance.filtered++;
    if (spec.target === 'compare') {
      take(tally, wanted, () => false, 'replay: compared only');
      return [];
    }
    if (spec.target === 'scratch') return wanted.map(({ sink, record: out }) => stamped(out, sink, spec, id));
    const { carries, again, through } = mendedBy(options.open?.get(origin) ?? [], made, wanted, where);
    return [
      ...wanted.map((output) => standsFor(stamped(output.record, output.sink, spec, id), carries.get(output))),
      ...made.failures.map((failure) => failedLetter(record, failure, again.get(failure))),
      ...through.map(({ letter, outcome }) => repairOf(letter, outcome)),
    ];
  }

  function standsFor(record: OutRecord, letter: OpenLetter | undefined): OutRecord {
    if (letter === undefined) return record;
    const mends = { [header.item]: letter.item, [header.mends]: mendsHeader(letter.attempt + 1, who) };
    return { ...record, headers: { ...record.headers, ...mends } };
  }

  function repairOf({ item, attempt }: OpenLetter, outcome: Repair['outcome']): OutRecord {
    const { flow, version } = plan;
    return repairRecord({ flow, item, outcome, attempt: attempt + 1, retry: '', replay: id, version, who, at: clock() });
  }

  /** A new dead letter; of an item that is open already, its next attempt. */
  function failedLetter(record: KafkaRecord, failure: Made['failures'][number], known: OpenLetter | undefined): OutRecord {
    const origin = { topic: record.topic, partition: record.partition, offset: String(record.offset) };
    const letter = deadLetter(record, failure, {
      topic: plan.deadLetterTopic,
      flow: plan.flow,
      version: plan.version,
      stage: living.stage.id,
      origin,
      at: clock(),
    });
    const same = known && {
      [header.item]: known.item,
      [header.errorAttempt]: String(known.attempt + 1),
      [header.mends]: mendsHeader(known.attempt + 1, who),
    };
    return { ...letter, headers: { ...letter.headers, [header.replay]: id, ...same } };
  }

  return {
    handle,
    gone(topic, partition, from, low) {
      if (low <= from) throw new TopicAnew(`The topic “${topic}” was made anew: its offsets name other messages now. Plan another replay.`);
      const gone = goneBetween(options.stretches, { topic, partition, from, low }, clock());
      if (gone === undefined) return [];
      const where = { flow: plan.flow, version: plan.version, stage: stageName, topic, partition };
      const entry = closeTally(createTally(), { ...where, from, to: low - 1n, at: clock() });
      pending.set(placeOf({ topic, partition }), { delivered: {}, gone });
      return [{ topic: ledgerTopic, key: plan.flow, value: JSON.stringify({ ...entry, gone }) }];
    },
    committed(topic, partition) {
      const place = placeOf({ topic, partition });
      const counted = pending.get(place);
      pending.delete(place);
      takenBack.delete(place);
      return counted;
    },
  };
}

/** Counts outputs that are not written as filtered, with the reason. */
function take(tally: Tally, outputs: Made['outputs'], keeps: (output: Made['outputs'][number]) => boolean, reason: string): void {
  for (const output of outputs) {
    if (keeps(output)) continue;
    const left = (tally.delivered[output.sink] ?? 0) - 1;
    if (left > 0) tally.delivered[output.sink] = left;
    else delete tally.delivered[output.sink];
    countFiltered(tally, output.sink, reason);
  }
}

function skip(tally: Tally, { balance }: BatchCounts, input: StageInput, why: string): void {
  tally.in++;
  countArrival(tally, input.node);
  countFiltered(tally, input.node, `replay: ${why}`);
  balance.read++;
  balance.skipped++;
}

/** The output with what says that a replay made it; to a scratch topic where the spec says so. */
function stamped(record: OutRecord, sink: string, spec: ReplaySpec, id: string): OutRecord {
  const index = record.headers?.[header.index];
  const headers = {
    ...record.headers,
    [header.replay]: id,
    ...(spec.ids === 'new' && { [header.index]: `${typeof index === 'string' ? index : '0'}~r${id}` }),
  };
  if (spec.target !== 'scratch') return { ...record, headers };
  const { partition: _partition, ...rest } = record;
  return { ...rest, headers, topic: scratchTopic(spec.flow, id, sink) };
}

function placeOf({ topic, partition }: Pick<RecordBatch, 'topic' | 'partition'>): string {
  return `${topic}/${partition}`;
}

function fired(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
