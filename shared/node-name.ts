import type { FlowNode } from './flow.ts';

/** Node types by name, of which only the title is wanted here. */
type Titles = ReadonlyMap<string, { title: string }>;
type Named = Pick<FlowNode, 'id' | 'type' | 'label'>;

/** What people call a node: the label that somebody gave it, else the title of its type, else the type's name. */
export function nodeName(node: Omit<Named, 'id'>, types: Titles): string {
  return node.label || types.get(node.type)?.title || node.type;
}

/** {@link nodeName} by the ids of nodes; one that is gone is called by its id. Of two with one id the later counts. */
export function nodeNames(nodes: readonly Named[], types: Titles): (id: string) => string {
  const names = new Map(nodes.map((node) => [node.id, nodeName(node, types)]));
  return (id) => names.get(id) ?? id;
}
