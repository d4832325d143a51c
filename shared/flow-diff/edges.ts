import { canonicalJson } from '../canonical.ts';
import type { Flow, FlowEdge } from '../flow.ts';
import { edgeKey, type FlowChange } from './change.ts';
import { type Names, named } from './names.ts';
import { same } from './values.ts';

interface Ends {
  before: Flow;
  after: Flow;
  was: Names;
  is: Names;
}

/** How the connections of two flows differ. A node put between two others is told once, and so is one that was taken out. */
export function diffEdges(between: Ends): FlowChange[] {
  const { before, after, was, is } = between;
  const gone = missing(before.edges, after.edges);
  const fresh = missing(after.edges, before.edges);
  const changes: FlowChange[] = [...inserted(gone, fresh, between), ...takenOut(gone, fresh, between), ...turned(gone, fresh, between)];
  const alive = new Set(after.nodes.map(({ id }) => id));
  const left = new Set(before.nodes.map(({ id }) => id).filter((id) => !alive.has(id)));
  for (const edge of fresh) {
    const sentence = `${place(is, edge.from)} now goes to ${named(is, edge.to.node)}`;
    changes.push({ kind: 'added', weight: 'logic', place: 'Connections', sentence, edges: [edgeKey(edge)], node: edge.from.node });
  }
  for (const edge of gone) {
    // Those of a node that is gone went with it.
    if (left.has(edge.from.node) || left.has(edge.to.node)) continue;
    const sentence = `${place(was, edge.from)} no longer goes to ${named(was, edge.to.node)}`;
    changes.push({ kind: 'removed', weight: 'logic', place: 'Connections', sentence, edges: [edgeKey(edge)], node: edge.from.node });
  }
  changes.push(...otherWords(before, after));
  return changes;
}

const place = (names: Names, end: FlowEdge['from']): string => named(names, end.node) + names.port(end.node, end.port);

/** The connections of one list that the other does not have; each as often as it has it more. */
function missing(edges: readonly FlowEdge[], others: readonly FlowEdge[]): Set<FlowEdge> {
  const left = new Map<string, number>();
  for (const edge of others) left.set(edgeKey(edge), (left.get(edgeKey(edge)) ?? 0) + 1);
  return new Set(
    edges.filter((edge) => {
      const count = left.get(edgeKey(edge)) ?? 0;
      left.set(edgeKey(edge), count - 1);
      return count <= 0;
    }),
  );
}

/** `a → c` became `a → b → c`. */
function inserted(gone: Set<FlowEdge>, fresh: Set<FlowEdge>, { is }: Ends): FlowChange[] {
  const changes: FlowChange[] = [];
  for (const old of gone) {
    const first = [...fresh].find((edge) => sameEnd(edge.from, old.from));
    const second = first && [...fresh].find((edge) => edge.from.node === first.to.node && sameEnd(edge.to, old.to));
    if (first === undefined || second === undefined || first === second) continue;
    for (const edge of [first, second]) fresh.delete(edge);
    gone.delete(old);
    const sentence = `${place(is, old.from)} now goes to ${named(is, first.to.node)} first, then to ${named(is, old.to.node)}`;
    changes.push({
      kind: 'changed',
      weight: 'logic',
      place: 'Connections',
      sentence,
      edges: [old, first, second].map(edgeKey),
      node: old.from.node,
    });
  }
  return changes;
}

/** `a → b → c` became `a → c`. */
function takenOut(gone: Set<FlowEdge>, fresh: Set<FlowEdge>, { is }: Ends): FlowChange[] {
  const changes: FlowChange[] = [];
  for (const made of fresh) {
    const first = [...gone].find((edge) => sameEnd(edge.from, made.from));
    const second = first && [...gone].find((edge) => edge.from.node === first.to.node && sameEnd(edge.to, made.to));
    if (first === undefined || second === undefined || first === second) continue;
    for (const edge of [first, second]) gone.delete(edge);
    fresh.delete(made);
    const sentence = `${place(is, made.from)} now goes straight to ${named(is, made.to.node)}`;
    changes.push({
      kind: 'changed',
      weight: 'logic',
      place: 'Connections',
      sentence,
      edges: [made, first, second].map(edgeKey),
      node: made.from.node,
    });
  }
  return changes;
}

/** The same way out leads elsewhere, or another way out leads to the same node. */
function turned(gone: Set<FlowEdge>, fresh: Set<FlowEdge>, { was, is }: Ends): FlowChange[] {
  const changes: FlowChange[] = [];
  for (const old of gone) {
    const next = [...fresh].find((edge) => edge.id === old.id) ?? [...fresh].find((edge) => sameEnd(edge.from, old.from));
    if (next === undefined) continue;
    const keptFrom = sameEnd(next.from, old.from);
    if (!keptFrom && !sameEnd(next.to, old.to)) continue;
    gone.delete(old);
    fresh.delete(next);
    const sentence = keptFrom
      ? `${place(is, next.from)} now goes to ${named(is, next.to.node)}, went to ${named(was, old.to.node)}`
      : `${named(is, next.to.node)} now comes from ${place(is, next.from)}, came from ${place(was, old.from)}`;
    changes.push({
      kind: 'changed',
      weight: 'logic',
      place: 'Connections',
      sentence,
      edges: [old, next].map(edgeKey),
      node: next.from.node,
    });
  }
  return changes;
}

const sameEnd = (a: FlowEdge['from'], b: FlowEdge['from']): boolean => a.node === b.node && a.port === b.port;

/** What else stands in an edge and has no meaning to Millrace: ids and unknown keys. */
function otherWords(before: Flow, after: Flow): FlowChange[] {
  const [old, now] = [wholeByEnds(before), wholeByEnds(after)];
  const others = [...now].filter(([key, texts]) => old.get(key)?.length === texts.length && !same(old.get(key), texts)).map(([key]) => key);
  if (others.length === 0) return [];
  const sentence = `${others.length === 1 ? 'one connection is' : `${others.length} connections are`} written otherwise in the file`;
  return [{ kind: 'changed', weight: 'words', place: 'Connections', sentence, edges: others }];
}

/** All that is said of the edges between two ends; a broken document may have several. */
function wholeByEnds(flow: Flow): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const edge of flow.edges) found.set(edgeKey(edge), [...(found.get(edgeKey(edge)) ?? []), canonicalJson(edge)].sort());
  return found;
}
