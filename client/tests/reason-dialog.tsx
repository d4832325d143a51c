import { type ReactNode, useState } from 'react';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { TextAreaField } from '../ui/field.tsx';
import { describeError } from '../ui/states.tsx';
import { Notice } from '../ui/status.tsx';
import styles from './reason-dialog.module.css';

/** Asks for the reason of something that is told to others; what it does stands on the button. */
export function ReasonDialog({
  title,
  label,
  help,
  action,
  least = 1,
  danger = false,
  children,
  onConfirm,
  onClose,
}: {
  title: string;
  label: string;
  help: string;
  action: string;
  /** Characters that a reason has at least. */
  least?: number;
  danger?: boolean;
  children?: ReactNode;
  onConfirm: (reason: string) => Promise<void>;
  onClose: () => void;
}) {
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const given = reason.trim();
  const confirm = () => {
    if (given.length < least) return;
    setBusy(true);
    setError(undefined);
    onConfirm(given).then(onClose, (cause: unknown) => {
      setError(cause);
      setBusy(false);
    });
  };
  return (
    <Dialog
      title={title}
      size={560}
      onClose={onClose}
      locked={busy}
      footer={
        <>
          <Button onClick={onClose} disabled={busy}>
            Cancel
          </Button>
          <Button look={danger ? 'danger' : 'filled'} busy={busy} disabled={given.length < least} onClick={confirm}>
            {action}
          </Button>
        </>
      }
    >
      <div className={styles.body}>
        {children}
        <TextAreaField
          label={label}
          help={help}
          rows={3}
          maxLength={1000}
          value={reason}
          data-autofocus
          onChange={(event) => setReason(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) confirm();
          }}
        />
        {error !== undefined && (
          <Notice level="error" title="That did not work">
            {describeError(error).message}
          </Notice>
        )}
      </div>
    </Dialog>
  );
}
