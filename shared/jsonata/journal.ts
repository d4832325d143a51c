import { ExpressionError } from './error.ts';
import type { Around } from './exact.ts';
import { run } from './run.ts';

/** What came of a call or a run: a value or what was thrown. */
export type Outcome = { value: unknown } | { thrown: unknown };

/** Does something and keeps what comes of it. */
export function outcomeOf(act: () => unknown): Outcome {
  try {
    return { value: act() };
  } catch (thrown) {
    return { thrown };
  }
}

/** Answers or throws what came of something. */
export function answer(from: Outcome): unknown {
  if ('thrown' in from) throw from.thrown;
  return from.value;
}

/** What one evaluation has to remember from run to run. */
export interface Journal extends Around {
  /** Makes a run; nothing when it has to be made again after waiting. */
  outcomeOf(act: () => unknown): Outcome | undefined;
  /** A call of a function that answers at once: made, or what came of it in an earlier run. */
  synchronous(name: string, act: () => unknown): unknown;
  /** A call of a function that answers a promise: made, which ends the run, or what came of it. @throws ExpressionError M1009 */
  asynchronous(name: string, act: () => unknown): unknown;
  /** Waits for the promise that ended the run and writes its answer down. @throws the signal's reason */
  wait(signal: AbortSignal | undefined): Promise<void>;
}

/** The journal of the run under way. */
export const writing: { journal: Journal | undefined } = { journal: undefined };

/** Ends a run that has to wait. It is no error of an expression, so nothing in the language wraps it. */
const suspension = new Error('The evaluation waits for an asynchronous function.');

/** A journal for one evaluation, with the most asynchronous calls that it may make. */
export function newJournal(most: number): Journal {
  /** The calls made so far, in order. */
  const calls: { name: string; outcome: Outcome }[] = [];
  let asked = 0;
  /** The call whose promise is awaited. */
  let waiting: { name: string; promise: PromiseLike<unknown> } | undefined;
  /** What ended the evaluation, whatever a function from outside made of it. */
  let ended: Outcome | undefined;
  /** Whether a function from outside is being called. */
  let calling = false;
  let nextCall = 0;

  function end(thrown: ExpressionError): never {
    ended = { thrown };
    throw thrown;
  }

  function earlier(name: string): Outcome | undefined {
    if (waiting !== undefined) throw suspension;
    if (ended !== undefined) return ended;
    const known = calls[nextCall++];
    if (known !== undefined && known.name !== name) end(new ExpressionError('M1010', { token: name, value: known.name }));
    return known?.outcome;
  }

  function make(act: () => unknown): Outcome {
    calling = true;
    const made = outcomeOf(act);
    calling = false;
    return made;
  }

  const carried = carry();
  const journal: Journal = {
    enter() {
      nextCall = 0;
      carried.enter(journal);
    },
    leave: carried.leave,
    outcomeOf(act) {
      const made = outcomeOf(act);
      // A function from outside may have swallowed what was thrown to end the run.
      return waiting !== undefined ? undefined : (ended ?? made);
    },
    synchronous(name, act) {
      // What a function from outside calls in turn is part of its call.
      if (calling) return act();
      const known = earlier(name);
      if (known !== undefined) return answer(known);
      const outcome = make(act);
      calls.push({ name, outcome });
      return answer(outcome);
    },
    asynchronous(name, act) {
      if (calling) throw new ExpressionError('M1007', { token: name });
      const known = earlier(name);
      if (known !== undefined) return answer(known);
      if (++asked > most) end(new ExpressionError('M1009', { token: name, value: most }));
      const outcome = make(act);
      if ('value' in outcome && isPromise(outcome.value)) {
        waiting = { name, promise: outcome.value };
        throw suspension;
      }
      calls.push({ name, outcome });
      return answer(outcome);
    },
    async wait(signal) {
      if (waiting === undefined) return;
      const arrived = Promise.resolve(waiting.promise).then(
        (value): Outcome => ({ value }),
        (thrown: unknown): Outcome => ({ thrown }),
      );
      calls.push({ name: waiting.name, outcome: await unlessAborted(arrived, signal) });
      waiting = undefined;
    },
  };
  return journal;
}

/** Takes the steps, the time and the random numbers of an evaluation from run to run. */
function carry(): { enter(journal: Journal): void; leave(): void } {
  const randoms: number[] = [];
  let nextRandom = 0;
  let fresh = run.random;
  let outer: { journal: Journal | undefined; random: () => number } | undefined;
  let started = 0;
  let steps = 0;
  let spent = 0;
  let now = Number.NaN;

  function random(): number {
    const at = nextRandom++;
    randoms[at] ??= fresh();
    return randoms[at];
  }

  return {
    enter(journal) {
      outer = { journal: writing.journal, random: run.random };
      writing.journal = journal;
      fresh = run.random;
      run.random = random;
      nextRandom = 0;
      run.now = now;
      // No fuel, so that the first step looks at the budget and the clock, however short the runs are.
      run.fuel = 0;
      run.reserve = Math.max(0, run.limits.steps - steps);
      run.deadline -= spent;
      started = Date.now();
    },
    leave() {
      now = run.now;
      steps = run.limits.steps - run.reserve - run.fuel;
      spent += Date.now() - started;
      writing.journal = outer?.journal;
      run.random = outer?.random ?? fresh;
      outer = undefined;
    },
  };
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
