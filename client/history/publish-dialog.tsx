import { type FormEvent, useState } from 'react';
import { ApiError, api } from '../api.ts';
import { Button } from '../ui/button.tsx';
import dialogStyles from '../ui/dialog.module.css';
import { Dialog } from '../ui/dialog.tsx';
import { TextAreaField } from '../ui/field.tsx';
import { ProblemList } from '../ui/problem-list.tsx';
import { describeError } from '../ui/states.tsx';
import { Notice } from '../ui/status.tsx';
import type { HistoryData } from './history-page.tsx';

/** Publishes the draft as the next version, with a note on what it is for. */
export function PublishDialog({
  data: { history, record },
  onClose,
  onPublished,
}: {
  data: HistoryData;
  onClose: () => void;
  onPublished: (version: number) => void;
}) {
  const [note, setNote] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const next = (history.versions[0]?.version ?? 0) + 1;
  const publish = (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    api.publish(record.flow.id, note.trim()).then(
      ({ version }) => {
        onPublished(version);
        onClose();
      },
      (cause: unknown) => {
        setBusy(false);
        setError(cause);
      },
    );
  };
  return (
    <Dialog title={`Publish version ${next}`} onClose={onClose} locked={busy} size={520}>
      <form onSubmit={publish}>
        <TextAreaField
          label="Note"
          data-autofocus
          rows={3}
          maxLength={4000}
          value={note}
          placeholder="What this version is for"
          help="Stands in the history for those who come later. Publishing runs nothing; Deploy does."
          onChange={(event) => setNote(event.target.value)}
        />
        {error !== undefined && (
          <div className={dialogStyles.error}>
            <Notice level="error" title="It was not published">
              {describeError(error).message}
            </Notice>
            {error instanceof ApiError && (
              <ProblemList problems={error.problems} nameOf={(id) => record.flow.nodes.find((node) => node.id === id)?.label} />
            )}
          </div>
        )}
        <div className={dialogStyles.footer}>
          <Button onClick={onClose} disabled={busy}>
            Cancel
          </Button>
          <Button type="submit" look="filled" busy={busy}>
            Publish version {next}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
