import { setImmediate as nextTurn } from 'node:timers/promises';
import { formatPosition } from '#shared/message.ts';
import type { Plan } from '#shared/plan.ts';
import type { ReplaySample, ReplaySpec } from '#shared/replay.ts';
import { createMasker, type Mask } from '#shared/sample-masks.ts';
import type { KafkaPort, KafkaRecord } from '../kafka/port.ts';
import { createTally } from '../runtime/tally.ts';
import type { NodeType } from '../sdk.ts';
import { readDeadIndex } from './dead-index.ts';
import { differenceOf } from './differ.ts';
import { type Example, exampleOf } from './example.ts';
import { holdingOf } from './holding.ts';
import { AsksTheWorld, type Living } from './live.ts';
import { type Made, runMessage } from './message-run.ts';
import { createSelection } from './selection.ts';
import { readStanding, type Standing } from './standing.ts';
import { boundsOf, length, roundsOf, type Stretch, topicsOf, within } from './stretches.ts';

/** What is to be looked at, without a group and without writing anything. */
export interface SurveyInput {
  spec: ReplaySpec;
  stretches: Stretch[];
  masks: readonly Mask[];
  /** The retries and replays that are active now, and the items that they hold. */
  active: { items: string[]; ids: string[] };
  /** Most offsets that are looked at, spread over the range where it has more; and how long it may take, in ms. */
  most: number;
  ms: number;
}

/** What a replay would do to one sink, in outputs. */
export interface SinkSurvey {
  fresh: number;
  /** Delivered before, or on its way. */
  again: number;
}

/** What was found; counts are of what was looked at. */
export interface Survey {
  /** Offsets of the range, and of those that were looked at. */
  offsets: number;
  covered: number;
  /** Messages that were looked at, whether the filter lets them through or not. */
  records: number;
  /** Whether it was all of the range. */
  complete: boolean;
  /** Messages that the filter lets through, and their bytes. */
  messages: number;
  bytes: number;
  sinks: Record<string, SinkSurvey>;
  overtaken: { keys: number; messages: number; examples: string[] };
  /** Messages of the range that are left to retries and replays which are active now. */
  held: number;
  sample: ReplaySample;
  /** Messages of which nobody can say before what becomes of them, because a node asks the world. */
  unknown: number;
  ms: number;
  notes: string[];
}

export interface SurveyDeps {
  kafka: KafkaPort;
  plan: Plan;
  types: ReadonlyMap<string, NodeType>;
  living: Living;
  signal: AbortSignal;
}

const mostExamples = 12;
const hourMs = 3_600_000;
const turnMs = 20;

/** The topic of each chosen sink. */
export function sinkTopicsOf(
  { stage }: Pick<Living, 'stage'>,
  types: ReadonlyMap<string, NodeType>,
  sinks: readonly string[],
): Map<string, string> {
  const topics = new Map<string, string>();
  for (const node of stage.nodes) {
    if (node.kind !== 'sink' || !sinks.includes(node.id)) continue;
    const own = stage.sinkTopics[node.id];
    const type = types.get(node.type);
    if (own !== undefined) topics.set(node.id, own);
    else if (type?.kind === 'sink' && 'topic' in type) topics.set(node.id, type.topic.use(node.config as never).topic);
  }
  return topics;
}

/** An hour before the first message of a range, ms since 1970: nothing that came of it is older, clocks may differ. */
export async function beginningOf(kafka: KafkaPort, stretches: readonly Stretch[], signal: AbortSignal): Promise<number> {
  let first = Date.now();
  for (const topic of topicsOf(stretches)) {
    const { from, to } = boundsOf(stretches, topic);
    const near = new Map(
      [...from].map(([partition, offset]) => [
        partition,
        offset + 20n < (to.get(partition) ?? 0n) ? offset + 20n : (to.get(partition) ?? 0n),
      ]),
    );
    for await (const { records } of kafka.read({ topic, from, to: near, signal }))
      for (const { timestamp } of records) first = Math.min(first, timestamp);
  }
  return Math.max(0, first - hourMs);
}

