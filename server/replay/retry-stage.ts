import { formatPosition, header, parsePosition } from '#shared/message.ts';
import { ledgerTopic } from '#shared/plan.ts';
import { type Repair, repairsTopic } from '#shared/replay.ts';
import type { KafkaPort, KafkaRecord, OutRecord, RecordBatch, Work } from '../kafka/port.ts';
import { backoffMs, wait } from '../runtime/backoff.ts';
import { enter } from '../runtime/codec.ts';
import { Interrupted } from '../runtime/crash.ts';
import { deadLetter, type Failure } from '../runtime/dead-letter.ts';
import { retryHeader } from '../runtime/repairs.ts';
import { closeTally, countArrival, countDead, countDelivered, countFiltered, createTally, type Tally } from '../runtime/tally.ts';
import { MessageError, RetriableError } from '../sdk.ts';
import type { Follow } from './follow.ts';
import type { Living } from './live.ts';
import type { Pace } from './pace.ts';
import type { RetryInput } from './protocol.ts';
import { failedRecord, type Letter, letterOf, readAt } from './retry-letter.ts';
import type { RetryWork } from './retry-list.ts';
import { ordinalOf } from './standing.ts';
import type { Counted } from './sums.ts';

export interface RetryStageOptions {
  input: Pick<RetryInput, 'id' | 'who' | 'from' | 'stopAfter' | 'plan'>;
  kafka: KafkaPort;
  living: Living;
  follow: Follow;
  pace: Pace;
  ending: AbortSignal;
  /** So many in a row have failed, the last with this sentence: it should stop after this batch. */
  tooMany(last: string): void;
  clock(): number;
}

export interface RetryStage {
  handle(batch: RecordBatch, signal: AbortSignal): Promise<Work>;
  committed(): Counted | undefined;
}

const sliceMs = 500;
const sliceWorks = 500;
const sliceBytes = 8_000_000;

/** Stage of a retry in the ledger. */
export function retryStage(id: string): string {
  return `retry-${id}`;
}

export function retryGroup(flow: string, id: string): string {
  return `millrace.${flow}.${retryStage(id)}`;
}

/** What one message of the list has become; a message goes through as a whole or not at all. */
type Outcome = { outputs: OutRecord[]; sinks: string[] } | { failure: Failure } | { gone: string };

