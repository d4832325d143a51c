import { KeyRound, Plus, Trash2 } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { type KeyInfo, type Role, roles } from '#shared/api.ts';
import { api } from '../api.ts';
import { useNow } from '../clock.ts';
import { ago, fullTime, plural, when } from '../format.ts';
import { useLoad } from '../load.ts';
import { Page, PageHeader } from '../shell/page.tsx';
import { Button, IconButton } from '../ui/button.tsx';
import { Chip } from '../ui/chip.tsx';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import dialogStyles from '../ui/dialog.module.css';
import { Dialog } from '../ui/dialog.tsx';
import { SelectField, TextField } from '../ui/field.tsx';
import { CopyButton, describeError, EmptyState } from '../ui/states.tsx';
import { Notice } from '../ui/status.tsx';
import table from '../ui/table.module.css';
import { ListPanel } from './list-panel.tsx';
import styles from './lists.module.css';

const roleWords: Record<Role, { name: string; may: string }> = {
  viewer: { name: 'Viewer', may: 'sees everything, changes nothing' },
  analyst: { name: 'Analyst', may: 'also draws and tries flows' },
  developer: { name: 'Developer', may: 'also works on node types' },
  admin: { name: 'Admin', may: 'also deploys, and manages secrets and keys' },
};

/** API keys of people and scripts, each with its role. */
export function KeysPage() {
  const loaded = useLoad(api.keys, 'keys');
  const now = useNow();
  const [making, setMaking] = useState(false);
  const [removing, setRemoving] = useState<KeyInfo>();
  return (
    <Page>
      <PageHeader
        title="API keys"
        sentence={
          loaded.data === undefined
            ? 'For people and scripts, each with a role'
            : `${plural(loaded.data.length, 'key')} for people and scripts, each with a role`
        }
        actions={
          <Button look="filled" icon={<Plus size={16} />} onClick={() => setMaking(true)}>
            New key
          </Button>
        }
      />
      <ListPanel
        what="API keys"
        loaded={loaded}
        empty={
          <EmptyState
            icon={<KeyRound size={24} />}
            title="No keys yet"
            actions={
              <Button icon={<Plus size={16} />} onClick={() => setMaking(true)}>
                New key
              </Button>
            }
          >
            A script sends its key as <code>Authorization: Bearer …</code>; a person signs in with it.
          </EmptyState>
        }
      >
        {(keys) => (
          <table className={table.table}>
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col" className={styles.who}>
                  Role
                </th>
                <th scope="col" className={styles.when}>
                  Made
                </th>
                <th scope="col" className={styles.when}>
                  Last used
                </th>
                <th scope="col" className={styles.end}>
                  <span className="visually-hidden">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {keys.map((key) => (
                <tr key={key.id}>
                  <td className={[table.strong, table.cut].join(' ')}>{key.name}</td>
                  <td>
                    <Chip title={roleWords[key.role].may}>{roleWords[key.role].name}</Chip>
                  </td>
                  <td className={table.second} title={fullTime(key.createdAt)}>
                    {when(key.createdAt, now)}
                  </td>
                  <td className={table.second} title={key.lastUsedAt === undefined ? undefined : fullTime(key.lastUsedAt)}>
                    {key.lastUsedAt === undefined ? 'never' : ago(Date.parse(key.lastUsedAt), now)}
                  </td>
                  <td className={styles.action}>
                    <IconButton label={`Delete the key ${key.name}`} title="Delete" size="small" onClick={() => setRemoving(key)}>
                      <Trash2 size={16} />
                    </IconButton>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </ListPanel>
      {making && <NewKeyDialog onClose={() => setMaking(false)} onMade={loaded.reload} />}
      {removing !== undefined && (
        <ConfirmDialog
          title={`Delete the key ${removing.name}?`}
          action="Delete this key"
          onClose={() => setRemoving(undefined)}
          onConfirm={async () => {
            await api.deleteKey(removing.id);
            loaded.reload();
          }}
        >
          Whoever uses it is refused from now on. What it did stays in the audit.
        </ConfirmDialog>
      )}
    </Page>
  );
}

function NewKeyDialog({ onClose, onMade }: { onClose: () => void; onMade: () => void }) {
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const [made, setMade] = useState<string>();
  const create = (event: FormEvent): void => {
    event.preventDefault();
    setBusy(true);
    api.createKey(name.trim(), role).then(
      (key) => {
        setBusy(false);
        setMade(key.key);
        onMade();
      },
      (cause: unknown) => {
        setBusy(false);
        setError(describeError(cause).message);
      },
    );
  };
  if (made !== undefined) {
    return (
      <Dialog
        title={`The key ${name.trim()}`}
        onClose={onClose}
        size={480}
        footer={
          <Button look="filled" onClick={onClose}>
            I have kept it
          </Button>
        }
      >
        <div className={styles.form}>
          <Notice level="warning" title="It is shown only this once">
            Copy it now to where it is needed. A lost key is replaced by a new one.
          </Notice>
          <div className={styles.key}>{made}</div>
          <div>
            <CopyButton text={made} size="medium">
              Copy key
            </CopyButton>
          </div>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog title="New API key" onClose={onClose} size={440} locked={busy}>
      <form onSubmit={create} className={styles.form}>
        <TextField
          label="Name"
          value={name}
          data-autofocus
          maxLength={120}
          placeholder="CI deploy"
          onChange={(event) => setName(event.target.value)}
          error={error}
          help="Who or what uses it; it stands in the audit."
        />
        <SelectField
          label="Role"
          value={role}
          onChange={(event) => setRole(roles.find((each) => each === event.target.value) ?? 'viewer')}
          help={`A ${roleWords[role].name.toLowerCase()} ${roleWords[role].may}.`}
        >
          {roles.map((each) => (
            <option key={each} value={each}>
              {roleWords[each].name}
            </option>
          ))}
        </SelectField>
        <div className={dialogStyles.footer}>
          <Button onClick={onClose} disabled={busy}>
            Cancel
          </Button>
          <Button type="submit" look="filled" busy={busy} disabled={name.trim() === ''}>
            Create key
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
