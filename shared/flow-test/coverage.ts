import type { TrialResult } from '../trial.ts';
import type { Coverage, Unreached } from './result.ts';

/** What need not be reached by any test, and why. Stored beside the tests. */
export interface Waiver {
  node: string;
  /** Left out: the node and all of its ports. */
  port?: string;
  reason: string;
}

/** What a flow has to reach: its nodes, and the ports that each Try looks at. */
export interface Reachable {
  nodes: string[];
  branches: { node: string; port: string }[];
}

/**
 * What all cases together reach. A place counts as reached when at least one case reached it. `unreached` of each case
 * comes from its Try, so tests and Try mean the same by it.
 */
export function coverageOf(reachable: Reachable, unreached: readonly (readonly Unreached[])[], waivers: readonly Waiver[]): Coverage {
  const missed = new Map<string, number>();
  for (const list of unreached) {
    for (const id of new Set(list.flatMap((one) => covered(one, reachable)))) missed.set(id, (missed.get(id) ?? 0) + 1);
  }
  const isMissed = (one: Unreached): boolean => (missed.get(idOf(one)) ?? 0) >= unreached.length;
  const nodes = reachable.nodes.filter((node) => isMissed({ node }));
  const branches = reachable.branches.filter(isMissed);
  const open: Unreached[] = [];
  const waived: Coverage['waived'] = [];
  // Of a node that nothing reaches its ports need not be listed as well.
  for (const one of [...nodes.map((node): Unreached => ({ node })), ...branches.filter(({ node }) => !nodes.includes(node))]) {
    const waiver = waivers.find(({ node, port }) => node === one.node && (port === undefined || port === one.port));
    if (waiver) waived.push({ ...one, reason: waiver.reason });
    else open.push(one);
  }
  return {
    nodes: { all: reachable.nodes.length, reached: reachable.nodes.length - nodes.length },
    branches: { all: reachable.branches.length, reached: reachable.branches.length - branches.length },
    unreached: open,
    waived,
  };
}

/** The places of a flow, from any Try of it. Nodes with one way have no branches. */
export function reachableOf(trial: Pick<TrialResult, 'nodes'>): Reachable {
  const nodes = Object.keys(trial.nodes);
  const branches = Object.entries(trial.nodes).flatMap(([node, { out }]) => {
    const ports = Object.keys(out).filter((port) => port !== 'error');
    return ports.length > 1 ? ports.map((port) => ({ node, port })) : [];
  });
  return { nodes, branches };
}

const idOf = ({ node, port }: Unreached): string => (port === undefined ? node : `${node} ${port}`);

/** A node that is not reached leaves none of its ports reached. */
function covered(one: Unreached, { branches }: Reachable): string[] {
  if (one.port !== undefined) return [idOf(one)];
  return [idOf(one), ...branches.filter(({ node }) => node === one.node).map(idOf)];
}