/** Runs a version dry over a range, or over a sample spread over it, against what stands in the sinks' topics. */
export async function survey(input: SurveyInput, deps: SurveyDeps): Promise<Survey> {
  const { spec } = input;
  const started = performance.now();
  const late = AbortSignal.timeout(input.ms);
  const over = AbortSignal.any([deps.signal, late]);
  const offsets = length(input.stretches);
  const parts = spread(input.stretches, input.most);
  const result: Survey = {
    offsets,
    covered: 0,
    records: 0,
    complete: false,
    messages: 0,
    bytes: 0,
    sinks: Object.fromEntries(spec.sinks.map((sink) => [sink, { fresh: 0, again: 0 }])),
    overtaken: { keys: 0, messages: 0, examples: [] },
    held: 0,
    sample: { messages: 0, same: 0, changed: 0, failing: 0, fresh: 0, examples: [] },
    unknown: 0,
    ms: 0,
    notes: [],
  };
  if (offsets === 0) return { ...result, complete: true };
  try {
    await look(input, deps, parts, result, over);
  } catch (error) {
    deps.signal.throwIfAborted();
    if (!late.aborted) throw error;
  }
  deps.signal.throwIfAborted();
  if (late.aborted) {
    // What was read until then stands for the rest.
    result.covered = Math.min(result.records, offsets);
    result.notes.push(`Not all could be looked at within ${Math.round(input.ms / 1000)} s, so the numbers are estimates.`);
  } else result.covered = length(parts);
  result.complete = !late.aborted && result.covered === offsets;
  result.ms = Math.round(performance.now() - started);
  return result;
}

/** Fills the result in place, so that what was found until the time is over is not lost. */
async function look(input: SurveyInput, deps: SurveyDeps, parts: readonly Stretch[], result: Survey, over: AbortSignal): Promise<void> {
  const { kafka, living, types, plan } = deps;
  const { spec } = input;
  const since = await beginningOf(kafka, input.stretches, over);
  const dead = await readDeadIndex(kafka, { topic: plan.deadLetterTopic, stretches: input.stretches, since }, over);
  const topics = sinkTopicsOf(living, types, spec.sinks);
  // Each has its share of the time, so that some is left for the messages themselves.
  const late = AbortSignal.timeout(input.ms / 2);
  const standing = await readStanding(kafka, { flow: spec.flow, topics, stretches: parts, since, refused: dead.refused, late }, over);
  if (!standing.complete)
    result.notes.push(
      'More stands in the sinks’ topics than can be looked at. What was not found there is counted as if it stood there; choose a smaller range for exact counts.',
    );
  const chosen = new Set(spec.sinks);
  const differs = spec.filter.onlyDifferent ? differing(living, chosen, standing) : undefined;
  const asked = { ...spec, target: 'real' as const, overtaken: 'skip' as const };
  const held = new Set(input.active.items);
  const { open, left } = holdingOf(dead, (item) => !held.has(item), new Set(input.active.ids));
  const positions = spec.filter.positions && new Set(spec.filter.positions.map(formatPosition));
  result.held = [...left.keys()].filter((origin) => positions?.has(origin) !== false).length;
  const failed = spec.filter.onlyFailed ? open : undefined;
  const choosing = { spec: asked, stretches: input.stretches, failed, left, ...(differs && { differs }) };
  const tooLate = AbortSignal.timeout(input.ms / 4);
  const selection = await createSelection(kafka, choosing, AbortSignal.any([over, tooLate])).catch((error: unknown) => {
    over.throwIfAborted();
    if (!tooLate.aborted) throw error;
    result.notes.push('Which keys have newer messages could not be looked at in time. The replay itself looks before it begins.');
    return createSelection(kafka, { ...choosing, spec: { ...asked, overtaken: 'send' } }, over);
  });
  const inParts = within(parts);
  const inputs = new Map(living.stage.inputs.map((one) => [one.topic, one]));
  const masker = createMasker(input.masks);
  const overtaken = new Set<string>();
  const examples: Example[] = [];
  let turnedAt = performance.now();

  for (const topic of topicsOf(parts)) {
    const source = inputs.get(topic);
    if (source === undefined) continue;
    for await (const records of recordsIn(kafka, topic, parts, over)) {
      for (const record of records) {
        if (!inParts(topic, record.partition, record.offset)) continue;
        result.records++;
        if (selection.refuses(record) !== undefined) continue;
        let made: Made | undefined;
        try {
          const running = runMessage(living, record, source, createTally());
          made = running instanceof Promise ? await running : running;
        } catch (error) {
          if (!(error instanceof AsksTheWorld) && !retriable(error)) throw error;
          result.unknown++;
        }
        const origin = `${topic}/${record.partition}/${record.offset}`;
        const difference = made && differenceOf(made, chosen, origin, standing);
        if (difference && spec.filter.onlyDifferent && difference.class === 'same') continue;
        result.messages++;
        result.bytes += (record.value?.byteLength ?? 0) + (record.key?.byteLength ?? 0);
        if (selection.overtaken(record)) {
          result.overtaken.messages++;
          overtaken.add(Buffer.from(record.key ?? []).toString());
          if (spec.overtaken === 'skip') continue;
        }
        result.sample.messages++;
        if (made === undefined || difference === undefined) {
          // What it made before it will most likely make again.
          for (const sink of chosen) (result.sinks[sink] ?? { again: 0 }).again += standing.of(sink, origin)?.size ?? 0;
          continue;
        }
        result.sample[difference.class]++;
        if (difference.class !== 'same' && examples.length < mostExamples) examples.push({ record, made, difference });
        const limited = spec.filter.onlyDifferent ? countsOf(difference.changed, standing, origin) : difference;
        for (const sink of chosen) {
          const counts = result.sinks[sink];
          if (counts === undefined) continue;
          const fresh = limited.fresh[sink] ?? 0;
          counts.fresh += standing.complete ? fresh : 0;
          counts.again += (limited.again[sink] ?? 0) + (standing.complete ? 0 : fresh);
        }
      }
      if (performance.now() - turnedAt > turnMs) {
        await nextTurn();
        turnedAt = performance.now();
      }
    }
  }
  await selection.close();
  if (!selection.complete) result.notes.push('The range has more keys than can be remembered, so not every overtaken one is known.');
  result.overtaken.keys = overtaken.size;
  result.overtaken.examples = [...overtaken].slice(0, 5).map((key) => (key.length > 60 ? `${key.slice(0, 60)}…` : key));
  result.sample.examples = await Promise.all(
    examples.map((one) => exampleOf(kafka, one, { standing, topics, masker, signal: deps.signal })),
  );
}

