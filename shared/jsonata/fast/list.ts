import { isBare, type Node, part } from '../ast.ts';
import type { Env, Generator } from './env.ts';
import { each } from './node.ts';
import { type Operand, Uncovered } from './source.ts';
import { type Each, newList, placed } from './stream.ts';
import { LIST, MADE, may, NOTHING, NUMBER } from './type.ts';

/** Generates `[a, b, …]`: the items of what stands in it; a list written inside counts as one item. */
export function arrayValue(g: Generator, node: Node, env: Env): Operand {
  const items = part(node.expressions);
  const literals = items.map((item) => isLiteral(item));
  if (literals.every(Boolean)) {
    return g.temp(`[${items.map((item) => g.value(item, env).code).join(', ')}]`, LIST | MADE);
  }
  const list = newList(g);
  for (const item of items) {
    if (item.value === '[' && item.type === 'unary') {
      const made = g.value(item, env);
      g.line(`${may(made.type, NOTHING) ? `if (${made.code} !== undefined) ` : ''}${list.code}.push(${made.code});`);
    } else each(g, item, env, { lists: true, empty: false, item: (one) => g.line(`${list.code}.push(${placed(g, one).code});`) });
  }
  return list;
}

function isLiteral(node: Node): boolean {
  return (node.type === 'string' || node.type === 'number' || node.type === 'value') && isBare(node);
}

/** Generates a loop over `a..b`. */
export function eachOfRange(g: Generator, node: Node, env: Env, how: Each): string {
  const [from, to] = [g.value(node.lhs as Node, env), g.value(part(node.rhs), env)];
  for (const side of [from, to]) {
    if (!may(side.type, NUMBER)) throw new Uncovered('a range of something else');
    const nothing = may(side.type, NOTHING) ? `${side.code} !== undefined && ` : '';
    g.guard(`${nothing}!Number.isInteger(${side.code})`);
  }
  // Nothing on a side makes the comparison false, so there are no items.
  const size = g.temp(`${from.code} <= ${to.code} ? ${to.code} - ${from.code} + 1 : 0`, NUMBER);
  g.guard(`${size.code} > Math.min(1e7, limits.sequence)`);
  g.charge(size.code);
  const number = g.name();
  const index = g.name();
  g.loop(`for (let ${index} = 0; ${index} < ${size.code}; ${index}++)`, () => {
    g.line(`const ${number} = ${from.code} + ${index};`);
    how.item({ code: number, type: NUMBER, depth: g.loops }, index);
  });
  return 'false';
}
