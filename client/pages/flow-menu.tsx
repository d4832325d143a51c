import { Menu } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { CircleStop, Download, Ellipsis, Inbox, Rocket, SquarePen, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import type { FlowSummary } from '#shared/api.ts';
import type { FlowStatus } from '#shared/events.ts';
import { stringifyJson } from '#shared/json.ts';
import { api } from '../api.ts';
import { DeployDialog } from '../deploy/deploy-dialog.tsx';
import { reloadFlowList } from '../flow-list.ts';
import { plural } from '../format.ts';
import { hearStatus } from '../live.ts';
import { useMay } from '../session.ts';
import { IconButton } from '../ui/button.tsx';
import { ConfirmDialog } from '../ui/dialog.tsx';
import { describeError } from '../ui/states.tsx';

/** What can be done with a flow from the list. */
export function FlowMenu({ flow, status }: { flow: FlowSummary; status: FlowStatus }) {
  const navigate = useNavigate();
  const mayEdit = useMay('analyst');
  const mayDeploy = useMay('admin');
  const [dialog, setDialog] = useState<'deploy' | 'stop' | 'delete'>();
  const running = status.state !== 'stopped' && status.state !== 'failed' && flow.deployedVersion !== undefined;

  const download = (): void => {
    api.flow(flow.id).then(
      ({ flow: document }) => save(`${flow.id}.json`, `${stringifyJson(document, 2) ?? ''}\n`),
      (error: unknown) =>
        notifications.show({ color: 'red', title: `${flow.name} was not exported`, message: describeError(error).message }),
    );
  };

  return (
    <>
      <Menu position="bottom-end" width={200} keepMounted={false}>
        <Menu.Target>
          <IconButton label={`Actions for ${flow.name}`} size="small">
            <Ellipsis size={16} />
          </IconButton>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<SquarePen size={16} />} onClick={() => void navigate(`/flows/${flow.id}`)}>
            Open
          </Menu.Item>
          {mayDeploy && (
            <Menu.Item leftSection={<Rocket size={16} />} onClick={() => setDialog('deploy')}>
              Deploy…
            </Menu.Item>
          )}
          {status.balance.dead > 0 && (
            <Menu.Item leftSection={<Inbox size={16} />} onClick={() => void navigate(`/dead-letters/${flow.id}`)}>
              Dead letters
            </Menu.Item>
          )}
          <Menu.Item leftSection={<Download size={16} />} onClick={download}>
            Export as JSON
          </Menu.Item>
          {((mayDeploy && running) || mayEdit) && <Menu.Divider />}
          {mayDeploy && running && (
            <Menu.Item leftSection={<CircleStop size={16} />} onClick={() => setDialog('stop')}>
              Stop…
            </Menu.Item>
          )}
          {mayEdit && (
            <Menu.Item leftSection={<Trash2 size={16} />} disabled={running} onClick={() => setDialog('delete')}>
              {running ? 'Delete (stop it first)' : 'Delete…'}
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      {dialog === 'deploy' && (
        <DeployDialog flowId={flow.id} onClose={() => setDialog(undefined)} onDeployed={() => void reloadFlowList()} />
      )}
      {dialog === 'stop' && (
        <ConfirmDialog
          title={`Stop ${flow.name}?`}
          action={`Stop ${flow.name}`}
          onClose={() => setDialog(undefined)}
          onConfirm={async () => {
            hearStatus(await api.stop(flow.id));
            await reloadFlowList();
          }}
        >
          It finishes what it has begun and then delivers nothing more. New messages wait in their topics, and a later deploy goes on where
          it stopped. Nothing is lost.
        </ConfirmDialog>
      )}
      {dialog === 'delete' && (
        <ConfirmDialog
          title={`Delete ${flow.name}?`}
          action={`Delete ${flow.name}`}
          onClose={() => setDialog(undefined)}
          onConfirm={async () => {
            await api.deleteFlow(flow.id);
            await reloadFlowList();
          }}
        >
          The draft with its {plural(flow.nodes, 'node')} and all versions are removed. Topics and the messages in them stay. Export it
          first if you may want it back.
        </ConfirmDialog>
      )}
    </>
  );
}

function save(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
