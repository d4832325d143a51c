import type { FlowNode } from '#shared/flow.ts';
import type { NodeTypeInfo } from '#shared/node-type.ts';

/** Opens the mapper of a map node, at the row of a failure where its place in the text is known. */
export function OpenMapper(_: { node: FlowNode; type: NodeTypeInfo | undefined; position: number | undefined }) {
  return null;
}
