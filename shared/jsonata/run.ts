import { ExpressionError } from './error.ts';
import { defaultLimits, type Limits } from './limits.ts';

/**
 * The state of the evaluation under way. Evaluation is synchronous, so there is one; an evaluation that is started
 * inside another (by a user function) saves and restores it.
 */
interface Run {
  /** Steps left in the present portion; below zero the slow check looks at the whole budget and the clock. */
  fuel: number;
  /** Whether an evaluation is under way. */
  active: boolean;
  /** Steps left after the present portion. */
  reserve: number;
  depth: number;
  /** Evaluations inside evaluations, and their limit; only counted where the `depth` option asks. */
  nesting: number;
  nestingLimit: number;
  limits: Limits;
  /** Clock time at which the evaluation ends, or Infinity. */
  deadline: number;
  timeout: number;
  /** Milliseconds of $now and $millis, or NaN until first asked. */
  now: number;
  float: boolean;
}

/** The one evaluation under way. */
export const run: Run = {
  fuel: 0,
  active: false,
  reserve: 0,
  depth: 0,
  nesting: 0,
  nestingLimit: 0,
  limits: defaultLimits,
  deadline: Number.POSITIVE_INFINITY,
  timeout: 0,
  now: Number.NaN,
  float: false,
};

const portion = 8192;

/** Sets the counters for a new evaluation. */
export function startRun(limits: Limits, timeout: number, nestingLimit: number, float: boolean): void {
  run.active = true;
  run.limits = limits;
  run.fuel = Math.min(portion, limits.steps);
  run.reserve = limits.steps - run.fuel;
  run.depth = 0;
  run.nesting = 0;
  run.nestingLimit = nestingLimit;
  run.timeout = timeout;
  run.deadline = timeout > 0 ? Date.now() + timeout : Number.POSITIVE_INFINITY;
  run.now = Number.NaN;
  run.float = float;
}

/** Counts work. @throws ExpressionError M1002 when the budget is used up, U1001 when the time is. */
export function charge(steps: number): void {
  if ((run.fuel -= steps) < 0) refuel();
}

function refuel(): void {
  const missing = -run.fuel;
  if (missing > run.reserve) throw new ExpressionError('M1002', { value: run.limits.steps });
  const next = Math.min(run.reserve, missing + portion);
  run.reserve -= next;
  run.fuel += next;
  if (run.deadline !== Number.POSITIVE_INFINITY && Date.now() > run.deadline) {
    throw new ExpressionError('U1001', { value: run.timeout });
  }
}

/** The time of this evaluation: the same at every call within it. */
export function timestamp(): number {
  if (Number.isNaN(run.now)) run.now = Date.now();
  return run.now;
}

/** Refuses a text that would grow past the limit; to be called before it is built. @throws ExpressionError M1003 */
export function checkText(length: number): void {
  if (length > run.limits.string) throw new ExpressionError('M1003', { value: run.limits.string });
}

/** Refuses a list that would grow past the limit; to be called before it grows. @throws ExpressionError D2015 */
export function checkLength(length: number): void {
  if (length > run.limits.sequence) throw new ExpressionError('D2015', { value: run.limits.sequence });
}

/** Adds the items of one list to another, within the limits. */
export function addAll(to: unknown[], items: unknown[]): void {
  const { length } = items;
  if ((run.fuel -= length) < 0) refuel();
  checkLength(to.length + length);
  for (let i = 0; i < length; i++) to.push(items[i]);
}
