import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { Button, type ButtonProps } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { onceDrawn } from './focus.tsx';
import styles from './send-dialog.module.css';
import { describeError } from './states.tsx';
import { Notice } from './status.tsx';

/**
 * A dialog that sends what it asks for. Enter in a field and the button send; while that is under way nothing closes it, then it
 * closes by itself. What was refused is said in place, with all that was filled in, and the keyboard is where it was.
 */
export function SendDialog({
  title,
  action,
  refusal,
  detail,
  onSend,
  onClose,
  keep = 'Cancel',
  size,
  look = 'filled',
  disabled = false,
  focus,
  children,
}: {
  title: ReactNode;
  /** The effect, as on the button. */
  action: ReactNode;
  /** What did not happen when it is refused: "The rule was not saved". */
  refusal: string;
  /** More about why, below the sentence. */
  detail?: (error: unknown) => ReactNode;
  onSend: () => Promise<void>;
  onClose: () => void;
  /** The other button. */
  keep?: string;
  size?: number;
  look?: ButtonProps['look'];
  disabled?: boolean;
  /** Which of the buttons has the keyboard at first, where no field does. */
  focus?: 'action' | 'keep';
  children: ReactNode;
}) {
  const id = useId();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const send = (event: FormEvent): void => {
    event.preventDefault();
    if (busy || disabled) return;
    const from = document.activeElement;
    setBusy(true);
    setError(undefined);
    onSend().then(onClose, (cause: unknown) => {
      setError(cause);
      setBusy(false);
      onceDrawn(() => {
        if (document.activeElement === document.body && from instanceof HTMLElement) from.focus();
      });
    });
  };
  return (
    <Dialog
      title={title}
      onClose={onClose}
      locked={busy}
      {...(size !== undefined && { size })}
      footer={
        <>
          <Button onClick={onClose} disabled={busy} data-autofocus={focus === 'keep' || undefined}>
            {keep}
          </Button>
          <Button look={look} type="submit" form={id} busy={busy} disabled={disabled} data-autofocus={focus === 'action' || undefined}>
            {action}
          </Button>
        </>
      }
    >
      <form id={id} className={styles.form} onSubmit={send}>
        {children}
        {error !== undefined && (
          <>
            <Notice level="error" title={refusal}>
              {describeError(error).message}
            </Notice>
            {detail?.(error)}
          </>
        )}
      </form>
    </Dialog>
  );
}
