import { Cron } from 'croner';

/** Times of a cron expression in a time zone. Across changes of the clocks each fixed time comes once. */
export type Ticks = Cron;

/** @throws Error with what is wrong with the expression */
export function ticksOf(cron: string, timeZone: string): Ticks {
  return new Cron(cron, { timezone: timeZone, paused: true });
}

/** The first time after another; undefined: there is none. */
export function nextTick(ticks: Ticks, after: Date): Date | undefined {
  return ticks.nextRun(after) ?? undefined;
}
