import { createHash } from 'node:crypto';
import { canonicalJson } from '#shared/canonical.ts';
import type { PlanNode, TransformStage } from '#shared/plan.ts';

/** What decides the work of all nodes alike. */
export interface NameGround {
  /** JSON data: the inputs by their content, clock, seed, version of the flow. */
  common: unknown;
  /** JSON data that decides one node's work beside its config: how its calls are answered. Undefined: nobody can say. */
  own(node: PlanNode): unknown;
}

/**
 * A name for the work of each node: a hash of the node and of everything that leads to it. Equal names mean equal messages
 * in an equal order, and equal results. A node whose work cannot be foretold, and all behind it, have none.
 */
export function nameNodes(stage: TransformStage, ground: NameGround): Map<string, string> {
  const names = new Map<string, string>();
  // Sources first: the nodes stand in topological order.
  for (const node of stage.nodes) {
    const own = ground.own(node);
    const before: string[] = [];
    let known = own !== undefined;
    for (const edge of stage.edges) {
      if (edge.to.node !== node.id) continue;
      const name = names.get(edge.from.node);
      if (name === undefined) known = false;
      else before.push(`${name}.${edge.from.port}`);
    }
    if (!known) continue;
    const { onError: _onError, retry: _retry, ...logic } = node;
    const input = stage.inputs.find((one) => one.node === node.id);
    names.set(
      node.id,
      createHash('sha256')
        .update(canonicalJson({ common: ground.common, own, logic, input: input ?? null, before }))
        .digest('hex'),
    );
  }
  return names;
}
