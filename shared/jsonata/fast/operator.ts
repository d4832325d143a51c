import { isBare, type Node, part } from '../ast.ts';
import type { Env, Generator } from './env.ts';
import { type Operand, Uncovered } from './source.ts';
import { truth } from './truth.ts';
import { BOOLEAN, FUNCTION, LIST, MADE, may, NOTHING, NULL, NUMBER, OBJECT, only, TEXT } from './type.ts';

/** Generates the value of an operator with two sides. */
export function binaryValue(g: Generator, node: Node, env: Env): Operand {
  switch (node.value) {
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
      return arithmetic(g, String(node.value), g.value(node.lhs as Node, env), g.value(part(node.rhs), env));
    case '&':
      return concatenation(g, node, env);
    case '=':
    case '!=':
      return g.temp(equality(g, node, env), BOOLEAN);
    case '<':
    case '<=':
    case '>':
    case '>=': {
      // Worked out here, since it may leave; whoever uses the value might not come to it.
      const { code, type } = comparison(g, node, env);
      return g.temp(code, type);
    }
    case 'and':
    case 'or':
      return g.temp(truth(g, node, env), BOOLEAN);
    case 'in':
      return membership(g, node, env);
    default:
      throw new Uncovered(String(node.value));
  }
}

const isNumber = ({ code, type }: Operand): string | undefined => (only(type, NUMBER) ? undefined : `typeof ${code} === 'number'`);

/** Finite numbers are calculated with; with nothing the result is nothing; the rest is left to the exact back end. */
export function arithmetic(g: Generator, operator: string, left: Operand, right: Operand): Operand {
  const checks = [isNumber(left), isNumber(right)].filter((check) => check !== undefined);
  // An infinite divisor gives a finite result, so it would not be noticed.
  const divisor = operator === '/' || operator === '%' ? `finite(${right.code})` : right.code;
  const result = g.temp(
    checks.length === 0
      ? `${left.code} ${operator} ${divisor}`
      : `${checks.join(' && ')} ? ${left.code} ${operator} ${divisor} : withoutNumbers(${left.code}, ${right.code})`,
    checks.length === 0 ? NUMBER : NUMBER | NOTHING,
  );
  guardFinite(g, result);
  return result;
}

export function negated(g: Generator, value: Operand): Operand {
  if (only(value.type, NUMBER)) return g.temp(`-${value.code}`, NUMBER);
  const result = g.temp(`typeof ${value.code} === 'number' ? -${value.code} : withoutNumbers(${value.code}, 0)`, NUMBER | NOTHING);
  guardFinite(g, result);
  return result;
}

/** Leaves where a number is infinite or none. */
export function guardFinite(g: Generator, { code, type }: Operand): void {
  g.guard(`${may(type, NOTHING) ? `${code} !== undefined && ` : ''}${code} - ${code} !== 0`);
}

const odd: Record<string, string> = { '<': 'less', '<=': 'lessOrEqual', '>': 'more', '>=': 'moreOrEqual' };

/** A comparison as an expression that may leave: for the place where it is worked out. */
export function comparison(g: Generator, node: Node, env: Env): Operand {
  const [left, right] = [g.value(node.lhs as Node, env), g.value(part(node.rhs), env)];
  const operator = String(node.value);
  const quick = `${left.code} ${operator} ${right.code}`;
  const slow = g.guarded('false', `${odd[operator]}(${left.code}, ${right.code})`);
  if (only(left.type, NUMBER) && only(right.type, NUMBER)) return { code: `(${quick})`, type: BOOLEAN, depth: g.loops };
  for (const [kind, word] of [
    [NUMBER, 'number'],
    [TEXT, 'string'],
  ] as const) {
    const [literalLeft, literalRight] = [only(left.type, kind), only(right.type, kind)];
    if (literalLeft && literalRight) return { code: `(${quick})`, type: BOOLEAN, depth: g.loops };
    if (literalLeft || literalRight) {
      const open = literalLeft ? right.code : left.code;
      return { code: `(typeof ${open} === '${word}' ? ${quick} : ${slow})`, type: BOOLEAN | NOTHING, depth: g.loops };
    }
  }
  const numbers = `typeof ${left.code} === 'number' && typeof ${right.code} === 'number'`;
  return { code: `(${numbers} ? ${quick} : ${slow})`, type: BOOLEAN | NOTHING, depth: g.loops };
}

