import { nodeName } from './node-name.ts';
import type { Stage } from './plan.ts';

/** What a stage is called in a sentence: `the delivery to “ERP”`. Types give the names of nodes without a label. */
export function stageName(stage: Stage | undefined, types: Parameters<typeof nodeName>[1]): string {
  if (stage === undefined) return 'a stage';
  if (stage.kind === 'transform') return 'the mapping of messages';
  return stage.kind === 'ingest' ? `the intake of “${nodeName(stage.node, types)}”` : `the delivery to “${nodeName(stage.node, types)}”`;
}
