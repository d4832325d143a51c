import type { InboxCauseDetail } from '#shared/inbox.ts';
import { api, type Selection } from '../api.ts';
import { exact, plural } from '../format.ts';
import { ReasonDialog } from '../tests/reason-dialog.tsx';

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
  return (
    <ReasonDialog
      title={`Discard ${plural(count, 'message')}`}
      label="Why"
      help="Stands in the audit beside your name."
      action={`Discard ${exact(count)}`}
      refusal="Nothing was discarded"
      keep="Keep them"
      least={3}
      danger
      onConfirm={async (reason) => {
        const { messages } = await api.discardLetters(cause.id, select, reason);
        onDone(messages);
      }}
      onClose={onClose}
    >
      <p>They leave the open ones and stand under Discarded, from where they can be recovered until retention takes them.</p>
    </ReasonDialog>
  );
}
