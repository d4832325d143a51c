import type { ReactNode } from 'react';
import styles from './confirm-dialog.module.css';
import { SendDialog } from './send-dialog.tsx';

/** Asks before something that cannot be taken back. The button names the effect; a failure is shown in place. */
export function ConfirmDialog({
  title,
  children,
  action,
  onConfirm,
  onClose,
}: {
  title: string;
  children: ReactNode;
  /** The effect, as on the button: "Delete Web shop orders". */
  action: string;
  onConfirm: () => Promise<void>;
  onClose: () => void;
}) {
  return (
    <SendDialog
      title={title}
      action={action}
      refusal="That did not work"
      keep="Keep it"
      look="danger"
      focus="keep"
      onSend={onConfirm}
      onClose={onClose}
    >
      <div className={styles.text}>{children}</div>
    </SendDialog>
  );
}
