import { LockKeyhole, Plus, RefreshCw, Trash2 } from 'lucide-react';
import { useState } from 'react';
import type { SecretInfo } from '#shared/api.ts';
import { api } from '../api.ts';
import { useNow } from '../clock.ts';
import { fullTime, plural, when } from '../format.ts';
import { useLoad } from '../load.ts';
import { useMay } from '../session.ts';
import { Page, PageHeader } from '../shell/page.tsx';
import { Button, IconButton } from '../ui/button.tsx';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { TextAreaField, TextField } from '../ui/field.tsx';
import { SendDialog } from '../ui/send-dialog.tsx';
import { EmptyState } from '../ui/states.tsx';
import table from '../ui/table.module.css';
import { ListPanel } from './list-panel.tsx';
import styles from './lists.module.css';

/** Passwords and tokens that nodes use by name. Values go in and never come out again. */
export function SecretsPage() {
  const loaded = useLoad(api.secrets, 'secrets');
  const now = useNow();
  const mayChange = useMay('admin');
  const [dialog, setDialog] = useState<{ kind: 'new' } | { kind: 'replace' | 'delete'; secret: SecretInfo }>();
  const close = (): void => setDialog(undefined);
  return (
    <Page>
      <PageHeader
        title="Secrets"
        sentence={
          loaded.data === undefined
            ? 'Used by nodes by name; values can be set but never read'
            : `${plural(loaded.data.length, 'secret')}, used by nodes by name; values can be set but never read`
        }
        actions={
          mayChange && (
            <Button look="filled" icon={<Plus size={16} />} onClick={() => setDialog({ kind: 'new' })}>
              New secret
            </Button>
          )
        }
      />
      <ListPanel
        what="secrets"
        loaded={loaded}
        empty={
          <EmptyState
            icon={<LockKeyhole size={24} />}
            title="No secrets yet"
            actions={
              mayChange && (
                <Button icon={<Plus size={16} />} onClick={() => setDialog({ kind: 'new' })}>
                  New secret
                </Button>
              )
            }
          >
            A password or token that a node needs, for example <code>crm-token</code>. Flows hold only its name.
          </EmptyState>
        }
      >
        {(secrets) => (
          <table className={table.table}>
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col" className={styles.who}>
                  Set by
                </th>
                <th scope="col" className={styles.when}>
                  Set
                </th>
                <th scope="col" className={styles.narrow}>
                  <span className="visually-hidden">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {secrets.map((secret) => (
                <tr key={secret.name}>
                  <td className={[table.mono, table.cut].join(' ')}>{secret.name}</td>
                  <td className={table.cut}>{secret.updatedBy}</td>
                  <td className={table.second} title={fullTime(secret.updatedAt)}>
                    {when(secret.updatedAt, now)}
                  </td>
                  <td className={styles.action}>
                    {mayChange && (
                      <>
                        <IconButton
                          label={`Set ${secret.name} anew`}
                          title="Set anew"
                          size="small"
                          onClick={() => setDialog({ kind: 'replace', secret })}
                        >
                          <RefreshCw size={16} />
                        </IconButton>
                        <IconButton
                          label={`Delete ${secret.name}`}
                          title="Delete"
                          size="small"
                          onClick={() => setDialog({ kind: 'delete', secret })}
                        >
                          <Trash2 size={16} />
                        </IconButton>
                      </>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </ListPanel>
      {(dialog?.kind === 'new' || dialog?.kind === 'replace') && (
        <SecretDialog {...(dialog.kind === 'replace' && { name: dialog.secret.name })} onClose={close} onSaved={loaded.reload} />
      )}
      {dialog?.kind === 'delete' && (
        <ConfirmDialog
          title={`Delete ${dialog.secret.name}?`}
          action={`Delete ${dialog.secret.name}`}
          onClose={close}
          onConfirm={async () => {
            await api.deleteSecret(dialog.secret.name);
            loaded.reload();
          }}
        >
          Nodes that use it cannot start any more until it is set again. Flows that run now go on until their next start.
        </ConfirmDialog>
      )}
    </Page>
  );
}

function SecretDialog({ name: fixed, onClose, onSaved }: { name?: string; onClose: () => void; onSaved: () => void }) {
  const [name, setName] = useState(fixed ?? '');
  const [value, setValue] = useState('');
  return (
    <SendDialog
      title={fixed === undefined ? 'New secret' : `Set ${fixed} anew`}
      action="Save secret"
      refusal="The secret was not saved"
      size={440}
      disabled={name.trim() === '' || value === ''}
      onSend={async () => {
        await api.putSecret(name.trim(), value);
        onSaved();
      }}
      onClose={onClose}
    >
      {fixed === undefined && (
        <TextField
          label="Name"
          mono
          value={name}
          data-autofocus
          spellCheck={false}
          autoComplete="off"
          placeholder="crm-token"
          onChange={(event) => setName(event.target.value)}
          help="Nodes refer to it by this name. Letters, digits, dots, dashes and underscores."
        />
      )}
      <TextAreaField
        label="Value"
        mono
        value={value}
        spellCheck={false}
        autoComplete="off"
        {...(fixed !== undefined && { 'data-autofocus': true })}
        onChange={(event) => setValue(event.target.value)}
        help="Nobody can read it afterwards, only replace it."
      />
    </SendDialog>
  );
}
