import { Waypoints } from 'lucide-react';
import type { FlowNode } from '#shared/flow.ts';
import type { NodeTypeInfo } from '#shared/node-type.ts';
import { useEditor } from '../editor/context.ts';
import { Button } from '../ui/button.tsx';

/** Opens the mapper of a map node, at the row of a failure where its place in the text is known; nothing for other nodes. */
export function OpenMapper({ node, type, position }: { node: FlowNode; type: NodeTypeInfo | undefined; position: number | undefined }) {
  const editor = useEditor();
  if (type?.type !== 'map') return null;
  return (
    <Button
      size="small"
      icon={<Waypoints size={14} />}
      onClick={() => {
        editor.select({ nodes: [node.id] });
        editor.set({ mapping: { node: node.id, field: 'expression' } });
      }}
    >
      {position === undefined ? 'Open in mapper' : 'Open this row in the mapper'}
    </Button>
  );
}
