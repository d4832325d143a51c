import { useState } from 'react';
import type { Deployment } from '#shared/api.ts';
import { ApiError, api } from '../api.ts';
import { TextField } from '../ui/field.tsx';
import { SendDialog } from '../ui/send-dialog.tsx';
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
  const [reason, setReason] = useState('');
  const [blocked, setBlocked] = useState(false);
  const deploy = async (): Promise<void> => {
    try {
      onDone(await api.deploy(flow, to, (blocked && reason.trim()) || undefined), again);
    } catch (cause) {
      setBlocked(cause instanceof ApiError && cause.status === 409);
      throw cause;
    }
  };
  return (
    <SendDialog
      title={`Roll back to version ${to}`}
      action={`Deploy version ${to}`}
      refusal="The rollback did not go through"
      focus="action"
      onSend={deploy}
      onClose={onClose}
    >
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
      {blocked && (
        <TextField
          label="Reason to deploy all the same"
          help="Kept with the deployment for ever."
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
      )}
    </SendDialog>
  );
}
