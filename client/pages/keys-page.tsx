import { KeyRound, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { type KeyInfo, type Role, roles } from '#shared/api.ts';
import { api } from '../api.ts';
import { useNow } from '../clock.ts';
import { ago, fullTime, plural, when } from '../format.ts';
import { useLoad } from '../load.ts';
import { Page, PageHeader } from '../shell/page.tsx';
import { Button, IconButton } from '../ui/button.tsx';
import { Chip } from '../ui/chip.tsx';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { SelectField, TextField } from '../ui/field.tsx';
import { SendDialog } from '../ui/send-dialog.tsx';
import { CopyButton, EmptyState } from '../ui/states.tsx';
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

interface Made {
  name: string;
  key: string;
}

/** API keys of people and scripts, each with its role. */
export function KeysPage() {
  const loaded = useLoad(api.keys, 'keys');
  const now = useNow();
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<Made>();
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
      {making && (
        <NewKeyDialog
          onClose={() => setMaking(false)}
          onMade={(key) => {
            setMade(key);
            loaded.reload();
          }}
        />
      )}
      {made !== undefined && <MadeKeyDialog made={made} onClose={() => setMade(undefined)} />}
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

function NewKeyDialog({ onClose, onMade }: { onClose: () => void; onMade: (made: Made) => void }) {
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  return (
    <SendDialog
      title="New API key"
      action="Create key"
      refusal="The key was not made"
      size={440}
      disabled={name.trim() === ''}
      onSend={async () => onMade({ name: name.trim(), key: (await api.createKey(name.trim(), role)).key })}
      onClose={onClose}
    >
      <TextField
        label="Name"
        value={name}
        data-autofocus
        maxLength={120}
        placeholder="CI deploy"
        onChange={(event) => setName(event.target.value)}
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
    </SendDialog>
  );
}

/** Shows a new key, once. */
function MadeKeyDialog({ made: { name, key }, onClose }: { made: Made; onClose: () => void }) {
  return (
    <Dialog
      title={`The key ${name}`}
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
        <div className={styles.key}>{key}</div>
        <div>
          <CopyButton text={key} size="medium">
            Copy key
          </CopyButton>
        </div>
      </div>
    </Dialog>
  );
}
