import { useState } from 'react';
import type { AlertChannel } from '#shared/alert.ts';
import { api } from '../api.ts';
import { useLoad } from '../load.ts';
import { SelectField, TextAreaField, TextField } from '../ui/field.tsx';
import { Segments } from '../ui/segments.tsx';
import { SendDialog } from '../ui/send-dialog.tsx';
import styles from './alerts.module.css';

type Kind = AlertChannel['to']['kind'];

/** Makes a channel or changes one. Secrets are chosen by name. */
export function ChannelDialog({
  channel,
  onClose,
  onSaved,
}: {
  channel: AlertChannel | undefined;
  onClose: () => void;
  onSaved: () => void;
}) {
  const to = channel?.to;
  const secrets = useLoad(api.secrets, 'secrets');
  const [name, setName] = useState(channel?.name ?? '');
  const [kind, setKind] = useState<Kind>(to?.kind ?? 'webhook');
  const [url, setUrl] = useState(to?.kind === 'webhook' ? to.url : '');
  const [urlSecret, setUrlSecret] = useState(to?.kind === 'webhook' ? (to.urlSecret ?? '') : '');
  const [secret, setSecret] = useState(to?.kind === 'webhook' ? (to.secret ?? '') : '');
  const [addresses, setAddresses] = useState(to?.kind === 'email' ? to.addresses.join('\n') : '');
  const [groupSeconds, setGroupSeconds] = useState(channel?.groupSeconds ?? 60);
  const [enabled, setEnabled] = useState(channel?.enabled ?? true);

  const save = async (): Promise<void> => {
    const target: AlertChannel['to'] =
      kind === 'email'
        ? { kind, addresses: addresses.split(/[\s,;]+/).filter((address) => address !== '') }
        : { kind, url: urlSecret === '' ? url.trim() : '', ...(urlSecret !== '' && { urlSecret }), ...(secret !== '' && { secret }) };
    await api.saveChannel({ name, enabled, groupSeconds, to: target }, channel?.id);
    onSaved();
  };
  const names = (
    <>
      {secrets.data?.map((one) => (
        <option key={one.name} value={one.name}>
          {one.name}
        </option>
      ))}
    </>
  );
  return (
    <SendDialog
      title={channel === undefined ? 'New channel' : `Change ${channel.name}`}
      action={channel === undefined ? 'Add the channel' : 'Save the channel'}
      refusal="The channel was not saved"
      onSend={save}
      onClose={onClose}
    >
      <TextField
        label="Name"
        required
        maxLength={120}
        value={name}
        placeholder="On call"
        onChange={(event) => setName(event.target.value)}
        data-autofocus
      />
      <Segments
        label="Kind"
        value={kind}
        onChange={setKind}
        options={[
          { value: 'webhook', label: 'Webhook' },
          { value: 'email', label: 'E-mail' },
        ]}
      />
      {kind === 'email' ? (
        <TextAreaField
          label="Addresses"
          help="One on each line. The server needs MILLRACE_SMTP_URL and MILLRACE_MAIL_FROM."
          required
          rows={3}
          value={addresses}
          onChange={(event) => setAddresses(event.target.value)}
        />
      ) : (
        <>
          <SelectField
            label="Address from"
            help="An address that is as good as a password belongs into a secret."
            value={urlSecret}
            onChange={(event) => setUrlSecret(event.target.value)}
          >
            <option value="">this field</option>
            {names}
          </SelectField>
          {urlSecret === '' && (
            <TextField
              label="Address"
              type="url"
              required
              value={url}
              placeholder="https://chat.example.com/hooks/…"
              onChange={(event) => setUrl(event.target.value)}
            />
          )}
          <SelectField
            label="Signed with"
            help="The header Millrace-Signature is sha256= and the HMAC of the body in hex."
            value={secret}
            onChange={(event) => setSecret(event.target.value)}
          >
            <option value="">Not signed</option>
            {names}
          </SelectField>
        </>
      )}
      <TextField
        label="At most one message in so many seconds"
        help="What happens meanwhile goes in one message."
        type="number"
        min={0}
        required
        value={groupSeconds}
        onChange={(event) => setGroupSeconds(Number.isNaN(event.target.valueAsNumber) ? 0 : event.target.valueAsNumber)}
      />
      <label className={styles.check}>
        <input type="checkbox" checked={enabled} onChange={(event) => setEnabled(event.target.checked)} />
        Switched on
      </label>
    </SendDialog>
  );
}