/** The records of the parts, round by round, so that what lies between them is not read. */
async function* recordsIn(kafka: KafkaPort, topic: string, parts: readonly Stretch[], signal: AbortSignal): AsyncGenerator<KafkaRecord[]> {
  for (const bounds of roundsOf(parts, topic)) {
    for await (const { records } of kafka.read({ topic, ...bounds, signal })) yield records;
    signal.throwIfAborted();
  }
}

/** Says of a message whether its outputs would differ from what stands; of what cannot be said, that they would. */
export function differing(living: Living, chosen: ReadonlySet<string>, standing: Standing): (record: KafkaRecord) => Promise<boolean> {
  const inputs = new Map(living.stage.inputs.map((one) => [one.topic, one]));
  return async (record) => {
    const input = inputs.get(record.topic);
    if (input === undefined) return false;
    try {
      const running = runMessage(living, record, input, createTally());
      const made = running instanceof Promise ? await running : running;
      return differenceOf(made, chosen, `${record.topic}/${record.partition}/${record.offset}`, standing).class !== 'same';
    } catch (error) {
      if (error instanceof AsksTheWorld || retriable(error)) return true;
      throw error;
    }
  };
}

function retriable(error: unknown): boolean {
  return error instanceof Error && error.name === 'RetriableError';
}

function countsOf(
  outputs: Made['outputs'],
  standing: Standing,
  origin: string,
): { fresh: Record<string, number>; again: Record<string, number> } {
  const { fresh, again } = differenceOf({ outputs, failures: [] }, new Set(outputs.map(({ sink }) => sink)), origin, standing);
  return { fresh, again };
}

/** At most so many offsets, in runs that are spread evenly over every stretch. */
export function spread(stretches: readonly Stretch[], most: number): Stretch[] {
  const all = length(stretches);
  if (all <= most) return [...stretches];
  const share = most / all;
  return stretches.flatMap((stretch) => {
    const from = BigInt(stretch.from);
    const size = Number(BigInt(stretch.to) - from);
    const wanted = Math.max(1, Math.round(size * share));
    const runs = Math.min(10, wanted, size);
    const step = size / runs;
    const long = Math.max(1, Math.floor(wanted / runs));
    return Array.from({ length: runs }, (_, run): Stretch => {
      const start = from + BigInt(Math.floor(run * step));
      return { ...stretch, from: String(start), to: String(start + BigInt(Math.min(long, Math.floor(step) || 1))) };
    });
  });
}
