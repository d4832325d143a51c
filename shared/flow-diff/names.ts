import type { Flow, FlowNode } from '../flow.ts';
import { nodeName } from '../node-name.ts';
import { type Catalog, type NodeTypeInfo, outputPorts } from '../node-type.ts';
import { quoted } from './change.ts';

/** What nodes, types and ports of a flow are called. Types that the catalog does not know are called by their names. */
export interface Names {
  type(name: string): NodeTypeInfo | undefined;
  node(id: string): string;
  /** The branch behind a node's name where it has several outputs: ` (Express)`; else nothing. */
  port(node: string, port: string): string;
}

/** The names of a flow. */
export function namesOf(flow: Flow, types: ReadonlyMap<string, NodeTypeInfo>): Names {
  const nodes = new Map(flow.nodes.map((node) => [node.id, node]));
  const node = (id: string): string => {
    const found = nodes.get(id);
    return found === undefined ? id : nodeName(found, types);
  };
  return {
    type: (name) => types.get(name),
    node,
    port(id, port) {
      const found = nodes.get(id);
      const type = found && types.get(found.type);
      if (found === undefined || type === undefined) return port === 'out' ? '' : ` (${port})`;
      const ports = outputPorts(type, found.config);
      // The error port stands beside every transform's own, so one port more is still a single way out.
      if (port === 'out' || ports[0]?.id === port) if (ports.filter(({ id: one }) => one !== 'error').length < 2) return '';
      return ` (${ports.find(({ id: one }) => one === port)?.label ?? port})`;
    },
  };
}

/** The node types by name. */
export function typesOf(catalog: Catalog | undefined): ReadonlyMap<string, NodeTypeInfo> {
  return new Map((catalog?.types ?? []).map((type) => [type.type, type]));
}

/** The kind of a node in brackets: ` (Map)`; nothing where its name says that already. */
export function typeWords(node: FlowNode, types: ReadonlyMap<string, NodeTypeInfo>): string {
  const title = types.get(node.type)?.title ?? node.type;
  return title === nodeName(node, types) ? '' : ` (${title})`;
}

/** A node as it stands in a sentence. */
export function named(names: Names, id: string): string {
  return quoted(names.node(id));
}
