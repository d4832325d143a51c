/** A flow document in few words: nodes in order, edges as `from>to` or `from.port>to`. */
export function flowOf(
  id: string,
  nodes: { id: string; type: string; config?: Record<string, unknown>; [key: string]: unknown }[],
  edges: string[] = chainOf(nodes),
  settings: Record<string, unknown> = {},
) {
  return {
    format: 1 as const,
    id,
    name: id,
    nodes: nodes.map((node) => ({ version: 1, label: node.id, config: {}, ...node })),
    edges: edges.map((text) => {
      const [from = '', to = ''] = text.split('>');
      const [node = '', port = 'out'] = from.split('.');
      return { id: `${node}-${port}-${to}`, from: { node, port }, to: { node: to, port: 'in' } };
    }),
    settings,
  };
}

function chainOf(nodes: { id: string }[]): string[] {
  return nodes.slice(1).map((node, at) => `${nodes[at]?.id}>${node.id}`);
}