/** Makes the handler of a retry: works off its list; outputs, repairs, dead letters, ledger entry and position in one transaction. */
export function createRetryStage(options: RetryStageOptions): RetryStage {
  const { kafka, living, follow, pace, clock, ending } = options;
  const { id, who, from, plan, stopAfter } = options.input;
  let pending: Counted | undefined;
  let inARow = 0;

  async function handle(batch: RecordBatch, signal: AbortSignal): Promise<Work> {
    const over = AbortSignal.any([signal, ending]);
    const works = take(batch.records);
    const records = new Map<string, KafkaRecord>();
    const wanted = new Set(works.flatMap(({ read, letters }) => [read, ...letters.map(({ position }) => position)]));
    await readAt(kafka, wanted, (position, record) => void records.set(position, record), over).catch((error: unknown) => {
      throw over.aborted ? new Interrupted('The retry was stopped.') : error;
    });
    // A read that is cut ends quietly: what it has not seen is not gone.
    if (over.aborted) throw new Interrupted('The retry was stopped.');
    const before = inARow;
    let most = works.length;
    for (let attempt = 0; ; ) {
      inARow = before;
      const result = await slice(batch, works, records, most, over);
      if (!('retry' in result)) return result;
      if (result.at > 0) most = result.at;
      else {
        await wait(Math.max(backoffMs(attempt++, 250, 30_000), result.retry.afterMs ?? 0), over);
        if (over.aborted) throw new Interrupted('The retry was stopped while a node waited.');
      }
    }
  }

  async function slice(
    batch: RecordBatch,
    works: readonly RetryWork[],
    found: ReadonlyMap<string, KafkaRecord>,
    most: number,
    over: AbortSignal,
  ): Promise<Work | { retry: RetriableError; at: number }> {
    const started = clock();
    const tally = createTally();
    const counted: Required<Omit<Counted, 'compared' | 'filtered'>> = {
      delivered: {},
      failures: {},
      balance: { read: 0, written: 0, filtered: 0, failed: 0, skipped: 0 },
    };
    const out: OutRecord[] = [];
    let consumed = 0;
    for (const work of works) {
      if (consumed >= most || (over.aborted && consumed > 0)) break;
      const ms = pace.waitMs();
      if (ms > 0) {
        if (consumed > 0) break;
        for (let left = ms; left > 0 && !over.aborted; left = pace.waitMs()) await wait(left, over);
      }
      if (over.aborted) throw new Interrupted('The retry was stopped.');
      let outcome: Outcome;
      try {
        outcome = await runWork(work, found);
      } catch (error) {
        if (error instanceof RetriableError) return { retry: error, at: consumed };
        throw error;
      }
      pace.took();
      consumed++;
      account(work, outcome, found, tally, counted, out);
      inARow = 'failure' in outcome ? inARow + 1 : 0;
      if (stopAfter > 0 && inARow >= stopAfter && 'failure' in outcome) {
        options.tooMany(outcome.failure.message);
        break;
      }
      if (clock() - started > sliceMs) break;
    }
    const first = batch.records[0] as KafkaRecord;
    const last = batch.records[consumed - 1] as KafkaRecord;
    const where = { flow: plan.flow, version: plan.version, stage: retryStage(id), topic: batch.topic, partition: batch.partition };
    const entry = closeTally(tally, { ...where, from: first.offset, to: last.offset, at: clock() });
    const { balance, failures } = counted;
    out.push({ topic: ledgerTopic, key: plan.flow, value: JSON.stringify({ ...entry, balance, failures }) });
    pending = { delivered: entry.delivered, balance, failures };
    return { consumed, records: out };
  }

  /** Runs one message of the list. @throws RetriableError */
  async function runWork(work: RetryWork, found: ReadonlyMap<string, KafkaRecord>): Promise<Outcome> {
    const dead = found.get(work.letters[0]?.position ?? '');
    const letter = dead && letterOf(dead);
    if (dead === undefined || letter === undefined) return { gone: 'the dead letter is gone' };
    const delivers = letter.stage.startsWith('deliver-');
    if (delivers && from === 'node') return putBack(work, letter, edited(failedRecord(dead, letter), work));
    const source = delivers ? found.get(work.read) : failedRecord(dead, letter);
    if (source === undefined) return { gone: 'retention took the message it was made of' };
    const record = edited(source, work);
    const input = living.stage.inputs.find(({ topic }) => topic === record.topic);
    if (input === undefined) {
      const message = `Version ${plan.version} does not read “${record.topic}” any more, so it cannot run this message.`;
      return { failure: { code: 'retry/no-source', message, node: letter.node } };
    }
    const place = from === 'node' && letter.node !== input.node ? (letter.arrival ?? { node: letter.node, at: 0 }) : undefined;
    follow.begin(place);
    try {
      // Its own counts say nothing here: a retry counts messages, and only what it keeps.
      await living.pipeline.run(input.node, enter(record, input.format, living.pipeline.takesText(input.node)), follow.sink, createTally());
    } catch (error) {
      if (error instanceof MessageError) return { failure: { code: error.code, message: error.message, node: input.node } };
      throw error;
    }
    const made = follow.end();
    const failure = made.failures[0];
    if (failure) return { failure };
    if (!made.came) {
      const node = living.stage.nodes.find((one) => one.id === place?.node);
      const name = node?.label || place?.node;
      const message = `In version ${plan.version} this message does not come to “${name}” any more. Retry it from the start.`;
      return { failure: { code: 'retry/other-way', message, node: letter.node } };
    }
    return {
      outputs: made.outputs.map(({ record: output }) => stamped(output, work, dead)),
      sinks: made.outputs.map(({ sink }) => sink),
    };
  }

  /** What a sink did not take goes into its topic again, where its deliver stage finds it. */
  function putBack(work: RetryWork, letter: Letter, record: KafkaRecord): Outcome {
    const { topic, key, value, headers } = record;
    const output: OutRecord = { topic, key, value, headers: { ...headers, [header.parent]: letter.origin } };
    return { outputs: [stamped(output, work, { headers })], sinks: [letter.node] };
  }

  function stamped(output: OutRecord, { letters, edit }: RetryWork, dead: Pick<KafkaRecord, 'headers'>): OutRecord {
    const { item = '', attempt = 1 } = letters[0] ?? {};
    const corrected = edit ? who : dead.headers[header.correctedBy];
    return {
      ...output,
      headers: {
        ...output.headers,
        [header.index]: `${ordinalOf(output.headers?.[header.index])}~${attempt + 1}`,
        [header.item]: item,
        [header.retry]: retryHeader(id, who),
        ...(corrected !== undefined && { [header.correctedBy]: corrected }),
      },
    };
  }

  function account(
    work: RetryWork,
    outcome: Outcome,
    found: ReadonlyMap<string, KafkaRecord>,
    tally: Tally,
    { balance, failures }: Pick<Required<Counted>, 'balance' | 'failures'>,
    out: OutRecord[],
  ): void {
    const count = work.letters.length;
    balance.read += count;
    tally.in++;
    const node = nodeOf(work, found);
    countArrival(tally, node);
    if ('gone' in outcome) {
      balance.skipped += count;
      countFiltered(tally, node, `retry: ${outcome.gone}`);
      return;
    }
    if ('failure' in outcome) {
      balance.failed += count;
      const codes = (failures[outcome.failure.node] ??= {});
      codes[outcome.failure.code] = (codes[outcome.failure.code] ?? 0) + count;
      countDead(tally, node, outcome.failure.code);
      for (const letter of work.letters) {
        const record = found.get(letter.position);
        if (record) out.push(again(record, letter, work, outcome.failure));
      }
      return;
    }
    balance.written += count;
    tally.copies += Math.max(0, outcome.outputs.length - 1);
    if (outcome.outputs.length === 0) countFiltered(tally, node, 'retry: ended on purpose');
    for (const sink of outcome.sinks) countDelivered(tally, sink);
    out.push(...outcome.outputs);
    const outside = outcome.sinks.some((sink) => living.stage.sinkTopics[sink] !== undefined);
    work.letters.forEach(({ item, attempt }, at) => {
      // A deliver stage tells the end of the first alone, whose item its record carries; the others went with it.
      const repair: Repair = {
        flow: plan.flow,
        item,
        outcome: outside && at === 0 ? 'sent' : 'solved',
        attempt: attempt + 1,
        retry: id,
        version: plan.version,
        who,
        at: clock(),
      };
      out.push({ topic: repairsTopic, key: item, value: JSON.stringify(repair) });
    });
  }

  /** It has failed again: a new dead letter of the same item, from the same arrival on, with what was edited. */
  function again(record: KafkaRecord, { item, attempt }: RetryWork['letters'][number], work: RetryWork, failure: Failure): OutRecord {
    const letter = letterOf(record) as Letter;
    const failed = edited(failedRecord(record, letter), work);
    const origin = parsePosition(letter.origin) ?? { topic: record.topic, partition: record.partition, offset: String(record.offset) };
    const made = deadLetter(failed, failure, {
      topic: plan.deadLetterTopic,
      flow: plan.flow,
      version: plan.version,
      stage: letter.stage,
      origin,
      at: clock(),
    });
    const arrival = record.headers[header.errorArrival];
    return {
      ...made,
      headers: {
        ...made.headers,
        [header.errorAttempt]: String(attempt + 1),
        [header.item]: item,
        [header.retry]: retryHeader(id, who),
        ...(arrival !== undefined && { [header.errorArrival]: arrival }),
        ...(work.edit && { [header.correctedBy]: who }),
      },
    };
  }

  return {
    handle,
    committed() {
      const counted = pending;
      pending = undefined;
      return counted;
    },
  };
}

/** The first works of a batch, as many as may be held at once. */
function take(records: readonly KafkaRecord[]): RetryWork[] {
  const works: RetryWork[] = [];
  let bytes = 0;
  for (const { value } of records) {
    const work = JSON.parse(Buffer.from(value ?? []).toString()) as RetryWork;
    bytes += work.bytes * work.letters.length;
    if (works.length > 0 && (bytes > sliceBytes || works.length >= sliceWorks)) break;
    works.push(work);
  }
  return works;
}

function edited(record: KafkaRecord, { edit }: RetryWork): KafkaRecord {
  if (edit === undefined) return record;
  return { ...record, key: edit.key === null ? null : Buffer.from(edit.key), value: Buffer.from(edit.value, edit.encoding) };
}

function nodeOf(work: RetryWork, found: ReadonlyMap<string, KafkaRecord>): string {
  const record = found.get(work.letters[0]?.position ?? '');
  const node = record?.headers[header.errorNode];
  return typeof node === 'string' ? node : formatPosition({ topic: 'unknown', partition: 0, offset: '0' });
}
