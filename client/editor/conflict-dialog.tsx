import { useState } from 'react';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Notice } from '../ui/status.tsx';
import type { Autosave } from './autosave.ts';
import styles from './conflict-dialog.module.css';
import { useEditorState } from './context.ts';

/** Somebody else saved this flow meanwhile: the person chooses, nothing is overwritten. */
export function ConflictDialog({ autosave, onCopied }: { autosave: Autosave; onCopied: (id: string) => void }) {
  const conflict = useEditorState((state) => state.save.kind === 'conflict');
  const [later, setLater] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<string>();
  if (!conflict) return null;
  if (later) {
    return (
      <div className={styles.bar}>
        <Notice
          level="warning"
          title="Your changes are not saved"
          action={
            <Button size="small" onClick={() => setLater(false)}>
              Decide now
            </Button>
          }
        >
          Somebody else saved this flow since you opened it.
        </Notice>
      </div>
    );
  }
  const doing = (work: () => Promise<void>) => {
    setBusy(true);
    setFailed(undefined);
    work()
      .catch((error: unknown) => setFailed(error instanceof Error ? error.message : String(error)))
      .finally(() => setBusy(false));
  };
  return (
    <Dialog
      title="Somebody else saved this flow"
      size={520}
      locked={busy}
      onClose={() => setLater(true)}
      footer={
        <>
          <Button disabled={busy} onClick={() => doing(() => autosave.loadTheirs())}>
            Load theirs
          </Button>
          <Button look="filled" busy={busy} onClick={() => doing(async () => onCopied(await autosave.keepAsCopy()))}>
            Keep mine as a copy
          </Button>
        </>
      }
    >
      <p>
        Your last changes are not saved, so that theirs are not lost. Keep yours as a new flow, or load theirs; after loading, Undo still
        brings yours back.
      </p>
      {failed !== undefined && (
        <Notice level="error" title="That did not work">
          {failed}
        </Notice>
      )}
    </Dialog>
  );
}
