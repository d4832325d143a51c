import { Modal } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { Button } from './button.tsx';
import styles from './dialog.module.css';
import { FocusScope } from './focus.tsx';
import { describeError } from './states.tsx';
import { Notice } from './status.tsx';

/** A modal dialog: Esc and the cross close it, the focus stays inside and returns to what opened it. */
export function Dialog({
  title,
  onClose,
  size = 480,
  children,
  footer,
  locked = false,
}: {
  title: ReactNode;
  onClose: () => void;
  size?: number;
  children: ReactNode;
  footer?: ReactNode;
  /** True while something runs that closing would not stop: then only the end closes it. */
  locked?: boolean;
}) {
  return (
    <Modal
      opened
      // The keyboard is moved by FocusScope: the library does it a timer later, and keys that come before are lost.
      trapFocus={false}
      returnFocus={false}
      onClose={onClose}
      title={title}
      size={size}
      centered
      padding={20}
      closeOnEscape={!locked}
      closeOnClickOutside={!locked}
      closeButtonProps={{ 'aria-label': 'Close', disabled: locked }}
      transitionProps={{ duration: 100, transition: 'fade' }}
      overlayProps={{ backgroundOpacity: 1, color: 'var(--overlay)' }}
    >
      <FocusScope />
      {children}
      {footer !== undefined && <div className={styles.footer}>{footer}</div>}
    </Modal>
  );
}

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
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const confirm = (): void => {
    setBusy(true);
    setError(undefined);
    onConfirm().then(onClose, (cause: unknown) => {
      setError(cause);
      setBusy(false);
    });
  };
  return (
    <Dialog
      title={title}
      onClose={onClose}
      locked={busy}
      footer={
        <>
          <Button onClick={onClose} disabled={busy} data-autofocus>
            Keep it
          </Button>
          <Button look="danger" busy={busy} onClick={confirm}>
            {action}
          </Button>
        </>
      }
    >
      <div className={styles.text}>{children}</div>
      {error !== undefined && (
        <div className={styles.error}>
          <Notice level="error" title="That did not work">
            {describeError(error).message}
          </Notice>
        </div>
      )}
    </Dialog>
  );
}
