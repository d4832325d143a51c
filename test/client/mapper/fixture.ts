import type { FlowRecord } from '#shared/api.ts';
import { createEditor, type Editor } from '../../../client/editor/store.ts';
import { line, types } from '../editor/fixture.ts';

/** An editor of a flow whose node `map` has this mapping. */
export function editorWith(expression: string): Editor {
  const flow = line();
  const nodes = flow.nodes.map((node) => (node.id === 'map' ? { ...node, config: { expression } } : node));
  const record: FlowRecord = {
    flow: { ...flow, nodes },
    revision: 1,
    changed: true,
    updatedAt: '2026-01-01T00:00:00.000Z',
    updatedBy: 'test',
  };
  return createEditor(record, { types: [...types.values()], failures: [] });
}
