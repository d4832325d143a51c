import { Mail, Pencil, Plus, Send, Trash2, Webhook } from 'lucide-react';
import { useState } from 'react';
import type { AlertChannel, ChannelHealth } from '#shared/alert.ts';
import { api } from '../api.ts';
import { useNow } from '../clock.ts';
import { ago, plural } from '../format.ts';
import type { Loaded } from '../load.ts';
import { ListPanel } from '../pages/list-panel.tsx';
import { useMay } from '../session.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { EmptyState } from '../ui/states.tsx';
import { StatusBadge } from '../ui/status.tsx';
import table from '../ui/table.module.css';
import { tell, tellFailure } from '../ui/tell.ts';
import styles from './alerts.module.css';
import { whereWords } from './words.ts';

/** A channel with how it fares. */
export type ShownChannel = AlertChannel & { health: ChannelHealth };

/** The channels: where they lead, and whether messages get there. */
export function ChannelList({
  channels,
  onEdit,
  onNew,
}: {
  channels: Loaded<ShownChannel[]>;
  onEdit: (channel: ShownChannel) => void;
  onNew: () => void;
}) {
  const mayChange = useMay('admin');
  const now = useNow();
  const [removing, setRemoving] = useState<ShownChannel>();
  const [testing, setTesting] = useState<string>();
  const test = ({ id, name }: ShownChannel): void => {
    setTesting(id);
    api
      .testChannel(id)
      .then(
        () => tell(`${name} has taken the test`, 'Look there whether it reads well.'),
        (error: unknown) => tellFailure(`${name} did not take the test`, error),
      )
      .finally(() => setTesting(undefined));
  };
  return (
    <>
      <ListPanel
        what="channels"
        loaded={channels}
        empty={
          <EmptyState
            icon={<Send size={24} />}
            title="Nobody is told yet"
            actions={
              mayChange && (
                <Button icon={<Plus size={16} />} onClick={onNew}>
                  Add the first channel
                </Button>
              )
            }
          >
            A channel takes notifications to a webhook or by e-mail: one when an incident begins, one when it is over.
          </EmptyState>
        }
      >
        {(items) => (
          <table className={table.table}>
            <thead>
              <tr>
                <th scope="col" className={styles.rule}>
                  Channel
                </th>
                <th scope="col" className={styles.what}>
                  Leads to
                </th>
                <th scope="col" className={styles.where}>
                  State
                </th>
                <th scope="col" className={styles.ends}>
                  <span className="visually-hidden">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {items.map((channel) => (
                <tr key={channel.id}>
                  <td className={table.cut}>
                    <span className={styles.check}>
                      {channel.to.kind === 'email' ? <Mail size={16} aria-hidden="true" /> : <Webhook size={16} aria-hidden="true" />}
                      <span className={table.strong}>{channel.name}</span>
                    </span>
                  </td>
                  <td className={[table.second, table.cut].join(' ')} title={whereWords(channel)}>
                    {whereWords(channel)}
                  </td>
                  <td title={channel.health.lastError}>
                    <Health channel={channel} now={now} />
                  </td>
                  <td className={styles.ends}>
                    {mayChange && (
                      <>
                        <IconButton
                          size="small"
                          label={`Send a test to ${channel.name}`}
                          title="Send a test"
                          disabled={testing === channel.id}
                          onClick={() => test(channel)}
                        >
                          <Send size={16} />
                        </IconButton>
                        <IconButton size="small" label={`Change ${channel.name}`} title="Change" onClick={() => onEdit(channel)}>
                          <Pencil size={16} />
                        </IconButton>
                        <IconButton size="small" label={`Delete ${channel.name}`} title="Delete" onClick={() => setRemoving(channel)}>
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
      {removing !== undefined && (
        <ConfirmDialog
          title={`Delete ${removing.name}?`}
          action={`Delete ${removing.name}`}
          onClose={() => setRemoving(undefined)}
          onConfirm={async () => {
            await api.deleteChannel(removing.id);
            channels.reload();
          }}
        >
          Rules that tell only this channel tell nobody any more. Incidents open all the same.
        </ConfirmDialog>
      )}
    </>
  );
}

function Health({ channel, now }: { channel: ShownChannel; now: number }) {
  const { enabled, health } = channel;
  if (!enabled) return <StatusBadge level="off">Off</StatusBadge>;
  if (health.lastError !== undefined)
    return (
      <StatusBadge level="error">
        {health.waiting > 0 ? `${plural(health.waiting, 'message')} not through` : 'The last was not taken'}
      </StatusBadge>
    );
  if (health.sentAt === undefined) return <StatusBadge level="off">Nothing sent yet</StatusBadge>;
  return <StatusBadge level="ok">Sent {ago(health.sentAt, now)}</StatusBadge>;
}
