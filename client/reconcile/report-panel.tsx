import { CircleStop, Download, History, PackagePlus } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useNavigate } from 'react-router';
import { type Backfill, type ReconcileReport, reconcileStates, verdict } from '#shared/reconcile.ts';
import { api } from '../api.ts';
import { useNow } from '../clock.ts';
import { ago, duration, exact, percent, plural, short } from '../format.ts';
import { replayPath } from '../replay/choice.ts';
import { addressOf } from '../replay/position-list.ts';
import { useMay } from '../session.ts';
import { Panel } from '../shell/page.tsx';
import { Button } from '../ui/button.tsx';
import { describeError, ErrorState, SkeletonRows } from '../ui/states.tsx';
import { Notice } from '../ui/status.tsx';
import { BackfillDialog } from './backfill-dialog.tsx';
import { ItemTable } from './item-table.tsx';
import styles from './reconcile.module.css';
import { isRunning, useReport } from './use-report.ts';
import { stateWords } from './words.ts';

/** One comparison: how far it is, what it found, and the way to mend it. */
export function ReportPanel({
  flow,
  id,
  nameOf,
  onChanged,
}: {
  flow: string;
  id: string;
  nameOf: (node: string) => string;
  onChanged: () => void;
}) {
  const loaded = useReport(flow, id);
  const running = isRunning(loaded.data);
  // The list of comparisons says the result too: it is asked for again when there is one.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only the end of the run is a reason.
  useEffect(() => {
    if (!running) onChanged();
  }, [running]);
  if (loaded.data === undefined)
    return (
      <Panel label="Comparison">
        {loaded.error === undefined ? (
          <SkeletonRows rows={3} height={44} label="Loading the comparison" />
        ) : (
          <ErrorState what="The comparison could not be loaded" error={loaded.error} onRetry={loaded.reload} />
        )}
      </Panel>
    );
  const reload = (): void => {
    loaded.reload();
    onChanged();
  };
  return <Report report={loaded.data} name={nameOf(loaded.data.spec.node)} reload={reload} />;
}

function Report({ report, name, reload }: { report: ReconcileReport; name: string; reload: () => void }) {
  const now = useNow();
  const navigate = useNavigate();
  const mayStop = useMay('analyst');
  const mayWrite = useMay('admin');
  const [asking, setAsking] = useState(false);
  const [error, setError] = useState<unknown>();
  const { spec, state, counts, flow, id } = report;
  const running = isRunning(report);
  const missing = counts.missing ?? 0;
  const found = reconcileStates.filter((one) => (counts[one] ?? 0) > 0);

  async function toReplay(): Promise<void> {
    const positions: string[] = [];
    for (let after = -1; ; ) {
      const items = await api.reconcileItems(flow, id, { state: 'missing', after, limit: 1000 });
      for (const { position } of items) if (position !== undefined) positions.push(position);
      const last = items.at(-1);
      if (last === undefined) break;
      after = last.ordinal;
    }
    void navigate(replayPath(flow, { ...addressOf(positions), sinks: [spec.node], name: `Missing at ${name}` }));
  }

  return (
    <Panel
      title={`${name}, ${ago(report.startedAt, now)} by ${report.schedule === undefined ? report.startedBy : `the schedule “${report.schedule.name}”`}`}
      label="Comparison"
    >
      <div className={styles.verdict}>
        <p className={styles.headline} role="status">
          {state === 'running'
            ? `Comparing: ${plural(report.scanned, 'message')} of the log read${report.total > 0 ? `, ${percent(report.scanned, report.total)}` : ''}`
            : state === 'done'
              ? verdict(report, name)
              : state === 'stopped'
                ? 'The comparison was stopped before its end.'
                : 'The comparison failed.'}
        </p>
        {state === 'running' && (
          <progress
            className={styles.progress}
            aria-label="Messages of the log read"
            max={Math.max(1, report.total)}
            value={report.scanned}
          />
        )}
        {report.reason !== undefined && (
          <Notice level="error" title="It ended early">
            {report.reason}
          </Notice>
        )}
        {state === 'done' && (
          <dl className={styles.counts}>
            <div>
              <dt>Agree</dt>
              <dd title={exact(report.matched)}>{short(report.matched)}</dd>
            </div>
            {found.map((one) => (
              <div key={one}>
                <dt>{stateWords[one].word}</dt>
                <dd title={exact(counts[one] ?? 0)}>{short(counts[one] ?? 0)}</dd>
              </div>
            ))}
          </dl>
        )}
        {report.notes.length > 0 && (
          <ul className={styles.notes}>
            {report.notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        )}
        {report.backfill !== undefined && <BackfillLine backfill={report.backfill} now={now} />}
        {error !== undefined && (
          <Notice level="error" title="That did not work">
            {describeError(error).message}
          </Notice>
        )}
        <div className={styles.foot}>
          {running && mayStop && (
            <Button icon={<CircleStop size={16} />} onClick={() => void api.stopReconcile(flow, id).then(reload, setError)}>
              Stop
            </Button>
          )}
          {!running && state === 'done' && spec.kind === 'source' && missing > 0 && report.why === undefined && (
            <Button
              look="filled"
              icon={<PackagePlus size={16} />}
              disabled={!mayWrite}
              title={mayWrite ? '' : 'A backfill takes the role admin'}
              onClick={() => setAsking(true)}
            >
              Backfill {plural(missing, 'message')}…
            </Button>
          )}
          {!running && state === 'done' && spec.kind === 'sink' && missing > 0 && (
            <Button look="filled" icon={<History size={16} />} onClick={() => void toReplay().catch(setError)}>
              Replay {plural(missing, 'message')} to {name}…
            </Button>
          )}
          {found.length > 0 && (
            <a href={`/api/flows/${encodeURIComponent(flow)}/reconciles/${id}/items.csv`} download>
              <Download size={14} aria-hidden="true" /> All as CSV
            </a>
          )}
        </div>
        {report.why !== undefined && missing > 0 && <p className={styles.hint}>{report.why}</p>}
      </div>
      {state === 'done' && found.length > 0 && <ItemTable report={report} />}
      {asking && <BackfillDialog report={report} source={name} onClose={() => setAsking(false)} onStarted={reload} />}
    </Panel>
  );
}

function BackfillLine({ backfill, now }: { backfill: Backfill; now: number }) {
  const { state, total, written, arrived, failed, who, startedAt, endedAt } = backfill;
  const done = written + arrived + failed;
  const words = `${exact(written)} written, ${exact(arrived)} had arrived meanwhile${failed > 0 ? `, ${exact(failed)} failed` : ''}, of ${exact(total)}`;
  if (state === 'running')
    return (
      <div>
        <p>{`Backfill by ${who} for ${duration(now - startedAt)}: ${words}`}</p>
        <progress className={styles.progress} aria-label="Messages backfilled" max={Math.max(1, total)} value={done} />
      </div>
    );
  const title = state === 'done' ? `Backfilled by ${who}` : state === 'stopped' ? 'The backfill was stopped' : 'The backfill failed';
  return (
    <Notice level={state === 'done' && failed === 0 ? 'ok' : state === 'failed' ? 'error' : 'warning'} title={title}>
      {`${words}${endedAt === undefined ? '' : `, ${ago(endedAt, now)}`}. ${backfill.reason ?? ''}`}
    </Notice>
  );
}
