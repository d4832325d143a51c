import { useState } from 'react';
import type { ReconcileReport } from '#shared/reconcile.ts';
import { api } from '../api.ts';
import { plural } from '../format.ts';
import { TextField } from '../ui/field.tsx';
import { Segments } from '../ui/segments.tsx';
import { SendDialog } from '../ui/send-dialog.tsx';
import { AuthFields, noAuth } from './auth-fields.tsx';

/** Asks where the full records come from, says what will happen, and starts the backfill. */
export function BackfillDialog({
  report,
  source,
  onClose,
  onStarted,
}: {
  report: ReconcileReport;
  source: string;
  onClose: () => void;
  onStarted: () => void;
}) {
  const [from, setFrom] = useState<'list' | 'fetch'>(report.hasRecords === true ? 'list' : 'fetch');
  const [url, setUrl] = useState('');
  const [path, setPath] = useState('');
  const [auth, setAuth] = useState(noAuth);
  const count = report.counts.missing ?? 0;
  const write = async (): Promise<void> => {
    await api.backfill(report.flow, report.id, { record: from === 'list' ? { from } : { from, url, path, ...auth } });
    onStarted();
  };
  return (
    <SendDialog
      title={`Backfill ${plural(count, 'message')}?`}
      action={`Write ${plural(count, 'message')}`}
      refusal="The backfill was not started"
      onSend={write}
      onClose={onClose}
    >
      <p>
        They are written to “{source}” as if they had come in there, and go to every sink of the flow. Right before, the log is looked at
        again, so that nothing comes in twice.
      </p>
      {report.hasRecords === true && (
        <Segments
          label="Where the records come from"
          value={from}
          onChange={setFrom}
          options={[
            { value: 'list', label: 'From the list' },
            { value: 'fetch', label: 'Fetch each' },
          ]}
        />
      )}
      {from === 'fetch' && (
        <>
          <TextField
            label="Address of one record"
            type="url"
            required
            placeholder="https://shop.example.com/orders/{id}"
            value={url}
            onChange={(event) => setUrl(event.target.value)}
            data-autofocus
          />
          <TextField
            label="Record in the answer"
            placeholder="order"
            help="Empty: the answer is the record."
            value={path}
            onChange={(event) => setPath(event.target.value)}
          />
          <AuthFields value={auth} onChange={setAuth} />
        </>
      )}
    </SendDialog>
  );
}
