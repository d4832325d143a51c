import { childrenOf, type Span, type SyntaxNode } from '../jsonata/syntax/tree.ts';
import { allRules, type Rule } from '../mapping/rule.ts';
import type { OpenView } from '../mapping/view.ts';
import type { RowWay } from './row-way.ts';

/** A name beside the message's value that a row reads: `$key`, `$headers.shop`, in a split `$parent.orderNo`. */
export interface NamedRead {
  name: 'key' | 'headers' | 'timestamp' | 'origin' | 'parent' | 'index' | 'count';
  /** The names behind it, as far as they are written out. */
  path: string[];
  /** True where it only decided. */
  decides: boolean;
}

const names: ReadonlySet<string> = new Set(['key', 'headers', 'timestamp', 'origin', 'parent', 'index', 'count']);

/** The names that a row, the variables that it uses, and the conditions around it read. */
export function namedReads(view: OpenView, way: RowWay): NamedRead[] {
  const found: NamedRead[] = [];
  const bound = boundNames(view);
  const look = (rule: Rule, decides: boolean, within?: readonly Span[]): void =>
    readsIn(rule.node, bound, within, (name, path) => {
      const known = found.find((one) => one.name === name && one.path.join('\n') === path.join('\n'));
      if (known === undefined) found.push({ name, path, decides });
      else known.decides &&= decides;
    });
  look(way.rule, false);
  for (const variable of usedRules(view, way.rule)) look(variable, false);
  for (const one of way.around) {
    if (one.kind === 'choice') {
      const last = one.branch < 0 ? one.rule.branches.length : one.branch + 1;
      look(
        one.rule,
        true,
        one.rule.branches.slice(0, last).map(({ condition }) => condition),
      );
    } else if (one.kind === 'default' && one.taken === 'fallback') look(one.rule.value, true);
  }
  return found;
}

/** The rules of the variables and own functions that a rule names, and those that they name. */
export function usedRules(view: OpenView, rule: Rule): Rule[] {
  const rules = new Map([...allRules(view.root)].map((one) => [one.id, one]));
  const found = new Map<string, Rule>();
  const open = [...allRules(rule)].map(({ id }) => id);
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const use of view.uses) {
      const variable = use.row === id ? rules.get(use.of) : undefined;
      if (variable === undefined || found.has(variable.id)) continue;
      found.set(variable.id, variable);
      open.push(...[...allRules(variable)].map((inner) => inner.id));
    }
  }
  return [...found.values()];
}

/** Names that the text binds itself, as a variable or as what a function is given: those are not of the message. */
function boundNames(view: OpenView): ReadonlySet<string> {
  const bound = new Set<string>();
  const take = (node: SyntaxNode): void => {
    if (node.kind === 'variable') bound.add(node.name);
    for (const child of childrenOf(node)) take(child);
  };
  const walk = (node: SyntaxNode): void => {
    if (node.kind === 'bind') take(node.variable);
    else if (node.kind === 'lambda') for (const parameter of node.parameters) take(parameter);
    else if (node.kind === 'focus' || node.kind === 'index') take(node.variable);
    for (const child of childrenOf(node)) walk(child);
  };
  walk(view.syntax.root);
  return bound;
}

function readsIn(
  node: SyntaxNode,
  bound: ReadonlySet<string>,
  within: readonly Span[] | undefined,
  found: (name: NamedRead['name'], path: string[]) => void,
): void {
  const isIn = within === undefined || within.some(({ start, end }) => start <= node.start && node.end <= end);
  const on = (children: readonly SyntaxNode[]): void => {
    for (const child of children) readsIn(child, bound, within, found);
  };
  const nameOf = (one: SyntaxNode | undefined): NamedRead['name'] | undefined =>
    one?.kind === 'variable' && names.has(one.name) && !bound.has(one.name) ? (one.name as NamedRead['name']) : undefined;
  if (node.kind === 'path' && isIn) {
    const [first, ...steps] = node.steps;
    const name = nameOf(first);
    if (name !== undefined) {
      const end = steps.findIndex((step) => step.kind !== 'name');
      const plain = steps.slice(0, end < 0 ? steps.length : end).flatMap((step) => (step.kind === 'name' ? step.value : []));
      found(name, plain);
      on(steps.slice(plain.length));
      return;
    }
  }
  if (node.kind === 'call' && isIn && node.callee.kind === 'variable' && node.callee.name === 'lookup') {
    const [of, key] = node.arguments;
    const name = nameOf(of);
    if (name !== undefined && key?.kind === 'string') {
      found(name, [key.value]);
      return;
    }
  }
  const name = isIn ? nameOf(node) : undefined;
  if (name !== undefined) found(name, []);
  on(childrenOf(node));
}