/** A condition for `=` and `!=`; nothing is neither equal to anything nor different from it. */
export function equality(g: Generator, node: Node, env: Env): string {
  const [left, right] = [g.value(node.lhs as Node, env), g.value(part(node.rhs), env)];
  const equal = node.value === '=';
  const simple = NOTHING | NULL | BOOLEAN | NUMBER | TEXT | FUNCTION;
  const quick = only(left.type, simple) || only(right.type, simple);
  const both = [left, right].filter(({ type }) => may(type, NOTHING)).map(({ code }) => `${code} !== undefined`);
  if (quick) {
    if (!equal) return `(${[...both, `${left.code} !== ${right.code}`].join(' && ')})`;
    // One check is enough: with it, equal means that neither is nothing.
    return both.length === 2 ? `(${both[0]} && ${left.code} === ${right.code})` : `(${left.code} === ${right.code})`;
  }
  const same = `(${left.code} === ${right.code} || bothObjects(${left.code}, ${right.code}) && deepEqual(${left.code}, ${right.code}))`;
  if (only(left.type, OBJECT | LIST) || only(right.type, OBJECT | LIST)) g.usesRun = true;
  return `(${[...both, equal ? same : `!${same}`].join(' && ')})`;
}

/** `a & b & c` is put together at once. */
function concatenation(g: Generator, node: Node, env: Env): Operand {
  const parts: Operand[] = [];
  const collect = (side: Node): void => {
    const more = side.type === 'binary' && side.value === '&' && isBare(side);
    if (more && parts.length < 20) {
      collect(side.lhs as Node);
      collect(part(side.rhs));
    } else parts.push(g.value(side, env));
  };
  collect(node);
  const texts = parts.map((operand) => asText(g, operand));
  const result = g.temp(texts.join(' + '), TEXT);
  g.guard(`${result.code}.length > limits.string`);
  if (g.loops > 0) g.charge(`${result.code}.length`);
  return result;
}

/** The code of a value's text. */
export function asText(g: Generator, operand: Operand): string {
  const { code, type } = operand;
  if (only(type, TEXT)) return code;
  if (only(type, TEXT | NOTHING)) return `(${code} === undefined ? '' : ${code})`;
  if (only(type, OBJECT | LIST)) g.usesRun = true;
  return `(typeof ${code} === 'string' ? ${code} : text(${code}))`;
}

function membership(g: Generator, node: Node, env: Env): Operand {
  const left = g.value(node.lhs as Node, env);
  const rhs = part(node.rhs);
  const literals = literalItems(g, rhs, env);
  if (literals !== undefined && literals.length > 0 && literals.length <= 12) {
    return { code: `(${literals.map((item) => `${left.code} === ${item}`).join(' || ')})`, type: BOOLEAN, depth: g.loops };
  }
  const right = g.value(rhs, env);
  if (may(right.type, LIST | OBJECT | MADE)) g.charge(`1 + (isArray(${right.code}) ? ${right.code}.length : 0)`);
  return g.temp(g.guarded('false', `isIn(${left.code}, ${right.code})`), BOOLEAN);
}

/** The items of a list that is written out with texts and numbers alone. */
function literalItems(g: Generator, node: Node, env: Env): string[] | undefined {
  if (node.type !== 'unary' || node.value !== '[' || !isBare(node)) return undefined;
  const items = part(node.expressions);
  if (!items.every((item) => (item.type === 'string' || item.type === 'number') && item.predicate === undefined)) return undefined;
  return items.map((item) => g.value(item, env).code);
}
