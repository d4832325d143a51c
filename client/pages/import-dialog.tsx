import { FileJson2 } from 'lucide-react';
import { type DragEvent, type FormEvent, useRef, useState } from 'react';
import { useNavigate } from 'react-router';
import { parseFlow } from '#shared/document.ts';
import type { Flow } from '#shared/flow.ts';
import type { Problem } from '#shared/problem.ts';
import { ApiError, api } from '../api.ts';
import { reloadFlowList, useFlowList } from '../flow-list.ts';
import { plural } from '../format.ts';
import { Button } from '../ui/button.tsx';
import dialogStyles from '../ui/dialog.module.css';
import { Dialog } from '../ui/dialog.tsx';
import { TextField } from '../ui/field.tsx';
import { ProblemList } from '../ui/problem-list.tsx';
import { describeError } from '../ui/states.tsx';
import { Notice } from '../ui/status.tsx';
import { idFor } from './flow-groups.ts';
import styles from './import-dialog.module.css';

/** Takes a flow from a JSON file: shows what is in it, lets the name be changed, and makes a new flow of it. */
export function ImportDialog({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const { flows } = useFlowList();
  const taken = new Set((flows ?? []).map((flow) => flow.id));
  const picker = useRef<HTMLInputElement>(null);
  const [file, setFile] = useState<string>();
  const [flow, setFlow] = useState<Flow>();
  const [name, setName] = useState('');
  const [problems, setProblems] = useState<readonly Problem[]>([]);
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);
  const id = flow === undefined ? '' : taken.has(flow.id) ? idFor(name === flow.name ? flow.id : name, taken) : flow.id;

  const take = async (chosen: File | undefined): Promise<void> => {
    if (chosen === undefined) return;
    const read = parseFlow(await chosen.text());
    setFile(chosen.name);
    setError(undefined);
    setProblems(read.flow === undefined ? read.problems : []);
    setFlow(read.flow);
    setName(read.flow?.name ?? '');
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    void take(event.dataTransfer.files[0]);
  };
  const create = (event: FormEvent): void => {
    event.preventDefault();
    if (flow === undefined) return;
    setBusy(true);
    setError(undefined);
    api.createFlow({ ...flow, id, name: name.trim() }).then(
      () => {
        void reloadFlowList();
        void navigate(`/flows/${id}`);
      },
      (cause: unknown) => {
        setBusy(false);
        setError(describeError(cause).message);
        setProblems(cause instanceof ApiError ? cause.problems : []);
      },
    );
  };

  return (
    <Dialog title="Import a flow" onClose={onClose} size={520} locked={busy}>
      <form onSubmit={create}>
        <input
          ref={picker}
          type="file"
          accept=".json,application/json"
          className="visually-hidden"
          tabIndex={-1}
          aria-label="Flow file"
          onChange={(event) => void take(event.target.files?.[0])}
        />
        <button
          type="button"
          data-autofocus
          className={styles.drop}
          onClick={() => picker.current?.click()}
          onDragOver={(event) => event.preventDefault()}
          onDrop={drop}
        >
          <FileJson2 size={20} aria-hidden="true" />
          <span>
            <strong>{file ?? 'Choose a flow file'}</strong>
            <span className={styles.hint}>{file === undefined ? 'or drop one here; JSON, as Export makes it' : 'Choose another'}</span>
          </span>
        </button>
        {flow !== undefined && (
          <div className={styles.name}>
            <TextField
              label="Name"
              value={name}
              maxLength={120}
              onChange={(event) => setName(event.target.value)}
              help={
                <>
                  It has {plural(flow.nodes.length, 'node')} and {plural(flow.edges.length, 'connection')}. It comes in as the draft{' '}
                  <code>{id}</code>
                  {taken.has(flow.id) ? <>, because the id {flow.id} is taken</> : ''}. Nothing runs until it is deployed.
                </>
              }
            />
          </div>
        )}
        {(error !== undefined || problems.length > 0) && (
          <div className={styles.problems}>
            <Notice level="error" title={error ?? `${file ?? 'The file'} is not a flow that can be imported`} />
            <ProblemList problems={problems} />
          </div>
        )}
        <div className={dialogStyles.footer}>
          <Button onClick={onClose} disabled={busy}>
            Cancel
          </Button>
          <Button type="submit" look="filled" busy={busy} disabled={flow === undefined || name.trim() === ''}>
            Import flow
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
