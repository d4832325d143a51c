import type { ReplaySample } from '#shared/replay.ts';
import { createMasker } from '#shared/sample-masks.ts';
import type { KafkaPort } from '../kafka/port.ts';
import type { NodeType } from '../sdk.ts';
import { type DeadIndex, readDeadIndex } from './dead-index.ts';
import { differenceOf } from './differ.ts';
import { exampleOf } from './example.ts';
import { type Holding, holdingOf } from './holding.ts';
import { bringToLife } from './live.ts';
import { createPace, watchFailures } from './pace.ts';
import type { FromThread, RunInput } from './protocol.ts';
import { createReplayStage, TopicAnew } from './replay-stage.ts';
import { replayGroup } from './run-kafka.ts';
import { createSelection } from './selection.ts';
import { readStanding } from './standing.ts';
import { boundsOf, topicsOf } from './stretches.ts';
import { addCounted, type Sums } from './sums.ts';
import { beginningOf, differing, sinkTopicsOf } from './survey.ts';
import { sessionTimeoutMs, untilOver } from './until-over.ts';

/** What the thread gives to whatever runs in it. */
export interface RunDeps {
  kafka: KafkaPort;
  types: ReadonlyMap<string, NodeType>;
  /** Fires to end after what is at hand. */
  stop: AbortSignal;
  post(message: FromThread): void;
  log(level: 'info' | 'warn' | 'error', message: string): void;
  onRate(listener: (perSecond: number) => void): void;
}

type End = Extract<FromThread, { type: 'ended' }>;

const postEveryMs = 200;
const tooManyKeys: End = {
  type: 'ended',
  how: 'paused',
  reason: 'The range has more keys than can be remembered. Choose a smaller range, or send also what was overtaken.',
};
const mostExamples = 20;

/**
 * Runs a replay from where its group stands to the end of its range. Outputs, dead letters, ledger entry and position of a
 * batch are one transaction, so a thread that dies at any moment loses and doubles nothing inside Kafka.
 */
