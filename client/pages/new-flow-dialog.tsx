import { type FormEvent, useState } from 'react';
import { useNavigate } from 'react-router';
import { flowSchema } from '#shared/flow.ts';
import { api } from '../api.ts';
import { reloadFlowList, useFlowList } from '../flow-list.ts';
import { Button } from '../ui/button.tsx';
import dialogStyles from '../ui/dialog.module.css';
import { Dialog } from '../ui/dialog.tsx';
import { TextField } from '../ui/field.tsx';
import { describeError } from '../ui/states.tsx';
import { idFor } from './flow-groups.ts';

/** Asks for a name, makes the flow and opens it. The id is made of the name and cannot change later: topics carry it. */
export function NewFlowDialog({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const { flows } = useFlowList();
  const [name, setName] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const id = idFor(name, new Set((flows ?? []).map((flow) => flow.id)));

  const create = (event: FormEvent): void => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    const flow = flowSchema.parse({ format: 1, id, name: name.trim() });
    api.createFlow(flow).then(
      () => {
        void reloadFlowList();
        void navigate(`/flows/${id}`);
      },
      (cause: unknown) => {
        setBusy(false);
        setError(describeError(cause).message);
      },
    );
  };

  return (
    <Dialog title="New flow" onClose={onClose} size={440} locked={busy}>
      <form onSubmit={create}>
        <TextField
          label="Name"
          value={name}
          onChange={(event) => setName(event.target.value)}
          placeholder="Web shop orders"
          maxLength={120}
          data-autofocus
          error={error}
          help={
            name.trim() === '' ? (
              'What people call it. It can change later.'
            ) : (
              <>
                Its topics will be named <code>millrace.{id}.…</code>
              </>
            )
          }
        />
        <div className={dialogStyles.footer}>
          <Button onClick={onClose} disabled={busy}>
            Cancel
          </Button>
          <Button type="submit" look="filled" busy={busy} disabled={name.trim() === ''}>
            Create flow
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
