import { childrenOf, type Expression, type SyntaxNode, withoutKeep } from '../jsonata/syntax/tree.ts';
import { argumentsOf, bare } from './project/bare.ts';
import { distinct, placesOf, type Reach, reachesOf, type SourcePath } from './reach.ts';
import { type Rule, rulesIn } from './rule.ts';

/** One place of the message that a row reads. */
export interface Line {
  /** The row's id. */
  row: string;
  path: SourcePath;
  /**
   * `copy`: the row is this field and nothing else. `loop`: the row goes through this list (or object). `condition`: the
   * row's conditions look at it. `value`: it goes into the row's value in any other way.
   */
  role: 'copy' | 'loop' | 'condition' | 'value';
}

/** A row that names a variable or helper. */
export interface Use {
  /** The row's id. */
  row: string;
  /** The id of the variable's rule. */
  of: string;
  name: string;
}

/** The places that every row reads by itself, not by rows below it; a path goes through lists without naming them. */
export function linesOf(root: Rule, syntaxRoot: Expression): { lines: Line[]; uses: Use[] } {
  const found: { lines: Line[]; uses: Use[] } = { lines: [], uses: [] };
  collect(root, reachesOf(syntaxRoot), new Map(), found);
  return found;
}

type Reaches = ReadonlyMap<Expression, Reach>;

function collect(rule: Rule, reaches: Reaches, scope: ReadonlyMap<string, string>, found: { lines: Line[]; uses: Use[] }): void {
  const seen = new Set<string>();
  const add = (paths: readonly SourcePath[], role: Line['role']) => {
    for (const path of paths) {
      const key = path.join('\u0000');
      if (!seen.has(key)) found.lines.push({ row: rule.id, path, role });
      seen.add(key);
    }
  };
  const { own, role } = ownNodes(rule);
  const joined = rule.kind === 'loop' ? joinedLists(rule.node) : [];
  for (const node of joined) add(reaches.get(node)?.paths ?? [], 'loop');
  for (const node of own) {
    const reach = reaches.get(node);
    if (reach === undefined) continue;
    if (rule.kind === 'copy' && reach.paths.length === 1) add(reach.paths, 'copy');
    if (joined.length === 0) add(distinct(reach.paths), role);
    add(distinct(joined.length === 0 ? placesOf(reach) : reach.from), role === 'loop' ? 'condition' : role);
  }
  const named = new Set<string>();
  for (const node of own) namesIn(node, named);
  for (const name of named) {
    const of = scope.get(name);
    if (of !== undefined) found.uses.push({ row: rule.id, of, name });
  }
  const inner = rule.kind === 'scope' ? new Map(scope) : scope;
  if (rule.kind === 'scope') for (const { name, rule: variable } of rule.variables) (inner as Map<string, string>).set(name, variable.id);
  for (const one of rulesIn(rule)) collect(one, reaches, inner, found);
}

/** The nodes that a rule reads by itself. A step of a path stands for the path up to it. */
function ownNodes({ kind, node }: Rule): { own: Expression[]; role: Line['role'] } {
  switch (kind) {
    case 'loop':
      return { own: listNodes(node), role: 'loop' };
    case 'group':
      return node.kind === 'group' ? { own: [node.target, ...node.pairs.map(({ key }) => key)], role: 'loop' } : { own: [], role: 'loop' };
    case 'choice':
      return { own: conditionsOf(node), role: 'condition' };
    case 'table': {
      const call = node.kind === 'coalesce' || node.kind === 'default' ? bare(node.left) : node;
      return { own: (argumentsOf(call) ?? []).filter((one) => one.kind !== 'object'), role: 'value' };
    }
    case 'object':
      return { own: node.kind === 'object' ? node.pairs.map(({ key }) => key).filter((key) => key.kind !== 'string') : [], role: 'value' };
    case 'list':
    case 'merge':
    case 'default':
    case 'scope':
    case 'helper':
      return { own: [], role: 'value' };
    default:
      return { own: [node], role: 'value' };
  }
}

function conditionsOf(node: Expression): Expression[] {
  const found: Expression[] = [];
  for (let at: Expression | undefined = node; at?.kind === 'condition'; at = at.otherwise && bare(at.otherwise)) found.push(at.condition);
  return found;
}

/** The list of a loop: the steps before its body, or the argument of its function. */
export function listNodes(outer: Expression): Expression[] {
  const wrapped = outer.kind === 'array' ? outer.items[0] : undefined;
  const node = withoutKeep(wrapped === undefined || wrapped.kind === 'range' ? outer : bare(wrapped));
  const last = node.kind === 'path' ? node.steps.at(-2) : argumentsOf(node)?.[0];
  return last === undefined ? [] : [last];
}

/** The lists of a join, `a@$x.b@$y.{…}`: the path itself stays where it began. */
function joinedLists(outer: Expression): Expression[] {
  const wrapped = outer.kind === 'array' ? outer.items[0] : undefined;
  const node = withoutKeep(wrapped === undefined || wrapped.kind === 'range' ? outer : bare(wrapped));
  if (node.kind !== 'path') return [];
  return node.steps.flatMap((step) => {
    let at: Expression = step;
    while (at.kind === 'filter' || at.kind === 'sort' || at.kind === 'index' || at.kind === 'keep') at = at.target;
    return at.kind === 'focus' ? [at.target] : [];
  });
}

function namesIn(node: SyntaxNode, names: Set<string>): void {
  if (node.kind === 'variable') names.add(node.name);
  for (const child of childrenOf(node)) namesIn(child, names);
}
