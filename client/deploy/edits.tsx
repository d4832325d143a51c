import { ArrowLeftRight } from 'lucide-react';
import { useMemo, useState } from 'react';
import type { Flow } from '#shared/flow.ts';
import { changeText } from '#shared/flow-diff/change.ts';
import { diffFlows } from '#shared/flow-diff.ts';
import { api } from '../api.ts';
import { plural } from '../format.ts';
import { useLoad } from '../load.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import styles from './edits.module.css';

/** How the draft differs from what is deployed, in the words of those who drew it; the drawing left out. */
export function Edits({ before, after }: { before: Flow; after: Flow }) {
  const catalog = useLoad(() => api.nodeTypes(), '');
  const [open, setOpen] = useState(false);
  const changes = useMemo(
    () => diffFlows(before, after, catalog.data).filter((change) => change.weight !== 'drawing'),
    [before, after, catalog.data],
  );
  if (changes.length === 0) return null;
  return (
    <>
      <Button icon={<ArrowLeftRight size={16} aria-hidden="true" />} onClick={() => setOpen(true)}>
        Show {changes.length === 1 ? 'the edit' : `the ${changes.length} edits`}
      </Button>
      {open && (
        <Dialog title={plural(changes.length, 'edit')} onClose={() => setOpen(false)} size={640}>
          <ul className={styles.list}>
            {changes.map((change) => (
              <li key={changeText(change)}>{changeText(change)}</li>
            ))}
          </ul>
        </Dialog>
      )}
    </>
  );
}
