import type { Flow, FlowEdge } from '#shared/flow.ts';
import { stringifyJson } from '#shared/json.ts';

/**
 * How many things of the draft differ in logic from a deployed version: each node and edge that was added, removed or
 * changed counts one, and so do the settings. Positions, groups and canvas notes do not count.
 */
export function countChanges(deployed: Flow, draft: Flow): number {
  const nodes = differences(deployed.nodes, draft.nodes, (node) => stringifyJson(node) ?? '');
  const edges = differences(deployed.edges, draft.edges, wordsOf);
  return nodes + edges + (stringifyJson(deployed.settings) === stringifyJson(draft.settings) ? 0 : 1);
}

function wordsOf(edge: FlowEdge): string {
  return `${edge.from.node} ${edge.from.port} ${edge.to.node} ${edge.to.port}`;
}

function differences<T extends { id: string }>(before: readonly T[], after: readonly T[], text: (part: T) => string): number {
  const known = new Map(before.map((part) => [part.id, text(part)]));
  let count = 0;
  for (const part of after) {
    if (known.get(part.id) !== text(part)) count++;
    known.delete(part.id);
  }
  return count + known.size;
}
