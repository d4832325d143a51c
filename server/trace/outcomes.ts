import type { StageStatus } from '#shared/events.ts';
import { parsePosition } from '#shared/message.ts';
import type { Resend } from '#shared/resend.ts';
import type { SinkOutcome, TraceWay } from '#shared/trace.ts';
import type { KnownFlow } from './estate.ts';
import type { Past } from './history.ts';
import type { Standing, StandingLetter, StandingOutput } from './standing.ts';

/** What decides what became of an output. */
export interface OutcomeGround {
  flow: KnownFlow;
  nameOf(node: string): string;
  standing: Standing;
  /** By group and topic: the offsets up to which each partition is done; -1 where nothing is. */
  committed: ReadonlyMap<string, ReadonlyMap<number, bigint>>;
  stages: readonly StageStatus[];
  /** Positions of outputs that wait behind an earlier message of their key. */
  parked: ReadonlySet<string>;
  /** What is known of outputs that their sink was asked for more than once, by position. */
  resends: ReadonlyMap<string, Resend>;
  /** Retries by the item that they retried, and when each replay began. */
  past: Pick<Past, 'retries' | 'replays'>;
  /** When sinks took outputs, by position: ms since 1970. */
  taken: ReadonlyMap<string, number>;
  /** What a sink's type says it does with an output that it has seen before. */
  guaranteeOf(sink: string): string | undefined;
  /** True where a sink's node passes over what it refuses. */
  skips(sink: string): boolean;
  /** True of an output that waits at a sink that is in the plan no more. */
  isGone(sink: string): boolean;
}

/** What became of each output that stands in a sink's topic, and of what failed before it reached one. */
export function outcomesOf(ground: OutcomeGround, origin: string): SinkOutcome[] {
  const { standing } = ground;
  const outcomes = standing.outputs.map((output): SinkOutcome => {
    const { sink, position, index, version, by, record } = output;
    const letter = standing.letters.findLast(({ parent }) => parent === position);
    const { state, sentence } = stateOf(ground, output, letter);
    const resend = ground.resends.get(position);
    const tries = resend && triesOf(resend, ground.guaranteeOf(sink));
    const takenAt = state === 'delivered' ? ground.taken.get(position) : undefined;
    // In a topic of yours an output has the time of its message.
    const writtenAt = ground.flow.sinks.get(sink)?.group === undefined ? takenAt : record.timestamp;
    return {
      sink,
      state,
      position,
      index,
      version,
      ...(writtenAt !== undefined && { writtenAt }),
      ...(takenAt !== undefined && { deliveredAt: takenAt }),
      ...(by && { by: byOf(by, ground) }),
      ...(tries && { tries: tries.tries }),
      ...(letter && { dead: deadOf(letter) }),
      sentence: tries ? `${sentence} ${tries.sentence}` : sentence,
    };
  });
  // What failed before a sink has no output: its dead letter stands at the node that could not process it.
  const early = standing.letters.filter(({ parent }) => !standing.outputs.some(({ position }) => position === parent));
  return [
    ...outcomes,
    ...early.map(
      (letter, at): SinkOutcome => ({
        sink: letter.node,
        state: 'dead',
        index: at,
        version: letter.version,
        ...(letter.by && { by: byOf(letter.by, ground) }),
        dead: deadOf(letter),
        sentence:
          letter.parent === origin || letter.attempt > 1
            ? `“${ground.nameOf(letter.node)}” could not process it: ${letter.message} It became a dead letter${attemptText(letter)}.`
            : `“${ground.nameOf(letter.node)}” refused what was made of it: ${letter.message} It became a dead letter${attemptText(letter)}; what it refused is gone from its topic.`,
      }),
    ),
  ];
}

function byOf({ kind, id }: NonNullable<StandingOutput['by']>, { past }: OutcomeGround): NonNullable<SinkOutcome['by']> {
  if (kind === 'replay') {
    const at = past.replays.get(id);
    return { kind, id, ...(at !== undefined && { at }) };
  }
  const retry = past.retries.get(id);
  return { kind, id: retry?.id ?? id, ...(retry && { at: retry.at }), item: id };
}

