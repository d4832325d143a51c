import { BookmarkPlus } from 'lucide-react';
import { useEffect, useId, useState } from 'react';
import type { Flow } from '#shared/flow.ts';
import type { CaptureRequest, CaptureResult } from '#shared/flow-test/listing.ts';
import { type FlowTest, flowTestFileName } from '#shared/flow-test.ts';
import { api } from '../api.ts';
import { plural } from '../format.ts';
import { useMay } from '../session.ts';
import { Button } from '../ui/button.tsx';
import { TextField } from '../ui/field.tsx';
import { SendDialog } from '../ui/send-dialog.tsx';
import { describeError, Skeleton } from '../ui/states.tsx';
import { Notice } from '../ui/status.tsx';
import { tell } from '../ui/tell.ts';
import styles from './save-test.module.css';
import { benchOf } from './test-bench.ts';
import { expectationInWords, freeName } from './words.ts';

/** What a test is to be made of: samples of the workspace, positions in Kafka (dead letters too), or messages. */
export type TestSource = Omit<CaptureRequest, 'name' | 'note' | 'flow'>;

interface SaveTestProps {
  flow: string;
  /** The document whose result is expected; left out, the stored draft. */
  document?: Flow;
  source: TestSource;
  /** A name to begin with. */
  name?: string;
  /** Called after it was saved, with the id of the test. */
  onSaved?: (test: string) => void;
}

/** A button that makes a test of messages and of what comes of them now. */
export function SaveAsTestButton({
  label = 'Save as test',
  size = 'small',
  disabled = false,
  ...props
}: SaveTestProps & { label?: string; size?: 'small' | 'medium'; disabled?: boolean }) {
  const [open, setOpen] = useState(false);
  const may = useMay('analyst');
  return (
    <>
      <Button
        size={size}
        icon={<BookmarkPlus size={14} />}
        disabled={disabled || !may}
        title={may ? 'Expect in future what comes of these messages now' : 'Saving tests needs the role analyst'}
        onClick={() => setOpen(true)}
      >
        {label}
      </Button>
      {open && <SaveTestDialog {...props} onClose={() => setOpen(false)} />}
    </>
  );
}

/** Tries the messages twice, shows what would be expected and which fields change from run to run, and saves it. */
export function SaveTestDialog({
  flow,
  document,
  source,
  name: wanted = 'New test',
  onSaved,
  onClose,
}: SaveTestProps & { onClose: () => void }) {
  const bench = benchOf(flow);
  const [name, setName] = useState(() => freeName(wanted, bench.getState().tests));
  const [proposal, setProposal] = useState<CaptureResult>();
  const [error, setError] = useState<unknown>();
  const [compared, setCompared] = useState<ReadonlySet<string>>(new Set());
  const [asked] = useState(() => ({ ...source, name: wanted, ...(document !== undefined && { flow: document }) }));
  useEffect(() => {
    const abort = new AbortController();
    api
      .captureFlowTest(flow, asked, { signal: abort.signal })
      .then(setProposal, (cause: unknown) => abort.signal.aborted || setError(cause));
    return () => abort.abort();
  }, [flow, asked]);

  const given = name.trim();
  const save = async (): Promise<void> => {
    if (!proposal) return;
    const { id } = await api.createFlowTest(flow, reviewed({ ...proposal.test, name: given }, compared));
    bench.choose(id);
    void bench.load().then(() => {
      // So that its state is known at once.
      if (document !== undefined) void bench.run(document, [id]);
    });
    tell(`Saved “${given}” as a test`, 'It runs in the editor, in CI and before every deploy.');
    onSaved?.(id);
  };
  return (
    <SendDialog
      title="Save as test"
      action="Save the test"
      refusal="The test was not saved"
      size={620}
      disabled={!proposal || given === '' || proposal.result.state === 'failed'}
      onSend={save}
      onClose={onClose}
    >
      <div className={styles.body}>
        <TextField
          label="Name"
          value={name}
          maxLength={120}
          data-autofocus
          error={given === '' ? 'Give the test a name.' : undefined}
          help={`The file will be ${flowTestFileName(name)}`}
          onChange={(event) => setName(event.target.value)}
        />
        {error !== undefined && (
          <Notice level="error" title="The test cannot be made">
            {describeError(error).message}
          </Notice>
        )}
        {proposal ? <Proposal proposal={proposal} compared={compared} onCompared={setCompared} /> : error === undefined && <Waiting />}
      </div>
    </SendDialog>
  );
}

function Waiting() {
  return (
    <div className={styles.waiting} role="status">
      <p className={styles.quiet}>Trying the messages twice, to see what changes from run to run…</p>
      <Skeleton width="70%" />
      <Skeleton width="54%" />
      <Skeleton width="62%" />
    </div>
  );
}

function Proposal({
  proposal: { test, result, volatile, labels, missing, masked },
  compared,
  onCompared,
}: {
  proposal: CaptureResult;
  compared: ReadonlySet<string>;
  onCompared: (compared: ReadonlySet<string>) => void;
}) {
  const id = useId();
  const label = (node: string) => labels[node] ?? node;
  const toggle = (place: string, on: boolean) => {
    const next = new Set(compared);
    if (on) next.delete(place);
    else next.add(place);
    onCompared(next);
  };
  return (
    <>
      <section aria-labelledby={`${id}-expected`}>
        <h3 id={`${id}-expected`} className={styles.heading}>
          {plural(test.samples.length, 'message')} {test.samples.length === 1 ? 'enters' : 'enter'}; expected is
        </h3>
        <ul className={styles.list}>
          {test.expect.map((one) => (
            <li key={expectationInWords(one, label)}>{expectationInWords(one, label)}</li>
          ))}
        </ul>
      </section>
      {volatile.length > 0 && (
        <section aria-labelledby={`${id}-volatile`}>
          <h3 id={`${id}-volatile`} className={styles.heading}>
            Ignored, because they change from run to run
          </h3>
          <ul className={styles.fields}>
            {volatile.flatMap(({ node, paths }) =>
              paths.map((path) => {
                const place = `${node}\n${path}`;
                return (
                  <li key={place}>
                    <label>
                      <input type="checkbox" checked={!compared.has(place)} onChange={(event) => toggle(place, event.target.checked)} />
                      <code>{path}</code>
                      <span className={styles.quiet}>at {label(node)}</span>
                    </label>
                  </li>
                );
              }),
            )}
          </ul>
        </section>
      )}
      {result.state === 'failed' && (
        <Notice level="warning" title="This would prove nothing">
          {result.sentence}
        </Notice>
      )}
      {(masked > 0 || missing.length > 0) && (
        <p className={styles.quiet}>
          {masked > 0 && `${plural(masked, 'field')} masked before anything is stored. `}
          {missing.length > 0 && `Gone from Kafka meanwhile: ${missing.join(', ')}.`}
        </p>
      )}
    </>
  );
}

/** The case without the ignored fields that the person wants compared. */
function reviewed(test: FlowTest, compared: ReadonlySet<string>): FlowTest {
  return {
    ...test,
    expect: test.expect.map((one) => {
      if (!('ignore' in one) || one.ignore === undefined) return one;
      const { ignore, ...rest } = one;
      const left = ignore.filter((path) => !compared.has(`${one.node}\n${path}`));
      return left.length > 0 ? { ...rest, ignore: left } : rest;
    }),
  };
}
