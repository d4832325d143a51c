import { FileArchive } from 'lucide-react';
import { type DragEvent, type FormEvent, useMemo, useRef, useState } from 'react';
import { useNavigate } from 'react-router';
import type { FlowRecord } from '#shared/api.ts';
import { formatFlow } from '#shared/document.ts';
import type { Flow } from '#shared/flow.ts';
import type { FlowChange } from '#shared/flow-diff/change.ts';
import { diffFlows } from '#shared/flow-diff.ts';
import { type FlowTest, flowTestId } from '#shared/flow-test.ts';
import type { Problem } from '#shared/problem.ts';
import { ApiError, api } from '../api.ts';
import { reloadFlowList, useFlowList } from '../flow-list.ts';
import { plural } from '../format.ts';
import { ChangeList, changesInWords } from '../history/change-list.tsx';
import { useLoad } from '../load.ts';
import { Button } from '../ui/button.tsx';
import dialogStyles from '../ui/dialog.module.css';
import { Dialog } from '../ui/dialog.tsx';
import { TextField } from '../ui/field.tsx';
import { ProblemList } from '../ui/problem-list.tsx';
import { Segments } from '../ui/segments.tsx';
import { describeError, ErrorState, SkeletonRows } from '../ui/states.tsx';
import { Notice } from '../ui/status.tsx';
import { readArchive } from './flow-archive.ts';
import { idFor } from './flow-groups.ts';
import styles from './import-dialog.module.css';

interface Taken {
  flow: Flow;
  tests: readonly FlowTest[];
  warnings: readonly Problem[];
}

