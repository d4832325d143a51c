import { Download } from 'lucide-react';
import { Button } from '../ui/button.tsx';
import { StatusBadge } from '../ui/status.tsx';

/** Whether something is sure, or only possible. */
export const Sure = ({ certainty }: { certainty: 'sure' | 'may' }) =>
  certainty === 'sure' ? <StatusBadge level="ok">sure</StatusBadge> : <StatusBadge level="warning">may go</StatusBadge>;

/** Both as files, for whoever answers for the data. */
export function Exports({ name, csv, json }: { name: string; csv: () => string; json: unknown }) {
  const save = (ending: string, type: string, text: string): void => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = `lineage-${name.replaceAll(/[^\w.-]+/g, '-')}.${ending}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  return (
    <>
      <Button icon={<Download size={14} />} onClick={() => save('csv', 'text/csv;charset=utf-8', csv())}>
        CSV
      </Button>
      <Button icon={<Download size={14} />} onClick={() => save('json', 'application/json', JSON.stringify(json, undefined, 2))}>
        JSON
      </Button>
    </>
  );
}
