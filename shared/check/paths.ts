import type { Flow, FlowNode } from '../flow.ts';
import { effectiveConfig, guaranteeOf, type NodeTypeInfo } from '../node-type.ts';
import type { PathGuarantee } from '../plan.ts';

/** Node id → the ids its edges lead to, in order, once each. Edges with an unknown end are left out. */
export function successors(flow: Flow): Map<string, string[]> {
  const result = new Map<string, string[]>(flow.nodes.map((node) => [node.id, []]));
  for (const edge of flow.edges) {
    const list = result.get(edge.from.node);
    if (list && result.has(edge.to.node) && !list.includes(edge.to.node)) list.push(edge.to.node);
  }
  return result;
}

/** All nodes that can be reached from the starts, the starts included. `passable` says which nodes let messages on. */
export function reachable(
  next: ReadonlyMap<string, string[]>,
  starts: Iterable<string>,
  passable: (id: string) => boolean = () => true,
): Set<string> {
  const seen = new Set<string>();
  const stack = [...starts];
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (seen.has(id) || !next.has(id)) continue;
    seen.add(id);
    if (passable(id)) stack.push(...(next.get(id) ?? []));
  }
  return seen;
}

/**
 * Node ids in topological order, equal ranks by id, so that the order in the document does not matter.
 * What stands in or behind a cycle comes out as `rest`.
 */
export function topologicalOrder(flow: Flow): { order: string[]; rest: string[] } {
  const next = successors(flow);
  const waiting = new Map<string, number>([...next.keys()].map((id) => [id, 0]));
  for (const targets of next.values()) for (const target of targets) waiting.set(target, (waiting.get(target) ?? 0) + 1);
  const order: string[] = [];
  let ready = [...waiting].filter(([, count]) => count === 0).map(([id]) => id);
  while (ready.length > 0) {
    ready.sort();
    const id = ready.shift() ?? '';
    order.push(id);
    for (const target of next.get(id) ?? []) {
      const left = (waiting.get(target) ?? 0) - 1;
      waiting.set(target, left);
      if (left === 0) ready = [...ready, target];
    }
  }
  const done = new Set(order);
  return { order, rest: [...next.keys()].filter((id) => !done.has(id)) };
}

/**
 * The guarantee of each way from a source to a sink, counted from the moment the source's topic has the message:
 * into a Kafka topic exactly once; into the world outside effectively once when the sink can recognise a repeated
 * write (upsert, idempotency key, offsets in its own transaction), else at least once. Disabled nodes have no ways.
 */
export function pathGuarantees(flow: Flow, types: ReadonlyMap<string, NodeTypeInfo>): PathGuarantee[] {
  const next = successors(flow);
  const nodes = new Map(flow.nodes.map((node) => [node.id, node]));
  const enabled = (id: string) => nodes.get(id)?.mode !== 'disabled';
  const paths: PathGuarantee[] = [];
  for (const source of flow.nodes) {
    if (types.get(source.type)?.kind !== 'source' || !enabled(source.id)) continue;
    for (const id of [...reachable(next, [source.id], enabled)].sort()) {
      const sink = nodes.get(id);
      const type = sink && types.get(sink.type);
      if (sink && type?.kind === 'sink' && enabled(id)) paths.push(pathTo(source.id, sink, type));
    }
  }
  return paths.sort((a, b) => (a.source === b.source ? 0 : a.source < b.source ? -1 : 1));
}

function pathTo(source: string, sink: FlowNode, type: NodeTypeInfo): PathGuarantee {
  if (type.topic) return { source, sink: sink.id, guarantee: 'exactly-once', by: 'kafka' };
  const by = guaranteeOf(type.guarantee, effectiveConfig(type, sink.config));
  if (by === 'none') return { source, sink: sink.id, guarantee: 'at-least-once', by, weakest: sink.id };
  return { source, sink: sink.id, guarantee: 'effectively-once', by };
}
