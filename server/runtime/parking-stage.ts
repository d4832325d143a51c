import { header } from '#shared/message.ts';
import { controlHeader, type ReleaseOrder } from '#shared/parked.ts';
import { ledgerTopic } from '#shared/plan.ts';
import type { KafkaRecord, OutRecord, RecordBatch, Work } from '../kafka/port.ts';
import { MessageError, RetriableError, type SinkMessage, type WriteOutcome } from '../sdk.ts';
import { backoffMs, wait } from './backoff.ts';
import { CrashAt, Interrupted } from './crash.ts';
import type { DeliverOptions } from './deliver-stage.ts';
import type { ParkedLog } from './parked-log.ts';
import { keyName, markOf, markRecord, messageRecord, type Parked, type ParkedKeys } from './parked-state.ts';
import { StopOnError } from './pipeline.ts';
import { createRelease } from './release.ts';
import { solvedBy } from './repairs.ts';
import { baseId, isControl, isResent, sinkLetter, sinkMessage } from './sink-message.ts';
import { closeTally, countArrival, countDead, countDelivered, countFiltered, countParked, createTally, type Tally } from './tally.ts';
import { countTries } from './tries.ts';

/** A deliver stage that parks keys. */
export interface ParkingOptions extends DeliverOptions {
  log: ParkedLog;
}

/** A stage's handler, and what it does whenever a partition was fenced. */
export interface ParkingHandler {
  handle(batch: RecordBatch, signal: AbortSignal): Promise<Work>;
  /** Reads anew what is parked in the partition; before it no record of the partition is looked at. */
  onFence(topic: string, partition: number, signal: AbortSignal): Promise<void>;
}

type Settled = 'delivered' | 'parked' | MessageError;

const retryBaseMs = 250;
const retryMostMs = 30_000;

/**
 * Makes the handler of a deliver stage that keeps the order of each key without holding up the others. A message that
 * fails for good becomes a dead letter and its key is parked: later ones are set aside, in order, in the transaction
 * that moves the offset, until a person releases the key. At least once, as every deliver stage.
 */
