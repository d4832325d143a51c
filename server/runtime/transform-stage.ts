import { canaryTakes } from '#shared/canary.ts';
import type { LedgerEntry } from '#shared/ledger.ts';
import type { Plan, StageInput, TransformStage } from '#shared/plan.ts';
import { ledgerTopic } from '#shared/plan.ts';
import type { KafkaRecord, OutRecord, RecordBatch, Work } from '../kafka/port.ts';
import { MessageError, RetriableError } from '../sdk.ts';
import { backoffMs, wait } from './backoff.ts';
import { enter } from './codec.ts';
import { CrashAt, Interrupted } from './crash.ts';
import { deadLetter } from './dead-letter.ts';
import { type Pipeline, type PipelineSink, StopOnError } from './pipeline.ts';
import { addTally, closeTally, countArrival, countDead, countFiltered, countsOf, createTally, type Tally } from './tally.ts';

/** One version's way for a message. */
export interface Line {
  plan: Pick<Plan, 'version' | 'settings'>;
  stage: TransformStage;
  pipeline: Pipeline;
}

export interface TransformOptions {
  plan: Plan;
  stage: TransformStage;
  pipeline: Pipeline;
  /** A second version that takes a share of the messages; the share may change between two batches, and 0 is none. */
  canary?: Line & { share(): number; since: number };
  /** The message that crashed the worker too often, if this one is it: why. */
  quarantined(topic: string, partition: number, offset: bigint): string | undefined;
  begin(topic: string, partition: number, offset: bigint): void;
  end(): void;
  /** A node waits for the world (why), or goes on (undefined). */
  trouble(reason: string | undefined): void;
  clock(): number;
}

/** One transaction is closed after this long or this many messages, whichever comes first; the rest of the batch follows in the next. */
const sliceMs = 200;
const sliceMessages = 5000;
const sliceBytes = 8_000_000;

