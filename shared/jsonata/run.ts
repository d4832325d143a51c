import { ExpressionError } from './error.ts';
import { defaultLimits, type Limits } from './limits.ts';
import type { Environment } from './options.ts';

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
  /** Levels of the syntax tree that are being evaluated inside one another, and how many the native stack was shown to bear. */
  stack: number;
  proven: number;
  /** Evaluations inside evaluations, and their limit; only counted where the `depth` option asks. */
  nesting: number;
  nestingLimit: number;
  limits: Limits;
  /** Clock time at which the evaluation ends, or Infinity. */
  deadline: number;
  timeout: number;
  /** How often a field name was met that is longer than V8 hashes. */
  longKeys: number;
  /** Milliseconds of $now and $millis, or NaN until first asked. */
  now: number;
  float: boolean;
  environment: Environment;
  /** Where random numbers come from. */
  random: () => number;
}

/** Looked up at each call, so that whoever replaces the clock of a whole thread replaces it here too. */
const machine: Environment = { now: () => Date.now(), random: () => Math.random() };

/** The one evaluation under way. */
export const run: Run = {
  fuel: 0,
  active: false,
  reserve: 0,
  depth: 0,
  stack: 0,
  proven: 0,
  nesting: 0,
  nestingLimit: 0,
  limits: defaultLimits,
  deadline: Number.POSITIVE_INFINITY,
  timeout: 0,
  longKeys: 0,
  now: Number.NaN,
  float: false,
  environment: machine,
  random: machine.random,
};

const portion = 8192;

/** Levels of the tree between two looks at the native stack; each takes less than a kilobyte and a half of it. */
const firstLevels = 64;

/** Sets the counters for a new evaluation. */
export function startRun(limits: Limits, timeout: number, nestingLimit: number, float: boolean, environment: Environment = machine): void {
  // An evaluation inside another goes on with its random numbers, which may be repeated ones.
  if (!run.active) run.random = environment.random;
  run.active = true;
  run.limits = limits;
  run.fuel = Math.min(portion, limits.steps);
  run.reserve = limits.steps - run.fuel;
  run.depth = 0;
  run.stack = 0;
  run.proven = firstLevels;
  run.nesting = 0;
  run.nestingLimit = nestingLimit;
  run.timeout = timeout;
  run.deadline = timeout > 0 ? Date.now() + timeout : Number.POSITIVE_INFINITY;
  run.longKeys = 0;
  run.now = Number.NaN;
  run.float = float;
  run.environment = environment;
}

/** Counts work. @throws ExpressionError M1002 when the budget is used up, U1001 when the time is. */
export function charge(steps: number): void {
  if ((run.fuel -= steps) < 0) refuel();
}

/** Equally long texts longer than this have all the same hash in V8. */
export const mostHashed = 16_383;

/**
 * Counts a field name that the expression worked out. V8 compares one that is longer than it hashes with all others of its length.
 * @throws ExpressionError M1002
 */
export function chargeKey(key: string): void {
  const { length } = key;
  charge(length <= mostHashed ? length >> 4 : Math.ceil((length * ++run.longKeys) / 256));
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

/**
 * Goes down some levels of the tree; to be undone by subtracting them from `run.stack`. It keeps some 130 kB of the native
 * stack free below: V8 ends the whole process, without an error to catch, when it compiles a regular expression
 * where the stack is nearly used up.
 * @throws ExpressionError D1011
 */
export function descendLevels(levels: number): void {
  if ((run.stack += levels) <= run.proven) return;
  run.proven = run.stack + firstLevels;
  try {
    probe(levels * 8 + 700, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  } catch {
    throw new ExpressionError('D1011', { value: run.depth });
  }
}

/** Calls itself; with its arguments each call takes some 200 bytes of stack, also when compiled. */
function probe(calls: number, ...rest: number[]): number;
function probe(
  calls: number,
  a: number,
  b: number,
  c: number,
  d: number,
  e: number,
  f: number,
  g: number,
  h: number,
  i: number,
  j: number,
  k: number,
  l: number,
  m: number,
  n: number,
  o: number,
): number {
  if (calls === 0) return a + b + c + d + e + f + g + h + i + j + k + l + m + n + o;
  return 1 + probe(calls - 1, b, c, d, e, f, g, h, i, j, k, l, m, n, o, a);
}

/** The time of this evaluation: the same at every call within it. */
export function timestamp(): number {
  if (Number.isNaN(run.now)) run.now = run.environment.now();
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
