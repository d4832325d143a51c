import { type DeliverStage, ledgerTopic, type Plan } from '#shared/plan.ts';
import type { KafkaRecord, OutRecord, RecordBatch, Work } from '../kafka/port.ts';
import { MessageError, RetriableError, type SinkInstance, type SinkMessage } from '../sdk.ts';
import { backoffMs, wait } from './backoff.ts';
import { CrashAt, Interrupted } from './crash.ts';
import { deadLetter, failureOf } from './dead-letter.ts';
import { StopOnError } from './pipeline.ts';
import { solvedBy } from './repairs.ts';
import { isControl, isResent, originOf, sinkMessage } from './sink-message.ts';
import { closeTally, countArrival, countDead, countDelivered, countFiltered, createTally } from './tally.ts';
import type { Tap } from './tap.ts';
import { type CountOptions, countTries } from './tries.ts';

export interface DeliverOptions {
  plan: Plan;
  stage: DeliverStage;
  sink: SinkInstance;
  /** True after a crash in this stage: messages go one by one, so that a further crash names the message. */
  suspect: boolean;
  quarantined(topic: string, partition: number, offset: bigint): string | undefined;
  begin(topic: string, partition: number, offset: bigint): void;
  end(): void;
  /** The sink is not ready (why), or is again (undefined). */
  trouble(reason: string | undefined): void;
  /** The retry budget is used up: resolves when a person resumes the stage, or the signal fires. */
  paused(reason: string, signal: AbortSignal): Promise<void>;
  tap?: Tap;
  /** How tries are remembered; left out: only while the stage lives. */
  tries?: CountOptions;
  clock(): number;
}

/** `control`: no message, but an order to a stage that parks keys; this one does not. */
type Settled = 'delivered' | 'control' | MessageError;

const retryBaseMs = 250;
const retryMostMs = 30_000;

/**
 * Makes the handler of a deliver stage: at least once, in order within a partition. A message that the world is not
 * ready for is tried again with back-off while its partition waits; the others stages of the flow never do.
 */
