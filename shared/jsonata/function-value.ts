import { ExpressionError } from './error.ts';
import { run } from './run.ts';
import type { Signature } from './signature.ts';

/** What the engine knows of a function value: a lambda, a built-in, a registered function or a regular expression. */
export interface FunctionFacts {
  /** How many arguments the higher-order built-ins hand it. */
  arity: number;
  /** Checks and completes the arguments. */
  signature?: Signature | undefined;
  /** Runs the function on checked arguments; may answer {@link tail}. */
  invoke(args: unknown[], input: unknown): unknown;
  /** The built-in's name, for fast paths and messages. */
  name?: string;
  /** For a regular expression: finds the first match at or after an offset. */
  matcher?: unknown;
}

const facts = Symbol('function');

/** A value of the language that can be called; an ordinary JavaScript function to the outside. */
export type FunctionValue = ((...args: unknown[]) => unknown) & { [facts]?: FunctionFacts };

/** Makes a function value that JavaScript can call too. */
export function functionValue(known: FunctionFacts): FunctionValue {
  return withFacts((...args: unknown[]) => finish(invoke(known, args, null), null), known);
}

// The function stays without a name: giving one costs more than all else here where a build keeps names.
function withFacts(value: FunctionValue, known: FunctionFacts): FunctionValue {
  value[facts] = known;
  return value;
}

function invoke(known: FunctionFacts, args: unknown[], input: unknown): unknown {
  return known.invoke(known.signature ? known.signature.validate(args, input) : args, input);
}

export function factsOf(value: unknown): FunctionFacts | undefined {
  return (value as FunctionValue)[facts];
}

export function arityOf(value: (...args: unknown[]) => unknown): number {
  return factsOf(value)?.arity ?? value.length;
}

/** What a lambda answers whose last act is a call: the call waits in `pending` and is made by the caller's loop. */
export const tail = Symbol('tail call');

/** A call that can be made later: who is called, with what. */
export interface TailSite {
  procedure(input: unknown, frame: unknown): unknown;
  args: ((input: unknown, frame: unknown) => unknown)[];
  token: string | undefined;
  position: number | undefined;
}

/** The variables around the call being made: what $eval's text may see and bind. */
export const caller: { frame: unknown } = { frame: null };

const pending: { site: TailSite | undefined; input: unknown; frame: unknown } = { site: undefined, input: undefined, frame: undefined };

/** Leaves a tail call to the caller's loop. */
export function deferCall(site: TailSite, input: unknown, frame: unknown): typeof tail {
  pending.site = site;
  pending.input = input;
  pending.frame = frame;
  return tail;
}

/** Where a function was called by name; its errors carry this position and, lacking their own, this token. */
export interface CallSite {
  token: string | undefined;
  position: number | undefined;
}

/** Calls a function value and, in turn, the calls that it ends with; the stack does not grow by those. */
export function applyFunction(callee: unknown, args: unknown[], input: unknown, site?: CallSite, around?: unknown): unknown {
  if (around !== undefined) caller.frame = around;
  return finish(applyOnce(callee, args, input, site), input);
}

/** Makes the calls that were left to be made, until there is a value. */
function finish(first: unknown, input: unknown): unknown {
  let result = first;
  while (result === tail) {
    const next = pending.site as TailSite;
    const nextInput = pending.input;
    const frame = pending.frame;
    const procedure = next.procedure(nextInput, frame);
    const values = new Array<unknown>(next.args.length);
    for (let i = 0; i < values.length; i++) values[i] = next.args[i]?.(nextInput, frame);
    caller.frame = frame;
    result = applyOnce(procedure, values, input, next);
  }
  return result;
}

function applyOnce(callee: unknown, args: unknown[], input: unknown, site: CallSite | undefined): unknown {
  if (typeof callee !== 'function') throw new ExpressionError('T1006');
  const known = factsOf(callee);
  if (known === undefined) return outside(callee as FunctionValue, args, input);
  if (site === undefined) return invoke(known, args, input);
  try {
    return invoke(known, args, input);
  } catch (error) {
    throw decorate(error, site);
  }
}

function decorate(error: unknown, site: CallSite): unknown {
  const located = asExpressionError(error);
  if (located === undefined) return error;
  if (located.token === undefined && site.token !== undefined) located.token = site.token;
  if (site.position !== undefined && site.position !== 0) located.position = site.position;
  return located;
}

/** The error as one of an expression: the native stack's end is D1011; others stay what they are. */
export function asExpressionError(error: unknown): ExpressionError | undefined {
  if (error instanceof ExpressionError) return error;
  // Chrome and Safari name the call stack, Firefox says "too much recursion".
  // No regular expression here: V8 ends the process when it compiles one where the stack is nearly used up.
  if (error instanceof Error && (error.message.includes('call stack') || error.message.includes('too much recursion'))) {
    return new ExpressionError('D1011', { value: run.depth });
  }
  return undefined;
}

/** Calls a JavaScript function that came in as a value. @throws ExpressionError M1007 when it is asynchronous */
function outside(callee: FunctionValue, args: unknown[], input: unknown): unknown {
  return settled(callee.apply(input, args), callee.name);
}

/** Refuses a promise: an expression is evaluated in one go. */
export function settled(result: unknown, name: string): unknown {
  if (typeof result === 'object' && result !== null && typeof (result as { then?: unknown }).then === 'function') {
    throw new ExpressionError('M1007', { token: name });
  }
  return result;
}
