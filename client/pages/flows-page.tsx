import { Import, Plus, Workflow } from 'lucide-react';
import { lazy, Suspense, useMemo, useState } from 'react';
import type { FlowSummary } from '#shared/api.ts';
import { reloadFlowList, useFlowList } from '../flow-list.ts';
import { useLive } from '../live.ts';
import { useMay } from '../session.ts';
import { LiveAge } from '../shell/live-age.tsx';
import { Page, PageHeader, Panel } from '../shell/page.tsx';
import { Button } from '../ui/button.tsx';
import { SearchField } from '../ui/search-field.tsx';
import { type Segment, Segments } from '../ui/segments.tsx';
import { EmptyState, ErrorState, SkeletonRows } from '../ui/states.tsx';
import { Notice } from '../ui/status.tsx';
import { type FlowGroup, type FlowRow, flowGroups, groupWords, matches, rowOf, sortRows, verdict } from './flow-groups.ts';
import { type FlowAction, FlowActionDialog } from './flow-menu.tsx';
import { FlowTable } from './flow-table.tsx';
import styles from './flows-page.module.css';
import { NewFlowDialog } from './new-flow-dialog.tsx';

// What unpacks and compares flows comes only where one is imported.
const ImportDialog = lazy(async () => ({ default: (await import('./import-dialog.tsx')).ImportDialog }));

type Filter = 'all' | FlowGroup | 'incidents';
const filterWords: Record<Filter, string> = { all: 'All', ...groupWords, incidents: 'With incidents' };

/** All flows with one health sentence each, worst first. */
export function FlowsPage() {
  const { flows, error } = useFlowList();
  const live = useLive((state) => state.flows);
  const incidents = useLive((state) => state.incidents);
  const mayEdit = useMay('analyst');
  const [search, setSearch] = useState('');
  const [filter, setFilter] = useState<Filter>('all');
  const [dialog, setDialog] = useState<'new' | 'import'>();
  const [action, setAction] = useState<{ action: FlowAction; flow: FlowSummary }>();

  const rows = useMemo(() => {
    const all = (flows ?? []).map((flow) => rowOf(flow, live.get(flow.id)?.status ?? flow.status, incidents ?? []));
    return sortRows(all);
  }, [flows, live, incidents]);
  const found = rows.filter((row) => matches(row, search));
  const hasIncident = (row: FlowRow): boolean => row.incident !== undefined;
  const isShown = (row: FlowRow): boolean => filter === 'all' || (filter === 'incidents' ? hasIncident(row) : row.group === filter);
  const shown = found.filter(isShown);
  const { alarm, rest } = verdict(rows);
  const options: Segment<Filter>[] = [
    { value: 'all', label: 'All', count: flows && found.length },
    ...flowGroups.map((group) => ({
      value: group,
      label: groupWords[group],
      count: flows && found.filter((row) => row.group === group).length,
    })),
    { value: 'incidents', label: filterWords.incidents, count: flows && incidents && found.filter(hasIncident).length },
  ];

  const sentence =
    flows === undefined ? (
      error === undefined ? (
        'Loading the flows'
      ) : (
        'The flows could not be loaded'
      )
    ) : rows.length === 0 ? (
      'No flows yet'
    ) : (
      <>
        {alarm !== '' && <strong>{`${alarm}${rest === '' ? '' : ', '}`}</strong>}
        {rest}
      </>
    );

  return (
    <Page>
      <PageHeader
        title="Flows"
        sentence={sentence}
        actions={
          <>
            <LiveAge />
            {mayEdit && (
              <>
                <Button icon={<Import size={16} />} onClick={() => setDialog('import')}>
                  Import
                </Button>
                <Button look="filled" icon={<Plus size={16} />} onClick={() => setDialog('new')}>
                  New flow
                </Button>
              </>
            )}
          </>
        }
      />
      {((flows === undefined && error === undefined) || rows.length > 0) && (
        <div className={styles.bar}>
          <SearchField value={search} onChange={setSearch} label="Search flows" placeholder="Search name, state, editor" />
          <Segments label="Which flows" options={options} value={filter} onChange={setFilter} />
        </div>
      )}
      {flows !== undefined && error !== undefined && (
        <Notice
          level="warning"
          title="The list could not be brought up to date"
          action={
            <Button size="small" onClick={() => void reloadFlowList()}>
              Load again
            </Button>
          }
        >
          Live numbers go on; names and versions may be older.
        </Notice>
      )}
      <Panel label="Flows">
        {flows === undefined && error === undefined && <SkeletonRows rows={6} height={56} label="Loading the flows" />}
        {flows === undefined && error !== undefined && (
          <ErrorState what="The flows could not be loaded" error={error} onRetry={() => void reloadFlowList()} />
        )}
        {flows !== undefined && rows.length === 0 && (
          <EmptyState
            icon={<Workflow size={24} />}
            title="Draw the first flow"
            actions={
              mayEdit && (
                <>
                  <Button icon={<Plus size={16} />} onClick={() => setDialog('new')}>
                    New flow
                  </Button>
                  <Button icon={<Import size={16} />} onClick={() => setDialog('import')}>
                    Import a file
                  </Button>
                </>
              )
            }
          >
            A flow takes messages from a source, changes them and delivers them: an order from the web shop to the CRM, the ERP and the
            warehouse, for example.
          </EmptyState>
        )}
        {rows.length > 0 && shown.length > 0 && <FlowTable rows={shown} onAction={(chosen, flow) => setAction({ action: chosen, flow })} />}
        {rows.length > 0 && shown.length === 0 && (
          <EmptyState
            icon={<Workflow size={24} />}
            title={search === '' ? `No flow is in “${filterWords[filter]}”` : `No flow matches “${search}”`}
            actions={
              <Button
                onClick={() => {
                  setSearch('');
                  setFilter('all');
                }}
              >
                Show all {rows.length}
              </Button>
            }
          />
        )}
      </Panel>
      {action !== undefined && <FlowActionDialog {...action} onClose={() => setAction(undefined)} />}
      {dialog === 'new' && <NewFlowDialog onClose={() => setDialog(undefined)} />}
      {dialog === 'import' && (
        <Suspense>
          <ImportDialog onClose={() => setDialog(undefined)} />
        </Suspense>
      )}
    </Page>
  );
}
