import { useState } from 'react';
import type { VersionInfo } from '#shared/api.ts';
import { ApiError, api } from '../api.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { SelectField, TextField } from '../ui/field.tsx';
import { describeError } from '../ui/states.tsx';
import { Notice } from '../ui/status.tsx';
import styles from './canary-panel.module.css';
import { ShareField, shareOf } from './share-field.tsx';

const draft = 'draft';

/** Asks which version is to be tried, and on how much. */
export function CanaryDialog({
  flow,
  base,
  changed,
  versions,
  onClose,
  onStarted,
}: {
  flow: string;
  base: number;
  changed: boolean;
  versions: readonly VersionInfo[];
  onClose: () => void;
  onStarted: () => void;
}) {
  const others = versions.filter(({ version }) => version !== base);
  const [version, setVersion] = useState(changed ? draft : String(others[0]?.version ?? draft));
  const [share, setShare] = useState('10');
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const wanted = shareOf(share);
  const blocked = error instanceof ApiError && error.status === 409;
  const start = () => {
    if (wanted === undefined) return;
    setBusy(true);
    setError(undefined);
    const override = blocked && reason.trim() !== '' ? { override: { reason: reason.trim() } } : {};
    api
      .startCanary(flow, { share: wanted, ...(version !== draft && { version: Number(version) }), ...override })
      .then(onStarted, (cause: unknown) => {
        setError(cause);
        setBusy(false);
      });
  };
  return (
    <Dialog
      title="Start a canary"
      onClose={onClose}
      locked={busy}
      footer={
        <>
          <Button onClick={onClose} disabled={busy}>
            Cancel
          </Button>
          <Button look="filled" busy={busy} disabled={wanted === undefined} onClick={start}>
            Start the canary
          </Button>
        </>
      }
    >
      <div className={styles.form}>
        <SelectField label="Version on trial" value={version} onChange={(event) => setVersion(event.target.value)}>
          {(changed || others.length === 0) && <option value={draft}>The draft</option>}
          {others.map((one) => (
            <option key={one.version} value={one.version}>
              Version {one.version}
              {one.note === '' ? '' : `: ${one.note.slice(0, 60)}`}
            </option>
          ))}
        </SelectField>
        <ShareField value={share} onChange={setShare} />
        <p className={styles.help}>
          A key goes to one of the two versions, always the same one, so its order is kept. What comes out says which version made it.
          Sources, sinks and their settings must be the same in both.
        </p>
        {error !== undefined && (
          <Notice level="error" title="The canary did not start">
            {describeError(error).message}
          </Notice>
        )}
        {blocked && (
          <TextField
            label="Reason to start all the same, if the gate stands in the way"
            value={reason}
            onChange={(event) => setReason(event.target.value)}
          />
        )}
      </div>
    </Dialog>
  );
}