export function createParkingHandler(options: ParkingOptions): ParkingHandler {
  const { plan, stage, log, clock } = options;
  const budgetMs = (stage.node.retry?.minutes ?? 1440) * 60_000;
  const size = options.suspect ? 1 : (options.sink.batchSize ?? 100);
  const sink = countTries(options.sink, options.tries);
  const partitions = new Map<number, ParkedKeys>();
  const release = createRelease({ ...options, write, retrying, givenUp, parks, read, refuse, entryOf, budgetMs });

  async function handle(batch: RecordBatch, signal: AbortSignal): Promise<Work> {
    const keys = partitions.get(batch.partition);
    if (keys === undefined) throw new Error(`What is parked in ${batch.topic}/${batch.partition} was not read before its first message.`);
    const first = batch.records[0] as KafkaRecord;
    if (isControl(first)) return release.order(first, orderOf(first), keys, signal);
    const mended = mends(first, keys);
    if (mended !== undefined) return release.mend(first, mended, keys, signal);

    // Orders and retries of a parked message get a transaction of their own.
    const rest = batch.records.slice(0, size);
    const stop = rest.findIndex((record) => isControl(record) || mends(record, keys) !== undefined);
    const slice = stop === -1 ? rest : rest.slice(0, stop);
    const settled = await deliver(slice, keys, signal);
    const open = settled.indexOf(undefined);
    const consumed = open === -1 ? slice.length : open;
    if (consumed === 0) throw new Interrupted(`Stage ${stage.id} of ${plan.flow} was stopped while it waited for its system.`);
    return account(slice.slice(0, consumed), settled as Settled[], keys);
  }

  /** Delivers what may be delivered; of each key one message at a time, so that one that fails has no later one beside it. */
  async function deliver(records: readonly KafkaRecord[], keys: ParkedKeys, signal: AbortSignal): Promise<(Settled | undefined)[]> {
    const settled: (Settled | undefined)[] = new Array(records.length).fill(undefined);
    const names = records.map((record) => (record.key === null ? undefined : keyName(record.key)));
    const messages = records.map(read);
    const deadlines = new Map<number, number>();
    const parked = new Set<string>();
    let tries = 0;
    let troubled = false;
    for (;;) {
      const round: { at: number; message: SinkMessage }[] = [];
      const inRound = new Set<string>();
      for (let at = 0; at < records.length; at++) {
        if (settled[at] !== undefined) continue;
        const name = names[at];
        if (name !== undefined && inRound.has(name)) break;
        const message = messages[at] as SinkMessage | MessageError;
        if (name !== undefined && (keys.has(name) || parked.has(name))) settled[at] = 'parked';
        else if (message instanceof MessageError) {
          settled[at] = message;
          if (name !== undefined && parks(message)) parked.add(name);
        } else {
          round.push({ at, message });
          if (name !== undefined) inRound.add(name);
        }
      }
      const head = round[0];
      if (head === undefined) {
        if (troubled) options.trouble(undefined);
        return settled;
      }
      if (signal.aborted) return settled;
      for (const { at } of round) if (!deadlines.has(at)) deadlines.set(at, clock() + budgetMs);
      const outcomes = await write(
        round.map(({ message }) => message),
        signal,
      );
      if (signal.aborted && outcomes.some((outcome) => outcome instanceof RetriableError)) return settled;
      let problem: RetriableError | undefined;
      round.forEach(({ at }, index) => {
        const outcome = outcomes[index];
        if (outcome instanceof RetriableError) {
          if (clock() >= (deadlines.get(at) as number)) settled[at] = givenUp(outcome);
          else problem ??= outcome;
        } else settled[at] = outcome ?? 'delivered';
        const [name, result] = [names[at], settled[at]];
        if (name !== undefined && result instanceof MessageError && parks(result)) parked.add(name);
      });
      const waiting = round.filter(({ at }) => settled[at] === undefined);
      if (problem === undefined || waiting.length < round.length) tries = 0;
      if (problem === undefined) continue;
      troubled = true;
      await retrying(problem, tries++, Math.min(...waiting.map(({ at }) => deadlines.get(at) as number)), signal);
    }
  }

  async function retrying(problem: RetriableError, attempt: number, deadline: number, signal: AbortSignal): Promise<void> {
    options.trouble(problem.message);
    const delay = Math.max(backoffMs(attempt, retryBaseMs, retryMostMs), problem.afterMs ?? 0);
    await wait(Math.min(delay, Math.max(0, deadline - clock())), signal);
  }

  /** One call of the sink. `as`: the topic and partition under which it keeps positions, where it does. */
  async function write(messages: SinkMessage[], signal: AbortSignal, as?: string): Promise<WriteOutcome[]> {
    const { topic, partition, offset } = (messages[0] as SinkMessage).position;
    options.begin(topic, partition, BigInt(offset));
    try {
      // What is released has a place of its own, behind which the partition stands still: nothing is read again from there.
      const to = as === undefined ? sink : options.sink;
      return (await to.write({ group: stage.group, topic: as ?? topic, partition, messages }, signal)) ?? [];
    } catch (error) {
      if (error instanceof RetriableError) return messages.map(() => error);
      if (error instanceof MessageError && messages.length === 1) return [error];
      if (signal.aborted) return messages.map(() => new RetriableError('interrupted', 'The stage is stopping.'));
      throw new CrashAt(error, stage.id, { topic, partition, offset: BigInt(offset) });
    } finally {
      options.end();
    }
  }

  function givenUp({ code, message }: RetriableError): MessageError {
    return new MessageError(code, `${message} Given up after ${stage.node.retry?.minutes ?? 1440} minutes of trying.`);
  }

  /** Whether a failure leaves a dead letter, which is what parks its key. */
  function parks(failure: MessageError): boolean {
    const policy = stage.node.onError ?? plan.settings.onError;
    return policy === 'dead-letter' || failure.code === 'quarantined';
  }

  function read(record: KafkaRecord): SinkMessage | MessageError {
    const why = options.quarantined(record.topic, record.partition, record.offset);
    return why === undefined ? sinkMessage(record, stage.input.format) : new MessageError('quarantined', why);
  }

  function account(records: KafkaRecord[], settled: Settled[], keys: ParkedKeys): Work {
    const tally = createTally();
    const out: OutRecord[] = [];
    const node = stage.node.id;
    for (const [at, record] of records.entries()) {
      const result = settled[at] as Settled;
      const name = record.key === null ? undefined : keyName(record.key);
      tally.in++;
      if (isResent(record)) tally.resent = (tally.resent ?? 0) + 1;
      countArrival(tally, node);
      if (result === 'delivered') {
        countDelivered(tally, node);
        const solved = solvedBy(record, plan, clock());
        if (solved) out.push(solved);
        continue;
      }
      if (result === 'parked') {
        park(record, name as string, keys, tally, out);
        continue;
      }
      if (!fail(record, result, tally, out) || name === undefined) continue;
      const parked: Parked = {
        key: record.key as Uint8Array,
        since: clock(),
        ...markOf(record, result),
        waiting: [String(record.offset)],
      };
      keys.set(name, parked);
      out.push(markRecord(log.topic, record.partition, name, parked), messageRecord(log.topic, name, record, true));
    }
    sink.close(records, tally);
    const first = records[0] as KafkaRecord;
    out.push(entryOf(tally, first, records.at(-1) as KafkaRecord, stage.id));
    return { consumed: records.length, records: out };
  }

  function park(record: KafkaRecord, name: string, keys: ParkedKeys, tally: Tally, out: OutRecord[]): void {
    countParked(tally, stage.node.id);
    out.push(messageRecord(log.topic, name, record, false));
    keys.get(name)?.waiting.push(String(record.offset));
  }

  /** Counts a failure by the sink's policy; true when it left a dead letter. */
  function fail(record: KafkaRecord, failure: MessageError, tally: Tally, out: OutRecord[]): boolean {
    refuse(record, failure);
    if (!parks(failure)) {
      countFiltered(tally, stage.node.id, `skipped: ${failure.code}`);
      return false;
    }
    countDead(tally, stage.node.id, failure.code);
    out.push(sinkLetter(plan, stage, record, failure, clock()));
    return true;
  }

  /** Shows a failure to the live tap. @throws StopOnError where the flow is to stop. */
  function refuse(record: KafkaRecord, failure: MessageError): void {
    const node = stage.node.id;
    const message = read(record);
    if (!(message instanceof MessageError)) options.tap?.see(node, 'error', message, failure);
    if ((stage.node.onError ?? plan.settings.onError) !== 'stop' || failure.code === 'quarantined') return;
    throw new StopOnError(
      `“${stage.node.label || node}” refused the message at ${record.topic}/${record.partition}/${record.offset} (${failure.code}): ${failure.message} The flow is set to stop on errors.`,
    );
  }

  function entryOf(tally: Tally, first: KafkaRecord, last: KafkaRecord, as: string): OutRecord {
    const where = { flow: plan.flow, version: plan.version, stage: as, topic: first.topic, partition: first.partition };
    const entry = closeTally(tally, { ...where, from: first.offset, to: last.offset, at: clock() });
    return { topic: ledgerTopic, key: plan.flow, value: JSON.stringify(entry) };
  }

  return {
    handle,
    async onFence(_topic, partition, signal) {
      partitions.delete(partition);
      partitions.set(partition, await log.load(partition, signal));
    },
  };
}

/** The parked key whose failed message this record is a retry of. */
function mends(record: KafkaRecord, keys: ParkedKeys): string | undefined {
  if (keys.size === 0 || record.key === null || record.headers[header.item] === undefined) return undefined;
  const name = keyName(record.key);
  return keys.get(name)?.id === baseId(record) ? name : undefined;
}

/** The order in a control record; undefined for one that cannot be read, which does nothing. */
function orderOf(record: KafkaRecord): ReleaseOrder | undefined {
  if (record.headers[controlHeader] !== 'release' || record.value === null) return undefined;
  try {
    return JSON.parse(Buffer.from(record.value).toString('utf8')) as ReleaseOrder;
  } catch {
    return undefined;
  }
}
