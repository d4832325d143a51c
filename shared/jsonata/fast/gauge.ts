/** How generated code fares, and for how long it is left out. */
export interface Gauge {
  /** Evaluations that it has finished, and those that were begun again in the exact back end. */
  finished: number;
  restarted: number;
  /** Evaluations for which it is still left out. */
  rest: number;
  /** Evaluations for which it was left out the last time. */
  rested: number;
  /** What was finished and restarted at the last look at whether it pays. */
  before: { finished: number; restarted: number };
  /** Whether it may be left out at all. */
  rests: boolean;
  /** Guards met in this evaluation, where that is asked for. */
  guards: number;
}

export function newGauge(rests: boolean): Gauge {
  return { finished: 0, restarted: 0, rest: 0, rested: 64, before: { finished: 0, restarted: 0 }, rests, guards: 0 };
}

/** After this many evaluations it is looked at whether generated code pays. */
const lookedAt = 32;

/** Counts an evaluation that is begun again; where that is the rule, generated code is left out for a while, twice as long each time. */
export function failed(gauge: Gauge): void {
  gauge.restarted++;
  const restarts = gauge.restarted - gauge.before.restarted;
  const tried = restarts + gauge.finished - gauge.before.finished;
  if (tried < lookedAt || !gauge.rests) return;
  if (restarts * 2 > tried) gauge.rest = gauge.rested = Math.min(gauge.rested * 2, 65_536);
  gauge.before = { finished: gauge.finished, restarted: gauge.restarted };
}
