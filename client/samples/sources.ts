import type { Flow } from '#shared/flow.ts';
import { nodeName } from '#shared/node-name.ts';
import type { TypeIndex } from '../editor/document.ts';

/** A source of a flow, as a place that samples can come from. */
export interface SampleSource {
  node: string;
  name: string;
  /** The topic it reads, where the document names one; sources from outside have a topic of the flow's own. */
  topic: string | undefined;
  /** False while there can be no messages: no topic is chosen, or the flow's own topic is only made by the first deploy. */
  ready: boolean;
}

/** The sources of a flow in the order of the document; `deployed` is the document that is live, if one is. */
export function sourcesOf(flow: Flow, types: TypeIndex, deployed: Flow | undefined): SampleSource[] {
  return flow.nodes.flatMap((node) => {
    const type = types.get(node.type);
    if (type?.kind !== 'source') return [];
    const name = nodeName(node, types);
    if (type.topic === undefined)
      return [{ node: node.id, name, topic: undefined, ready: deployed?.nodes.some((each) => each.id === node.id) === true }];
    const topic = node.config[type.topic.field];
    const chosen = typeof topic === 'string' && topic !== '' ? topic : undefined;
    return [{ node: node.id, name, topic: chosen, ready: chosen !== undefined }];
  });
}
