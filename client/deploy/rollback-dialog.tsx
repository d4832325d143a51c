import { useState } from 'react';
import type { Deployment } from '#shared/api.ts';
import { ApiError, api } from '../api.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { TextField } from '../ui/field.tsx';
import { describeError } from '../ui/states.tsx';
import { Notice } from '../ui/status.tsx';
import styles from './canary-panel.module.css';

/** Makes an older version live again, and leads on to processing again what the newer one handled. */
export function RollbackDialog({
  flow,
  to,
  from,
  onClose,
  onDone,
}: {
  flow: string;
  to: number;
  from: number;
  onClose: () => void;
  onDone: (deployment: Deployment, again: boolean) => void;
}) {
  const [again, setAgain] = useState(true);
  const [busy, setBusy] = useState(false);
  const [reason, setReason] = useState('');
  const [error, setError] = useState<unknown>();
  const blocked = error instanceof ApiError && error.status === 409;
  const deploy = () => {
    setBusy(true);
    setError(undefined);
    const override = blocked && reason.trim() !== '' ? reason.trim() : undefined;
    api.deploy(flow, to, override).then(
      (deployment) => onDone(deployment, again),
      (cause: unknown) => {
        setError(cause);
        setBusy(false);
      },
    );
  };
  return (
    <Dialog
      title={`Roll back to version ${to}`}
      onClose={onClose}
      locked={busy}
      footer={
        <>
          <Button onClick={onClose} disabled={busy}>
            Cancel
          </Button>
          <Button look="filled" busy={busy} onClick={deploy} data-autofocus>
            Deploy version {to}
          </Button>
        </>
      }
    >
      <div className={styles.form}>
        <p>
          Version {from} is drained to a barrier, and version {to} goes on from there: nothing is lost and nothing comes twice. The draft
          stays as it is.
        </p>
        <label className={styles.check}>
          <input type="checkbox" checked={again} onChange={(event) => setAgain(event.target.checked)} />
          <span>
            Then plan to process again what version {from} handled
            <span className={styles.help}>Opens the replay page, filled in. Nothing is replayed before you start it there.</span>
          </span>
        </label>
        {error !== undefined && (
          <Notice level="error" title="The rollback did not go through">
            {describeError(error).message}
          </Notice>
        )}
        {blocked && (
          <TextField
            label="Reason to deploy all the same"
            help="Kept with the deployment for ever."
            value={reason}
            onChange={(event) => setReason(event.target.value)}
          />
        )}
      </div>
    </Dialog>
  );
}
