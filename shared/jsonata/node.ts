import { ExactNumber } from '#shared/exact-number.ts';
import { type Node, part } from './ast.ts';
import { compileApply, compileCall, compileLambda, compilePartial, compileTailCall } from './call.ts';
import { ExpressionError } from './error.ts';
import { compileFilter } from './filter.ts';
import { compileGroup } from './group.ts';
import { compileArithmetic, compileComparison, compileConcat, compileEquality, compileIn, compileRange } from './operator.ts';
import { compilePath, lookupField } from './path.ts';
import { compileRegex } from './regex.ts';
import { addAll, charge, checkLength, run } from './run.ts';
import { binder, boundNames, type Evaluator, innerScope, lookup, newFrame, type Scope } from './scope.ts';
import { addFlags, CONS, collapse, collapseKept, type Flagged, flags, sequenceOf, WRAPPER } from './sequence.ts';
import { compileTransform } from './transform.ts';
import { exportedNames } from './tuple.ts';
import { approximate, fieldName, isNumeric, keysOf, toBoolean } from './value.ts';

/** Types of node whose value is never a sequence, so that nothing is left to collapse. */
const settled = new Set(['string', 'number', 'value', 'regex', 'lambda', 'partial', 'transform', 'unary']);

/**
 * Compiles a node to a function of its context item and frame.
 * @param tail true where the node is the last act of a lambda, so that a call may be left to the caller
 */
export function compileNode(node: Node, scope: Scope, tail = false): Evaluator {
  const bare = node.predicate === undefined && node.group === undefined;
  let evaluate = compileBare(node, scope, tail && bare && !node.keepArray);
  for (const filter of node.predicate ?? []) {
    const inner = evaluate;
    const select = compileFilter(filter.expr, scope, exportedNames(node));
    evaluate = (input, frame) => select(inner(input, frame), frame);
  }
  if (node.type !== 'path' && node.group !== undefined) {
    const inner = evaluate;
    const regroup = compileGroup(node.group, scope, exportedNames(node));
    evaluate = (input, frame) => regroup(inner(input, frame), frame);
  }
  const open = !bare || !(settled.has(node.type) || (node.type === 'binary' && node.value !== '..'));
  if (open) {
    const inner = evaluate;
    evaluate = node.keepArray ? (input, frame) => collapseKept(inner(input, frame)) : (input, frame) => collapse(inner(input, frame));
  }
  return scope.counted ? counted(evaluate) : evaluate;
}

function counted(inner: Evaluator): Evaluator {
  return (input, frame) => {
    if (++run.nesting > run.nestingLimit) throw new ExpressionError('U1001', { value: run.nestingLimit });
    charge(1);
    const value = inner(input, frame);
    run.nesting--;
    return value;
  };
}

function compileBare(node: Node, scope: Scope, tail: boolean): Evaluator {
  switch (node.type) {
    case 'path':
      return compilePath(node, scope);
    case 'binary':
      return compileBinary(node, scope);
    case 'unary':
      return compileUnary(node, scope);
    case 'name': {
      const key = fieldName(String(node.value));
      return (input) => lookupField(input, key);
    }
    case 'string':
    case 'number':
    case 'value': {
      const { value } = node;
      return () => value;
    }
    case 'wildcard':
      return wildcard;
    case 'descendant':
      return descendants;
    case 'parent':
      return parentOf(node, scope);
    case 'condition':
      return compileCondition(node, scope, tail);
    case 'block':
      return compileBlock(node, scope, tail);
    case 'bind':
      return compileBind(node, scope);
    case 'regex':
      return compileRegex(node);
    case 'function':
      return compileCall(node, scope);
    case 'variable':
      return compileVariable(node, scope);
    case 'lambda':
      if (!node.thunk) return compileLambda(node, scope);
      // A grouping after the call still has to be done, so that call is not the last act.
      return tail && part(node.body).group === undefined ? compileTailCall(part(node.body), scope) : compileNode(part(node.body), scope);
    case 'partial':
      return compilePartial(node, scope);
    case 'apply':
      return compileApply(node, scope);
    case 'transform':
      return compileTransform(node, scope);
    default:
      return () => undefined;
  }
}

function parentOf(node: Node, scope: Scope): Evaluator {
  const find = lookup(scope, part(node.slot).label);
  return (_input, frame) => find(frame);
}

function compileVariable(node: Node, scope: Scope): Evaluator {
  if (node.value === '') {
    return (input) => (Array.isArray(input) && ((input as Flagged)[flags] ?? 0) & WRAPPER ? input[0] : input);
  }
  const find = lookup(scope, String(node.value));
  return (_input, frame) => find(frame);
}

function compileBind(node: Node, scope: Scope): Evaluator {
  const value = compileNode(part(node.rhs), scope);
  const bind = binder(scope, String((node.lhs as Node).value));
  return (input, frame) => {
    const bound = value(input, frame);
    bind(frame, bound);
    return bound;
  };
}

