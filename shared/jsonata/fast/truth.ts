import { isBare, type Node, part } from '../ast.ts';
import type { Env, Generator } from './env.ts';
import { comparison, equality } from './operator.ts';
import type { Operand } from './source.ts';
import { BOOLEAN, LIST, may, NOTHING, NULL, NUMBER, only, TEXT } from './type.ts';

/** Generates a condition: whether the value of a node counts as true. */
export function truth(g: Generator, node: Node, env: Env): string {
  if (isBare(node) && !node.keepArray) {
    if (node.type === 'block' && node.expressions?.length === 1 && node.expressions[0]?.type !== 'bind') {
      return truth(g, part(node.expressions[0]), env);
    }
    if (node.type === 'binary') {
      switch (node.value) {
        case 'and':
        case 'or':
          return logic(g, node, env);
        case '=':
        case '!=':
          return equality(g, node, env);
        case '<':
        case '<=':
        case '>':
        case '>=':
          return truthy(g, comparison(g, node, env));
      }
    }
  }
  return truthy(g, g.value(node, env));
}

/** `and` and `or`: the right side is only worked out where it counts. */
function logic(g: Generator, node: Node, env: Env): string {
  const and = node.value === 'and';
  const left = truth(g, node.lhs as Node, env);
  const right = g.capture(() => truth(g, part(node.rhs), env));
  if (right.lines.length === 0) return `(${left} ${and ? '&&' : '||'} ${right.result})`;
  const result = g.variable(BOOLEAN, left);
  g.block(`if (${and ? '' : '!'}${result.code})`, () => {
    g.add(right.lines);
    g.line(`${result.code} = ${right.result};`);
  });
  return result.code;
}

/** A condition: whether a value counts as true. */
export function truthy(g: Generator, { code, type }: Operand): string {
  if (only(type, BOOLEAN)) return code;
  if (only(type, BOOLEAN | NOTHING | NULL)) return `(${code} === true)`;
  if (only(type, TEXT | NOTHING | NULL)) return `(${code} !== undefined && ${code} !== null && ${code} !== '')`;
  if (only(type, NUMBER | NOTHING | NULL)) return `(${code} !== undefined && ${code} !== null && ${code} !== 0)`;
  // A list is looked at item by item.
  if (may(type, LIST) && g.loops > 0) g.charge(`isArray(${code}) ? ${code}.length : 0`);
  const rest = may(type, TEXT) ? `(typeof ${code} === 'string' ? ${code} !== '' : truthy(${code}))` : `truthy(${code})`;
  return `(${code} === true || ${code} !== false && ${code} !== undefined && ${code} !== null && ${rest})`;
}
