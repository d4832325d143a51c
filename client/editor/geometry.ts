import type { Flow, FlowNode } from '#shared/flow.ts';
import { errorPort, outputPorts, type Port } from '#shared/node-type.ts';
import { findNode, grid, type Point, positionOf, type TypeIndex } from './document.ts';

/** Sizes and places of cards and ports, known without asking the browser: canvas, keyboard and layout share them. */

/** A plain card, in canvas pixels. */
export const cardSize = { width: 224, height: 72 };
/** One case of a node with a port per item. */
export const caseHeight = 26;
/** Space above the first and below the last case. */
export const casePadding = 4;
/** Distance of two cards side by side, left edge to left edge. */
export const column = 304;
/** Distance of two plain cards, one below the other, top to top. */
export const row = 128;

/** The ports that stand as rows inside the card: those of a node with one port per item. */
export function caseRows(node: FlowNode, types: TypeIndex): Port[] {
  const type = types.get(node.type);
  if (!type || Array.isArray(type.ports)) return [];
  return outputPorts(type, node.config).filter((port) => port.id !== errorPort.id);
}

/** Height of a node's card: 72, and one row per case where it has them. */
export function cardHeight(node: FlowNode, types: TypeIndex): number {
  const rows = caseRows(node, types).length;
  return rows === 0 ? cardSize.height : cardSize.height + rows * caseHeight + casePadding * 2;
}

/** Space a card claims on the canvas, with what stands under it: a sink's guarantee, an error port's tray. */
export function claimedHeight(node: FlowNode, types: TypeIndex): number {
  const type = types.get(node.type);
  if (type?.kind === 'sink') return cardHeight(node, types) + 28;
  return cardHeight(node, types) + (type?.kind === 'transform' ? 44 : 0);
}

/** Where a port stands, relative to the card. Inputs left, outputs right, the error port at the bottom right. */
export function portPoint(node: FlowNode, types: TypeIndex, port: string): Point {
  if (port === 'in') return { x: 0, y: cardSize.height / 2 };
  if (port === errorPort.id) return { x: cardSize.width - 56, y: cardHeight(node, types) };
  const rows = caseRows(node, types);
  const index = rows.findIndex((candidate) => candidate.id === port);
  if (index >= 0) return { x: cardSize.width, y: cardSize.height + casePadding + index * caseHeight + caseHeight / 2 };
  const type = types.get(node.type);
  const ports = type && Array.isArray(type.ports) ? type.ports : [];
  const at = Math.max(
    0,
    ports.findIndex((candidate) => candidate.id === port),
  );
  return { x: cardSize.width, y: ((at + 1) * cardSize.height) / (ports.length + 1 || 2) };
}

/** The first place at or below the wish where a card covers no other one. */
export function freePlace(flow: Flow, types: TypeIndex, wish: Point, height = cardSize.height): Point {
  const boxes = flow.nodes.map((node) => ({ ...positionOf(flow, node.id), height: claimedHeight(node, types) }));
  const at = { x: Math.round(wish.x / grid) * grid, y: Math.round(wish.y / grid) * grid };
  for (let tries = 0; tries <= flow.nodes.length; tries++) {
    const hit = boxes
      .filter((box) => Math.abs(box.x - at.x) < cardSize.width + grid && at.y < box.y + box.height + grid && box.y < at.y + height + grid)
      .sort((a, b) => b.y + b.height - (a.y + a.height))[0];
    if (hit === undefined) return at;
    at.y = Math.ceil((hit.y + hit.height + grid) / grid) * grid;
  }
  return at;
}

/** The box around the given nodes, or all of them; undefined when there are none. */
export function boundsOf(
  flow: Flow,
  types: TypeIndex,
  ids?: readonly string[],
): { x: number; y: number; width: number; height: number } | undefined {
  const chosen = ids === undefined ? flow.nodes : flow.nodes.filter((node) => ids.includes(node.id));
  if (chosen.length === 0) return undefined;
  const points = chosen.map((node) => ({ ...positionOf(flow, node.id), height: claimedHeight(node, types) }));
  const x = Math.min(...points.map((point) => point.x));
  const y = Math.min(...points.map((point) => point.y));
  return {
    x,
    y,
    width: Math.max(...points.map((point) => point.x)) + cardSize.width - x,
    height: Math.max(...points.map((point) => point.y + point.height)) - y,
  };
}

/** A direction of an arrow key. */
export type Direction = 'left' | 'right' | 'up' | 'down';

/**
 * The node that an arrow key leads to: among those that lie more in that direction than beside it, the nearest, where
 * straying to the side counts double. From nowhere: the node furthest up and left.
 */
export function nearest(flow: Flow, types: TypeIndex, from: string | undefined, direction: Direction): string | undefined {
  const start = findNode(flow, from);
  if (start === undefined) {
    return [...flow.nodes].sort((a, b) => sum(positionOf(flow, a.id)) - sum(positionOf(flow, b.id)))[0]?.id;
  }
  const origin = centreOf(flow, types, start);
  const sign = direction === 'right' || direction === 'down' ? 1 : -1;
  const along = direction === 'left' || direction === 'right';
  let best: { id: string; cost: number } | undefined;
  for (const node of flow.nodes) {
    if (node.id === start.id) continue;
    const at = centreOf(flow, types, node);
    const ahead = (along ? at.x - origin.x : at.y - origin.y) * sign;
    const aside = Math.abs(along ? at.y - origin.y : at.x - origin.x);
    if (ahead <= 8 || aside > ahead * 2.5) continue;
    const cost = ahead + aside * 2;
    if (best === undefined || cost < best.cost) best = { id: node.id, cost };
  }
  return best?.id;
}

/** The middle of a card. */
export function centreOf(flow: Flow, types: TypeIndex, node: FlowNode): Point {
  const at = positionOf(flow, node.id);
  return { x: at.x + cardSize.width / 2, y: at.y + cardHeight(node, types) / 2 };
}

function sum(point: Point): number {
  return point.x + point.y;
}

/** The edge under a point of the canvas, judged by the straight line between its ports, at most 24 px away. */
export function edgeAt(flow: Flow, types: TypeIndex, point: Point, within = 24): string | undefined {
  let best: { id: string; distance: number } | undefined;
  for (const edge of flow.edges) {
    const [a, b] = [findNode(flow, edge.from.node), findNode(flow, edge.to.node)];
    if (!a || !b) continue;
    const distance = distanceToLine(
      point,
      shifted(positionOf(flow, a.id), portPoint(a, types, edge.from.port)),
      shifted(positionOf(flow, b.id), portPoint(b, types, 'in')),
    );
    if (distance <= within && (best === undefined || distance < best.distance)) best = { id: edge.id, distance };
  }
  return best?.id;
}

function shifted(a: Point, b: Point): Point {
  return { x: a.x + b.x, y: a.y + b.y };
}

function distanceToLine(p: Point, a: Point, b: Point): number {
  const length = (b.x - a.x) ** 2 + (b.y - a.y) ** 2;
  const t = length === 0 ? 0 : Math.max(0, Math.min(1, ((p.x - a.x) * (b.x - a.x) + (p.y - a.y) * (b.y - a.y)) / length));
  return Math.hypot(p.x - (a.x + t * (b.x - a.x)), p.y - (a.y + t * (b.y - a.y)));
}