/** Whether a sink that was asked more than once may have an output twice. */
function triesOf(
  { tries: count, unsure, code }: Resend,
  guarantee: string | undefined,
): { tries: NonNullable<SinkOutcome['tries']>; sentence: string } {
  const asked = `It was asked ${count} times`;
  if (unsure === 0)
    return {
      tries: { count, unsure, code, twice: 'no' },
      sentence: `${asked}; the earlier tries were refused (${code}), so it has it once.`,
    };
  const lost = `${asked}, and of ${unsure === 1 ? 'one earlier try' : `${unsure} earlier tries`} the answer is not known (${code})`;
  const why = guarantee === undefined ? undefined : suppressions[guarantee];
  if (why === undefined) return { tries: { count, unsure, code, twice: 'possible' }, sentence: `${lost}, so it may have it twice.` };
  return { tries: { count, unsure, code, twice: 'suppressed' }, sentence: `${lost}; ${why}` };
}

/** What becomes of a second delivery, by the sink's guarantee. */
const suppressions: Readonly<Record<string, string>> = {
  'idempotency-key': 'it knows the idempotency key again, so the second was suppressed.',
  upsert: 'the second wrote over the first, so it is there once.',
  transaction: 'its transaction takes each only once, so the second was suppressed.',
};

const attemptText = ({ attempt }: StandingLetter): string => (attempt > 1 ? `, at attempt ${attempt}` : '');

function deadOf({ position, code, message, node, at, attempt }: StandingLetter): NonNullable<SinkOutcome['dead']> {
  return { position, code, message, node, at, attempt };
}

function stateOf(
  ground: OutcomeGround,
  { sink, position, by }: StandingOutput,
  letter: StandingLetter | undefined,
): Pick<SinkOutcome, 'state' | 'sentence'> {
  const name = `“${ground.nameOf(sink)}”`;
  const how = by?.kind === 'replay' ? ' by a replay' : by?.kind === 'retry' ? ' by a retry' : '';
  if (letter) {
    const solved = ground.standing.outputs.some((other) => other.by?.kind === 'retry' && other.by.id === letter.item);
    const then = solved ? ' It was retried since.' : '';
    return { state: 'dead', sentence: `${name} refused it: ${letter.message} It became a dead letter${attemptText(letter)}.${then}` };
  }
  const topic = ground.flow.sinks.get(sink);
  if (topic?.group === undefined) return { state: 'delivered', sentence: `Written to the topic of ${name}${how}.` };
  const at = parsePosition(position);
  const done = at && ground.committed.get(`${topic.group} ${topic.topic}`)?.get(at.partition);
  if (ground.parked.has(position))
    return { state: 'parked', sentence: `Set aside at ${name}, because an earlier message of the same key waits for a person.` };
  if (at && done !== undefined && done > BigInt(at.offset)) {
    const sentence = ground.skips(sink)
      ? `${name} has taken it, or refused it: its node skips what is refused, and the ledger counts how many${how}.`
      : `${name} has taken it${how}.`;
    return { state: 'delivered', sentence };
  }
  const stage = ground.stages.find((one) => one.stage === topic.stage);
  if (stage?.state === 'retrying')
    return { state: 'retrying', sentence: `${name} is not ready, so it is tried again: ${stage.reason ?? 'it does not answer.'}` };
  if (stage?.state === 'paused')
    return { state: 'waiting', sentence: `It waits, because ${name} is paused: ${stage.reason ?? 'somebody paused it.'}` };
  if (ground.isGone(sink))
    return { state: 'unknown', sentence: `It waits for ${name}, which the deployed version does not have any more.` };
  return { state: 'waiting', sentence: `It waits in the topic of ${name}.` };
}

/** The balance of one message, of what the live flow made of it. Filters count from running the version again. */
export function balanceOf(sinks: readonly SinkOutcome[], filtered: number, isDone: boolean): TraceWay['balance'] {
  const live = sinks.filter(({ by }) => by === undefined);
  const count = (states: readonly SinkOutcome['state'][]) => live.filter(({ state }) => states.includes(state)).length;
  const [delivered, dead] = [count(['delivered']), count(['dead'])];
  if (!isDone) return { in: 1, copies: 0, delivered: 0, filtered: 0, dead: 0, waiting: 1 };
  const waiting = live.length - delivered - dead;
  const ends = delivered + dead + waiting + filtered;
  return { in: 1, copies: Math.max(0, ends - 1), delivered, filtered, dead, waiting: ends === 0 ? 1 : waiting };
}
