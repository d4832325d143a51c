import { isList, type Shape, type Field as ShapeField } from '../../shape/shape.ts';
import type { SourcePath } from '../reach.ts';
import { allRules } from '../rule.ts';
import type { OpenView } from '../view.ts';
import type { TreeNode } from './tree.ts';

/** A row of the source: a field of the message, or a variable of the mapping. */
export interface SourceNode extends TreeNode<SourceNode> {
  /** The heading of the variables is a row too; `message` is the whole message where it has no fields. */
  kind: 'message' | 'field' | 'variables' | 'variable';
  label: string;
  /** Names from the root, through lists without naming them; of a variable its name alone, with the dollar sign. */
  path: SourcePath;
  /** What stands here; of a field in a list, in each item. Nothing where only the mapping knows the field. */
  shape?: Shape;
  /** The share of the parents seen that had it. */
  seen?: number;
  /** How many names lead to each list on the way, without the field itself: `items.sku` has `[1]`. */
  lists: readonly number[];
  /** The mapping reads it, and no message is known to have it. */
  ghost: boolean;
  /** Of a variable: the id of its rule. */
  rule?: string;
}

/** The rows of the source by key. */
export interface SourceTree {
  roots: readonly SourceNode[];
  byKey: ReadonlyMap<string, SourceNode>;
}

/** The key of the row of a field or variable. */
export function sourceKey(path: SourcePath): string {
  return JSON.stringify(path);
}

/** The rows of a message: the fields that are known, those that the mapping reads besides, and its variables. */
export function sourceTree(view: OpenView | undefined, shape: Shape): SourceTree {
  const read: ReadTree = new Map();
  for (const { path } of view?.lines ?? []) note(read, path);
  const known = shape.kinds.length > 0;
  const [inner, lists] = inside(shape, 0);
  const roots: SourceNode[] = fieldNodes(inner, read, [], lists, known);
  if (roots.length === 0 && known) roots.push({ ...base('message', 'Message', [], lists), shape: inner });
  const variables = view === undefined ? [] : variableNodes(view);
  if (variables.length > 0) roots.push({ ...base('variables', 'Variables', ['$'], []), key: '$', opened: true, children: variables });
  const byKey = new Map<string, SourceNode>();
  const index = (node: SourceNode): void => {
    byKey.set(node.key, node);
    node.children.forEach(index);
  };
  roots.forEach(index);
  return { roots, byKey };
}

/** The names that the mapping reads, below each other. */
type ReadTree = Map<string, ReadTree>;

function note(tree: ReadTree, path: SourcePath): void {
  let here = tree;
  for (const name of path) {
    let below = here.get(name);
    if (below === undefined) here.set(name, (below = new Map()));
    here = below;
  }
}

/** The shape of the items, through all lists here, and the list's count of names for each. */
function inside(shape: Shape, count: number): [Shape, number[]] {
  const lists: number[] = [];
  let here = shape;
  while (isList(here) && here.item !== undefined && here.fields === undefined) {
    lists.push(count);
    here = here.item;
  }
  return [here, lists];
}

function base(kind: SourceNode['kind'], label: string, path: SourcePath, lists: readonly number[]): SourceNode {
  return { kind, key: sourceKey(path), label, path, lists, ghost: false, opened: false, children: [] };
}

function fieldNodes(shape: Shape | undefined, read: ReadTree, path: SourcePath, lists: readonly number[], closed: boolean): SourceNode[] {
  const fields = shape?.fields ?? [];
  const nodes = fields.map((field) => fieldNode(field, read.get(field.name) ?? new Map(), path, lists, closed));
  const names = new Set(fields.map(({ name }) => name));
  // A map knows every name, and of a shape that repeats itself nobody knows the end.
  const open = !closed || shape?.others !== undefined || shape?.recursive === true || shape?.kinds.length === 0;
  for (const [name, below] of read) {
    if (names.has(name)) continue;
    const place = [...path, name];
    const children = fieldNodes(shape?.others, below, place, lists, !open && closed);
    const known = shape?.others === undefined ? {} : { shape: shape.others };
    nodes.push({ ...base('field', name, place, lists), ...known, ghost: !open, opened: true, children });
  }
  return nodes;
}

function fieldNode(
  { name, shape, seen }: ShapeField,
  read: ReadTree,
  path: SourcePath,
  lists: readonly number[],
  closed: boolean,
): SourceNode {
  const place = [...path, name];
  const [inner, more] = inside(shape, place.length);
  const children = shape.recursive ? [] : fieldNodes(inner, read, place, [...lists, ...more], closed);
  return {
    ...base('field', name, place, lists),
    shape,
    ...(seen === undefined ? {} : { seen }),
    opened: place.length < 5 && children.length <= 60,
    children,
  };
}

function variableNodes(view: OpenView): SourceNode[] {
  const nodes: SourceNode[] = [];
  const known = new Set<string>();
  for (const rule of allRules(view.root)) {
    if (rule.kind !== 'scope') continue;
    for (const { name, rule: value } of rule.variables) {
      const item = value.kind === 'copy' && value.chip.root.from === 'item' && value.chip.steps.length === 0;
      if (item || known.has(name)) continue;
      known.add(name);
      nodes.push({ ...base('variable', `$${name}`, [`$${name}`], []), rule: value.id });
    }
  }
  return nodes;
}
