import { type Edge, MarkerType, type Node, Position } from 'reactflow';
import type { Flow, FlowEdge, FlowNode } from '#shared/flow.ts';
import { errorPort, inputPort, outputPorts, type Port } from '#shared/node-type.ts';
import { type Point, positionOf, type TypeIndex } from '../document.ts';
import { cardHeight, cardSize, caseRows, portPoint } from '../geometry.ts';
import type { Selection } from '../history.ts';

/**
 * The document as React Flow wants to see it. React Flow's nodes are never the truth: they are made anew from the
 * document, and an object is kept where nothing changed, so that a card renders again only when its own node did.
 */

export interface CardData extends Record<string, unknown> {
  node: FlowNode;
  /** Outputs drawn at the right side, and rows of the card where the node has one port per item. */
  ports: { port: Port; at: Point }[];
  cases: boolean;
  input: boolean;
  error: Point | undefined;
  /** True when a line leaves the error port. */
  errorUsed: boolean;
}
export type Card = Node<CardData, 'card'>;

export interface WireData extends Record<string, unknown> {
  edge: FlowEdge;
  /** Horizontal distance from the source port at which the line turns, so that lines of one node do not lie on each other. */
  track: number | undefined;
  /** False where the rate stands elsewhere: in the case's row of the card. */
  labelled: boolean;
  /** True when it touches the one chosen node. */
  near: boolean;
}
export type Wire = Edge<WireData, 'wire'>;

const handleSize = 12;

function handles(data: CardData): NonNullable<Card['handles']> {
  const at = (point: Point) => ({ x: point.x - handleSize / 2, y: point.y - handleSize / 2, width: handleSize, height: handleSize });
  const list: NonNullable<Card['handles']> = data.ports.map(({ port, at: point }) => ({
    id: port.id,
    type: 'source',
    position: Position.Right,
    ...at(point),
  }));
  if (data.input) list.push({ id: 'in', type: 'target', position: Position.Left, ...at({ x: 0, y: cardSize.height / 2 }) });
  if (data.error) list.push({ id: errorPort.id, type: 'source', position: Position.Bottom, ...at(data.error) });
  return list;
}

function cardOf(flow: Flow, types: TypeIndex, node: FlowNode, selected: boolean): Card {
  const type = types.get(node.type);
  const outputs = type
    ? outputPorts(type, node.config)
    : [...new Set(flow.edges.filter((edge) => edge.from.node === node.id).map((edge) => edge.from.port))].map((id) => ({ id, label: id }));
  const data: CardData = {
    node,
    ports: outputs.filter((port) => port.id !== errorPort.id).map((port) => ({ port, at: portPoint(node, types, port.id) })),
    cases: caseRows(node, types).length > 0,
    input: type === undefined || inputPort(type) !== undefined,
    error: outputs.some((port) => port.id === errorPort.id) ? portPoint(node, types, errorPort.id) : undefined,
    errorUsed: flow.edges.some((edge) => edge.from.node === node.id && edge.from.port === errorPort.id),
  };
  const height = cardHeight(node, types);
  return {
    id: node.id,
    type: 'card',
    position: positionOf(flow, node.id),
    data,
    selected,
    width: cardSize.width,
    height,
    handles: handles(data),
    measured: { width: cardSize.width, height },
  };
}

/** Cards of the document; `before` gives those objects again that would come out the same. */
export function project(flow: Flow, types: TypeIndex, selection: Selection, before: readonly Card[]): Card[] {
  const known = new Map(before.map((card) => [card.id, card]));
  const chosen = new Set(selection.nodes);
  const errorUsers = new Set(flow.edges.filter((edge) => edge.from.port === errorPort.id).map((edge) => edge.from.node));
  return flow.nodes.map((node) => {
    const old = known.get(node.id);
    const at = positionOf(flow, node.id);
    const selected = chosen.has(node.id);
    if (old && old.data.node === node && types.has(node.type) && old.data.errorUsed === errorUsers.has(node.id)) {
      if (old.position.x === at.x && old.position.y === at.y && old.selected === selected && !old.dragging) return old;
      return { ...old, position: at, selected, dragging: false };
    }
    return cardOf(flow, types, node, selected);
  });
}

/** Lines of the document, with a track of their own for each line that leaves one node. */
export function projectEdges(flow: Flow, types: TypeIndex, selection: Selection, before: readonly Wire[]): Wire[] {
  const known = new Map(before.map((wire) => [wire.id, wire]));
  const tracks = tracksOf(flow, types);
  const there = new Set(flow.nodes.map((node) => node.id));
  const cases = new Set(flow.nodes.filter((node) => caseRows(node, types).length > 0).map((node) => node.id));
  return flow.edges
    .filter((edge) => there.has(edge.from.node) && there.has(edge.to.node))
    .map((edge) => {
      const old = known.get(edge.id);
      const selected = selection.edge === edge.id;
      const track = tracks.get(edge.id);
      const near = selection.nodes.length === 1 && (edge.from.node === selection.nodes[0] || edge.to.node === selection.nodes[0]);
      const labelled = !cases.has(edge.from.node) || edge.from.port === errorPort.id;
      if (
        old &&
        old.data?.edge === edge &&
        old.data.track === track &&
        old.data.labelled === labelled &&
        old.data.near === near &&
        old.selected === selected
      )
        return old;
      const colour = edge.from.port === errorPort.id ? 'var(--error)' : selected || near ? 'var(--accent)' : 'var(--edge)';
      return {
        id: edge.id,
        type: 'wire',
        source: edge.from.node,
        sourceHandle: edge.from.port,
        target: edge.to.node,
        targetHandle: edge.to.port,
        selected,
        data: { edge, track, labelled, near },
        markerEnd: { type: MarkerType.ArrowClosed, width: 14, height: 14, color: colour },
        interactionWidth: 24,
      };
    });
}

/** Lines that leave one node side by side: rising ones turn the earlier the higher they start, falling ones the later. */
function tracksOf(flow: Flow, types: TypeIndex): Map<string, number> {
  const byNode = new Map<string, { id: string; from: number; to: number }[]>();
  const nodes = new Map(flow.nodes.map((node) => [node.id, node]));
  for (const edge of flow.edges) {
    const [source, target] = [nodes.get(edge.from.node), nodes.get(edge.to.node)];
    if (!source || !target || edge.from.port === errorPort.id) continue;
    const from = positionOf(flow, source.id).y + portPoint(source, types, edge.from.port).y;
    const to = positionOf(flow, target.id).y + portPoint(target, types, 'in').y;
    const lines = byNode.get(source.id);
    if (lines) lines.push({ id: edge.id, from, to });
    else byNode.set(source.id, [{ id: edge.id, from, to }]);
  }
  const tracks = new Map<string, number>();
  for (const lines of byNode.values()) {
    if (lines.length < 2) continue;
    const rising = lines.filter((line) => line.to < line.from - 4).sort((a, b) => a.from - b.from || a.to - b.to);
    const falling = lines.filter((line) => line.to > line.from + 4).sort((a, b) => b.from - a.from || b.to - a.to);
    for (const group of [rising, falling]) for (const [index, line] of group.entries()) tracks.set(line.id, 12 + index * 8);
  }
  return tracks;
}
