import { type Replay, type ReplayPlan, type ReplaySpec, type ReplayState, type SinkBlast, unexplained } from '#shared/replay.ts';
import { bytes, duration, exact, plural } from '../format.ts';
import type { Level } from '../ui/status.tsx';

/** What a state of a replay is called, and how serious it is. */
export const stateWords: Record<ReplayState, { word: string; level: Level }> = {
  starting: { word: 'Starting', level: 'info' },
  running: { word: 'Running', level: 'info' },
  paused: { word: 'Paused', level: 'warning' },
  done: { word: 'Done', level: 'ok' },
  stopped: { word: 'Stopped', level: 'off' },
  failed: { word: 'Failed', level: 'error' },
};

/** True while it may still change by itself or by a person. */
export function isUnderWay({ state }: Pick<Replay, 'state'>): boolean {
  return state === 'starting' || state === 'running' || state === 'paused';
}

export const targetWords: Record<ReplaySpec['target'], { title: string; detail: string }> = {
  compare: {
    title: 'Compare only',
    detail: 'Writes nothing. Says how what this version makes differs from what stands in the sinks’ topics.',
  },
  scratch: { title: 'Scratch topics', detail: 'Writes to topics of this replay alone, to look at. The sinks get nothing.' },
  real: { title: 'The real sinks', detail: 'Writes to the sinks as the live flow does. Only an admin may start it.' },
};

/** What a sink does with something that it is given again. */
export const givenAgain: Record<SinkBlast['guarantee'], string> = {
  upsert: 'Given something again, it writes over what it has.',
  transaction: 'Given something again, it writes over what it has.',
  'idempotency-key': 'Given something again under the same id, it knows and leaves it.',
  kafka: 'Given something again, it has it twice.',
  none: 'Given something again, it takes it for something new.',
};

/** `4,210 messages, 8.4 MB, about 3 min`. */
export function sizeInWords({
  messages,
  exact: isExact,
  bytes: size,
  seconds,
}: Pick<ReplayPlan, 'messages' | 'exact' | 'bytes' | 'seconds'>): string {
  return `${isExact ? '' : 'about '}${plural(messages, 'message')}, ${bytes(size)}, about ${duration(seconds * 1000)}`;
}

/** What the range is, in one line. `time` writes a time for people. */
export function rangeInWords({ range, filter }: Pick<ReplaySpec, 'range' | 'filter'>, time: (at: number) => string): string {
  const parts: string[] = [];
  if (range.by === 'time') parts.push(`from ${time(range.since)} to ${time(range.until)}`);
  else if (range.by === 'offsets') parts.push(plural(range.ranges.length, 'range of offsets', 'ranges of offsets'));
  else if (range.by === 'history') parts.push('everything before the new sink was fed');
  else parts.push(`what version ${range.version} handled`);
  const { keys = [], positions = [] } = filter;
  if (keys.length > 0) parts.push(keys.length === 1 ? `key ${keys[0]}` : `${exact(keys.length)} keys`);
  if (positions.length > 0) parts.push(plural(positions.length, 'chosen message'));
  if (filter.onlyFailed) parts.push('only what failed');
  if (filter.onlyDifferent) parts.push('only what differs');
  return parts.join(', ');
}

/** What the start button says: the effect, with its number. */
export function startWords(target: ReplaySpec['target'], messages: number): string {
  if (target === 'compare') return `Compare ${plural(messages, 'message')}`;
  return `Replay ${plural(messages, 'message')}${target === 'scratch' ? ' to scratch topics' : ''}`;
}

/** Why a replay cannot be started yet, for people; undefined when it can. */
export function inTheWay(
  plan: ReplayPlan | undefined,
  state: { missing: string | undefined; planning: boolean; mayStart: boolean; admin: boolean; reason: string; typed: string },
): string | undefined {
  if (state.missing !== undefined) return state.missing;
  if (state.planning) return 'Counting what it would do.';
  if (plan === undefined) return 'What it would do is not known yet.';
  if (!state.mayStart) return 'Your role may look but not replay. Ask an analyst, or an admin for the real sinks.';
  if (plan.spec.target === 'real' && !state.admin) return 'Only an admin may replay to the real sinks. Compare, or choose scratch topics.';
  const error = plan.problems.find(({ severity }) => severity === 'error');
  if (error !== undefined) return error.message;
  if (plan.messages === 0) return 'No message fits. Choose another time or filter.';
  if (plan.needsReason && state.reason.trim().length < 3) return 'Say why this is all right first.';
  if (plan.confirm !== undefined && typedNumber(state.typed) !== plan.confirm) return `Type ${exact(plan.confirm)} to confirm.`;
  return undefined;
}

/** A number as people type it, with or without thousands marks; undefined for anything else. */
export function typedNumber(text: string): number | undefined {
  const plain = text.replaceAll(/[\s,.'’_]/g, '');
  return /^\d{1,15}$/.test(plain) ? Number(plain) : undefined;
}

/** The balance closes: what was read is what became of it. */
export function closes(balance: Replay['balance']): boolean {
  return unexplained(balance) === 0;
}
