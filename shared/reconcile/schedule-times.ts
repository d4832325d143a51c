import type { ReconcileSpec } from '../reconcile.ts';
import type { RepeatTimes, ScheduleInput } from '../reconcile-schedule.ts';
import { nextTick, ticksOf } from '../ticks.ts';

/** So many missed times are made up for: a week of days. Older ones are left out. */
const mostMissed = 7;
const minuteMs = 60_000;

function cronOf(times: RepeatTimes): string {
  if (times.kind === 'hours') return `0 */${times.hours} * * *`;
  const [hour = '0', minute = '0'] = times.at.split(':');
  return `${Number(minute)} ${Number(hour)} * * *`;
}

/** The first time of a schedule after another, in ms since 1970. */
export function nextTime({ times, zone }: Pick<ScheduleInput, 'times' | 'zone'>, after: number): number {
  const next = nextTick(ticksOf(cronOf(times), zone), new Date(after));
  if (next === undefined) throw new RangeError('The schedule has no next time.');
  return next.getTime();
}

/** The time to run for after another one has ended: the next, also when it has passed, but none of very long ago. */
export function followingTime(schedule: Pick<ScheduleInput, 'times' | 'zone'>, tick: number, now: number): number {
  const next = nextTime(schedule, tick);
  const missed = ticksOf(cronOf(schedule.times), schedule.zone).previousRuns(mostMissed, new Date(now));
  const oldest = missed.at(-1)?.getTime();
  return missed.length === mostMissed && oldest !== undefined ? Math.max(next, oldest) : next;
}

/** What is compared for one time of a schedule. */
export function specAt({ what, period, zone }: Pick<ScheduleInput, 'what' | 'period' | 'zone'>, tick: number): ReconcileSpec {
  return { ...what, ...periodAt(period, zone, tick) };
}

function periodAt(period: ScheduleInput['period'], zone: string, tick: number): { since: number; until: number } {
  if (period.kind === 'hours') {
    const until = tick - period.settleMinutes * minuteMs;
    return { since: until - period.hours * 60 * minuteMs, until };
  }
  // A time at midnight is of the day that it begins. Days are as long as the zone makes them: 23 or 25 hours when the clocks change.
  const [today, yesterday] = ticksOf('0 0 * * *', zone).previousRuns(2, new Date(tick + 1));
  if (today === undefined || yesterday === undefined) throw new RangeError('There is no day before.');
  return { since: yesterday.getTime(), until: today.getTime() };
}
