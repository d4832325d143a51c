import type { TrialResult } from '../trial.ts';
import type { Coverage, FlowTestResult, TestPlace } from './result.ts';

/** What need not be reached by any test, and why. Stored beside the tests. */
export interface Waiver {
  node: string;
  /** Left out: the node and all of its ports. */
  port?: string;
  reason: string;
}

/**
 * The places of a flow that a Try reached and those that it did not: nodes, and the ports of nodes that choose between
 * several. An error port counts where something follows it.
 */
export function placesOf({
  nodes,
  unreached: missed,
}: Pick<TrialResult, 'nodes' | 'unreached'>): Pick<FlowTestResult, 'reached' | 'unreached'> {
  const reached: TestPlace[] = [];
  const unreached: TestPlace[] = [];
  const wired = new Set(missed.flatMap(({ node, port }) => (port === 'error' ? [node] : [])));
  for (const [node, trial] of Object.entries(nodes)) {
    (trial.in.length > 0 ? reached : unreached).push({ node });
    const ports = Object.keys(trial.out).filter((port) => port !== 'error');
    const branches = ports.length > 1 ? ports : [];
    if (wired.has(node) || (trial.out.error?.length ?? 0) > 0) branches.push('error');
    for (const port of branches) ((trial.out[port]?.length ?? 0) > 0 ? reached : unreached).push({ node, port });
  }
  return { reached, unreached };
}

/** What all cases together reach: a place counts when at least one case reached it. */
export function coverageOf(results: readonly Pick<FlowTestResult, 'reached' | 'unreached'>[], waivers: readonly Waiver[]): Coverage {
  const places = new Map<string, TestPlace>();
  const there = new Set<string>();
  for (const { reached, unreached } of results) {
    for (const place of [...reached, ...unreached]) places.set(idOf(place), place);
    for (const place of reached) there.add(idOf(place));
  }
  const nodes = [...places.values()].filter(({ port }) => port === undefined);
  const branches = [...places.values()].filter(({ port }) => port !== undefined);
  const isReached = (place: TestPlace): boolean => there.has(idOf(place));
  const unreached: TestPlace[] = [];
  const waived: Coverage['waived'] = [];
  // Of a node that nothing reaches its ports need not be listed as well.
  const missed = [...nodes, ...branches.filter(({ node }) => there.has(node))].filter((place) => !isReached(place));
  for (const place of missed) {
    const waiver = waivers.find(({ node, port }) => node === place.node && (port === undefined || port === place.port));
    if (waiver) waived.push({ ...place, reason: waiver.reason });
    else unreached.push(place);
  }
  return {
    nodes: { all: nodes.length, reached: nodes.filter(isReached).length },
    branches: { all: branches.length, reached: branches.filter(isReached).length },
    unreached,
    waived,
  };
}

const idOf = ({ node, port }: TestPlace): string => (port === undefined ? node : `${node}\n${port}`);
