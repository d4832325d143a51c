import { depthOf, type Node, nodesOf, parse, parseProblems } from './ast.ts';
import { builtins } from './builtins/table.ts';
import { ExpressionError } from './error.ts';
import { asExpressionError, caller, functionValue, settled } from './function-value.ts';
import { defaultLimits, type Limits } from './limits.ts';
import { compileNode } from './node.ts';
import { toOutput } from './output.ts';
import { readsOf } from './reads.ts';
import { descendLevels, run, startRun } from './run.ts';
import { boundNames, type Evaluator, type Frame, type Scope, unset } from './scope.ts';
import { isSequence, sequenceOf, WRAPPER } from './sequence.ts';
import { compileSignature } from './signature.ts';

export { defaultLimits, ExpressionError, type Limits };

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

export interface CompileOptions {
  /** Milliseconds after which the evaluation ends with U1001. */
  timeout?: number;
  /** Depth of nested evaluations after which it ends with U1001, counted as the language's conformance cases count. */
  depth?: number;
  /** Bounds that differ from {@link defaultLimits}. */
  limits?: Partial<Limits>;
  /** Functions by name, without the dollar sign. */
  functions?: Record<string, UserFunction>;
  /** What arithmetic does with a number that a double would round: refuse it (M1001, the default) or round it. */
  numbers?: 'error' | 'float';
}

/** A compiled expression; pure, reusable, synchronous. */
export interface Expression {
  /**
   * The value of the expression for an input; plain objects and arrays, `undefined` for nothing. The input is not changed.
   * @throws ExpressionError, or what a function from outside threw
   */
  evaluate(input: unknown, bindings?: Record<string, unknown>): unknown;
  /** Paths of the input that the expression may read; a path stands for all below it. */
  reads: string[][] | 'everything';
  text: string;
}

/** What is done around one run of an evaluation that takes several: after the run's state is set, and at its end. */
export interface Around {
  enter(): void;
  leave(): void;
}

/** A compiled expression whose runs can be parts of a longer evaluation. */
export interface Repeatable {
  run(input: unknown, bindings?: Record<string, unknown>, around?: Around): unknown;
  reads: string[][] | 'everything';
}

/**
 * Compiles an expression to a function.
 * @throws ExpressionError for text that is not an expression
 */
export function compile(text: string, options: CompileOptions = {}): Expression {
  const { run, reads } = compileRepeatable(text, options);
  return { evaluate: (input, bindings) => run(input, bindings), reads, text };
}

/**
 * Compiles an expression for `compileAsync`, on the exact closures.
 * @throws ExpressionError for text that is not an expression
 */
export function compileRepeatable(text: string, options: CompileOptions): Repeatable {
  try {
    return compileTree(text, parse(text), options);
  } catch (error) {
    throw outward(error, text);
  }
}

/**
 * Whether an evaluation may be given up halfway and begun again. It may not where a function has effects or is asynchronous;
 * functions without a declaration, and those bound for one evaluation, count as free of effects.
 */
export function restartable(options: CompileOptions): boolean {
  return !Object.values(options.functions ?? {}).some((given) => typeof given !== 'function' && (given.effects || given.asynchronous));
}

