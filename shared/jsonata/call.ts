import { depthOf, type Node, part } from './ast.ts';
import { ExpressionError } from './error.ts';
import {
  applyFunction,
  arityOf,
  asExpressionError,
  type CallSite,
  deferCall,
  type FunctionValue,
  factsOf,
  functionValue,
  type TailSite,
} from './function-value.ts';
import { compileNode } from './node.ts';
import { charge, descendLevels, run } from './run.ts';
import { binder, boundNames, type Evaluator, type Frame, innerScope, lookup, newFrame, type Scope } from './scope.ts';
import { compileSignature } from './signature.ts';
import { isFunction } from './value.ts';

/** The name that a call is known by in errors, and where it stands. */
function siteOf(node: Node): CallSite {
  const procedure = part(node.procedure);
  const name = procedure.type === 'path' ? procedure.steps?.[0]?.value : procedure.value;
  return { token: typeof name === 'string' ? name : undefined, position: node.position };
}

/** For a path as procedure: the function of that name, if there is one, for "did you mean $name?". */
function misspelt(procedure: Node, scope: Scope): ((frame: Frame) => unknown) | undefined {
  const name = procedure.type === 'path' ? procedure.steps?.[0]?.value : undefined;
  return typeof name === 'string' ? lookup(scope, name) : undefined;
}

/** Compiles `f(a, b)`. */
export function compileCall(node: Node, scope: Scope): Evaluator {
  const call = compileInvocation(node, scope);
  return (input, frame) => call(input, frame, []);
}

function compileInvocation(node: Node, scope: Scope): (input: unknown, frame: Frame, before: unknown[]) => unknown {
  const procedure = compileNode(part(node.procedure), scope);
  const args = part(node.arguments).map((arg) => compileNode(arg, scope));
  const site = siteOf(node);
  const hint = misspelt(part(node.procedure), scope);
  return (input, frame, before) => {
    const callee = procedure(input, frame);
    if (callee === undefined && hint?.(frame)) throw new ExpressionError('T1005', siteFields(site));
    const values = before;
    for (let i = 0; i < args.length; i++) values.push((args[i] as Evaluator)(input, frame));
    charge(1);
    try {
      return applyFunction(callee, values, input, site, frame);
    } catch (error) {
      throw atSite(error, site);
    }
  };
}

function siteFields(site: CallSite): { position?: number; token?: string } {
  return {
    ...(site.position === undefined ? {} : { position: site.position }),
    ...(site.token === undefined ? {} : { token: site.token }),
  };
}

/** Gives an error the place of the call where it has none of its own. */
function atSite(error: unknown, site: CallSite): unknown {
  const located = asExpressionError(error);
  if (located === undefined) return error;
  if (!located.position && site.position !== undefined) located.position = site.position;
  if (!located.token && site.token !== undefined) located.token = site.token;
  return located;
}

/** Compiles a call that is a lambda's last act: it is left to the loop that called the lambda. */
export function compileTailCall(node: Node, scope: Scope): Evaluator {
  const procedure = part(node.procedure);
  const site: TailSite = {
    procedure: compileNode(procedure, scope) as TailSite['procedure'],
    args: part(node.arguments).map((arg) => compileNode(arg, scope)) as TailSite['args'],
    token: procedure.type === 'variable' && typeof procedure.value === 'string' ? procedure.value : undefined,
    position: procedure.position,
  };
  return (input, frame) => deferCall(site, input, frame);
}

/** Steps that making a function counts: it takes as much room as a list of so many items, and keeps its variables. */
const functionSteps = 10;

/** Compiles `function($a, $b){ … }`. */
export function compileLambda(node: Node, scope: Scope): Evaluator {
  const params = part(node.arguments).map((param) => String(param.value));
  const body = part(node.body);
  const inner = innerScope(scope, [...params, ...boundNames(body)]);
  const bind = params.map((param) => binder(inner, param));
  // Parameters come first among the slots, so they can be set in order unless a name is repeated.
  const inOrder = !scope.dynamic && new Set(params).size === params.length;
  const evaluate = compileNode(body, inner, true);
  const signature = node.signature === undefined ? undefined : compileSignature(node.signature.definition);
  const count = params.length;
  // The call itself and the built-in that may have made it take some levels too.
  const levels = depthOf(body) + 8;
  return (input, frame) => {
    charge(functionSteps);
    return functionValue({
      arity: count,
      signature,
      invoke: (args) => {
        if (++run.depth > run.limits.depth) throw new ExpressionError('D1011', { value: run.limits.depth });
        charge(1);
        descendLevels(levels);
        const within = newFrame(inner, frame, null);
        if (inOrder) for (let i = 0; i < count; i++) within[i + 2] = args[i];
        else for (let i = 0; i < count; i++) bind[i]?.(within, args[i]);
        const value = evaluate(input, within);
        run.depth--;
        run.stack -= levels;
        return value;
      },
    });
  };
}

/** Compiles `f(?, b)`: a function of the arguments left open. */
export function compilePartial(node: Node, scope: Scope): Evaluator {
  const procedure = compileNode(part(node.procedure), scope);
  const args = part(node.arguments).map((arg) => (arg.type === 'operator' && arg.value === '?' ? undefined : compileNode(arg, scope)));
  const site = siteOf(node);
  const hint = misspelt(part(node.procedure), scope);
  return (input, frame) => {
    charge(functionSteps);
    const values = args.map((arg) => arg?.(input, frame));
    const callee = procedure(input, frame);
    if (callee === undefined && hint?.(frame)) throw new ExpressionError('T1007', siteFields(site));
    if (!isFunction(callee)) throw new ExpressionError('T1008', siteFields(site));
    return partial(
      callee,
      values,
      args.flatMap((arg, i) => (arg === undefined ? [i] : [])),
    );
  };
}

function partial(callee: (...args: unknown[]) => unknown, values: unknown[], open: number[]): FunctionValue {
  return functionValue({
    arity: open.length,
    invoke: (given) => {
      const all = values.slice();
      open.forEach((at, i) => {
        all[at] = given[i];
      });
      const known = factsOf(callee);
      // A partly applied lambda checks no signature: its arguments come one group at a time.
      return known === undefined || known.name !== undefined ? applyFunction(callee, all, null) : known.invoke(all, null);
    },
  });
}

/** Compiles `a ~> f`: a call with the left value as first argument, or the composition of two functions. */
export function compileApply(node: Node, scope: Scope): Evaluator {
  const left = compileNode(node.lhs as Node, scope);
  const right = part(node.rhs);
  if (right.type === 'function') {
    const call = compileInvocation(right, scope);
    return (input, frame) => {
      const first = left(input, frame);
      return call(input, frame, [first]);
    };
  }
  const callee = compileNode(right, scope);
  return (input, frame) => {
    const first = left(input, frame);
    const second = callee(input, frame);
    if (!isFunction(second)) throw new ExpressionError('T2006', { position: node.position ?? 0, value: second });
    if (!isFunction(first)) return applyFunction(second, [first], null, undefined, frame);
    return functionValue({ arity: 1, invoke: (args) => applyFunction(second, [applyFunction(first, [args[0]], null)], null) });
  };
}

/** The arguments that a higher-order function hands on: as many of the three as the function takes. */
export function argsFor(callee: (...args: unknown[]) => unknown, first: unknown, second: unknown, third: unknown): unknown[] {
  const arity = arityOf(callee);
  if (arity >= 3) return [first, second, third];
  return arity === 2 ? [first, second] : [first];
}
