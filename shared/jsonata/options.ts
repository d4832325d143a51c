import type { Limits } from './limits.ts';

/** A function that expressions may call by name: free of effects, or declared with what it is. */
export type UserFunction = ((...args: never[]) => unknown) | DeclaredFunction;

export interface DeclaredFunction {
  call: (...args: never[]) => unknown;
  /** Checks the arguments, as for built-ins. */
  signature?: string;
  /** It does or asks something outside, so a call of the expression is one call of the function, never two. */
  effects?: true;
  /** It answers a promise, and is called once as one with effects is. For `compileAsync`; elsewhere its call is M1007. */
  asynchronous?: true;
}

/** Where evaluations take the time and random numbers from. */
export interface Environment {
  /** ms since 1970; asked at most once for an evaluation. */
  now(): number;
  /** From 0 up to, not including, 1. */
  random(): number;
}

export interface CompileOptions {
  /** Milliseconds after which the evaluation ends with U1001. */
  timeout?: number;
  /** Depth of nested evaluations after which it ends with U1001, counted as the language's conformance cases count. */
  depth?: number;
  /** Bounds that differ from {@link defaultLimits}. */
  limits?: Partial<Limits>;
  /** Functions by name, without the dollar sign. */
  functions?: Record<string, UserFunction>;
  /** Left out: the clock and the random numbers of the machine. */
  environment?: Environment;
  /** What arithmetic does with a number that a double would round: refuse it (M1001, the default) or round it. */
  numbers?: 'error' | 'float';
  /**
   * Whether ordinary messages are evaluated by generated code. `off` leaves all to the exact back end. `failAt` is for
   * tests: the guard met as the n-th of an evaluation, counted from 0, fails.
   */
  speculation?: 'on' | 'off' | { failAt: number };
}

/**
 * Whether an evaluation may be given up halfway and begun again. It may not where a function has effects or is asynchronous;
 * functions without a declaration, and those bound for one evaluation, count as free of effects.
 */
export function restartable(options: CompileOptions): boolean {
  return !Object.values(options.functions ?? {}).some((given) => typeof given !== 'function' && (given.effects || given.asynchronous));
}