export async function runReplay(input: RunInput, deps: RunDeps): Promise<End> {
  const { kafka, stop } = deps;
  const { spec, plan, stretches, id } = input;
  const ends = new Map(topicsOf(stretches).map((topic) => [topic, boundsOf(stretches, topic).to]));
  const endOf = (topic: string, partition: number): bigint => ends.get(topic)?.get(partition) ?? 0n;
  const left = await unfinished(kafka, spec.flow, id, ends);
  if (left.size === 0) return { type: 'ended', how: 'done' };

  const living = await bringToLife({ base: input, types: deps.types, dry: false, log: deps.log });
  const closers = [() => living.close()];
  try {
    const topics = sinkTopicsOf(living, deps.types, spec.sinks);
    const compares = spec.target === 'compare' || spec.filter.onlyDifferent === true;
    // What reaches the real sinks settles items of the inbox, also where it was not asked for failed messages alone.
    const needsDead = compares || spec.filter.onlyFailed || spec.target === 'real';
    const since = needsDead ? await beginningOf(kafka, stretches, stop) : 0;
    const dead = needsDead ? await readDeadIndex(kafka, { topic: plan.deadLetterTopic, stretches, since }, stop) : undefined;
    const standing = compares
      ? await readStanding(kafka, { flow: spec.flow, topics, stretches, since, refused: dead?.refused ?? new Set() }, stop)
      : undefined;
    if (standing?.complete === false)
      return {
        type: 'ended',
        how: 'paused',
        reason: 'More stands in the sinks’ topics than can be compared. Choose a smaller range, or replay without comparing.',
      };
    const chosen = new Set(spec.sinks);
    const differs = spec.filter.onlyDifferent && standing ? differing(living, chosen, standing) : undefined;
    const holding = holdingIn(input, dead);
    const failed = spec.filter.onlyFailed ? (holding ?? dead)?.open : undefined;
    const selection = await createSelection(kafka, { spec, stretches, failed, left: holding?.left, ...(differs && { differs }) }, stop);
    closers.push(() => selection.close());
    if (!selection.complete) return tooManyKeys;

    const pace = createPace(spec.perSecond);
    deps.onRate((perSecond) => pace.setRate(perSecond));
    const masker = createMasker(input.masks);
    const ending = new AbortController();
    const sums: Sums = structuredClone(input.sums);
    let examples: ReplaySample['examples'] = [];
    let shown = input.examples;
    let tooMany = false;
    let postedAt = 0;
    const tell = (now: boolean) => {
      if (!now && Date.now() - postedAt < postEveryMs) return;
      postedAt = Date.now();
      deps.post({ type: 'committed', sums, examples });
      examples = [];
    };
    const stage = createReplayStage({
      input,
      living,
      selection,
      standing,
      open: holding?.open,
      stretches,
      endOf,
      pace,
      watch: watchFailures(spec.pauseAtErrorShare),
      ending: AbortSignal.any([stop, ending.signal]),
      tooMany() {
        tooMany = true;
      },
      tooManyKeys: () => ending.abort(),
      reached: (topic, partition) => reached(topic, partition),
      example(made, record) {
        if (shown >= mostExamples || standing === undefined) return;
        shown++;
        const origin = `${record.topic}/${record.partition}/${record.offset}`;
        const difference = differenceOf(made, chosen, origin, standing);
        exampleOf(kafka, { record, made, difference }, { standing, topics, masker, signal: stop }).then(
          (example) => void examples.push(example),
          (error: unknown) => deps.log('warn', `An example could not be read: ${String(error)}`),
        );
      },
      clock: Date.now,
    });
    const reached = (topic: string, partition: number) => {
      left.delete(`${topic}/${partition}`);
      if (left.size === 0) ending.abort();
    };
    const consumer = kafka.consume({
      group: replayGroup(spec.flow, id),
      topics: [...ends.keys()].map((topic) => ({ topic, from: 'earliest' })),
      handle: stage.handle,
      onGone: stage.gone,
      onCommit(topic, partition, next) {
        const counted = stage.committed(topic, partition);
        if (counted) addCounted(sums, counted);
        if (next >= endOf(topic, partition)) reached(topic, partition);
        tell(left.size === 0);
        if (tooMany) ending.abort();
      },
      sessionTimeoutMs,
      onTrouble(error) {
        if (error) deps.log('warn', `Kafka: ${error.message}`);
      },
    });
    await untilOver(consumer, [stop, ending.signal]);
    tell(true);
    if (left.size === 0) return { type: 'ended', how: 'done' };
    if (!selection.complete) return tooManyKeys;
    if (tooMany) {
      const share = Math.round(spec.pauseAtErrorShare * 100);
      return {
        type: 'ended',
        how: 'paused',
        reason: `More than ${share} % of the last messages failed. Look at the failures, then resume or stop.`,
      };
    }
    return { type: 'ended', how: 'stopped' };
  } catch (error) {
    if (error instanceof TopicAnew) return { type: 'ended', how: 'paused', reason: error.message };
    throw error;
  } finally {
    for (const close of closers) await close();
  }
}

/** What of the failed messages is its own to run; undefined where nothing reaches the real sinks. */
function holdingIn({ holds }: RunInput, dead: DeadIndex | undefined): Holding | undefined {
  if (holds === undefined || dead === undefined) return undefined;
  const items = new Set(holds.items);
  return holdingOf(dead, (item) => items.has(item), new Set(holds.others));
}

/** Partitions whose end is not reached yet. */
async function unfinished(
  kafka: KafkaPort,
  flow: string,
  id: string,
  ends: ReadonlyMap<string, ReadonlyMap<number, bigint>>,
): Promise<Set<string>> {
  const left = new Set<string>();
  const admin = kafka.admin();
  try {
    for (const [topic, to] of ends) {
      const done = await admin.committed(replayGroup(flow, id), topic);
      for (const [partition, end] of to) if ((done.get(partition) ?? -1n) < end) left.add(`${topic}/${partition}`);
    }
    return left;
  } finally {
    await admin.close();
  }
}
