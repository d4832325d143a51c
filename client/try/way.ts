import type { Flow } from '#shared/flow.ts';
import type { TrialResult } from '#shared/trial.ts';
import { type Outcome, outcomesOf } from './outcome.ts';

/** One message at one node: what came in, what became of it, and where that went. */
export interface Hop {
  node: string;
  /** The record that came in; at a source: the one that entered. */
  record: number;
  outcome: Outcome;
  /** How many hops lie before it on its way. */
  depth: number;
  /** Hops of what it became, in the order of ports and edges. */
  next: Hop[];
}

/** The whole way of one input through the flow, as a tree; undefined when the Try has no such input or its node is gone. */
export function wayOf(flow: Flow, result: TrialResult, input: number): Hop | undefined {
  const start = result.inputs[input];
  if (start === undefined || result.nodes[start.node] === undefined) return undefined;
  const outcomes = new Map<string, Map<number, Outcome>>();
  const outcomeAt = (node: string, record: number): Outcome => {
    const known = outcomes.get(node) ?? new Map(outcomesOf(result, node).map((each) => [each.record, each.outcome]));
    outcomes.set(node, known);
    return known.get(record) ?? { kind: 'kept' };
  };
  // What came to a node by no edge of this document (somebody has changed it since) ends there.
  const hop = (node: string, record: number, depth: number): Hop => {
    const outcome = outcomeAt(node, record);
    const made = outcome.kind === 'passed' || outcome.kind === 'failed' ? outcome.made : [];
    const next: Hop[] = [];
    if (depth <= flow.nodes.length) {
      for (const id of made) {
        for (const edge of flow.edges) {
          if (edge.from.node !== node || result.nodes[node]?.out[edge.from.port]?.includes(id) !== true) continue;
          if (result.nodes[edge.to.node]?.in.includes(id) === true) next.push(hop(edge.to.node, id, depth + 1));
        }
      }
    }
    return { node, record, outcome, depth, next };
  };
  return hop(start.node, start.record, 0);
}

/** All hops of a way in the order in which a person walks them: each branch to its end before the next one. */
export function hopsOf(way: Hop): Hop[] {
  return [way, ...way.next.flatMap(hopsOf)];
}

/** Which input a record stems from, which is where its way begins; undefined for a record that is not there. */
export function inputOf(result: TrialResult, record: number): number | undefined {
  return result.records[record]?.input;
}
