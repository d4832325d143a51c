import { type CompileOptions, compileRepeatable, type UserFunction } from './compile.ts';
import { ExpressionError } from './error.ts';
import { settled } from './function-value.ts';
import { answer, newJournal, writing } from './journal.ts';

export interface AsyncOptions extends CompileOptions {
  /** Asynchronous calls that one evaluation may make; 1,000 unless told otherwise. Error M1009. */
  calls?: number;
  /** Ends evaluations: they reject with the signal's reason. A call that was made goes on, unheard. */
  signal?: AbortSignal;
}

/** A compiled expression that may call asynchronous functions; reusable, also while other evaluations of it are waiting. */
export interface AsyncExpression {
  /**
   * The value of the expression for an input. The input must not change before the promise is settled.
   * @throws ExpressionError, what a function from outside threw or rejected with, or the signal's reason
   */
  evaluate(input: unknown, bindings?: Record<string, unknown>): Promise<unknown>;
  /** Paths of the input that the expression may read; a path stands for all below it. */
  reads: string[][] | 'everything';
  text: string;
}

/**
 * Compiles an expression that may call asynchronous functions.
 *
 * The engine is synchronous, so an evaluation is a number of synchronous runs. Calls of functions that are declared
 * asynchronous or with effects are numbered in the order in which the run makes them. The first run that comes to a call of
 * an asynchronous function makes it and is given up there; when the promise is settled, the next run starts from the
 * beginning and finds the answer by its number. So such a call is made exactly once, from left to right, one at a time,
 * and what is pure is computed again. What else could differ does not: $now and $millis are one time, $random and $shuffle
 * repeat their numbers.
 *
 * The price: k asynchronous calls take k + 1 runs. Steps and `timeout` count all runs together, the time of waiting not
 * included (`AbortSignal.timeout` bounds that). Where many calls are needed, one call with a list is better than `$map`.
 *
 * Functions without a declaration may be called again in each run, so they must be free of effects, give the same answer
 * for the same arguments, and must not answer a promise (M1007). A function that is called from outside may call a lambda
 * it was given while it is being called; that lambda cannot call asynchronous functions (M1007).
 * @throws ExpressionError for text that is not an expression
 */
export function compileAsync(text: string, options: AsyncOptions = {}): AsyncExpression {
  const functions = Object.fromEntries(
    Object.entries(options.functions ?? {}).map(([name, given]): [string, UserFunction] => [name, recorded(name, given)]),
  );
  const expression = compileRepeatable(text, { ...options, functions });
  const most = options.calls ?? 1000;
  return {
    evaluate: async (input, bindings) => {
      const journal = newJournal(most);
      for (;;) {
        options.signal?.throwIfAborted();
        const outcome = journal.outcomeOf(() => expression.run(input, bindings, journal));
        if (outcome !== undefined) return answer(outcome);
        await journal.wait(options.signal);
      }
    },
    reads: expression.reads,
    text,
  };
}

/** The function; one that must be called only once for each call of the text, with its calls written down. */
function recorded(name: string, given: UserFunction): UserFunction {
  if (typeof given === 'function' || !(given.effects || given.asynchronous)) return given;
  const call = given.call as (...args: unknown[]) => unknown;
  const counted = (...args: unknown[]): unknown => {
    const act = () => call(...args);
    const { journal } = writing;
    if (given.asynchronous) {
      if (journal === undefined) throw new ExpressionError('M1007', { token: name });
      return journal.asynchronous(name, act);
    }
    const once = () => settled(act(), name);
    return journal === undefined ? once() : journal.synchronous(name, once);
  };
  // How many arguments higher-order functions hand it.
  Object.defineProperty(counted, 'length', { value: call.length });
  return { call: counted, ...(given.signature !== undefined && { signature: given.signature }) };
}
