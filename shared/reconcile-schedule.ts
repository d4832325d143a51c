import type { PollList, ReconcileReport, ReconcileSpec } from './reconcile.ts';

type Without<Spec> = Spec extends unknown ? Omit<Spec, 'since' | 'until'> : never;

/** What is compared again and again: a comparison without its times. An uploaded list cannot be asked for again. */
export type RepeatedSpec =
  | Without<Extract<ReconcileSpec, { kind: 'sink' }>>
  | (Omit<Without<Extract<ReconcileSpec, { kind: 'source' }>>, 'list'> & { list: { from: 'poll' } & PollList });

/** When it is compared: at full hours that the number divides the day into, or once a day at a time such as `06:00`. */
export type RepeatTimes = { kind: 'hours'; hours: number } | { kind: 'daily'; at: string };

/**
 * Of what time the things are, seen from when they are compared. `yesterday`: the whole day before. `hours`: so many hours,
 * without the newest minutes, in which things are still on their way.
 */
export type MovingPeriod = { kind: 'yesterday' } | { kind: 'hours'; hours: number; settleMinutes: number };

/** The hours that a day can be divided into. */
export const everyHours = [1, 2, 3, 4, 6, 8, 12] as const;

/** A comparison that repeats itself, as people set it up. */
export interface ScheduleInput {
  name: string;
  what: RepeatedSpec;
  times: RepeatTimes;
  /** Time zone of the times and of the days, as the database of time zones names it. */
  zone: string;
  period: MovingPeriod;
}

/** How it fares. Times in ms since 1970. */
export interface ScheduleProgress {
  /** How often the time that is due now was begun; more than once where the server ended meanwhile. */
  attempts: number;
  /** The last time that came to an end. */
  last?: { tick: number; endedAt: number; state: 'done' | 'failed' | 'stopped'; reason?: string | undefined; report?: string | undefined };
  /** Report of the last that came to its end with a result. */
  lastDone?: string;
}

/** A comparison that repeats itself. Times in ms since 1970. */
export interface ReconcileSchedule extends ScheduleInput {
  id: string;
  flow: string;
  createdBy: string;
  createdAt: number;
  /** Who has changed it last, and when; absent where nobody has. */
  changedBy?: string | undefined;
  changedAt?: number | undefined;
  paused: boolean;
  /** The time that it runs for next, or runs for now. */
  next: number;
  progress: ScheduleProgress;
}

/** A schedule with what people want to know beside it. */
export interface ShownSchedule extends ReconcileSchedule {
  /** Under way now. */
  running: boolean;
  /** The last report with a result. */
  result?: ReconcileReport;
}

/** Gaps of a report: what is missing, and if asked for, what is doubled or extra. */
export function gapsOf({ counts }: Pick<ReconcileReport, 'counts'>, withExtra: boolean): number {
  return (counts.missing ?? 0) + (withExtra ? (counts.doubled ?? 0) + (counts.extra ?? 0) : 0);
}

/** When it runs, for people: `Every 6 hours`, `Daily at 06:00`. */
export function timesWords(times: RepeatTimes): string {
  if (times.kind === 'daily') return `Daily at ${times.at}`;
  return times.hours === 1 ? 'Every hour' : `Every ${times.hours} hours`;
}

/** Of what time the things are, for people: `the day before`, `the last 24 h`. */
export function periodWords(period: MovingPeriod): string {
  return period.kind === 'yesterday' ? 'the day before' : `the last ${period.hours} h`;
}
