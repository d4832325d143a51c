import { useState } from 'react';
import { ApiError, api } from '../api.ts';
import { TextAreaField } from '../ui/field.tsx';
import { ProblemList } from '../ui/problem-list.tsx';
import { SendDialog } from '../ui/send-dialog.tsx';
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
  const next = (history.versions[0]?.version ?? 0) + 1;
  return (
    <SendDialog
      title={`Publish version ${next}`}
      action={`Publish version ${next}`}
      refusal="It was not published"
      detail={(error) =>
        error instanceof ApiError && (
          <ProblemList problems={error.problems} nameOf={(id) => record.flow.nodes.find((node) => node.id === id)?.label} />
        )
      }
      size={520}
      onSend={async () => onPublished((await api.publish(record.flow.id, note.trim())).version)}
      onClose={onClose}
    >
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
    </SendDialog>
  );
}
