import { useEffect, useState } from 'react';
import { parseJson } from '#shared/json.ts';
import { api } from '../../api.ts';
import { useEditorState, useFlow } from '../context.ts';

/**
 * The newest message that came to a node, as the live tap saw it leave the node before; undefined while there is none.
 * Only completion rests on it, so a flow that is not deployed simply completes no fields.
 */
export function useInputSample(node: string): unknown {
  const flow = useFlow();
  const deployed = useEditorState((state) => state.record.deployedVersion !== undefined);
  const edge = flow.edges.find((candidate) => candidate.to.node === node);
  const [sample, setSample] = useState<unknown>();
  const { node: from, port } = edge?.from ?? {};
  useEffect(() => {
    if (!deployed || from === undefined || port === undefined) return;
    let current = true;
    api.samples(flow.id, from, port).then(
      ([newest]) => {
        if (current && newest && !newest.truncated) setSample(readOrNothing(newest.value));
      },
      () => current && setSample(undefined),
    );
    return () => {
      current = false;
    };
  }, [flow.id, deployed, from, port]);
  return sample;
}

function readOrNothing(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
