import type { Flow, FlowNode } from '#shared/flow.ts';
import { findNode, grid, type Point, place, positionOf, type TypeIndex } from './document.ts';
import { claimedHeight, column, portPoint } from './geometry.ts';
import { rankNodes } from './order.ts';

/**
 * Lays the chosen nodes (or all) out in layers from left to right. Layers come from the longest way from a source;
 * within a layer, order follows the neighbours' ports (barycentre sweeps), and heights keep cards from overlapping.
 * The layout begins at the upper left corner of what it replaces, and nothing else moves.
 */
export function tidy(flow: Flow, types: TypeIndex, ids?: readonly string[]): Flow {
  const chosen = ids === undefined || ids.length < 2 ? flow.nodes : flow.nodes.filter((node) => ids.includes(node.id));
  if (chosen.length === 0) return flow;
  const left = Math.min(...chosen.map((node) => positionOf(flow, node.id).x));
  const top = Math.min(...chosen.map((node) => positionOf(flow, node.id).y));
  return layOut(flow, types, chosen, { x: left, y: top });
}

/**
 * The same document with a place for every card. One that was written by hand or by a script need not say where its cards
 * stand: those are laid out in layers, below the cards that have a place. The same document comes back when all have one.
 */
export function laidOut(flow: Flow, types: TypeIndex): Flow {
  const without = flow.nodes.filter((node) => flow.layout.positions[node.id] === undefined);
  if (without.length === 0) return flow;
  const placed = flow.nodes.filter((node) => flow.layout.positions[node.id] !== undefined);
  const left = Math.min(...placed.map((node) => positionOf(flow, node.id).x));
  const below = Math.max(...placed.map((node) => positionOf(flow, node.id).y + claimedHeight(node, types))) + grid;
  const corner = placed.length === 0 ? { x: 0, y: 0 } : { x: left, y: Math.ceil(below / grid) * grid };
  return layOut(flow, types, without, corner);
}

/** Lays nodes out in layers from a corner to the right and down. */
function layOut(flow: Flow, types: TypeIndex, chosen: readonly FlowNode[], corner: Point): Flow {
  const inside = new Set(chosen.map((node) => node.id));
  const part: Flow = {
    ...flow,
    nodes: [...chosen],
    edges: flow.edges.filter((edge) => inside.has(edge.from.node) && inside.has(edge.to.node)),
  };
  const ranks = rankNodes(part);
  const last = Math.max(0, ...ranks.values()) + 1;
  const layers: FlowNode[][] = [];
  for (const node of [...chosen].sort((a, b) => positionOf(flow, a.id).y - positionOf(flow, b.id).y)) {
    (layers[ranks.get(node.id) ?? last] ??= []).push(node);
  }
  const filled = layers.filter((layer) => layer !== undefined && layer.length > 0);
  for (let sweep = 0; sweep < 6; sweep++) sortLayers(part, types, filled, sweep % 2 === 0);
  return place(flow, settle(part, types, filled, corner));
}

/** Sorts each layer by the mean place of its neighbours in the layer before it (or behind it). */
function sortLayers(flow: Flow, types: TypeIndex, layers: FlowNode[][], forward: boolean): void {
  const place = new Map<string, number>();
  const note = (layer: FlowNode[]) => {
    layer.forEach((node, index) => {
      place.set(node.id, index);
    });
  };
  layers.forEach(note);
  for (const layer of forward ? layers : [...layers].reverse()) {
    const weight = new Map<string, number>();
    for (const node of layer) {
      const marks = flow.edges
        .filter((edge) => (forward ? edge.to.node : edge.from.node) === node.id)
        .map((edge) => {
          const other = findNode(flow, forward ? edge.from.node : edge.to.node);
          const within = other && forward ? portPoint(other, types, edge.from.port).y / 10_000 : 0;
          return (place.get(other?.id ?? '') ?? 0) + within;
        });
      weight.set(node.id, marks.length === 0 ? (place.get(node.id) ?? 0) : marks.reduce((a, b) => a + b, 0) / marks.length);
    }
    layer.sort((a, b) => (weight.get(a.id) ?? 0) - (weight.get(b.id) ?? 0));
    note(layer);
  }
}

/** Gives places: each card as close to the mean height of the ports that lead to it as the cards above it allow. */
function settle(flow: Flow, types: TypeIndex, layers: FlowNode[][], corner: Point): Record<string, Point> {
  const places: Record<string, Point> = {};
  layers.forEach((layer, index) => {
    let free = corner.y;
    for (const node of layer) {
      const wishes = flow.edges
        .filter((edge) => edge.to.node === node.id && places[edge.from.node] !== undefined)
        .map((edge) => {
          const from = findNode(flow, edge.from.node);
          const at = places[edge.from.node];
          return from && at ? at.y + portPoint(from, types, edge.from.port).y - portPoint(node, types, 'in').y : corner.y;
        });
      const wish = wishes.length === 0 ? free : wishes.reduce((a, b) => a + b, 0) / wishes.length;
      const y = Math.max(free, Math.floor(wish / grid) * grid);
      places[node.id] = { x: corner.x + index * column, y };
      free = Math.ceil((y + claimedHeight(node, types) + grid) / grid) * grid;
    }
  });
  return places;
}
