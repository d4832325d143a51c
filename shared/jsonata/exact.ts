import { depthOf, type Node, nodesOf } from './ast.ts';
import { builtins } from './builtins/table.ts';
import { ExpressionError } from './error.ts';
import { asExpressionError, type FunctionValue, functionValue, settled } from './function-value.ts';
import { defaultLimits } from './limits.ts';
import { beginRun, endRun } from './nested-run.ts';
import { compileNode } from './node.ts';
import type { CompileOptions, UserFunction } from './options.ts';
import { toOutput } from './output.ts';
import { descendLevels, run } from './run.ts';
import { boundNames, type Evaluator, type Frame, type Scope, unset } from './scope.ts';
import { isSequence, sequenceOf, WRAPPER } from './sequence.ts';
import { compileSignature } from './signature.ts';

/** What is done around one run of an evaluation that takes several: after the run's state is set, and at its end. */
export interface Around {
  enter(): void;
  leave(): void;
}

/** One evaluation by the exact back end. @throws ExpressionError, or what a function from outside threw */
export type ExactRun = (input: unknown, bindings?: Record<string, unknown>, around?: Around) => unknown;

/** Compiles a tree to closures that keep the language's rules to the letter. */
export function compileExact(text: string, ast: Node, options: CompileOptions): ExactRun {
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
  for (const [name, given] of functionsOf(options)) defaults.set(name, given);
  const levels = depthOf(ast);
  const newFrame = scope.dynamic ? namedFrames(defaults) : slotFrames(scope, defaults);
  return (input, bindings, around) => {
    const outer = beginRun(limits, options.timeout ?? 0, nesting, options.numbers === 'float', options.environment);
    around?.enter();
    try {
      descendLevels(levels);
      return toOutput(evaluateWith(evaluate, input, newFrame(input, bindings)));
    } catch (error) {
      throw outward(error, text);
    } finally {
      around?.leave();
      endRun(outer);
    }
  };
}

function evaluateWith(evaluate: Evaluator, input: unknown, frame: Frame): unknown {
  return evaluate(Array.isArray(input) && !isSequence(input) ? sequenceOf([input], WRAPPER) : input, frame);
}

/** What the caller gets to see: native errors of the engine's bounds become errors of the expression, which know its text. */
export function outward(error: unknown, text: string): unknown {
  const known = asExpressionError(error);
  if (known !== undefined) return known.of(text);
  if (error instanceof RangeError && /string length|array length/i.test(error.message)) {
    return new ExpressionError('M1003', { value: run.limits.string }).of(text);
  }
  return error;
}

/** The functions from outside as values of the language. */
export function functionsOf(options: CompileOptions): Map<string, FunctionValue> {
  return new Map(Object.entries(options.functions ?? {}).map(([name, given]) => [name, userFunction(name, given)]));
}

function userFunction(name: string, given: UserFunction): FunctionValue {
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
export function takesContext(given: UserFunction | undefined): boolean {
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
