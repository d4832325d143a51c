import { useState } from 'react';
import { useNavigate } from 'react-router';
import { flowSchema } from '#shared/flow.ts';
import { api } from '../api.ts';
import { reloadFlowList, useFlowList } from '../flow-list.ts';
import { TextField } from '../ui/field.tsx';
import { SendDialog } from '../ui/send-dialog.tsx';
import { idFor } from './flow-groups.ts';

/** Asks for a name, makes the flow and opens it. The id is made of the name and cannot change later: topics carry it. */
export function NewFlowDialog({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const { flows } = useFlowList();
  const [name, setName] = useState('');
  const id = idFor(name, new Set((flows ?? []).map((flow) => flow.id)));

  return (
    <SendDialog
      title="New flow"
      action="Create flow"
      refusal="The flow was not created"
      size={440}
      disabled={name.trim() === ''}
      onSend={async () => {
        await api.createFlow(flowSchema.parse({ format: 1, id, name: name.trim() }));
        void reloadFlowList();
        void navigate(`/flows/${id}`);
      }}
      onClose={onClose}
    >
      <TextField
        label="Name"
        value={name}
        onChange={(event) => setName(event.target.value)}
        placeholder="Web shop orders"
        maxLength={120}
        data-autofocus
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
    </SendDialog>
  );
}
