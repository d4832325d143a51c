import { type Flow, flowSchema } from '#shared/flow.ts';
import type { NodeKind, NodeTypeInfo, PortSpec } from '#shared/node-type.ts';
import type { TypeIndex } from '../../../client/editor/document.ts';

function nodeType(type: string, kind: NodeKind, ports: PortSpec = [{ id: 'out', label: 'Out' }]): NodeTypeInfo {
  return {
    type,
    version: 1,
    kind,
    title: type.slice(0, 1).toUpperCase() + type.slice(1),
    summary: '',
    category: kind,
    look: kind === 'transform' ? 'map' : kind,
    icon: 'map',
    config: { type: 'object', properties: { text: { type: 'string', default: 'x' } } },
    ports,
  };
}

/** Four node types: one of each kind, and a switch with a port for each case. */
export const types: TypeIndex = new Map(
  [
    nodeType('hook', 'source'),
    nodeType('map', 'transform'),
    nodeType('switch', 'transform', { perItem: 'cases', id: 'id', label: 'name', plus: [{ id: 'other', label: 'Other' }] }),
    nodeType('store', 'sink', []),
  ].map((type) => [type.type, type]),
);

/** The type of this name, which must be one of the four. */
export function typeOf(name: string): NodeTypeInfo {
  const type = types.get(name);
  if (type === undefined) throw new Error(`no type ${name}`);
  return type;
}

/** hook → map → store, 304 apart. */
export function line(): Flow {
  return flowSchema.parse({
    format: 1,
    id: 'orders',
    name: 'Orders',
    nodes: [
      { id: 'hook', type: 'hook' },
      { id: 'map', type: 'map', config: { text: 'a' } },
      { id: 'store', type: 'store' },
    ],
    edges: [
      { id: 'e1', from: { node: 'hook', port: 'out' }, to: { node: 'map', port: 'in' } },
      { id: 'e2', from: { node: 'map', port: 'out' }, to: { node: 'store', port: 'in' } },
    ],
    layout: { positions: { hook: { x: 0, y: 0 }, map: { x: 304, y: 0 }, store: { x: 608, y: 0 } } },
  });
}

/** Random numbers that are the same in every run. */
export function seeded(seed = 1): () => number {
  let state = seed;
  return () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648;
  };
}
