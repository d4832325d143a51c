import { type FormEvent, useState } from 'react';
import { Link } from 'react-router';
import type { FlowNode } from '#shared/flow.ts';
import type { ReconcileReport } from '#shared/reconcile.ts';
import { timesWords } from '#shared/reconcile-schedule.ts';
import { api } from '../api.ts';
import { localText } from '../replay/time-input.tsx';
import { useMay } from '../session.ts';
import { Button } from '../ui/button.tsx';
import { SelectField, TextAreaField, TextField } from '../ui/field.tsx';
import { Segments } from '../ui/segments.tsx';
import { describeError } from '../ui/states.tsx';
import { Notice } from '../ui/status.tsx';
import { ListIdField, MessageIdField, noPoll, PollFields } from './list-fields.tsx';
import styles from './reconcile.module.css';
import { newRepeat, RepeatFields } from './repeat-fields.tsx';

const dayMs = 24 * 3_600_000;
type Way = 'file' | 'paste' | 'poll';

/** Asks what is to be compared and starts it, once or again and again. */
export function StartForm({
  flow,
  kind,
  isMain,
  nodes,
  nameOf,
  onStarted,
  onScheduled,
}: {
  flow: string;
  kind: 'source' | 'sink';
  /** False beside a report, whose way to mend is what the page is for then. */
  isMain: boolean;
  nodes: readonly FlowNode[];
  nameOf: (node: FlowNode) => string;
  onStarted: (report: ReconcileReport) => void;
  /** A comparison was added that repeats itself. */
  onScheduled: () => void;
}) {
  const mayStart = useMay('analyst');
  const mayPoll = useMay('developer');
  const [node, setNode] = useState(nodes[0]?.id ?? '');
  const [since, setSince] = useState(() => localText(Date.now() - dayMs));
  const [until, setUntil] = useState(() => localText(Date.now() + 60_000));
  const [field, setField] = useState('');
  const [often, setOften] = useState<'once' | 'repeated'>('once');
  const [repeat, setRepeat] = useState(newRepeat);
  const [chosenWay, setWay] = useState<Way>('file');
  const [file, setFile] = useState<File>();
  const [pasted, setPasted] = useState('');
  const [idField, setIdField] = useState('');
  const [poll, setPoll] = useState(noPoll);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();

  const isRepeated = often === 'repeated';
  // A list that was uploaded cannot be asked for again.
  const way = isRepeated ? 'poll' : chosenWay;
  const may = kind === 'source' && isRepeated ? mayPoll : mayStart;
  const named = field === '' ? { by: 'key' as const } : { by: 'field' as const, path: field };
  const place = nodes.find(({ id }) => id === node);
  const usualName = place === undefined ? '' : `${timesWords(repeat.times)}: ${nameOf(place)}`;

  async function schedule(): Promise<void> {
    const list = { from: 'poll' as const, ...poll, id: idField };
    const what = kind === 'sink' ? { kind, node } : { kind, node, named, list };
    const name = repeat.name.trim() === '' ? usualName : repeat.name;
    await api.addSchedule(flow, { ...repeat, name, what });
    setRepeat(newRepeat());
    onScheduled();
  }
  async function start(): Promise<ReconcileReport> {
    const period = { since: new Date(since).getTime(), until: new Date(until).getTime() };
    if (kind === 'sink') return api.startReconcile(flow, { kind, node, ...period });
    if (way === 'poll') {
      return api.startReconcile(flow, { kind, node, named, ...period, list: { from: 'poll', ...poll, id: idField } });
    }
    const list = way === 'file' ? file : new Blob([pasted]);
    if (list === undefined) throw new Error('Choose the file first.');
    return api.uploadReconcile(
      flow,
      { node, field, idField, ...period, name: way === 'file' ? (file?.name ?? 'list') : 'pasted list' },
      list,
    );
  }
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    (isRepeated ? schedule() : start().then(onStarted)).catch(setError).finally(() => setBusy(false));
  };
  const period = (
    <>
      <TextField label="From" type="datetime-local" step={1} required value={since} onChange={(event) => setSince(event.target.value)} />
      <TextField label="Until" type="datetime-local" step={1} required value={until} onChange={(event) => setUntil(event.target.value)} />
    </>
  );
  return (
    <form className={styles.forms} onSubmit={submit}>
      <div className={styles.bar}>
        <Segments
          label="Once or repeated"
          value={often}
          onChange={setOften}
          options={[
            { value: 'once', label: 'Once' },
            { value: 'repeated', label: 'Repeated' },
          ]}
        />
        {isRepeated && (
          <span className={styles.hint}>
            Runs by itself and keeps what it finds; a rule on the page <Link to="/alerts?tab=rules">Alerts</Link> tells of gaps.
          </span>
        )}
      </div>
      <div className={styles.grid}>
        <SelectField label={kind === 'source' ? 'Source' : 'Sink'} value={node} onChange={(event) => setNode(event.target.value)}>
          {nodes.map((one) => (
            <option key={one.id} value={one.id}>
              {nameOf(one)}
            </option>
          ))}
        </SelectField>
        {isRepeated ? <RepeatFields value={repeat} placeholder={usualName} onChange={setRepeat} /> : period}
        {kind === 'source' && <MessageIdField value={field} onChange={setField} />}
      </div>
      {kind === 'source' && (
        <>
          <div className={styles.bar} hidden={isRepeated}>
            <Segments
              label="Where the list comes from"
              value={way}
              onChange={setWay}
              options={[
                { value: 'file', label: 'File' },
                { value: 'paste', label: 'Paste' },
                ...(mayPoll ? [{ value: 'poll' as const, label: 'Ask over HTTP' }] : []),
              ]}
            />
            <span className={styles.hint}>What the system in front of this source says it has: CSV, JSON, or one id on each line.</span>
          </div>
          <div className={styles.grid}>
            {way === 'file' && (
              <label className={styles.file}>
                <span>List</span>
                <input
                  type="file"
                  accept=".csv,.json,.jsonl,.ndjson,.txt,.tsv"
                  required
                  onChange={(event) => setFile(event.target.files?.[0])}
                />
              </label>
            )}
            {way === 'poll' && <PollFields value={poll} onChange={setPoll} />}
            <ListIdField value={idField} required={way === 'poll'} onChange={setIdField} />
          </div>
          {way === 'paste' && (
            <TextAreaField label="List" mono rows={6} required value={pasted} onChange={(event) => setPasted(event.target.value)} />
          )}
        </>
      )}
      {error !== undefined && (
        <Notice level="error" title={isRepeated ? 'The schedule was not added' : 'The comparison was not started'}>
          {describeError(error).message}
        </Notice>
      )}
      <div className={styles.foot}>
        <Button look={isMain ? 'filled' : 'default'} type="submit" busy={busy} disabled={!may || node === ''}>
          {isRepeated ? 'Add the schedule' : 'Compare'}
        </Button>
        <span className={styles.hint}>
          {!may
            ? `To compare takes the role ${mayStart ? 'developer, because it calls an address with a secret' : 'analyst'}.`
            : kind === 'source'
              ? 'Reads the log and writes nothing.'
              : 'Reads the log and the keys of the rows, and writes nothing.'}
        </span>
      </div>
    </form>
  );
}
