import { useEffect, useState } from 'react';
import { api } from '../../api.ts';
import { useMay } from '../../session.ts';
import { Button } from '../../ui/button.tsx';
import { TextField } from '../../ui/field.tsx';
import styles from './config-field.module.css';
import { type ControlProps, common, textOf } from './control.ts';

const create = '\u0000new';

/** A secret by name; its value is stored on the server and never comes back. An admin can store a new one here. */
export function SecretField(props: ControlProps) {
  const { value, onChange } = props;
  const mayStore = useMay('admin');
  const [names, setNames] = useState<readonly string[]>();
  const [failed, setFailed] = useState<string>();
  const [adding, setAdding] = useState(false);
  const chosen = textOf(value);
  useEffect(() => {
    let current = true;
    api.secrets().then(
      (list) => current && setNames(list.map((secret) => secret.name)),
      (error: unknown) => {
        if (!current) return;
        setNames([]);
        setFailed(error instanceof Error ? error.message : String(error));
      },
    );
    return () => {
      current = false;
    };
  }, []);
  const known = names ?? [];
  return (
    <>
      <select
        {...common(props)}
        className={[styles.input, styles.select].join(' ')}
        value={chosen}
        onChange={(event) => {
          if (event.target.value === create) setAdding(true);
          else onChange(event.target.value);
        }}
      >
        <option value="">No secret chosen</option>
        {chosen !== '' && !known.includes(chosen) && (
          <option value={chosen}>
            {chosen}
            {names === undefined || failed !== undefined ? '' : ' (not stored yet)'}
          </option>
        )}
        {known.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
        {mayStore && <option value={create}>Store a new secret…</option>}
      </select>
      {failed !== undefined && <p className={styles.warning}>The names of the secrets could not be read: {failed}</p>}
      {adding && (
        <NewSecret
          name={known.includes(chosen) ? '' : chosen}
          onClose={() => setAdding(false)}
          onStored={(name) => {
            setNames([...known.filter((other) => other !== name), name].sort());
            setAdding(false);
            onChange(name);
          }}
        />
      )}
    </>
  );
}

function NewSecret({ name: first, onStored, onClose }: { name: string; onStored: (name: string) => void; onClose: () => void }) {
  const [name, setName] = useState(first);
  const [value, setValue] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const store = () => {
    setBusy(true);
    api.putSecret(name, value).then(
      () => onStored(name),
      (cause: unknown) => {
        setBusy(false);
        setError(cause instanceof Error ? cause.message : String(cause));
      },
    );
  };
  return (
    <div className={styles.newSecret}>
      <TextField label="Name" mono value={name} autoFocus placeholder="crm-token" onChange={(event) => setName(event.target.value)} />
      <TextField
        label="Value"
        type="password"
        autoComplete="off"
        value={value}
        help="Kept on the server, encrypted; nobody can read it back."
        error={error}
        onChange={(event) => setValue(event.target.value)}
      />
      <div className={styles.buttons}>
        <Button size="small" busy={busy} disabled={name === '' || value === ''} onClick={store}>
          Store {name || 'it'}
        </Button>
        <Button size="small" look="quiet" onClick={onClose}>
          Cancel
        </Button>
      </div>
    </div>
  );
}
