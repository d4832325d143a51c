import { isBare, type Node, part } from '../ast.ts';
import { builtins } from '../builtins/table.ts';
import { boundNames } from '../scope.ts';
import { callValue, eachOfCall, nameLambda } from './call.ts';
import { bind, bindValue, type Env, find, type Generator } from './env.ts';
import { solid } from './field.ts';
import { selected } from './filter.ts';
import { groupOf, objectValue } from './group.ts';
import { arrayValue, eachOfRange } from './list.ts';
import { binaryValue, negated } from './operator.ts';
import { eachOfPath, pathValue } from './path.ts';
import { type Operand, quoted, Uncovered } from './source.ts';
import { charged, type Each, loopOver } from './stream.ts';
import { transformed } from './transform.ts';
import { truth, truthy } from './truth.ts';
import { ANY, BOOLEAN, FUNCTION, LARGE, MADE, may, NOTHING, NULL, NUMBER, TEXT } from './type.ts';

/**
 * Generates the value of a node, with sequences of one collapsed and those of none nothing.
 * @param keep whether a list that `[]` keeps is fine here, because nothing will take it for its only item
 * @throws Uncovered
 */
export function value(g: Generator, node: Node, env: Env, keep = false): Operand {
  if (g.copied.has(node)) throw new Uncovered('a copied field as a value');
  if (node.type === 'path') return pathValue(g, node, env, keep);
  const filtered = node.predicate !== undefined;
  if (node.keepArray && (!keep || filtered || node.group !== undefined)) throw new Uncovered('keepArray');
  if (!filtered && node.group === undefined) return bareValue(g, node, env, keep);
  const bare = bareValue(g, node, env, false);
  const kept = filtered ? selected(g, bare, part(node.predicate), env) : bare;
  return node.group === undefined
    ? kept
    : groupOf(g, node.group, env, (each) => loopOver(g, kept, false, (item) => each.item(solid(g, item), '')));
}

function bareValue(g: Generator, node: Node, env: Env, keep: boolean): Operand {
  switch (node.type) {
    case 'name':
      return pathValue(g, { type: 'path', steps: [{ type: 'name', value: node.value }] }, env, keep);
    case 'string':
      return g.literal(quoted(String(node.value)), TEXT);
    case 'number':
      return g.literal(numberLiteral(node.value as number), NUMBER);
    case 'value':
      return node.value === null ? g.literal('null', NULL) : g.literal(String(node.value), BOOLEAN);
    case 'variable':
      return variable(g, String(node.value), env);
    case 'parent':
      return variable(g, part(node.slot).label, env);
    case 'condition':
      return condition(g, node, env);
    case 'block':
      return block(g, node, env, (last, inner) => value(g, last, inner, keep));
    case 'binary':
      return binaryValue(g, node, env);
    case 'unary':
      if (node.value === '{') return objectValue(g, node.lhs as [Node, Node][], env);
      if (node.value === '[') return arrayValue(g, node, env);
      return negated(g, value(g, part(node.expression), env));
    case 'function':
      return callValue(g, node, env);
    case 'apply':
      return applied(g, node, env);
    case 'lambda':
      // The last call of a function, which the exact back end leaves to its caller.
      if (node.thunk) return value(g, part(node.body), env);
      throw new Uncovered('a function as a value');
    default:
      throw new Uncovered(node.type);
  }
}

function numberLiteral(number: number): string {
  if (!Number.isFinite(number)) throw new Uncovered('infinite number');
  return `(${Object.is(number, -0) ? '-0' : number})`;
}

/** The value of a variable; `''` is the context, `$` the input. */
export function variable(g: Generator, name: string, env: Env): Operand {
  return solid(g, variableStart(g, name, env));
}

/** As {@link variable}, to look for fields in: the value may be pending. */
export function variableStart(g: Generator, name: string, env: Env): Operand {
  if (name === '') return env.context;
  const binding = find(env, name);
  if (binding === undefined) return name === '$' ? env.root : free(g, name);
  if (binding.kind !== 'value') throw new Uncovered('a function as a value');
  const { operand } = binding;
  binding.uses++;
  // What was built and is used again is in the result more than once.
  if (binding.uses > 1 && may(operand.type, MADE) && may(operand.type, LARGE)) charged(g, operand);
  return operand;
}

function free(g: Generator, name: string): Operand {
  if (name.startsWith('!')) throw new Uncovered('a parent from elsewhere');
  const known = g.free.get(name);
  if (known !== undefined) return known;
  const given = g.registered.get(name) ?? builtins.get(name);
  if (given !== undefined) {
    g.called.add(name);
    return { code: g.constant(given), type: FUNCTION, depth: 0 };
  }
  const operand: Operand = { code: `b${g.free.size}`, type: ANY, depth: 0 };
  g.free.set(name, operand);
  return operand;
}

/** The same part of the text, which the parser copies for `??` and `?:`. */
export function sameText(a: Node, b: Node): boolean {
  return a !== b && a.type === b.type && a.position === b.position && !hasRegex(a) && JSON.stringify(a) === JSON.stringify(b);
}

function hasRegex(node: Node): boolean {
  return JSON.stringify(node, (_, value: unknown) => (value instanceof RegExp ? 'regex' : value)).includes('"regex"');
}

