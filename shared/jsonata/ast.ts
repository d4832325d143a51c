import jsonata from 'jsonata';
import { type ErrorDetail, ExpressionError } from './error.ts';

/** A parent operator's link to the step that binds it. */
export interface Slot {
  label: string;
}

/** A filter or index binding after a step. */
export interface Stage {
  type: 'filter' | 'index';
  expr: Node;
  value: string;
  position?: number;
}

/** Pairs of an object constructor or a group-by. */
export interface Group {
  lhs: [Node, Node][];
  position: number;
}

export interface SortTerm {
  descending: boolean;
  expression: Node;
}

/** A node of the syntax tree that the `jsonata` package's parser makes; which fields are there depends on `type`. */
export interface Node {
  type: string;
  value?: unknown;
  position?: number;
  steps?: Node[];
  stages?: Stage[];
  predicate?: { type: 'filter'; expr: Node }[];
  group?: Group;
  keepArray?: boolean;
  keepSingletonArray?: boolean;
  consarray?: boolean;
  tuple?: boolean;
  focus?: string;
  index?: string;
  ancestor?: Slot;
  slot?: Slot;
  expressions?: Node[];
  expression?: Node;
  lhs?: Node | [Node, Node][];
  rhs?: Node;
  condition?: Node;
  then?: Node;
  else?: Node;
  procedure?: Node;
  arguments?: Node[];
  signature?: { definition: string };
  body?: Node;
  thunk?: boolean;
  terms?: SortTerm[];
  pattern?: Node;
  update?: Node;
  delete?: Node;
}

/** A part of a node that its type says is there. @throws Error when the tree is not as the parser promises */
export function part<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('The syntax tree lacks a part that its type needs.');
  return value;
}

/**
 * The syntax tree of an expression, by the `jsonata` package's parser.
 * @throws ExpressionError with the parser's code, position and token
 */
export function parse(text: string): Node {
  try {
    const ast = jsonata(text).ast() as unknown as Node;
    restoreRegexes(ast);
    return ast;
  } catch (error) {
    throw parseError(error);
  }
}

/** Every node below and including this one. */
export function* nodesOf(node: Node): Generator<Node> {
  // One generator for the whole tree: one inside another for each level would hand every node through all of them.
  const open = [node];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    yield next;
    const below = [...children(next), ...attached(next)];
    for (let i = below.length - 1; i >= 0; i--) open.push(below[i] as Node);
  }
}

/** The nodes directly below a node, without its filters and grouping. */
export function children(node: Node): Node[] {
  const found: (Node | undefined)[] = [...(node.steps ?? []), ...(node.expressions ?? []), node.expression, node.rhs, node.condition];
  found.push(node.then, node.else, node.procedure, ...(node.arguments ?? []), node.body, node.pattern, node.update, node.delete);
  for (const term of node.terms ?? []) found.push(term.expression);
  if (Array.isArray(node.lhs)) for (const pair of node.lhs) found.push(...pair);
  else found.push(node.lhs);
  return found.filter((child) => child !== undefined);
}

/** The nodes of a node's filters and grouping. */
export function attached(node: Node): Node[] {
  const found: Node[] = [];
  for (const filter of [...(node.predicate ?? []), ...(node.stages ?? [])]) if (filter.expr) found.push(filter.expr);
  for (const pair of node.group?.lhs ?? []) found.push(...pair);
  return found;
}

/** Whether no filter and no grouping is attached to a node. */
export function isBare(node: Node): boolean {
  return node.predicate === undefined && node.group === undefined;
}

/** The number of levels of a tree. */
export function depthOf(node: Node): number {
  let deepest = 0;
  for (const child of [...children(node), ...attached(node)]) deepest = Math.max(deepest, depthOf(child));
  return deepest + 1;
}

/**
 * The parser copies the left side of `?:` and `??` through JSON, in which regular expressions do not survive; the
 * original stands elsewhere in the tree, at the same place of the text.
 */
function restoreRegexes(ast: Node): void {
  const regexes = [...nodesOf(ast)].filter((node) => node.type === 'regex');
  const whole = new Map(regexes.filter((node) => node.value instanceof RegExp).map((node) => [node.position, node.value]));
  for (const node of regexes) if (!(node.value instanceof RegExp)) node.value = whole.get(node.position);
}

/** Every problem of the text that the parser can find; it goes on after each where it can. */
export function parseProblems(text: string): ExpressionError[] {
  try {
    parse(text);
    return [];
  } catch (first) {
    if (!(first instanceof ExpressionError)) throw first;
    try {
      const recovered = jsonata(text, { recover: true }) as unknown as { errors(): unknown[] | undefined };
      const all = (recovered.errors() ?? []).map(parseError);
      return all.length > 0 ? all : [first];
    } catch {
      // The parser could not go on; the first problem is what there is to say.
      return [first];
    }
  }
}

function parseError(error: unknown): ExpressionError {
  if (error instanceof ExpressionError) return error;
  const detail = error as ErrorDetail & { code?: unknown; message?: string };
  if (error instanceof RangeError) return new ExpressionError('D1011');
  if (typeof detail.code !== 'string') return new ExpressionError('M1008', { text: detail.message ?? String(error), position: 0 });
  const kept: ErrorDetail = {};
  for (const key of ['position', 'token', 'value', 'index', 'offset'] as const) {
    if (detail[key] !== undefined) Object.assign(kept, { [key]: detail[key] });
  }
  return new ExpressionError(detail.code, kept);
}
