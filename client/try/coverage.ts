import type { Flow } from '#shared/flow.ts';
import { nodeName } from '#shared/node-name.ts';
import { errorPort } from '#shared/node-type.ts';
import type { TrialResult } from '#shared/trial.ts';
import type { TypeIndex } from '../editor/document.ts';
import { portsOf } from '../editor/wiring.ts';

/** What no sample came to. */
export interface Coverage {
  /** Nodes that a sample reached, of all that take part. */
  reached: number;
  nodes: number;
  /** Names of nodes that no sample came to. */
  missed: string[];
  /** Branches of reached nodes that no sample took. */
  branches: { node: string; name: string; port: string; label: string }[];
}

/** How far the samples come: every node and every branch of a reached node; error ports are not wanted and do not count. */
export function coverageOf(flow: Flow, types: TypeIndex, result: TrialResult): Coverage {
  const known = flow.nodes.filter((node) => result.nodes[node.id] !== undefined);
  const unreached = new Set(result.unreached.filter((each) => each.port === undefined).map((each) => each.node));
  const branches = result.unreached.flatMap(({ node: id, port }) => {
    const node = known.find((each) => each.id === id);
    if (node === undefined || port === undefined || port === errorPort.id || unreached.has(id)) return [];
    const ports = portsOf(flow, types, id).filter((each) => each.id !== errorPort.id);
    // Where nothing leaves by the only way out, the nodes behind it say so.
    if (ports.length < 2) return [];
    const label = ports.find((each) => each.id === port)?.label ?? port;
    return [{ node: id, name: nodeName(node, types), port, label }];
  });
  const missed = known.filter((node) => unreached.has(node.id)).map((node) => nodeName(node, types));
  return { reached: known.length - missed.length, nodes: known.length, missed, branches };
}

/** The coverage in one sentence: "7 of 9 nodes; branch “EU” never used". */
export function coverageSentence({ reached, nodes, missed, branches }: Coverage): string {
  const start =
    reached === nodes ? (nodes === 1 ? 'The node is reached' : `All ${nodes} nodes are reached`) : `${reached} of ${nodes} nodes reached`;
  const [first, ...more] = branches;
  if (first !== undefined) return `${start}; branch “${first.label}” never used${more.length > 0 ? ` and ${more.length} more` : ''}`;
  const [node, ...others] = missed;
  if (node !== undefined) return `${start}; no sample comes to “${node}”${others.length > 0 ? ` and ${others.length} more` : ''}`;
  return start;
}
