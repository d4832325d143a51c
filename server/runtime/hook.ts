import type { RunState } from '#shared/events.ts';
import type { Plan } from '#shared/plan.ts';
import type { NodeType } from '../sdk.ts';

/** A webhook source of a deployed flow: the requests it claims. */
export interface Hook {
  flow: string;
  node: string;
  method: string;
  path: string;
  maxBytes: number;
}

/** The hook that claims a method and path; one of a flow that runs goes before one of a flow that was stopped. */
export function findHook(
  runs: Iterable<{ plan: Plan; state: RunState }>,
  types: ReadonlyMap<string, NodeType>,
  method: string,
  path: string,
): Hook | undefined {
  let idle: Hook | undefined;
  for (const { plan, state } of runs) {
    const hook = hooksOf(plan, types).find((each) => each.path === path && each.method === method);
    if (hook === undefined) continue;
    if (state !== 'stopped' && state !== 'failed') return hook;
    idle ??= hook;
  }
  return idle;
}

function hooksOf(plan: Plan, types: ReadonlyMap<string, NodeType>): Hook[] {
  return plan.stages.flatMap((stage) => {
    if (stage.kind !== 'ingest') return [];
    const type = types.get(stage.node.type);
    if (type === undefined || type.kind !== 'source' || !('hook' in type) || type.hook === undefined) return [];
    return [{ flow: plan.flow, node: stage.node.id, ...type.hook(stage.node.config as never) }];
  });
}
