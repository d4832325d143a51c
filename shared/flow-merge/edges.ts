import type { FlowEdge, FlowNode } from '../flow.ts';
import { edgeKey, listed } from '../flow-diff/change.ts';
import { namesOf } from '../flow-diff/names.ts';
import { same } from '../flow-diff/values.ts';
import { nodeName } from '../node-name.ts';
import type { NodeTypeInfo } from '../node-type.ts';
import type { Three } from './nodes.ts';
import { conflict, type Merging, mergeOrder, type Place } from './value.ts';

type Edges = ReadonlyMap<string, FlowEdge>;

/**
 * Merges the connections by their ids. Connections of nodes that are gone go too; a connection that both made stays once;
 * where both led one line elsewhere, somebody has to choose. Undefined where an id is there twice.
 */
export function mergeEdges(
  three: Three,
  nodes: readonly FlowNode[],
  types: ReadonlyMap<string, NodeTypeInfo>,
  on: Merging,
): FlowEdge[] | undefined {
  const [base, mine, theirs] = [edgesOf(three.base.edges), edgesOf(three.mine.edges), edgesOf(three.theirs.edges)];
  if (base === undefined || mine === undefined || theirs === undefined) return undefined;
  const names = { mine: namesOf(three.mine, types), theirs: namesOf(three.theirs, types), base: namesOf(three.base, types) };
  const called = sharedNames(three, types);
  const wordsOf = (edge: FlowEdge): string => {
    const side = theirs.get(edge.id) === edge ? names.theirs : mine.get(edge.id) === edge ? names.mine : names.base;
    const node = (id: string) => (called.has(side.node(id)) ? `${side.node(id)} (${id})` : side.node(id));
    return `${node(edge.from.node)}${side.port(edge.from.node, edge.from.port)} to ${node(edge.to.node)}`;
  };
  const words = (value: unknown) => (Array.isArray(value) ? listed((value as FlowEdge[]).map(wordsOf)) : wordsOf(value as FlowEdge));
  const at = (edge: FlowEdge): Place => ({
    path: `edges/${edge.id}`,
    place: 'Connections',
    label: words(edge),
    words,
    node: edge.from.node,
  });

  const dropped = rewired({ base, mine, theirs }, at, on);
  const ids = [[...base.keys()], [...mine.keys()], [...theirs.keys()]] as const;
  const order = mergeOrder(...ids) ?? [...ids[2], ...ids[1]];
  // A node that somebody chose to keep keeps the lines that went with it on the other side.
  const alive = new Set(nodes.map(({ id }) => id));
  const inBoth = (id: string) => [three.mine, three.theirs].every((flow) => flow.nodes.some((node) => node.id === id));
  const kept = new Set(three.base.nodes.map(({ id }) => id).filter((id) => alive.has(id) && !inBoth(id)));
  const all = [...new Set([...order, ...dropped.restored.map(({ id }) => id)])].flatMap((id) => {
    if (dropped.ids.has(id)) return [];
    const [old, my, their] = [base.get(id), mine.get(id), theirs.get(id)];
    const went = old !== undefined && (kept.has(old.from.node) || kept.has(old.to.node)) && (my === undefined || their === undefined);
    const restored = went ? (my ?? their) : dropped.restored.find((edge) => edge.id === id);
    const edge = restored ?? (same(old, my) || same(my, their) ? their : same(old, their) ? my : both(old, my, their, at, on));
    return edge === undefined ? [] : [edge];
  });
  const known = new Set([...three.base.nodes, ...three.mine.nodes, ...three.theirs.nodes].map(({ id }) => id));
  const gone = (id: string) => known.has(id) && !alive.has(id);
  const standing = all.filter(({ from, to }) => !gone(from.node) && !gone(to.node));
  return standing.filter((edge) => {
    const twin = standing.find((other) => other !== edge && edgeKey(other) === edgeKey(edge));
    // Two people made the same connection: one of the two stays, whoever looks.
    return twin === undefined || base.has(edge.id) || (!base.has(twin.id) && edge.id < twin.id) || sameSide(edge, twin, mine, theirs);
  });
}

/** Names that nodes with different ids have: there the id must tell them apart. */
function sharedNames({ base, mine, theirs }: Three, types: ReadonlyMap<string, NodeTypeInfo>): ReadonlySet<string> {
  const ids = new Map<string, string>();
  const shared = new Set<string>();
  for (const node of [...base.nodes, ...mine.nodes, ...theirs.nodes]) {
    const name = nodeName(node, types);
    if ((ids.get(name) ?? node.id) !== node.id) shared.add(name);
    ids.set(name, node.id);
  }
  return shared;
}

function edgesOf(edges: readonly FlowEdge[]): Edges | undefined {
  const found = new Map(edges.map((edge) => [edge.id, edge]));
  return found.size === edges.length ? found : undefined;
}

const sameSide = (a: FlowEdge, b: FlowEdge, mine: Edges, theirs: Edges): boolean =>
  (mine.has(a.id) && mine.has(b.id)) || (theirs.has(a.id) && theirs.has(b.id));

function both(
  base: FlowEdge | undefined,
  mine: FlowEdge | undefined,
  theirs: FlowEdge | undefined,
  at: (edge: FlowEdge) => Place,
  on: Merging,
): FlowEdge | undefined {
  const edge = theirs ?? mine ?? base;
  return edge && (conflict({ base, mine, theirs }, at(edge), on) as FlowEdge | undefined);
}

/** Lines that both took away and led elsewhere from the same port, each to another node. */
function rewired({ base, mine, theirs }: Record<'base' | 'mine' | 'theirs', Edges>, at: (edge: FlowEdge) => Place, on: Merging) {
  const ids = new Set<string>();
  const restored: FlowEdge[] = [];
  for (const edge of base.values()) {
    if (mine.has(edge.id) || theirs.has(edge.id)) continue;
    const fresh = (edges: Edges) =>
      [...edges.values()].filter((one) => !base.has(one.id) && one.from.node === edge.from.node && one.from.port === edge.from.port);
    const [my, their] = [fresh(mine), fresh(theirs)];
    const keys = (edges: readonly FlowEdge[]) => edges.map(edgeKey).sort();
    if (my.length === 0 || their.length === 0 || same(keys(my), keys(their))) continue;
    const chosen = conflict({ base: [edge], mine: my, theirs: their }, at(edge), on) as FlowEdge[];
    for (const one of [...my, ...their]) if (!chosen.includes(one)) ids.add(one.id);
    restored.push(...chosen.filter((one) => base.has(one.id)));
  }
  return { ids, restored };
}
