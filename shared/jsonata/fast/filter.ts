import { isBare, type Node } from '../ast.ts';
import { type Env, type Generator, withContext } from './env.ts';
import { partOf } from './field.ts';
import { type Operand, Uncovered } from './source.ts';
import { collapsed, loopOver, newList, placed } from './stream.ts';
import { truth, truthy } from './truth.ts';
import { DATA, FUNCTION, LIST, MADE, may, NOTHING, NUMBER, OBJECT } from './type.ts';

interface Filter {
  type: string;
  expr: Node;
}

/** What becomes of an item that was kept: the environment of what comes after it is made of it. */
export interface Kept {
  /** The environment in which filters look at an item. */
  enter(item: Operand, index: string): Env;
  /** Whether the filters see a stream of tuples: its numbers count over the whole stream. */
  tuples: boolean;
  lists: boolean;
  item(item: Operand, env: Env): void;
}

/** A loop over the items of a value that pass the filters. */
export function filtered(g: Generator, value: Operand, filters: readonly Filter[], kept: Kept): void {
  let from = value;
  let rest = filters;
  const [first] = filters;
  const index = first === undefined ? undefined : indexOf(first);
  if (index !== undefined) {
    if (kept.tuples) throw new Uncovered('an index into tuples');
    from = itemAt(g, value, index);
    rest = filters.slice(1);
  }
  const [test] = rest;
  if (test !== undefined && from === value && !kept.tuples && may(value.type, NOTHING) && !quietOnNothing(test.expr)) {
    // Nothing is tested too, as one item.
    g.guard(`${value.code} === undefined`);
  }
  const counters = rest.map((filter) => (indexOf(filter) === undefined ? undefined : g.variable(NUMBER, '0')));
  loopOver(g, from, kept.lists && rest.length === 0, (item, place) => {
    const env = kept.enter(item, place);
    const pass = (i: number): void => {
      const filter = rest[i];
      if (filter === undefined) {
        kept.item(item, env);
        return;
      }
      const counter = counters[i];
      if (counter !== undefined) {
        const at = indexOf(filter) as number;
        if (at < 0 || kept.tuples) throw new Uncovered('an index from the end');
        g.block(`if (${counter.code}++ === ${at})`, () => pass(i + 1));
        return;
      }
      const met = passes(g, filter, env);
      g.block(`if (${met})`, () => pass(i + 1));
    };
    pass(0);
  });
}

/** The value of `value[filters]`. */
export function selected(g: Generator, value: Operand, filters: readonly Filter[], env: Env): Operand {
  const [first] = filters;
  const index = first === undefined ? undefined : indexOf(first);
  if (filters.length === 1 && index !== undefined) return itemAt(g, value, index);
  const list = newList(g);
  filtered(g, value, filters, {
    enter: (item) => withContext(env, item),
    tuples: false,
    lists: false,
    item: (item) => g.line(`${list.code}.push(${placed(g, item).code});`),
  });
  return collapsed(g, list, false, value.type & (DATA | FUNCTION));
}

function indexOf(filter: Filter): number | undefined {
  if (filter.type !== 'filter') throw new Uncovered('an index over a stream');
  return filter.expr.type === 'number' && filter.expr.predicate === undefined ? Math.floor(filter.expr.value as number) : undefined;
}

function itemAt(g: Generator, value: Operand, index: number): Operand {
  const first = index === 0 || index === -1;
  if (!may(value.type, LIST)) return first ? value : g.literal('undefined', NOTHING);
  const { code } = value;
  const at = index < 0 ? `${code}.length >= ${-index} ? ${code}[${code}.length - ${-index}] : undefined` : `${code}[${index}]`;
  const list = g.once(`list ${code}`, () => g.temp(`isArray(${code})`, 0));
  const item = g.temp(
    `${list.code} ? (${at}) : ${first ? code : 'undefined'}`,
    (DATA & ~LIST) | (value.type & (FUNCTION | MADE)),
    value.depth,
  );
  g.guard(`isArray(${item.code})`);
  return partOf(value, item);
}

/** Whether an item passes; an answer that is a number or a list of them would be an index. */
function passes(g: Generator, { expr }: Filter, env: Env): string {
  if (isCondition(expr)) return truth(g, expr, env);
  const answer = g.value(expr, env);
  if (may(answer.type, NUMBER | LIST | OBJECT)) g.guard(`mayBeIndex(${answer.code})`);
  return truthy(g, { ...answer, type: answer.type & ~(NUMBER | LIST) });
}

/** Whether the value of a node is true, false or nothing. */
function isCondition(node: Node): boolean {
  if (!isBare(node)) return false;
  if (node.type === 'binary') return ['=', '!=', '<', '<=', '>', '>=', 'and', 'or', 'in'].includes(String(node.value));
  if (node.type === 'block') return node.expressions?.length === 1 && isCondition(node.expressions[0] as Node);
  return node.type === 'value' && typeof node.value === 'boolean';
}

/** Whether a filter lets nothing pass, and does not fail, where its context is nothing. */
function quietOnNothing(node: Node): boolean {
  if (!isBare(node)) return false;
  if (isFieldPath(node)) return true;
  if (node.type === 'block') return node.expressions?.length === 1 && quietOnNothing(node.expressions[0] as Node);
  if (node.type !== 'binary') return false;
  const [left, right] = [node.lhs as Node, node.rhs as Node];
  switch (node.value) {
    case 'and':
      return quietOnNothing(left);
    case 'or':
      return quietOnNothing(left) && quietOnNothing(right);
    case '=':
    case '!=':
      return (isFieldPath(left) && isCalm(right)) || (isFieldPath(right) && isCalm(left));
    case '<':
    case '<=':
    case '>':
    case '>=':
      return (
        (isFieldPath(left) && isLiteral(right)) || (isFieldPath(right) && isLiteral(left)) || (isFieldPath(left) && isFieldPath(right))
      );
    default:
      return false;
  }
}

/** A path that begins with a field, which nothing has not. */
function isFieldPath(node: Node): boolean {
  return node.type === 'path' && node.group === undefined && node.steps?.[0]?.type === 'name' && node.steps.every((step) => !step.tuple);
}

const isLiteral = (node: Node): boolean => node.type === 'string' || node.type === 'number';

/** Cannot fail, whatever the context. */
function isCalm(node: Node): boolean {
  if (!isBare(node)) return false;
  return isLiteral(node) || node.type === 'value' || node.type === 'variable' || isNames(node);
}

const isNames = (node: Node): boolean =>
  node.type === 'path' &&
  node.group === undefined &&
  (node.steps ?? []).every(
    (step, i) =>
      (step.type === 'name' || (i === 0 && step.type === 'variable')) && step.stages === undefined && step.predicate === undefined,
  );