function compileCondition(node: Node, scope: Scope, tail: boolean): Evaluator {
  const condition = compileNode(part(node.condition), scope);
  const yes = compileNode(part(node.then), scope, tail);
  const no = node.else === undefined ? undefined : compileNode(node.else, scope, tail);
  return (input, frame) => {
    const met = condition(input, frame);
    if (met === true || (met !== false && toBoolean(met))) return yes(input, frame);
    return no === undefined ? undefined : no(input, frame);
  };
}

function compileBlock(node: Node, scope: Scope, tail: boolean): Evaluator {
  const expressions = part(node.expressions);
  const names = new Set<string>();
  for (const expression of expressions) boundNames(expression, names);
  // Without a variable of its own the block needs no frame.
  const framed = names.size > 0 || scope.dynamic;
  const inner = framed ? innerScope(scope, names) : scope;
  const steps = expressions.map((expression, i) => compileNode(expression, inner, tail && i === expressions.length - 1));
  const [first] = steps;
  if (!framed && first !== undefined && steps.length === 1) return first;
  return (input, frame) => {
    const within = framed ? newFrame(inner, frame, null) : frame;
    let value: unknown;
    for (const step of steps) value = step(input, within);
    return value;
  };
}

function compileUnary(node: Node, scope: Scope): Evaluator {
  if (node.value === '[') return compileArray(node, scope);
  if (node.value === '{') {
    const construct = compileGroup({ lhs: node.lhs as [Node, Node][], position: node.position ?? 0 }, scope, null);
    return construct;
  }
  const operand = compileNode(part(node.expression), scope);
  return (input, frame) => {
    const value = operand(input, frame);
    if (value === undefined) return undefined;
    if (isNumeric(value)) return -value;
    if (value instanceof ExactNumber) return -approximate(value);
    throw new ExpressionError('D1002', { position: node.position ?? 0, token: '-', value });
  };
}

function compileArray(node: Node, scope: Scope): Evaluator {
  const items = part(node.expressions).map((item) => ({ nested: item.value === '[', evaluate: compileNode(item, scope) }));
  const cons = node.consarray === true;
  return (input, frame) => {
    const result: unknown[] = [];
    for (const { nested, evaluate } of items) {
      const value = evaluate(input, frame);
      if (value === undefined) continue;
      if (nested || !Array.isArray(value)) result.push(value);
      else addAll(result, value);
    }
    if (cons) addFlags(result, CONS);
    return result;
  };
}

function compileBinary(node: Node, scope: Scope): Evaluator {
  const operator = String(node.value);
  const left = compileNode(node.lhs as Node, scope);
  const right = compileNode(part(node.rhs), scope);
  const site = { token: operator, position: node.position ?? 0 };
  switch (operator) {
    case 'and':
    case 'or':
      return compileLogic(operator === 'and', left, right, site);
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
      return compileArithmetic(operator, left, right, site);
    case '=':
    case '!=':
      return compileEquality(operator === '=', left, right, site);
    case '<':
    case '<=':
    case '>':
    case '>=':
      return compileComparison(operator, left, right, site);
    case '&':
      return compileConcat(left, right, site);
    case '..':
      return compileRange(left, right, site);
    default:
      return compileIn(left, right);
  }
}

/** The right side counts as part of the operator, so its errors carry the operator's place. */
function compileLogic(and: boolean, left: Evaluator, right: Evaluator, site: { token: string; position: number }): Evaluator {
  return (input, frame) => {
    const first = left(input, frame);
    try {
      if ((toBoolean(first) ?? false) !== and) return !and;
      return toBoolean(right(input, frame)) ?? false;
    } catch (error) {
      if (error instanceof ExpressionError) Object.assign(error, site);
      throw error;
    }
  };
}

const wildcard: Evaluator = (input) => {
  let from = input;
  if (Array.isArray(from) && ((from as Flagged)[flags] ?? 0) & WRAPPER && from.length > 0) from = from[0];
  const found: unknown[] = [];
  let plain = false;
  if (typeof from === 'object' && from !== null) {
    for (const key of keysOf(from)) {
      const value = (from as Record<string, unknown>)[key];
      if (Array.isArray(value)) {
        plain = true;
        flatten(value, found);
      } else found.push(value);
    }
  }
  checkLength(found.length);
  return plain ? found : sequenceOf(found);
};

function flatten(items: unknown[], into: unknown[]): void {
  charge(items.length);
  checkLength(into.length + items.length);
  for (const item of items) {
    if (Array.isArray(item)) flatten(item, into);
    else into.push(item);
  }
}

const descendants: Evaluator = (input) => {
  if (input === undefined) return undefined;
  const found: unknown[] = [];
  descend(input, found);
  return found.length === 1 ? found[0] : sequenceOf(found);
};

function descend(value: unknown, into: unknown[]): void {
  charge(1);
  checkLength(into.length);
  if (Array.isArray(value)) {
    for (const item of value) descend(item, into);
    return;
  }
  into.push(value);
  if (typeof value === 'object' && value !== null) {
    for (const key of keysOf(value)) descend((value as Record<string, unknown>)[key], into);
  }
}
