import type { Flow, FlowNode } from '#shared/flow.ts';
import { findNode } from '../editor/document.ts';

/** The way through the flow on which a node stands. */
export interface Way {
  /** From the source to the node before, along the first line where several come in; `more` says how many others do. */
  before: readonly { node: FlowNode; more: number }[];
  after: readonly { node: FlowNode; more: number }[];
}

/** The nodes before and after a node, at most so many on either side. Loops end. */
export function wayThrough(flow: Flow, id: string, most = 3): Way {
  return { before: walk(flow, id, 'from', most).reverse(), after: walk(flow, id, 'to', most) };
}

function walk(flow: Flow, id: string, to: 'from' | 'to', most: number): { node: FlowNode; more: number }[] {
  const found: { node: FlowNode; more: number }[] = [];
  const seen = new Set([id]);
  const near = to === 'from' ? 'to' : 'from';
  for (let here = id; found.length < most; ) {
    const edges = flow.edges.filter((edge) => edge[near].node === here && (to === 'from' || edge.from.port !== 'error'));
    const next = edges.map((edge) => findNode(flow, edge[to].node)).find((node) => node !== undefined && !seen.has(node.id));
    if (next === undefined) break;
    seen.add(next.id);
    found.push({ node: next, more: new Set(edges.map((edge) => edge[to].node)).size - 1 });
    here = next.id;
  }
  return found;
}