/** Takes a flow from a file: shows what is in it and what it would change, and makes a draft of it. */
export function ImportDialog({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const { flows } = useFlowList();
  const ids = new Set((flows ?? []).map((flow) => flow.id));
  const picker = useRef<HTMLInputElement>(null);
  const [file, setFile] = useState<string>();
  const [taken, setTaken] = useState<Taken>();
  const [name, setName] = useState('');
  const [way, setWay] = useState<'replace' | 'new'>('replace');
  const [problems, setProblems] = useState<readonly Problem[]>([]);
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);
  const flow = taken?.flow;
  const known = flow !== undefined && ids.has(flow.id);
  const replaces = known && way === 'replace';
  const id = flow === undefined ? '' : known && !replaces ? idFor(name === flow.name ? flow.id : name, ids) : flow.id;
  const { record, changes, loaded } = useExisting(replaces ? flow : undefined);

  const take = async (chosen: File | undefined): Promise<void> => {
    if (chosen === undefined) return;
    const read = await readArchive(chosen);
    setFile(chosen.name);
    setError(undefined);
    setWay('replace');
    setProblems(read.flow === undefined ? read.problems : []);
    setTaken(read.flow === undefined ? undefined : read);
    setName(read.flow?.name ?? '');
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    void take(event.dataTransfer.files[0]);
  };
  const bringIn = (event: FormEvent): void => {
    event.preventDefault();
    if (taken === undefined) return;
    setBusy(true);
    setError(undefined);
    const stored =
      replaces && record !== undefined
        ? api.saveFlow(taken.flow, record.revision)
        : api.createFlow({ ...taken.flow, id, name: name.trim() });
    stored
      .then(() => saveTests(id, taken.tests, replaces))
      .then(
        () => {
          void reloadFlowList();
          void navigate(`/flows/${id}`);
        },
        (cause: unknown) => {
          setBusy(false);
          setError(describeError(cause).message);
          setProblems(cause instanceof ApiError ? cause.problems : []);
          if (replaces) loaded.reload();
        },
      );
  };
  const ready = taken !== undefined && (replaces ? changes !== undefined : name.trim() !== '');

  return (
    <Dialog title="Import a flow" onClose={onClose} size={replaces ? 640 : 520} locked={busy}>
      <form onSubmit={bringIn}>
        <input
          ref={picker}
          type="file"
          accept=".zip,.json,application/zip,application/json"
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
          <FileArchive size={20} aria-hidden="true" />
          <span>
            <strong>{file ?? 'Choose a flow file'}</strong>
            <span className={styles.hint}>
              {file === undefined ? 'or drop one here; a .zip or JSON, as Export makes it' : 'Choose another'}
            </span>
          </span>
        </button>
        {known && (
          <div className={styles.way}>
            <Segments
              label="What to do with it"
              options={[
                { value: 'replace', label: 'Replace the draft' },
                { value: 'new', label: 'As a new flow' },
              ]}
              value={way}
              onChange={setWay}
            />
          </div>
        )}
        {taken !== undefined && !replaces && (
          <div className={styles.name}>
            <TextField
              label="Name"
              value={name}
              maxLength={120}
              onChange={(event) => setName(event.target.value)}
              help={
                <>
                  It has {plural(taken.flow.nodes.length, 'node')}, {plural(taken.flow.edges.length, 'connection')} and{' '}
                  {plural(taken.tests.length, 'test')}. It comes in as the draft <code>{id}</code>
                  {known ? <>, because the id {taken.flow.id} is taken</> : ''}. Nothing runs until it is deployed.
                </>
              }
            />
          </div>
        )}
        {taken !== undefined && replaces && (
          <Replacing flow={taken.flow} tests={taken.tests.length} changes={changes} error={loaded.error} onRetry={loaded.reload} />
        )}
        {(error !== undefined || problems.length > 0) && (
          <div className={styles.problems}>
            <Notice level="error" title={error ?? `${file ?? 'The file'} is not a flow that can be imported`} />
            <ProblemList problems={problems} />
          </div>
        )}
        {taken !== undefined && taken.warnings.length > 0 && (
          <div className={styles.problems}>
            <ProblemList problems={taken.warnings} />
          </div>
        )}
        <div className={dialogStyles.footer}>
          <Button onClick={onClose} disabled={busy}>
            Cancel
          </Button>
          <Button type="submit" look="filled" busy={busy} disabled={!ready}>
            {replaces ? 'Replace the draft' : 'Import flow'}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

interface ReplacingProps {
  flow: Flow;
  tests: number;
  changes: readonly FlowChange[] | undefined;
  error: unknown;
  onRetry: () => void;
}

function Replacing({ flow, tests, changes, error, onRetry }: ReplacingProps) {
  return (
    <>
      <p className={styles.verdict} role="status">
        {changes === undefined
          ? `Comparing with the draft of ${flow.name}.`
          : changes.length === 0
            ? `The draft of ${flow.name} is the same already.`
            : `Replaces the draft of ${flow.name}, ${changesInWords(changes)}. Published versions stay, and what runs too until somebody deploys.`}
        {tests > 0 && ` ${plural(tests, 'test')} of the same name ${tests === 1 ? 'is' : 'are'} replaced, others stay.`}
      </p>
      {(changes === undefined || changes.length > 0) && (
        <div className={styles.changes}>
          {changes === undefined && error === undefined && <SkeletonRows rows={3} height={48} label="Comparing" />}
          {changes === undefined && error !== undefined && (
            <ErrorState what="The draft could not be loaded" error={error} onRetry={onRetry} />
          )}
          {changes !== undefined && <ChangeList changes={changes} />}
        </div>
      )}
    </>
  );
}

/** The draft that an imported flow would replace, and what that would change. */
function useExisting(flow: Flow | undefined) {
  // The same id may come from another file.
  const key = useMemo(() => (flow === undefined ? '' : formatFlow(flow)), [flow]);
  const loaded = useLoad(async (): Promise<{ record: FlowRecord; changes: FlowChange[] } | undefined> => {
    if (flow === undefined) return undefined;
    const [record, catalog] = await Promise.all([api.flow(flow.id), api.nodeTypes()]);
    return { record, changes: diffFlows(record.flow, flow, catalog) };
  }, key);
  return { record: loaded.data?.record, changes: loaded.data?.changes, loaded };
}

/** Stores the tests that came along; those of the same name are replaced. */
async function saveTests(id: string, tests: readonly FlowTest[], replaces: boolean): Promise<void> {
  const known = new Map(replaces && tests.length > 0 ? (await api.flowTests(id)).tests.map((test) => [test.id, test.revision]) : []);
  for (const test of tests) {
    const revision = known.get(flowTestId(test.name));
    await (revision === undefined ? api.createFlowTest(id, test) : api.saveFlowTest(id, flowTestId(test.name), test, revision));
  }
}
