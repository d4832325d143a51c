import { isBare, type Node, nodesOf, part } from '../ast.ts';
import { type Env, find, type Generator, withContext } from './env.ts';
import { each } from './node.ts';
import { type Operand, Uncovered } from './source.ts';
import { charged, loopOver } from './stream.ts';
import { DATA, FUNCTION, LIST, MADE, may, NOTHING, OBJECT, only } from './type.ts';

/** Generates `value ~> | pattern | update, delete |`: a changed copy. */
export function transformed(g: Generator, node: Node, target: Operand, env: Env): Operand {
  if (!isBare(node) || find(env, 'clone') !== undefined) throw new Uncovered('transform');
  g.called.add('clone');
  g.usesRun = true;
  if (may(target.type, NOTHING)) g.guard(`${target.code} === undefined`);
  // Over a list the pattern sees its items; a function or a plain value is refused.
  g.guard(`!isPlainObject(${target.code})`);
  const copy = g.temp(`cloneValue(${target.code})`, OBJECT | MADE);
  const inner = withContext(env, copy);
  // All matches are found before the first is changed.
  const matches = g.temp('[]', LIST | MADE);
  each(g, part(node.pattern), inner, { lists: false, empty: false, item: (item) => g.line(`${matches.code}.push(${item.code});`) });
  loopOver(g, { ...matches, type: LIST | MADE }, false, (found) => {
    const match = { ...found, type: (DATA & ~NOTHING & ~LIST) | MADE };
    const update = g.value(part(node.update), withContext(env, match));
    if (!only(update.type, OBJECT)) g.guard(`${update.code} !== undefined && !isPlainObject(${update.code})`);
    g.line(`assign(${match.code}, ${update.code});`);
    if (node.delete === undefined) return;
    const unwanted = g.value(node.delete, withContext(env, match));
    if (may(unwanted.type, FUNCTION)) throw new Uncovered('transform');
    g.charge(`isArray(${unwanted.code}) ? ${unwanted.code}.length : 1`);
    g.line(`remove(${match.code}, ${unwanted.code});`);
  });
  // A match that was put into itself has no end, which the exact back end says.
  if (namesContext(part(node.update))) charged(g, copy);
  // By a new name, since what was looked up in it before may have changed.
  return g.temp(copy.code, copy.type);
}

/** Whether the context itself is named somewhere, and not only its fields. */
function namesContext(update: Node): boolean {
  for (const node of nodesOf(update)) if (node.type === 'parent' || (node.type === 'variable' && node.value === '')) return true;
  return false;
}
