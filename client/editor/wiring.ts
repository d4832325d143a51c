import type { Flow, FlowEdge } from '#shared/flow.ts';
import { nodeName } from '#shared/node-name.ts';
import { errorPort, inputPort, type NodeTypeInfo, outputPorts, type Port } from '#shared/node-type.ts';
import {
  addNode,
  findNode,
  isTaken,
  newId,
  type Point,
  place,
  positionOf,
  type Random,
  remove,
  setConfig,
  type TypeIndex,
} from './document.ts';
import { column, freePlace } from './geometry.ts';

/** Edges: who may be joined to whom, and the edits that join, split and heal lines. */

/** One end of an edge. */
export interface End {
  node: string;
  port: string;
}

/** Output ports of a node, the error port last; none when the node or its type is unknown. */
export function portsOf(flow: Flow, types: TypeIndex, id: string): Port[] {
  const node = findNode(flow, id);
  const type = node && types.get(node.type);
  return node && type ? outputPorts(type, node.config) : [];
}

/** True when the node takes messages. A node of an unknown type is taken at its word: it may have an input. */
export function hasInput(flow: Flow, types: TypeIndex, id: string): boolean {
  const node = findNode(flow, id);
  const type = node && types.get(node.type);
  return type === undefined || inputPort(type) !== undefined;
}

/** Why an edge from here to there is not possible, as a sentence for people; undefined when it is. */
export function refusal(flow: Flow, types: TypeIndex, from: End, to: End): string | undefined {
  const source = findNode(flow, from.node);
  const target = findNode(flow, to.node);
  if (!source || !target) return 'One end of the line is gone.';
  const [sourceName, targetName] = [nodeName(source, types), nodeName(target, types)];
  if (from.node === to.node) return `“${sourceName}” cannot feed itself. Feedback goes through a topic.`;
  if (!portsOf(flow, types, from.node).some((port) => port.id === from.port)) {
    return types.get(source.type)?.kind === 'sink'
      ? `“${sourceName}” is a sink: nothing comes out of it.`
      : `“${sourceName}” has no output “${from.port}”.`;
  }
  if (!hasInput(flow, types, to.node)) return `“${targetName}” is a source: it takes no messages from other nodes.`;
  if (flow.edges.some((edge) => sameEnds(edge, from, to))) return `“${sourceName}” already leads to “${targetName}”.`;
  if (reaches(flow, to.node, from.node))
    return `“${targetName}” leads to “${sourceName}”, so this would make a loop. Feedback goes through a topic.`;
  return undefined;
}

function sameEnds(edge: FlowEdge, from: End, to: End): boolean {
  return edge.from.node === from.node && edge.from.port === from.port && edge.to.node === to.node && edge.to.port === to.port;
}

/** True when messages can come from one node to another along the edges. */
export function reaches(flow: Flow, from: string, to: string): boolean {
  const next = new Map<string, string[]>();
  for (const edge of flow.edges) next.set(edge.from.node, [...(next.get(edge.from.node) ?? []), edge.to.node]);
  const seen = new Set<string>();
  const open = [from];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (id === to) return true;
    if (seen.has(id)) continue;
    seen.add(id);
    open.push(...(next.get(id) ?? []));
  }
  return false;
}

/** Joins two ports; the same document and the reason when that is refused. */
export function connect(
  flow: Flow,
  types: TypeIndex,
  from: End,
  to: End,
  random?: Random,
): { flow: Flow; edge?: string; refused?: string } {
  const refused = refusal(flow, types, from, to);
  if (refused !== undefined) return { flow, refused };
  const id = newId('e', isTaken(flow), random);
  return { flow: { ...flow, edges: [...flow.edges, { id, from: { ...from }, to: { ...to } }] }, edge: id };
}

/** The output that a new neighbour should hang on: the first one with nothing on it, else the first; never the error port. */
export function openPort(flow: Flow, types: TypeIndex, id: string): string | undefined {
  const ports = portsOf(flow, types, id).filter((port) => port.id !== errorPort.id);
  const open = ports.find((port) => !flow.edges.some((edge) => edge.from.node === id && edge.from.port === port.id));
  return (open ?? ports[0])?.id;
}

/**
 * Adds a node right of another one and joins them, on `port` or its first open output; a node that cannot be joined
 * (the other is a sink, or the new one a source) is added beside it. Never over another card.
 */
export function addNodeAfter(
  flow: Flow,
  types: TypeIndex,
  after: string,
  type: NodeTypeInfo,
  options: { port?: string; at?: Point; random?: Random } = {},
): { flow: Flow; node: string } {
  const from = positionOf(flow, after);
  const wish = options.at ?? { x: from.x + column, y: from.y };
  const added = addNode(flow, type, options.at ? wish : freePlace(flow, types, wish), options.random);
  const port = options.port ?? openPort(flow, types, after);
  if (port === undefined) return added;
  return { ...added, flow: connect(added.flow, types, { node: after, port }, { node: added.node, port: 'in' }, options.random).flow };
}