export function createDeliverHandler(options: DeliverOptions): (batch: RecordBatch, signal: AbortSignal) => Promise<Work> {
  const { plan, stage, clock } = options;
  const sink = countTries(options.sink, options.tries);
  const retry = stage.node.retry ?? { minutes: 1440, giveUp: 'pause' as const };
  const size = options.suspect ? 1 : (options.sink.batchSize ?? 100);

  return async (batch, signal) => {
    const slice = batch.records.slice(0, size);
    const settled: (Settled | undefined)[] = new Array(slice.length).fill(undefined);
    const messages = slice.map((record, at) => {
      const message = read(record);
      if (isControl(record)) settled[at] = 'control';
      else if (message instanceof MessageError) settled[at] = message;
      return message;
    });
    await deliver(batch, messages, settled, signal);

    // What is settled up to the first message that is not: only that prefix may be committed.
    const open = settled.indexOf(undefined);
    const consumed = open === -1 ? slice.length : open;
    if (consumed === 0) throw new Interrupted(`Stage ${stage.id} of ${plan.flow} was stopped while it waited for its system.`);
    return account(slice.slice(0, consumed), messages, settled as Settled[]);
  };

  function read(record: KafkaRecord): SinkMessage | MessageError {
    const why = options.quarantined(record.topic, record.partition, record.offset);
    if (why !== undefined) return new MessageError('quarantined', why);
    return sinkMessage(record, stage.input.format);
  }

  async function deliver(
    batch: RecordBatch,
    messages: (SinkMessage | MessageError)[],
    settled: (Settled | undefined)[],
    signal: AbortSignal,
  ): Promise<void> {
    let deadline = clock() + retry.minutes * 60_000;
    for (let attempt = 0; ; attempt++) {
      const open = messages.flatMap((message, at) =>
        settled[at] === undefined && !(message instanceof MessageError) ? [{ at, message }] : [],
      );
      const head = open[0];
      if (head === undefined) {
        if (attempt > 0) options.trouble(undefined);
        return;
      }
      if (signal.aborted) return;
      options.begin(batch.topic, batch.partition, BigInt(head.message.position.offset));
      const problem = await attemptOnce(batch, open, settled, signal);
      options.end();
      if (problem === undefined) continue;
      if (settled.indexOf(undefined) !== -1 && open.some(({ at }) => settled[at] !== undefined)) {
        // Something went through, so the system answers: the next try starts with a fresh back-off and budget.
        attempt = 0;
        deadline = clock() + retry.minutes * 60_000;
      }
      options.trouble(problem.message);
      if (clock() >= deadline) {
        if (retry.giveUp === 'dead-letter') {
          for (const { at } of open)
            if (settled[at] === undefined)
              settled[at] = new MessageError(problem.code, `${problem.message} Given up after ${retry.minutes} minutes of trying.`);
          continue;
        }
        await options.paused(problem.message, signal);
        deadline = clock() + retry.minutes * 60_000;
        attempt = 0;
        continue;
      }
      const delay = Math.max(backoffMs(attempt, retryBaseMs, retryMostMs), problem.afterMs ?? 0);
      await wait(Math.min(delay, Math.max(0, deadline - clock())), signal);
    }
  }

  /** One call of the sink; marks what was settled and returns the first reason to try again. */
  async function attemptOnce(
    batch: RecordBatch,
    open: { at: number; message: SinkMessage }[],
    settled: (Settled | undefined)[],
    signal: AbortSignal,
  ): Promise<RetriableError | undefined> {
    let outcomes: Awaited<ReturnType<SinkInstance['write']>>;
    try {
      outcomes = await sink.write(
        { group: stage.group, topic: batch.topic, partition: batch.partition, messages: open.map(({ message }) => message) },
        signal,
      );
    } catch (error) {
      if (error instanceof RetriableError) return error;
      if (error instanceof MessageError && open.length === 1) outcomes = [error];
      else if (signal.aborted) return new RetriableError('interrupted', 'The stage is stopping.');
      else
        throw new CrashAt(error, stage.id, {
          topic: batch.topic,
          partition: batch.partition,
          offset: BigInt(open[0]?.message.position.offset ?? 0),
        });
    }
    let problem: RetriableError | undefined;
    open.forEach(({ at }, index) => {
      const outcome = outcomes?.[index];
      if (outcome === undefined) settled[at] = 'delivered';
      else if (outcome instanceof RetriableError) problem ??= outcome;
      else settled[at] = outcome;
    });
    return problem;
  }

  function account(records: KafkaRecord[], messages: (SinkMessage | MessageError)[], settled: Settled[]): Work {
    const tally = createTally();
    const out: OutRecord[] = [];
    const node = stage.node.id;
    records.forEach((record, at) => {
      const result = settled[at] as Settled;
      const message = messages[at];
      if (result === 'control') {
        tally.orders = (tally.orders ?? 0) + 1;
        return;
      }
      tally.in++;
      if (isResent(record)) tally.resent = (tally.resent ?? 0) + 1;
      countArrival(tally, node);
      if (result === 'delivered') {
        countDelivered(tally, node);
        const solved = solvedBy(record, plan, clock());
        if (solved) out.push(solved);
        return;
      }
      if (message !== undefined && !(message instanceof MessageError)) options.tap?.see(node, 'error', message, result);
      const policy = stage.node.onError ?? plan.settings.onError;
      if (policy === 'stop' && result.code !== 'quarantined') {
        throw new StopOnError(
          `“${stage.node.label || node}” refused the message at ${record.topic}/${record.partition}/${record.offset} (${result.code}): ${result.message} The flow is set to stop on errors.`,
        );
      }
      if (policy === 'skip' && result.code !== 'quarantined') {
        countFiltered(tally, node, `skipped: ${result.code}`);
        return;
      }
      countDead(tally, node, result.code);
      const origin = originOf(record) ?? { topic: record.topic, partition: record.partition, offset: String(record.offset) };
      out.push(
        deadLetter(record, failureOf(result, node), {
          topic: plan.deadLetterTopic,
          flow: plan.flow,
          version: plan.version,
          stage: stage.id,
          origin,
          at: clock(),
        }),
      );
    });
    sink.close(records, tally);
    const first = records[0] as KafkaRecord;
    const last = records[records.length - 1] as KafkaRecord;
    const where = { flow: plan.flow, version: plan.version, stage: stage.id, topic: first.topic, partition: first.partition };
    const entry = closeTally(tally, { ...where, from: first.offset, to: last.offset, at: clock() });
    out.push({ topic: ledgerTopic, key: plan.flow, value: JSON.stringify(entry) });
    return { consumed: records.length, records: out };
  }
}
