import type { Flow } from '#shared/flow.ts';
import { errorPort } from '#shared/node-type.ts';
import type { NodeTrial, TrialFailure, TrialResult } from '#shared/trial.ts';

/** What became of one record at a node. Each that came in has exactly one outcome. */
export type Outcome =
  /** It went on, as these records; for a sink: it would have been written. */
  | { kind: 'passed'; made: number[] }
  | { kind: 'filtered'; reason: string }
  /** `made` is what left by the error port. */
  | { kind: 'failed'; failure: TrialFailure; made: number[] }
  /** Nothing came of it yet: it waits in the node, or the Try ended before. */
  | { kind: 'kept' };

/** How many records came to a node and what became of them; `in` = `passed` + `filtered` + `failed` + `kept`. */
export interface NodeCounts {
  in: number;
  /** Records that left, the error port left out; of a sink: what it would have written. */
  out: number;
  passed: number;
  filtered: number;
  failed: number;
  /** Of the failed: those that the error port took. */
  taken: number;
  kept: number;
}

/** Numbers of a whole Try, by node and by edge id. Nodes of the document that the Try does not know are missing. */
export interface TrialCounts {
  nodes: ReadonlyMap<string, NodeCounts>;
  edges: ReadonlyMap<string, number>;
  /** By node and port: what left there. */
  ports: ReadonlyMap<string, number>;
}

/** Key of {@link TrialCounts.ports}. */
export const portKey = (node: string, port: string): string => `${node}\n${port}`;

/** What became of each record that came to a node, in their order. */
export function outcomesOf(result: TrialResult, id: string): { record: number; outcome: Outcome }[] {
  const node = result.nodes[id];
  if (node === undefined) return [];
  const made = madeBy(result, node);
  const filtered = new Map(node.filtered.map((each) => [each.record, each.reason]));
  const failed = new Map(node.failed.map((each) => [each.record, each]));
  return node.in.map((record) => {
    const failure = failed.get(record);
    const reason = filtered.get(record);
    const out = made.get(record);
    if (failure) return { record, outcome: { kind: 'failed', failure, made: out ?? [] } };
    if (out) return { record, outcome: { kind: 'passed', made: out } };
    return { record, outcome: reason === undefined ? { kind: 'kept' } : { kind: 'filtered', reason } };
  });
}

/** Records that left a node, by the record that they were made of; a record that passed unchanged is made of itself. */
function madeBy(result: TrialResult, node: NodeTrial): Map<number, number[]> {
  const came = new Set(node.in);
  const made = new Map<number, number[]>();
  for (const ids of Object.values(node.out)) {
    for (const id of ids) {
      const from = came.has(id) ? id : result.records[id]?.from;
      if (from === undefined) continue;
      const list = made.get(from);
      if (list) list.push(id);
      else made.set(from, [id]);
    }
  }
  return made;
}

/** All numbers that the canvas shows of a Try. */
export function countTrial(flow: Flow, result: TrialResult): TrialCounts {
  const nodes = new Map<string, NodeCounts>();
  const ports = new Map<string, number>();
  for (const [id, node] of Object.entries(result.nodes)) {
    const outcomes = outcomesOf(result, id).map(({ outcome }) => outcome);
    const of = (kind: Outcome['kind']) => outcomes.filter((outcome) => outcome.kind === kind).length;
    let out = 0;
    for (const [port, ids] of Object.entries(node.out)) {
      ports.set(portKey(id, port), ids.length);
      if (port !== errorPort.id) out += ids.length;
    }
    nodes.set(id, {
      in: node.in.length,
      out,
      passed: of('passed'),
      filtered: of('filtered'),
      failed: of('failed'),
      taken: outcomes.filter((outcome) => outcome.kind === 'failed' && outcome.failure.taken).length,
      kept: of('kept'),
    });
  }
  const edges = new Map<string, number>();
  for (const edge of flow.edges) {
    const left = result.nodes[edge.from.node]?.out[edge.from.port];
    const came = result.nodes[edge.to.node]?.in;
    if (left === undefined || came === undefined) continue;
    const there = new Set(came);
    edges.set(edge.id, left.filter((id) => there.has(id)).length);
  }
  return { nodes, edges, ports };
}
