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
  /** Rows that are left out with all that is in them. */
  without?: (node: Node) => boolean;
  /** Rows that are asked for; they bring the rows that they are in, opened. Absent: all. */
  keep?: (node: Node) => boolean;
  /** Rows that are asked for bring what is in them too. */
  whole?: boolean;
  /** Only the row with this key, what is in it and what it is in. */
  only?: string | undefined;
}

/** The rows to be shown, from the top. */
export function rowsOf<Node extends TreeNode<Node>>(roots: readonly Node[], wanted: Wanted<Node>): Row<Node>[] {
  const chain = wanted.only === undefined ? [] : chainTo(roots, wanted.only).map(({ key }) => key);
  const only = chain.length === 0 ? undefined : new Set(chain);
  const kept = wanted.keep === undefined ? undefined : keptOf(roots, wanted.keep, wanted.whole === true);
  const rows: Row<Node>[] = [];
  const shownOf = (nodes: readonly Node[], free: boolean): Node[] =>
    nodes.filter((node) => {
      if (wanted.without?.(node) === true || kept?.has(node.key) === false) return false;
      return free || only === undefined || only.has(node.key);
    });
  const add = (here: readonly Node[], level: number, free: boolean): void => {
    for (const [i, node] of here.entries()) {
      const { key } = node;
      const freed = free || key === wanted.only;
      const inside = shownOf(node.children, freed);
      const forced = (only?.has(key) === true && !freed) || kept?.get(key) === 'above';
      const open = inside.length === 0 ? undefined : forced || (wanted.folds.get(key) ?? (node.opened || key === wanted.only));
      rows.push({ node, level, position: i + 1, size: here.length, ...(open === undefined ? {} : { open }) });
      if (open === true) add(inside, level + 1, freed);
    }
  };
  add(shownOf(roots, false), 1, false);
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

/** `above`: something in it is asked for, so it stands open. */
type Kept = 'asked' | 'above' | 'below';

function keptOf<Node extends TreeNode<Node>>(roots: readonly Node[], keep: (node: Node) => boolean, whole: boolean): Map<string, Kept> {
  const kept = new Map<string, Kept>();
  const walk = (node: Node, brought: boolean): boolean => {
    const asked = keep(node);
    const inside = node.children.map((child) => walk(child, whole && (brought || asked))).includes(true);
    if (inside && !(asked && whole)) kept.set(node.key, 'above');
    else if (asked) kept.set(node.key, 'asked');
    else if (brought) kept.set(node.key, 'below');
    return asked || inside;
  };
  for (const node of roots) walk(node, false);
  return kept;
}