/** Makes the handler of the transform stage: a run of records in, everything that its transaction writes out. */
export function createTransformHandler(options: TransformOptions): (batch: RecordBatch, signal: AbortSignal) => Promise<Work> {
  const { plan, stage, clock, canary } = options;
  const main: Line = options;
  const inputs = new Map(stage.inputs.map((input) => [input.topic, input]));
  const topics = { ...topicsOfSinks(canary?.stage), ...topicsOfSinks(stage) };

  return async (batch, signal) => {
    const input = inputs.get(batch.topic);
    if (input === undefined)
      throw new Error(`Stage ${stage.id} of ${plan.flow} got a message of ${batch.topic}, which is not one of its inputs.`);
    let most = batch.records.length;
    for (let attempt = 0; ; ) {
      const result = await runSlice(batch, input, most, signal);
      if (!('retry' in result)) {
        if (attempt > 0) options.trouble(undefined);
        return result;
      }
      // The messages before the one that must wait are pure to run again: they go first, in a transaction of their own.
      if (result.at > 0) {
        most = result.at;
        continue;
      }
      options.trouble(result.retry.message);
      await wait(Math.max(backoffMs(attempt++, 250, 30_000), result.retry.afterMs ?? 0), signal);
      if (signal.aborted) throw new Interrupted(`Stage ${stage.id} of ${plan.flow} was stopped while a node waited.`);
    }
  };

  async function runSlice(
    batch: RecordBatch,
    input: StageInput,
    most: number,
    signal: AbortSignal,
  ): Promise<Work | { retry: RetriableError; at: number }> {
    const started = clock();
    const tally = createTally();
    // The same share for the whole slice, which its entry names.
    const share = canary?.share() ?? 0;
    const trial = canary !== undefined && share > 0 ? { line: canary, tally: createTally() } : undefined;
    const records: OutRecord[] = [];
    let bytes = 0;
    let consumed = 0;
    for (const record of batch.records) {
      if (consumed >= most || (signal.aborted && consumed > 0)) break;
      const tried = trial !== undefined && canaryTakes(plan.flow, record.key, placeOf(record), share);
      const line = tried ? trial.line : main;
      const sink: PipelineSink = {
        output(out) {
          records.push(out);
          bytes += sizeOf(out.value);
        },
        dead(failure, message) {
          records.push(deadLetter(record, failure, { ...place(plan, line, stage.id), origin: message.origin, at: clock() }));
          bytes += record.value?.byteLength ?? 0;
        },
      };
      options.begin(record.topic, record.partition, record.offset);
      try {
        const waiting = runRecord(record, input, sink, tried ? trial.tally : tally, line);
        if (waiting !== undefined) await waiting;
      } catch (error) {
        if (error instanceof RetriableError) return { retry: error, at: consumed };
        if (error instanceof StopOnError) throw error;
        throw new CrashAt(error, stage.id, record);
      } finally {
        options.end();
      }
      consumed++;
      if (consumed >= sliceMessages || bytes >= sliceBytes || clock() - started > sliceMs) break;
    }
    const first = batch.records[0] as KafkaRecord;
    const last = batch.records[consumed - 1] as KafkaRecord;
    const where = { flow: plan.flow, version: plan.version, stage: stage.id, topic: batch.topic, partition: batch.partition };
    const sides = trial && versions(tally, trial.tally, { version: canary?.plan.version ?? 0, share, since: canary?.since ?? 0 });
    const entry = closeTally(tally, { ...where, from: first.offset, to: last.offset, at: clock() });
    records.push({ topic: ledgerTopic, key: plan.flow, value: JSON.stringify({ ...entry, topics, ...sides }) });
    return { consumed, records };
  }

  /** What each of two versions did; `tally` becomes the sum of both. */
  function versions(tally: Tally, trial: Tally, canary: NonNullable<LedgerEntry['canary']>): Pick<LedgerEntry, 'canary' | 'versions'> {
    const counts = { [plan.version]: countsOf(tally), [canary.version]: countsOf(trial) };
    addTally(tally, trial);
    return { canary, versions: counts };
  }

  function runRecord(record: KafkaRecord, input: StageInput, sink: PipelineSink, tally: Tally, line: Line): void | Promise<void> {
    const { pipeline } = line;
    const why = options.quarantined(record.topic, record.partition, record.offset);
    try {
      if (why !== undefined) throw new MessageError('quarantined', why);
      return pipeline.run(input.node, enter(record, input.format, pipeline.takesText(input.node)), sink, tally);
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      refuse(record, input, error, sink, tally, line);
    }
  }

  /** A record that never became a message: it cannot be decoded, or it is quarantined. */
  function refuse(record: KafkaRecord, input: StageInput, error: MessageError, sink: PipelineSink, tally: Tally, line: Line): void {
    tally.in++;
    countArrival(tally, input.node);
    const policy = line.stage.nodes.find((node) => node.id === input.node)?.onError ?? line.plan.settings.onError;
    if (policy === 'stop' && error.code !== 'quarantined') {
      throw new StopOnError(
        `The message at ${record.topic}/${record.partition}/${record.offset} cannot be read (${error.code}): ${error.message} The flow is set to stop on errors.`,
      );
    }
    if (policy === 'skip' && error.code !== 'quarantined') {
      countFiltered(tally, input.node, `skipped: ${error.code}`);
      return;
    }
    countDead(tally, input.node, error.code);
    const origin = { topic: record.topic, partition: record.partition, offset: String(record.offset) };
    sink.dead(
      { code: error.code, message: error.message, node: input.node },
      { key: null, value: null, headers: {}, timestamp: record.timestamp, origin },
    );
  }
}

/** Topic of every sink; users' own ones stand in the sink's configuration. */
function topicsOfSinks(stage: TransformStage | undefined): Record<string, string> {
  if (stage === undefined) return {};
  const topics = { ...stage.sinkTopics };
  for (const { id, kind, config } of stage.nodes)
    if (kind === 'sink' && topics[id] === undefined && typeof config.topic === 'string') topics[id] = config.topic;
  return topics;
}

function place(plan: Plan, line: Line, stage: string): { topic: string; flow: string; version: number; stage: string } {
  return { topic: plan.deadLetterTopic, flow: plan.flow, version: line.plan.version, stage };
}

const placeOf = ({ topic, partition, offset }: KafkaRecord): string => `${topic}/${partition}/${offset}`;

function sizeOf(value: Uint8Array | string | null): number {
  return value === null ? 0 : value.length;
}
