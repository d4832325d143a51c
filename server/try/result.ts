import type { NodeTypeInfo } from '#shared/node-type.ts';
import { outputPorts } from '#shared/node-type.ts';
import type { Plan, PlanNode } from '#shared/plan.ts';
import type { NodeTrial, TrialResult } from '#shared/trial.ts';
import { type TrialOutcome, transformOf } from './trial.ts';

/** Outcomes of inputs, node by node, with what no message reached. Every node of the plan stands in it, also untouched ones. */
export function collect(
  plan: Plan,
  types: readonly NodeTypeInfo[],
  outcomes: Iterable<TrialOutcome>,
): Pick<TrialResult, 'records' | 'nodes' | 'unreached'> {
  const stage = transformOf(plan);
  const typeOf = new Map(types.map((type) => [type.type, type]));
  const nodes: Record<string, NodeTrial> = {};
  for (const node of stage.nodes) {
    const out = Object.fromEntries(portsOf(node, typeOf.get(node.type)).map((port) => [port, []]));
    nodes[node.id] = { in: [], out, filtered: [], failed: [], calls: [] };
  }
  const records: TrialResult['records'] = [];
  for (const outcome of outcomes) {
    for (const record of outcome.records) {
      records.push(record);
      // A record that its source could not decode left by no port.
      if (record.port === 'in' && record.topic === undefined) continue;
      const out = nodes[record.node]?.out;
      if (out) (out[record.port] ??= []).push(record.id);
    }
    for (const { node, record } of outcome.arrived) nodes[node]?.in.push(record);
    for (const { node, ...rest } of outcome.filtered) nodes[node]?.filtered.push(rest);
    for (const { node, ...rest } of outcome.failed) nodes[node]?.failed.push(rest);
    for (const { node, ...rest } of outcome.calls) nodes[node]?.calls.push(rest);
  }
  const connected = new Set(stage.edges.map(({ from }) => `${from.node}\n${from.port}`));
  const unreached = stage.nodes.flatMap((node) => {
    const trial = nodes[node.id];
    if (trial === undefined || trial.in.length === 0) return [{ node: node.id }];
    // What a sink refuses shows as failed; a port is a branch only where something can follow or was meant to.
    if (node.kind === 'sink' || node.mode !== undefined) return [];
    return Object.entries(trial.out)
      .filter(([port, out]) => out.length === 0 && (port !== 'error' || connected.has(`${node.id}\nerror`)))
      .map(([port]) => ({ node: node.id, port }));
  });
  return { records, nodes, unreached };
}

function portsOf(node: PlanNode, type: NodeTypeInfo | undefined): string[] {
  if (node.kind === 'sink') return ['in'];
  return type === undefined ? [] : outputPorts(type, node.config).map(({ id }) => id);
}
