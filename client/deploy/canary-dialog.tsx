import { useState } from 'react';
import type { VersionInfo } from '#shared/api.ts';
import { ApiError, api } from '../api.ts';
import { SelectField, TextField } from '../ui/field.tsx';
import { SendDialog } from '../ui/send-dialog.tsx';
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
  const [blocked, setBlocked] = useState(false);
  const wanted = shareOf(share);
  const start = async (): Promise<void> => {
    if (wanted === undefined) return;
    const override = blocked && reason.trim() !== '' ? { override: { reason: reason.trim() } } : {};
    try {
      await api.startCanary(flow, { share: wanted, ...(version !== draft && { version: Number(version) }), ...override });
    } catch (cause) {
      setBlocked(cause instanceof ApiError && cause.status === 409);
      throw cause;
    }
    onStarted();
  };
  return (
    <SendDialog
      title="Start a canary"
      action="Start the canary"
      refusal="The canary did not start"
      disabled={wanted === undefined}
      onSend={start}
      onClose={onClose}
    >
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
      {blocked && (
        <TextField
          label="Reason to start all the same, if the gate stands in the way"
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
      )}
    </SendDialog>
  );
}
