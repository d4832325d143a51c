import type { Flow, FlowNode } from '#shared/flow.ts';
import { positionOf } from './document.ts';

/**
 * Nodes in the order in which a message meets them, sources first; at equal rank from top to bottom. Nodes on a loop
 * (which checkFlow refuses) come last, so that none is ever left out of a list.
 */
export function topological(flow: Flow): FlowNode[] {
  const ranks = rankNodes(flow);
  const at = (node: FlowNode) => ranks.get(node.id) ?? Number.MAX_SAFE_INTEGER;
  return [...flow.nodes].sort(
    (a, b) => at(a) - at(b) || positionOf(flow, a.id).y - positionOf(flow, b.id).y || positionOf(flow, a.id).x - positionOf(flow, b.id).x,
  );
}

/** The longest way from a source to each node, counted in edges; nodes on a loop have none. */
export function rankNodes(flow: Flow): Map<string, number> {
  const waiting = new Map<string, number>(flow.nodes.map((node) => [node.id, 0]));
  const next = new Map<string, string[]>();
  for (const edge of flow.edges) {
    if (!waiting.has(edge.from.node) || !waiting.has(edge.to.node)) continue;
    waiting.set(edge.to.node, (waiting.get(edge.to.node) ?? 0) + 1);
    next.set(edge.from.node, [...(next.get(edge.from.node) ?? []), edge.to.node]);
  }
  const ranks = new Map<string, number>();
  const open = [...waiting].filter(([, count]) => count === 0).map(([id]) => id);
  for (const id of open) ranks.set(id, 0);
  for (let id = open.shift(); id !== undefined; id = open.shift()) {
    for (const to of next.get(id) ?? []) {
      ranks.set(to, Math.max(ranks.get(to) ?? 0, (ranks.get(id) ?? 0) + 1));
      const left = (waiting.get(to) ?? 1) - 1;
      waiting.set(to, left);
      if (left === 0) open.push(to);
    }
  }
  for (const [id, left] of waiting) if (left > 0) ranks.delete(id);
  return ranks;
}
