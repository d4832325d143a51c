import type { Flow, FlowEdge, FlowNode } from '../flow.ts';
import { changeText } from '../flow-diff/change.ts';
import { diffNodes } from '../flow-diff/nodes.ts';
import { same } from '../flow-diff/values.ts';
import { nodeName } from '../node-name.ts';
import type { NodeTypeInfo } from '../node-type.ts';
import { conflict, type Merging, mergeObject, mergeOrder, type Place } from './value.ts';

/** The three states of a flow. */
export interface Three {
  base: Flow;
  mine: Flow;
  theirs: Flow;
}

type Types = ReadonlyMap<string, NodeTypeInfo>;

/** Merges the nodes by their ids. Undefined where an id is there twice, so that nobody can say which is which. */
export function mergeNodes(three: Three, types: Types, on: Merging): FlowNode[] | undefined {
  const [base, mine, theirs] = [nodesOf(three.base), nodesOf(three.mine), nodesOf(three.theirs)];
  if (base === undefined || mine === undefined || theirs === undefined) return undefined;
  const ids = [[...base.keys()], [...mine.keys()], [...theirs.keys()]] as const;
  // The order has no meaning, so theirs may stand where both changed it.
  const order = mergeOrder(...ids) ?? [...ids[2], ...ids[1]];
  return [...new Set(order)].flatMap((id) => {
    const merged = mergeNode({ id, base: base.get(id), mine: mine.get(id), theirs: theirs.get(id) }, three, types, on);
    return merged === undefined ? [] : [merged];
  });
}

function nodesOf({ nodes }: Flow): Map<string, FlowNode> | undefined {
  const found = new Map(nodes.map((node) => [node.id, node]));
  return found.size === nodes.length ? found : undefined;
}

interface OneNode {
  id: string;
  base: FlowNode | undefined;
  mine: FlowNode | undefined;
  theirs: FlowNode | undefined;
}

function mergeNode({ id, base, mine, theirs }: OneNode, three: Three, types: Types, on: Merging): FlowNode | undefined {
  const some = theirs ?? mine ?? base;
  if (some === undefined || (mine === undefined && theirs === undefined)) return undefined;
  const type = types.get(some.type);
  const name = nodeName(some, types);
  const words = (value: unknown) => {
    const changes =
      value === base || base === undefined ? [] : diffNodes(alone(three.base, base), alone(three.base, value as FlowNode), types);
    return changes.map(({ place: _place, ...change }) => changeText(change)).join('\n') || 'as it was';
  };
  const place: Place = { path: `nodes/${id}`, place: name, node: id, words };
  if (mine === undefined || theirs === undefined) {
    if (base === undefined) return mine ?? theirs;
    const kept = mine ?? theirs;
    const [keeper, other] = mine === undefined ? [three.theirs, three.base] : [three.mine, three.base];
    // Removing what the other left alone is no conflict; changing it or leading a line to it is.
    if (same(kept, base) && !newlyConnected(id, keeper, other)) return undefined;
    return conflict({ base, mine, theirs }, { ...place, label: 'The whole node' }, on) as FlowNode | undefined;
  }
  if (same(base, mine)) return theirs;
  if (same(base, theirs)) return mine;
  const config = (node: FlowNode | undefined) => node && { type: node.type, version: node.version, config: node.config };
  const bothSet = !same(config(base), config(mine)) && !same(config(base), config(theirs));
  if (bothSet && (mine.type !== theirs.type || mine.version !== theirs.version)) {
    return conflict({ base, mine, theirs }, { ...place, label: 'The whole node' }, on) as FlowNode | undefined;
  }
  const { config: _b, ...old } = base ?? { config: {} };
  const { config: _m, ...my } = mine;
  const { config: _t, ...their } = theirs;
  const inNode: Place = { path: place.path, place: name, node: id, schema: nodeSchema };
  const head = mergeObject(old, my, their, inNode, on);
  const inConfig: Place = { path: `${place.path}/config`, place: name, node: id, schema: type?.config };
  return { ...head, config: mergeObject(base?.config ?? {}, mine.config, theirs.config, inConfig, on) } as FlowNode;
}

/** What a person calls the parts of a node that are not of its type. */
const nodeSchema = {
  properties: {
    label: { label: 'Name' },
    mode: { label: 'Mode' },
    note: { label: 'Note' },
    onError: { label: 'What it cannot process' },
    retry: { label: 'Trying again' },
  },
};

const alone = (flow: Flow, node: FlowNode): Flow => ({ ...flow, nodes: [node], edges: [] });

/** True when a flow leads a line to or from a node that was not there before. */
function newlyConnected(id: string, flow: Flow, before: Flow): boolean {
  const known = new Set(before.edges.map((edge) => edge.id));
  return flow.edges.some((edge: FlowEdge) => (edge.from.node === id || edge.to.node === id) && !known.has(edge.id));
}
