import { type Around, type CompileOptions, compileRepeatable, type DeclaredFunction, type UserFunction } from './compile.ts';
import { ExpressionError } from './error.ts';
import { settled } from './function-value.ts';
import { run } from './run.ts';

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
  const functions: Record<string, UserFunction> = {};
  for (const [name, given] of Object.entries(options.functions ?? {})) {
    functions[name] = typeof given !== 'function' && (given.effects || given.asynchronous) ? recorded(name, given) : given;
  }
  const expression = compileRepeatable(text, { ...options, functions });
  const most = options.calls ?? 1000;
  return {
    evaluate: async (input, bindings) => {
      const journal = new Journal(most);
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

/** What came of a call or a run: a value or what was thrown. */
type Outcome = { value: unknown } | { thrown: unknown };

function outcome(act: () => unknown): Outcome {
  try {
    return { value: act() };
  } catch (thrown) {
    return { thrown };
  }
}

function answer(from: Outcome): unknown {
  if ('thrown' in from) throw from.thrown;
  return from.value;
}

/** Ends a run that has to wait. It is no error of an expression, so nothing in the language wraps it. */
const suspension = new Error('The evaluation waits for an asynchronous function.');

/** The journal of the run under way. */
let current: Journal | undefined;

/** The function with its calls written down. */
function recorded(name: string, given: DeclaredFunction): DeclaredFunction {
  const call = given.call as (...args: unknown[]) => unknown;
  const counted = (...args: unknown[]): unknown => {
    const act = () => call(...args);
    if (given.asynchronous) {
      if (current === undefined) throw new ExpressionError('M1007', { token: name });
      return current.asynchronous(name, act);
    }
    const once = () => settled(act(), name);
    return current === undefined ? once() : current.synchronous(name, once);
  };
  // How many arguments higher-order functions hand it.
  Object.defineProperty(counted, 'length', { value: call.length });
  return { call: counted, ...(given.signature !== undefined && { signature: given.signature }) };
}

/** What one evaluation has to remember from run to run. */
class Journal implements Around {
  /** The calls made so far, in order. */
  readonly #calls: { name: string; outcome: Outcome }[] = [];
  readonly #randoms: number[] = [];
  readonly #most: number;
  #asked = 0;
  /** The call whose promise is awaited. */
  #waiting: { name: string; promise: PromiseLike<unknown> } | undefined;
  /** What ended the evaluation, whatever became of the run after it. */
  #ended: Outcome | undefined;
  /** Whether a function from outside is being called. */
  #calling = false;
  // Of the run under way: the next call and random number, and what it interrupted.
  #nextCall = 0;
  #nextRandom = 0;
  #outer: { journal: Journal | undefined; random: () => number } | undefined;
  #started = 0;
  // Of all runs: steps, milliseconds, the time of $now.
  #steps = 0;
  #spent = 0;
  #now = Number.NaN;

  constructor(most: number) {
    this.#most = most;
  }

  enter(): void {
    this.#outer = { journal: current, random: run.random };
    current = this;
    this.#nextCall = 0;
    this.#nextRandom = 0;
    this.#started = Date.now();
    run.random = () => this.#random();
    run.now = this.#now;
    // No fuel, so that the first step looks at the budget and the clock, however short the runs are.
    run.fuel = 0;
    run.reserve = Math.max(0, run.limits.steps - this.#steps);
    run.deadline -= this.#spent;
  }

  leave(): void {
    this.#now = run.now;
    this.#steps = run.limits.steps - run.reserve - run.fuel;
    this.#spent += Date.now() - this.#started;
    if (this.#outer !== undefined) {
      current = this.#outer.journal;
      run.random = this.#outer.random;
    }
    this.#outer = undefined;
  }

  /** Makes a run; nothing when it has to be made again after waiting. */
  outcomeOf(act: () => unknown): Outcome | undefined {
    const made = outcome(act);
    // A function from outside may have swallowed what was thrown to end the run.
    if (this.#waiting !== undefined) return undefined;
    return this.#ended ?? made;
  }

  /** A call of a function that answers at once. */
  synchronous(name: string, act: () => unknown): unknown {
    // What a function from outside calls in turn is part of its call.
    if (this.#calling) return act();
    const known = this.#replay(name);
    if (known !== undefined) return answer(known);
    const made = this.#make(act);
    this.#calls.push({ name, outcome: made });
    return answer(made);
  }

  /** A call of a function that answers a promise. */
  asynchronous(name: string, act: () => unknown): unknown {
    if (this.#calling) throw new ExpressionError('M1007', { token: name });
    const known = this.#replay(name);
    if (known !== undefined) return answer(known);
    if (this.#asked >= this.#most) this.#end(new ExpressionError('M1009', { token: name, value: this.#most }));
    this.#asked++;
    const made = this.#make(act);
    if ('value' in made && isPromise(made.value)) {
      this.#waiting = { name, promise: made.value };
      throw suspension;
    }
    this.#calls.push({ name, outcome: made });
    return answer(made);
  }

  /** Waits for the promise and writes its answer down. @throws the signal's reason */
  async wait(signal: AbortSignal | undefined): Promise<void> {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    const arrived = Promise.resolve(waiting.promise).then(
      (value): Outcome => ({ value }),
      (thrown: unknown): Outcome => ({ thrown }),
    );
    this.#calls.push({ name: waiting.name, outcome: await unlessAborted(arrived, signal) });
    this.#waiting = undefined;
  }

  #replay(name: string): Outcome | undefined {
    if (this.#waiting !== undefined) throw suspension;
    if (this.#ended !== undefined) return this.#ended;
    const known = this.#calls[this.#nextCall++];
    if (known === undefined) return undefined;
    if (known.name !== name) this.#end(new ExpressionError('M1010', { token: name, value: known.name }));
    return known.outcome;
  }

  #end(thrown: ExpressionError): never {
    this.#ended = { thrown };
    throw thrown;
  }

  #make(act: () => unknown): Outcome {
    this.#calling = true;
    const made = outcome(act);
    this.#calling = false;
    return made;
  }

  #random(): number {
    const at = this.#nextRandom++;
    let number = this.#randoms[at];
    if (number === undefined) {
      number = Math.random();
      this.#randoms.push(number);
    }
    return number;
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
