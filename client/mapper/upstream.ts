import type { Flow } from '#shared/flow.ts';
import type { TypeIndex } from '../editor/document.ts';

/** What stands before a node, as far as it decides what comes to it. */
export interface Upstream {
  /** Equal for equal logic before the node; drawing, labels and notes do not count. */
  mark: string;
  /** Whether nothing but sources stands before it, so that messages come as they are. */
  direct: boolean;
  /** Their ids. */
  nodes: readonly string[];
}

/** The nodes from which messages may come to a node, and how they are led. */
export function upstreamOf(flow: Flow, node: string, types: TypeIndex): Upstream {
  const reached = new Set<string>([node]);
  const edges = new Set<Flow['edges'][number]>();
  const stack = [node];
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    for (const edge of flow.edges) {
      if (edge.to.node !== at) continue;
      edges.add(edge);
      if (reached.has(edge.from.node)) continue;
      reached.add(edge.from.node);
      stack.push(edge.from.node);
    }
  }
  const before = flow.nodes.filter(({ id }) => id !== node && reached.has(id));
  const logic = before.map(({ id, type, version, config, mode }) => [id, type, version, config, mode]);
  const wires = [...edges].map(({ from, to }) => [from.node, from.port, to.node]);
  const kinds = before.map(({ type }) => types.get(type)?.kind);
  return {
    mark: JSON.stringify([logic, wires]),
    nodes: before.map(({ id }) => id),
    direct: kinds.every((kind) => kind === 'source') && before.every(({ mode }) => mode === undefined),
  };
}