function condition(g: Generator, node: Node, env: Env): Operand {
  const [test, yes] = [part(node.condition), part(node.then)];
  const exists = test.type === 'function' && test.procedure?.value === 'exists' && test.position === undefined;
  const tested = exists ? test.arguments?.[0] : test;
  if (node.else !== undefined && tested !== undefined && sameText(tested, yes)) {
    if (exists) g.called.add('exists');
    const first = value(g, yes, env);
    if (exists && !may(first.type, NOTHING)) return first;
    const missing = exists ? `${first.code} === undefined` : `!${truthy(g, first)}`;
    return otherwise(g, first, missing, node.else, env, exists);
  }
  const met = truth(g, test, env);
  const one = g.capture(() => value(g, yes, env));
  const other = g.capture(() => (node.else === undefined ? g.literal('undefined', NOTHING) : value(g, part(node.else), env)));
  return joined(g, met, one, other);
}

type Captured = { lines: string[]; result: Operand };

/** One of two values, by a condition. */
export function joined(g: Generator, met: string, one: Captured, other: Captured): Operand {
  const type = one.result.type | other.result.type;
  const depth = Math.min(one.result.depth, other.result.depth);
  if (one.lines.length === 0 && other.lines.length === 0) {
    return g.temp(`${met} ? ${one.result.code} : ${other.result.code}`, type, depth);
  }
  const result = g.variable(type);
  g.block(`if (${met})`, () => {
    g.add(one.lines);
    g.line(`${result.code} = ${one.result.code};`);
  });
  g.block('else', () => {
    g.add(other.lines);
    g.line(`${result.code} = ${other.result.code};`);
  });
  return { ...result, depth };
}

function otherwise(g: Generator, first: Operand, missing: string, node: Node, env: Env, exists: boolean): Operand {
  const other = g.capture(() => value(g, node, env));
  const type = (exists ? first.type & ~NOTHING : first.type) | other.result.type;
  const depth = Math.min(first.depth, other.result.depth);
  if (other.lines.length === 0) return g.temp(`${missing} ? ${other.result.code} : ${first.code}`, type, depth);
  const result = g.variable(type, first.code);
  g.block(`if (${missing})`, () => {
    g.add(other.lines);
    g.line(`${result.code} = ${other.result.code};`);
  });
  return { ...result, depth };
}

/** Generates a block up to its last expression, of which `last` makes what is wanted. */
export function block<T>(g: Generator, node: Node, env: Env, last: (node: Node, env: Env) => T): T {
  const expressions = part(node.expressions);
  const names = expressions.flatMap((expression) => (expression.type === 'bind' ? [String((expression.lhs as Node).value)] : []));
  const all = new Set<string>();
  for (const expression of expressions) boundNames(expression.type === 'bind' ? part(expression.rhs) : expression, all);
  if (all.size > 0 || new Set(names).size < names.length) throw new Uncovered('a variable bound in passing');
  let inner = env;
  for (const name of names) inner = bind(inner, name, { kind: 'later', functions: env.functions });
  const final = expressions.at(-1);
  if (final === undefined || final.type === 'bind') throw new Uncovered('a block without a value of its own');
  for (const expression of expressions.slice(0, -1)) {
    if (expression.type === 'bind') inner = bound(g, expression, inner);
    else value(g, expression, inner, true);
  }
  return last(final, inner);
}

function bound(g: Generator, node: Node, env: Env): Env {
  const name = String((node.lhs as Node).value);
  const rhs = part(node.rhs);
  if (rhs.type === 'lambda') return nameLambda(g, name, rhs, env);
  return bindValue(env, name, value(g, rhs, env));
}

function applied(g: Generator, node: Node, env: Env): Operand {
  const [left, right] = [node.lhs as Node, part(node.rhs)];
  if (!isBare(right) || right.keepArray) throw new Uncovered('~>');
  if (right.type === 'transform') return transformed(g, right, value(g, left, env), env);
  if (right.type === 'function') return callValue(g, { ...right, arguments: [left, ...part(right.arguments)] }, env);
  if (right.type !== 'variable') throw new Uncovered('~>');
  // Two functions are composed.
  if (may(g.capture(() => value(g, left, env)).result.type, FUNCTION)) throw new Uncovered('functions composed');
  return callValue(g, { type: 'function', value: '(', arguments: [left], procedure: right }, env);
}

/**
 * Generates a loop over the items of a node's value, without making the list where it can.
 * @returns a condition: where there were no items, whether the value was an empty list and not nothing
 */
export function each(g: Generator, node: Node, env: Env, given: Each): string {
  const how: Each = { ...given, item: (item, index) => given.item(solid(g, item), index) };
  const plain = isBare(node) && !node.keepArray;
  if (node.type === 'path') {
    const empty = eachOfPath(g, node, env, how);
    if (empty !== undefined) return empty;
  } else if (plain && node.type === 'block') {
    const expressions = part(node.expressions);
    if (expressions.length > 0 && expressions.at(-1)?.type !== 'bind')
      return block(g, node, env, (last, inner) => each(g, last, inner, how));
  } else if (plain && node.type === 'unary' && node.value === '[' && node.expressions?.length === 1) {
    const [item] = node.expressions;
    // One list in a list is flattened by the outer one; a list written inside is not.
    if (item !== undefined && item.value !== '[') {
      each(g, item, env, how);
      return 'true';
    }
  } else if (plain && node.type === 'binary' && node.value === '..') {
    return eachOfRange(g, node, env, how);
  } else if (plain && node.type === 'function') {
    const empty = eachOfCall(g, node, env, how);
    if (empty !== undefined) return empty;
  }
  const whole = value(g, node, env, true);
  loopOver(g, whole, how.lists, how.item);
  return `${whole.code} !== undefined`;
}
