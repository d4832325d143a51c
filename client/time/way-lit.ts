import type { TraceWay } from '#shared/trace.ts';
import type { TrialRecord } from '#shared/trial.ts';

/** The edges and nodes that a message went over, of those that it reached. */
export function litBy(way: TraceWay): { edges: ReadonlySet<string>; nodes: ReadonlySet<string> } {
  const nodes = new Set([way.source]);
  const edges = new Set<string>();
  for (const hop of way.hops) {
    nodes.add(hop.from.node).add(hop.to);
    if (hop.edge !== undefined) edges.add(hop.edge);
  }
  return { edges, nodes };
}

/** What came to a node and what left it, of one message's way. */
export function atNode(
  way: TraceWay,
  node: string,
): {
  before: TrialRecord | undefined;
  after: TrialRecord[];
  filtered: string | undefined;
  failed: { code: string; message: string } | undefined;
} {
  const byId = new Map(way.records.map((record) => [record.id, record]));
  const into = way.hops.find(({ to }) => to === node);
  const before = into === undefined ? undefined : byId.get(into.record);
  const after = way.records.filter((record) => record.node === node);
  return {
    before,
    after,
    filtered: way.filtered.find((one) => one.node === node)?.reason,
    failed: way.failed.find((one) => one.node === node),
  };
}
