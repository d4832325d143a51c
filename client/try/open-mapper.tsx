import { Waypoints } from 'lucide-react';
import { useSearchParams } from 'react-router';
import type { FlowNode } from '#shared/flow.ts';
import { Button } from '../ui/button.tsx';

/** Opens the mapper of a map node, at a row where one is given; nothing for other nodes. */
export function OpenMapper({ node, row }: { node: FlowNode; row: string | undefined }) {
  const [params, setParams] = useSearchParams();
  if (node.type !== 'map') return null;
  const open = () => {
    const next = new URLSearchParams(params);
    next.delete('field');
    next.set('node', node.id);
    next.set('tab', 'mapping');
    if (row === undefined) next.delete('row');
    else next.set('row', row);
    setParams(next);
  };
  return (
    <Button size="small" icon={<Waypoints size={14} />} onClick={open}>
      {row === undefined ? 'Open in mapper' : `Open ${row} in mapper`}
    </Button>
  );
}
