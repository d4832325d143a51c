import { History } from 'lucide-react';
import { useState } from 'react';
import { useParams, useSearchParams } from 'react-router';
import type { FlowHistory, FlowRecord } from '#shared/api.ts';
import type { Catalog } from '#shared/node-type.ts';
import { api } from '../api.ts';
import { useNow } from '../clock.ts';
import { ago, plural } from '../format.ts';
import { useServerEvent } from '../live.ts';
import { useLoad } from '../load.ts';
import { useMay } from '../session.ts';
import { Page, PageHeader, Panel } from '../shell/page.tsx';
import { Button } from '../ui/button.tsx';
import { EmptyState, ErrorState, SkeletonRows } from '../ui/states.tsx';
import { Notice } from '../ui/status.tsx';
import { readState, type StateOf } from './documents.ts';
import styles from './history-page.module.css';
import { PublishDialog } from './publish-dialog.tsx';
import { RestoreDialog } from './restore-dialog.tsx';
import { StateDetail } from './state-detail.tsx';
import { VersionList } from './version-list.tsx';

/** What is on screen, all of it loaded. */
export interface HistoryData {
  history: FlowHistory;
  record: FlowRecord;
  catalog: Catalog;
}

/** The versions of a flow, `/flows/:id/history`: who made what when, how they differ, and the way back. */
export function HistoryPage() {
  const { id = '' } = useParams();
  const loaded = useLoad(async (): Promise<HistoryData> => {
    const [history, record, catalog] = await Promise.all([api.history(id), api.flow(id), api.nodeTypes()]);
    return { history, record, catalog };
  }, id);
  useServerEvent((event) => {
    if (event.type === 'flow-changed' && event.flow === id) loaded.reload();
  });
  const now = useNow();
  const { data } = loaded;
  const name = data?.record.flow.name ?? id;
  const [newest] = data?.history.versions ?? [];
  return (
    <Page>
      <PageHeader
        title={`History of ${name}`}
        sentence={
          data === undefined
            ? 'Who published what, and when'
            : newest === undefined
              ? 'No version has been published yet'
              : `${plural(data.history.versions.length, 'version')}, the last ${ago(Date.parse(newest.createdAt), now)} by ${newest.createdBy}`
        }
      />
      {data !== undefined && loaded.error !== undefined && (
        <Notice
          level="warning"
          title="The history could not be brought up to date"
          action={
            <Button size="small" onClick={loaded.reload}>
              Load again
            </Button>
          }
        >
          What is shown may be older.
        </Notice>
      )}
      {data === undefined && loaded.error !== undefined && (
        <Panel label="History">
          <ErrorState what="The history could not be loaded" error={loaded.error} onRetry={loaded.reload} />
        </Panel>
      )}
      {data === undefined && loaded.error === undefined && (
        <div className={styles.columns}>
          <Panel label="Versions">
            <SkeletonRows rows={6} height={64} label="Loading the history" />
          </Panel>
          <Panel label="Changes">
            <SkeletonRows rows={5} height={48} label="Loading the changes" />
          </Panel>
        </div>
      )}
      {data !== undefined && <Columns data={data} onChanged={loaded.reload} />}
    </Page>
  );
}

function Columns({ data, onChanged }: { data: HistoryData; onChanged: () => void }) {
  const { history, record } = data;
  const [search, setSearch] = useSearchParams();
  const [asking, setAsking] = useState<{ publish: true } | { restore: number }>();
  const mayEdit = useMay('analyst');
  const numbers = history.versions.map(({ version }) => version);
  const exists = (state: StateOf | undefined) => state === 'draft' || (state !== undefined && numbers.includes(state));
  const wanted = readState(search.get('show'));
  const shown: StateOf = wanted !== undefined && exists(wanted) ? wanted : 'draft';
  const other = readState(search.get('with'));
  const compared = other !== undefined && exists(other) && other !== shown ? other : usualOther(shown, history);
  const show = (state: StateOf) => setSearch({ show: String(state) }, { replace: true });
  const compare = (state: StateOf) => setSearch({ show: String(shown), with: String(state) }, { replace: true });
  return (
    <div className={styles.columns}>
      <Panel label="Versions">
        <VersionList history={history} shown={shown} onShow={show} />
        {numbers.length === 0 && (
          <EmptyState icon={<History size={24} />} title="No version yet">
            A version is the flow as it was when somebody published or deployed it. It never changes and can be brought back.
          </EmptyState>
        )}
      </Panel>
      <StateDetail
        data={data}
        shown={shown}
        compared={compared}
        onCompare={compare}
        {...(mayEdit && {
          onPublish: () => setAsking({ publish: true }),
          onRestore: (version: number) => setAsking({ restore: version }),
        })}
      />
      {asking !== undefined && 'publish' in asking && (
        <PublishDialog
          data={data}
          onClose={() => setAsking(undefined)}
          onPublished={(version) => {
            onChanged();
            show(version);
          }}
        />
      )}
      {asking !== undefined && 'restore' in asking && (
        <RestoreDialog flow={record.flow.id} data={data} version={asking.restore} onClose={() => setAsking(undefined)} />
      )}
    </div>
  );
}

/** What a state is compared with unless somebody chooses: a version with the one before, the draft with what is live. */
function usualOther(shown: StateOf, { versions, deployedVersion }: FlowHistory): StateOf | undefined {
  if (shown === 'draft') return deployedVersion ?? versions[0]?.version;
  return versions.find(({ version }) => version < shown)?.version;
}
