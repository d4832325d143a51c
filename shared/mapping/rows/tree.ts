/** What the rows of either side have in common. */
export interface TreeNode<Node> {
  key: string;
  children: readonly Node[];
  /** Whether it stands open until somebody folds it. */
  opened: boolean;
}

/** A node as a row on screen. `level`, `position` and `size` count from 1, as a screen reader says them. */
export interface Row<Node> {
  node: Node;
  level: number;
  position: number;
  size: number;
  /** Absent where there is nothing to open. */
  open?: boolean;
}

/** Which rows are wanted. */
export interface Wanted<Node> {
  /** What somebody opened or closed, by key. */
  folds: ReadonlyMap<string, boolean>;
  /** Rows that are asked for; they bring the rows that they are in, opened. Absent: all. */
  keep?: (node: Node) => boolean;
  /** Rows that are asked for bring what is in them too. */
  whole?: boolean;
  /** Only the row with this key, what is in it and what it is in. */
  only?: string | undefined;
}

/** The rows to be shown, from the top. */
export function rowsOf<Node extends TreeNode<Node>>(roots: readonly Node[], wanted: Wanted<Node>): Row<Node>[] {
  const only = wanted.only === undefined ? undefined : new Set(chainTo(roots, wanted.only).map(({ key }) => key));
  const shown = wanted.keep === undefined ? undefined : keptOf(roots, wanted.keep, wanted.whole === true);
  const rows: Row<Node>[] = [];
  const add = (nodes: readonly Node[], level: number, inside: boolean): void => {
    const here = nodes.filter(({ key }) => (shown === undefined || shown.has(key)) && (inside || only === undefined || only.has(key)));
    for (const [i, node] of here.entries()) {
      const { key, children } = node;
      const below = inside || key === wanted.only;
      const within = children.some(
        (child) => (shown === undefined || shown.has(child.key)) && (below || only === undefined || only.has(child.key)),
      );
      const forced = (only?.has(key) === true && !below) || shown?.get(key) === 'above';
      const open = within ? forced || (wanted.folds.get(key) ?? (node.opened || key === wanted.only)) : undefined;
      rows.push({ node, level, position: i + 1, size: here.length, ...(open === undefined ? {} : { open }) });
      if (open === true) add(children, level + 1, below);
    }
  };
  add(roots, 1, only === undefined || only.size === 0);
  return rows;
}

/** The nodes from a root to the one with a key; empty where there is none. */
export function chainTo<Node extends TreeNode<Node>>(roots: readonly Node[], key: string): Node[] {
  for (const node of roots) {
    if (node.key === key) return [node];
    const below = chainTo(node.children, key);
    if (below.length > 0) return [node, ...below];
  }
  return [];
}

/** All nodes, a parent before what is in it. */
export function* allNodes<Node extends TreeNode<Node>>(roots: readonly Node[]): Generator<Node> {
  for (const node of roots) {
    yield node;
    yield* allNodes(node.children);
  }
}

/** The key of the node that each node is in. */
export function parentsOf<Node extends TreeNode<Node>>(roots: readonly Node[]): ReadonlyMap<string, string> {
  const parents = new Map<string, string>();
  for (const node of allNodes(roots)) for (const child of node.children) parents.set(child.key, node.key);
  return parents;
}

type Kept = 'asked' | 'above' | 'below';

function keptOf<Node extends TreeNode<Node>>(roots: readonly Node[], keep: (node: Node) => boolean, whole: boolean): Map<string, Kept> {
  const kept = new Map<string, Kept>();
  const walk = (node: Node, below: boolean): boolean => {
    const asked = keep(node);
    if (asked) kept.set(node.key, 'asked');
    else if (below) kept.set(node.key, 'below');
    let found = asked;
    for (const child of node.children) if (walk(child, whole && (below || asked))) found = true;
    if (found && (!asked || node.children.some(({ key }) => kept.get(key) === 'asked' || kept.get(key) === 'above')))
      kept.set(node.key, asked && whole ? 'asked' : 'above');
    return found;
  };
  for (const node of roots) walk(node, false);
  return kept;
}