/** Adds a node left of another one and joins it to that one's input: a line drawn backwards. */
export function addNodeBefore(
  flow: Flow,
  types: TypeIndex,
  before: string,
  type: NodeTypeInfo,
  at: Point,
  random?: Random,
): { flow: Flow; node: string } {
  const added = addNode(flow, type, at, random);
  const port = openPort(added.flow, types, added.node);
  if (port === undefined) return added;
  return { ...added, flow: connect(added.flow, types, { node: added.node, port }, { node: before, port: 'in' }, random).flow };
}

/** Node types that may stand in the middle of an edge, in the catalog's order. */
export function canInsert(type: NodeTypeInfo): boolean {
  return type.kind === 'transform';
}

/**
 * Splits an edge by a new node. What lies downstream makes room: nodes that the edge's target leads to and that stand
 * right of the new card move right by one column, unless the gap is wide enough already.
 */
export function insertOnEdge(
  flow: Flow,
  types: TypeIndex,
  edgeId: string,
  type: NodeTypeInfo,
  random?: Random,
): { flow: Flow; node?: string } {
  const edge = flow.edges.find((candidate) => candidate.id === edgeId);
  if (edge === undefined || !canInsert(type)) return { flow };
  const from = positionOf(flow, edge.from.node);
  const to = positionOf(flow, edge.to.node);
  const gap = to.x - from.x;
  const roomy = gap >= column * 2;
  const at = roomy ? { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 } : { x: from.x + column, y: to.y };
  const shift = roomy ? 0 : Math.max(0, from.x + column * 2 - to.x);
  const added = addNode(shift > 0 && gap > 0 ? pushRight(flow, edge.to.node, shift) : flow, type, at, random);
  return { flow: spliceNode(added.flow, types, edge, added.node, random), node: added.node };
}

/** Puts a node that is on the canvas already onto an edge: the edge then runs through it. Its other edges stay. */
export function dropOnEdge(flow: Flow, types: TypeIndex, edgeId: string, nodeId: string, random?: Random): Flow {
  const edge = flow.edges.find((candidate) => candidate.id === edgeId);
  const node = findNode(flow, nodeId);
  const type = node && types.get(node.type);
  if (!edge || !type || !canInsert(type) || edge.from.node === nodeId || edge.to.node === nodeId) return flow;
  return spliceNode(flow, types, edge, nodeId, random);
}

function spliceNode(flow: Flow, types: TypeIndex, edge: FlowEdge, node: string, random?: Random): Flow {
  const port = openPort(flow, types, node);
  if (port === undefined) return flow;
  const cut = remove(flow, [], [edge.id]);
  const first = connect(cut, types, edge.from, { node, port: 'in' }, random);
  const second = connect(first.flow, types, { node, port }, edge.to, random);
  return first.edge !== undefined && second.edge !== undefined ? second.flow : flow;
}

function pushRight(flow: Flow, start: string, by: number): Flow {
  const left = positionOf(flow, start).x;
  const places: Record<string, Point> = {};
  for (const node of flow.nodes) {
    const at = positionOf(flow, node.id);
    if (at.x >= left && reaches(flow, start, node.id)) places[node.id] = { x: at.x + by, y: at.y };
  }
  return place(flow, places);
}

/** Removes nodes and joins what led to each with what it led to (not over error ports), so that the line stays whole. */
export function removeAndHeal(flow: Flow, types: TypeIndex, nodes: readonly string[], random?: Random): Flow {
  return nodes.reduce((doc, id) => {
    const incoming = doc.edges.filter((edge) => edge.to.node === id);
    const outgoing = doc.edges.filter((edge) => edge.from.node === id && edge.from.port !== errorPort.id);
    let healed = remove(doc, [id]);
    for (const before of incoming) {
      for (const after of outgoing) healed = connect(healed, types, before.from, after.to, random).flow;
    }
    return healed;
  }, flow);
}

/** Edges that leave ports which their node no longer has (a switch case was removed), and so can never carry a message. */
export function danglingEdges(flow: Flow, types: TypeIndex): string[] {
  return flow.edges
    .filter((edge) => {
      const node = findNode(flow, edge.from.node);
      return node && types.has(node.type) && !portsOf(flow, types, node.id).some((port) => port.id === edge.from.port);
    })
    .map((edge) => edge.id);
}

/** Where a line may be led to from this port: each node with an input, with the reason when it is refused. */
export function targetsFor(flow: Flow, types: TypeIndex, from: End): { node: string; refused?: string }[] {
  return flow.nodes
    .filter((node) => node.id !== from.node && hasInput(flow, types, node.id))
    .map((node) => {
      const refused = refusal(flow, types, from, { node: node.id, port: 'in' });
      return refused === undefined ? { node: node.id } : { node: node.id, refused };
    });
}

/** Sets a field of a node's config and removes the edges whose port goes away with it (a switch's removed case). */
export function configure(flow: Flow, types: TypeIndex, id: string, field: string, value: unknown): Flow {
  const before = new Set(danglingEdges(flow, types));
  const next = setConfig(flow, id, field, value);
  if (next === flow) return flow;
  return remove(
    next,
    [],
    danglingEdges(next, types).filter((edge) => !before.has(edge)),
  );
}
