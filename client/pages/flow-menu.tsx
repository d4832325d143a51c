import { Menu } from '@mantine/core';
import {
  BookCheck,
  CalendarClock,
  CircleStop,
  Download,
  Ellipsis,
  FolderDown,
  History,
  Inbox,
  Rocket,
  RotateCcw,
  SquarePen,
  Trash2,
} from 'lucide-react';
import { useRef } from 'react';
import { useNavigate } from 'react-router';
import type { FlowSummary } from '#shared/api.ts';
import { formatFlow } from '#shared/document.ts';
import type { FlowStatus } from '#shared/events.ts';
import { api } from '../api.ts';
import { reloadFlowList } from '../flow-list.ts';
import { plural } from '../format.ts';
import { hearStatus } from '../live.ts';
import { useMay } from '../session.ts';
import { IconButton } from '../ui/button.tsx';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { MenuDropdown } from '../ui/menu.tsx';
import { tellFailure } from '../ui/tell.ts';

/** Actions that ask or show something in a dialog. */
export type FlowAction = 'stop' | 'delete';

/** What can be done with a flow from the list. The dialogs stand elsewhere ({@link FlowActionDialog}), because a row may move to another group meanwhile. */
export function FlowMenu({ flow, status, onAction }: { flow: FlowSummary; status: FlowStatus; onAction: (action: FlowAction) => void }) {
  const navigate = useNavigate();
  const mayEdit = useMay('analyst');
  const mayDeploy = useMay('admin');
  const running = status.state !== 'stopped' && status.state !== 'failed' && flow.deployedVersion !== undefined;

  const trigger = useRef<HTMLButtonElement>(null);
  // The dialog returns the focus to what had it, and the menu item will be gone by then.
  const act = (action: FlowAction): void => {
    trigger.current?.focus();
    onAction(action);
  };

  const download = (form: 'folder' | 'file'): void => {
    const made = form === 'folder' ? archiveOf(flow.id) : api.flow(flow.id).then(({ flow: document }) => formatFlow(document));
    made.then(
      (content) => save(form === 'folder' ? `${flow.id}.zip` : `${flow.id}.json`, content),
      (error: unknown) => tellFailure(`${flow.name} was not exported`, error),
    );
  };

  return (
    <Menu position="bottom-end" width={216} keepMounted={false}>
      <Menu.Target>
        <IconButton ref={trigger} label={`Actions for ${flow.name}`} size="small">
          <Ellipsis size={16} />
        </IconButton>
      </Menu.Target>
      <MenuDropdown>
        <Menu.Item leftSection={<SquarePen size={16} />} onClick={() => void navigate(`/flows/${flow.id}`)}>
          Open
        </Menu.Item>
        <Menu.Item leftSection={<Rocket size={16} />} onClick={() => void navigate(`/flows/${flow.id}/deploy`)}>
          Deploy…
        </Menu.Item>
        <Menu.Item leftSection={<History size={16} />} onClick={() => void navigate(`/flows/${flow.id}/history`)}>
          History
        </Menu.Item>
        {flow.deployedVersion !== undefined && (
          <>
            <Menu.Item leftSection={<BookCheck size={16} />} onClick={() => void navigate(`/flows/${flow.id}/ledger`)}>
              Ledger
            </Menu.Item>
            <Menu.Item leftSection={<CalendarClock size={16} />} onClick={() => void navigate(`/flows/${flow.id}/time`)}>
              Time travel
            </Menu.Item>
            <Menu.Item leftSection={<RotateCcw size={16} />} onClick={() => void navigate(`/flows/${flow.id}/replay`)}>
              Replay…
            </Menu.Item>
          </>
        )}
        {status.balance.dead > 0 && (
          <Menu.Item leftSection={<Inbox size={16} />} onClick={() => void navigate(`/dead-letters/${flow.id}`)}>
            Dead letters
          </Menu.Item>
        )}
        <Menu.Item leftSection={<FolderDown size={16} />} onClick={() => download('folder')}>
          Export for Git (.zip)
        </Menu.Item>
        <Menu.Item leftSection={<Download size={16} />} onClick={() => download('file')}>
          Export as JSON
        </Menu.Item>
        {((mayDeploy && running) || mayEdit) && <Menu.Divider />}
        {mayDeploy && running && (
          <Menu.Item leftSection={<CircleStop size={16} />} onClick={() => act('stop')}>
            Stop…
          </Menu.Item>
        )}
        {mayEdit && (
          <Menu.Item leftSection={<Trash2 size={16} />} disabled={running} onClick={() => act('delete')}>
            {running ? 'Delete (stop it first)' : 'Delete…'}
          </Menu.Item>
        )}
      </MenuDropdown>
    </Menu>
  );
}

/** The dialog of an action, for the page that holds the list. */
export function FlowActionDialog({ action, flow, onClose }: { action: FlowAction; flow: FlowSummary; onClose: () => void }) {
  if (action === 'stop') {
    return (
      <ConfirmDialog
        title={`Stop ${flow.name}?`}
        action={`Stop ${flow.name}`}
        onClose={onClose}
        onConfirm={async () => {
          hearStatus(await api.stop(flow.id));
          await reloadFlowList();
        }}
      >
        It finishes what it has begun and then delivers nothing more. New messages wait in their topics, and a later deploy goes on where it
        stopped. Nothing is lost.
      </ConfirmDialog>
    );
  }
  return (
    <ConfirmDialog
      title={`Delete ${flow.name}?`}
      action={`Delete ${flow.name}`}
      onClose={onClose}
      onConfirm={async () => {
        await api.deleteFlow(flow.id);
        await reloadFlowList();
      }}
    >
      The draft with its {plural(flow.nodes, 'node')} is removed. Published versions, topics and the messages in them stay. Export the draft
      first if you may want it back.
    </ConfirmDialog>
  );
}

/** A flow with its tests, as a folder in a .zip. */
async function archiveOf(id: string): Promise<Uint8Array<ArrayBuffer>> {
  const [{ flow }, { tests }] = await Promise.all([api.flow(id), api.flowTests(id)]);
  const records = await Promise.all(tests.map((test) => api.flowTest(id, test.id)));
  // Only who exports needs what packs.
  const { zipFlow } = await import('./flow-archive.ts');
  return zipFlow(
    flow,
    records.map(({ test }) => test),
  );
}

function save(name: string, content: string | Uint8Array<ArrayBuffer>): void {
  const type = typeof content === 'string' ? 'application/json' : 'application/zip';
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
