import { Scale } from 'lucide-react';
import { Link, useParams, useSearchParams } from 'react-router';
import type { FlowNode } from '#shared/flow.ts';
import { nodeName } from '#shared/node-name.ts';
import { verdict } from '#shared/reconcile.ts';
import { api } from '../api.ts';
import { useNow } from '../clock.ts';
import { fullTime, timeOfDay, when } from '../format.ts';
import { useLoad } from '../load.ts';
import { ListPanel } from '../pages/list-panel.tsx';
import { Page, PageHeader, Panel } from '../shell/page.tsx';
import { Segments } from '../ui/segments.tsx';
import { EmptyState, ErrorState, SkeletonRows } from '../ui/states.tsx';
import table from '../ui/table.module.css';
import styles from './reconcile.module.css';
import { ReportPanel } from './report-panel.tsx';
import { ScheduleList } from './schedule-list.tsx';
import { StartForm } from './start-form.tsx';

async function load(id: string) {
  const [{ flow }, catalog] = await Promise.all([api.flow(id), api.nodeTypes()]);
  return { flow, types: new Map(catalog.types.map((type) => [type.type, type])) };
}

/** Compares a source with what a system says it has, and a sink with what the flow sent there. */
export function ReconcilePage() {
  const { id = '' } = useParams();
  const [search, setSearch] = useSearchParams();
  const now = useNow();
  const known = useLoad(() => load(id), id);
  const reports = useLoad(() => api.reconciles(id), `reports ${id}`);
  const schedules = useLoad(() => api.schedules(id), `schedules ${id}`);
  const kind = search.get('side') === 'sink' ? 'sink' : 'source';
  const report = search.get('report') ?? undefined;
  const set = (change: Record<string, string | undefined>): void => {
    const query = new URLSearchParams(search);
    for (const [name, value] of Object.entries(change)) {
      if (value === undefined) query.delete(name);
      else query.set(name, value);
    }
    setSearch(query, { replace: true });
  };
  const types = known.data?.types ?? new Map<string, { title: string }>();
  const nameOf = (node: FlowNode): string => nodeName(node, types);
  const nameById = (node: string): string => {
    const found = known.data?.flow.nodes.find((one) => one.id === node);
    return found === undefined ? node : nameOf(found);
  };
  const nodes = (side: 'source' | 'sink'): FlowNode[] =>
    (known.data?.flow.nodes ?? []).filter(({ type }) => {
      const info = known.data?.types.get(type);
      return info?.kind === side && (side === 'source' || info.topic === undefined);
    });
  return (
    <Page>
      <PageHeader
        title="Reconcile"
        sentence={
          kind === 'source'
            ? 'What a system in front of the flow says it has, against what came in: find what never arrived and bring it in'
            : 'What the flow sent to a sink, against what stands there: find what is missing and send it again'
        }
      />
      <div className={styles.bar}>
        <Segments
          label="What to compare"
          value={kind}
          onChange={(side) => set({ side: side === 'sink' ? side : undefined, report: undefined })}
          options={[
            { value: 'source', label: 'A source with the log' },
            { value: 'sink', label: 'The log with a sink' },
          ]}
        />
      </div>
      <Panel label="New comparison">
        {known.data === undefined && known.error === undefined && <SkeletonRows rows={3} height={44} label="Loading the flow" />}
        {known.data === undefined && known.error !== undefined && (
          <ErrorState what="The flow could not be loaded" error={known.error} onRetry={known.reload} />
        )}
        {known.data !== undefined &&
          (nodes(kind).length === 0 ? (
            <EmptyState
              icon={<Scale size={24} />}
              title={kind === 'source' ? 'This flow has no source' : 'This flow has no sink that can be asked'}
            >
              {kind === 'source'
                ? 'Add one on the canvas and deploy it.'
                : 'Tables of SQLite and PostgreSQL and files can be asked what they hold.'}
            </EmptyState>
          ) : (
            <StartForm
              key={kind}
              flow={id}
              kind={kind}
              isMain={report === undefined}
              nodes={nodes(kind)}
              nameOf={nameOf}
              onStarted={(started) => {
                set({ report: started.id });
                reports.reload();
              }}
              onScheduled={schedules.reload}
            />
          ))}
      </Panel>
      {report !== undefined && <ReportPanel key={report} flow={id} id={report} nameOf={nameById} onChanged={reports.reload} />}
      <ScheduleList flow={id} loaded={schedules} nameOf={nameById} onChanged={reports.reload} />
      {/* Below what comes in its own height, so that it need not be moved. */}
      {(known.data !== undefined || known.error !== undefined) && (
        <ListPanel
          what="comparisons"
          loaded={reports}
          empty={
            <EmptyState icon={<Scale size={24} />} title="Nothing was compared yet">
              A comparison is kept with what it found, so that you can come back to it.
            </EmptyState>
          }
        >
          {(items) => (
            <table className={table.table}>
              <thead>
                <tr>
                  <th scope="col" className={styles.when}>
                    When
                  </th>
                  <th scope="col" className={styles.who}>
                    What
                  </th>
                  <th scope="col">Result</th>
                  <th scope="col" className={styles.who}>
                    By
                  </th>
                </tr>
              </thead>
              <tbody>
                {items.map((item) => (
                  <tr key={item.id}>
                    <td title={fullTime(item.startedAt)}>
                      <Link
                        to={`?${new URLSearchParams({ ...(item.spec.kind === 'sink' && { side: 'sink' }), report: item.id }).toString()}`}
                      >
                        {`${when(item.startedAt, now)}${when(item.startedAt, now) === timeOfDay(item.startedAt) ? '' : ` ${timeOfDay(item.startedAt)}`}`}
                      </Link>
                    </td>
                    <td className={table.cut}>{nameById(item.spec.node)}</td>
                    <td className={table.cut} title={item.reason}>
                      {item.state === 'done'
                        ? verdict(item, nameById(item.spec.node))
                        : item.state === 'running'
                          ? 'Under way'
                          : (item.reason ?? 'Stopped')}
                    </td>
                    <td className={[table.second, table.cut].join(' ')} title={item.startedBy}>
                      {item.schedule === undefined ? item.startedBy : `Schedule “${item.schedule.name}”`}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </ListPanel>
      )}
    </Page>
  );
}
