import { useState } from 'react';
import type { InboxCauseDetail } from '#shared/inbox.ts';
import { api, type Selection } from '../api.ts';
import { exact, plural } from '../format.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { TextAreaField } from '../ui/field.tsx';
import { describeError } from '../ui/states.tsx';
import { Notice } from '../ui/status.tsx';
import styles from './dialogs.module.css';

/** Puts messages among the discarded ones, with a reason. */
export function DiscardDialog({
  cause,
  select,
  count,
  onClose,
  onDone,
}: {
  cause: InboxCauseDetail;
  select: Selection;
  count: number;
  onClose: () => void;
  onDone: (messages: number) => void;
}) {
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const discard = (): void => {
    setBusy(true);
    api.discardLetters(cause.id, select, reason).then(
      ({ messages }) => {
        onDone(messages);
        onClose();
      },
      (refused: unknown) => {
        setError(refused);
        setBusy(false);
      },
    );
  };
  return (
    <Dialog
      title={`Discard ${plural(count, 'message')}`}
      onClose={onClose}
      locked={busy}
      footer={
        <>
          <Button onClick={onClose} disabled={busy}>
            Keep them
          </Button>
          <Button look="danger" busy={busy} disabled={reason.trim().length < 3} onClick={discard}>
            Discard {exact(count)}
          </Button>
        </>
      }
    >
      <div className={styles.form}>
        <p>They leave the open ones and stand under Discarded, from where they can be recovered until retention takes them.</p>
        <TextAreaField
          label="Why"
          help="Stands in the audit beside your name."
          rows={3}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
          data-autofocus
        />
        {error !== undefined && (
          <Notice level="error" title="Nothing was discarded">
            {describeError(error).message}
          </Notice>
        )}
      </div>
    </Dialog>
  );
}
