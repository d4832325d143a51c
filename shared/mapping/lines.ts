import { childrenOf, type Expression, type SyntaxNode, withoutKeep } from '../jsonata/syntax/tree.ts';
import { argumentsOf, bare } from './project/bare.ts';
import { placesOf, type Reach, reachesOf, type SourcePath, samePath } from './reach.ts';
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

/** A row and the nodes that it reads by itself. */
interface Reader {
  rule: Rule;
  own: readonly Expression[];
  role: Line['role'];
  joined: readonly Expression[];
  /** The rules of the variables in scope, by name. */
  scope: ReadonlyMap<string, string>;
}

/** The places that every row reads by itself, not by rows below it; a path goes through lists without naming them. */
export function linesOf(root: Rule, syntaxRoot: Expression): { lines: Line[]; uses: Use[] } {
  const readers: Reader[] = [];
  gather(root, new Map(), readers);
  const reaches = reachesOf(syntaxRoot, new Set(readers.flatMap(({ own, joined }) => [...own, ...joined])));
  const lines: Line[] = [];
  const uses: Use[] = [];
  for (const reader of readers) {
    linesInto(reader, reaches, lines);
    usesInto(reader, uses);
  }
  return { lines, uses };
}

function gather(rule: Rule, scope: ReadonlyMap<string, string>, readers: Reader[]): void {
  const { own: nodes, role } = ownNodes(rule);
  if (nodes.length > 0) readers.push({ rule, own: nodes, role, joined: rule.kind === 'loop' ? joinedLists(rule.node) : [], scope });
  const own = rule.kind === 'scope' ? rule.variables.map((variable) => [variable.name, variable.rule.id] as const) : [];
  const inner = own.length === 0 ? scope : new Map([...scope, ...own]);
  for (const one of rulesIn(rule)) gather(one, inner, readers);
}

function linesInto({ rule, own, role, joined }: Reader, reaches: ReadonlyMap<Expression, Reach>, lines: Line[]): void {
  const first = lines.length;
  for (const node of joined) add(lines, first, rule.id, reaches.get(node)?.paths ?? [], 'loop');
  for (const node of own) {
    const reach = reaches.get(node);
    if (reach === undefined) continue;
    const copies = rule.kind === 'copy' && reach.paths.length === 1;
    // Of a grouping the first node is the list, and the others are keys.
    const as = copies ? 'copy' : role === 'loop' && node !== own[0] ? 'condition' : role;
    if (joined.length === 0) add(lines, first, rule.id, reach.paths, as);
    const rest = joined.length === 0 ? placesOf(reach) : reach.from;
    if (rest !== reach.paths) add(lines, first, rule.id, rest, role === 'loop' ? 'condition' : role);
  }
}

/** Adds the lines of a row, from index `first`, each path once. A row reads few places, so they are just compared. */
function add(lines: Line[], first: number, row: string, paths: readonly SourcePath[], role: Line['role']): void {
  for (const path of paths) {
    let known = first;
    while (known < lines.length && !samePath((lines[known] as Line).path, path)) known++;
    if (known === lines.length) lines.push({ row, path, role });
  }
}

function usesInto({ rule, own, scope }: Reader, uses: Use[]): void {
  if (scope.size === 0) return;
  const named = new Set<string>();
  for (const node of own) namesIn(node, named);
  for (const name of named) {
    const of = scope.get(name);
    if (of !== undefined) uses.push({ row: rule.id, of, name });
  }
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