function compileTree(text: string, ast: Node, options: CompileOptions): Repeatable {
  const limits = { ...defaultLimits, ...options.limits };
  const nesting = options.depth ?? 0;
  const scope: Scope = {
    parent: null,
    slots: new Map(),
    size: 0,
    tuple: new Set(),
    dynamic: usesEval(ast),
    counted: nesting > 0,
  };
  // The input has the first slot; the expression's own variables and whatever it mentions follow.
  if (!scope.dynamic) for (const name of ['$', ...boundNames(ast)]) scope.slots.set(name, scope.slots.size + 2);
  const evaluate = compileNode(ast, scope);
  const defaults = new Map(builtins);
  for (const [name, given] of Object.entries(options.functions ?? {})) defaults.set(name, userFunction(name, given));
  const levels = depthOf(ast);
  const newFrame = scope.dynamic ? namedFrames(defaults) : slotFrames(scope, defaults);
  return {
    run: (input, bindings, around) => {
      const outer = run.active ? { ...run } : undefined;
      startRun(limits, options.timeout ?? 0, nesting, options.numbers === 'float');
      around?.enter();
      try {
        descendLevels(levels);
        return toOutput(evaluateWith(evaluate, input, newFrame(input, bindings)));
      } catch (error) {
        throw outward(error, text);
      } finally {
        around?.leave();
        if (outer !== undefined) Object.assign(run, outer);
        else {
          run.active = false;
          // So that nothing of the message is held on to.
          caller.frame = null;
        }
      }
    },
    reads: readsOf(ast, (name) => looksAtContext(options.functions?.[name])),
  };
}

function evaluateWith(evaluate: Evaluator, input: unknown, frame: Frame): unknown {
  return evaluate(Array.isArray(input) && !isSequence(input) ? sequenceOf([input], WRAPPER) : input, frame);
}

/** What the caller gets to see: native errors of the engine's bounds become errors of the expression, which know its text. */
function outward(error: unknown, text: string): unknown {
  const known = asExpressionError(error);
  if (known !== undefined) return known.of(text);
  if (error instanceof RangeError && /string length|array length/i.test(error.message)) {
    return new ExpressionError('M1003', { value: run.limits.string }).of(text);
  }
  return error;
}

function userFunction(name: string, given: UserFunction): (...args: unknown[]) => unknown {
  const call = (typeof given === 'function' ? given : given.call) as (...args: unknown[]) => unknown;
  const declared = typeof given === 'function' ? undefined : given;
  return functionValue({
    arity: call.length,
    name,
    signature: declared?.signature === undefined ? undefined : compileSignature(declared.signature),
    invoke: (args) => {
      if (declared?.asynchronous) throw new ExpressionError('M1007', { token: name });
      return settled(call(...args), name);
    },
  });
}

/** A function that is bound only when the expression is evaluated may do anything with the context it is called on. */
function looksAtContext(given: UserFunction | undefined): boolean {
  if (given === undefined) return true;
  return typeof given !== 'function' && (given.signature?.includes('-') ?? false);
}

/** Whether the expression can evaluate text, and so bind and read variables that its own text does not name. */
function usesEval(ast: Node): boolean {
  for (const node of nodesOf(ast)) if (node.type === 'variable' && node.value === 'eval') return true;
  return false;
}

type NewFrame = (input: unknown, bindings: Record<string, unknown> | undefined) => Frame;

function slotFrames(scope: Scope, defaults: ReadonlyMap<string, unknown>): NewFrame {
  const template: Frame = [null, null];
  for (const [name, slot] of scope.slots) template[slot] = defaults.has(name) ? defaults.get(name) : unset;
  return (input, bindings) => {
    const frame = template.slice() as Frame;
    if (bindings !== undefined) {
      for (const name of Object.keys(bindings)) {
        const slot = scope.slots.get(name);
        if (slot !== undefined) frame[slot] = bindings[name];
      }
    }
    frame[2] = input;
    return frame;
  };
}

function namedFrames(defaults: ReadonlyMap<string, unknown>): NewFrame {
  const base: Frame = [null, null, defaults];
  return (input, bindings) => {
    const names = new Map<string, unknown>(Object.entries(bindings ?? {}));
    names.set('$', input);
    return [base, null, names];
  };
}

/** What is wrong with the text of an expression, each as a plain sentence; empty when it can be compiled. */
export function checkExpression(text: string): { message: string; position: number; code: string }[] {
  const problems = parseProblems(text).map((error) => ({ message: error.sentence, position: error.position ?? 0, code: error.code }));
  // What follows at the same place is a consequence of the first.
  return problems.filter((problem, i) => problems.findIndex((other) => other.position === problem.position) === i);
}
