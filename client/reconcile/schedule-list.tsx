import { Pause, Pencil, Play, RefreshCw, Trash2 } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Link } from 'react-router';
import { verdict } from '#shared/reconcile.ts';
import { periodWords, type ShownSchedule, timesWords } from '#shared/reconcile-schedule.ts';
import { api } from '../api.ts';
import { useNow } from '../clock.ts';
import { ago, duration, fullTime } from '../format.ts';
import type { Loaded } from '../load.ts';
import { useMay } from '../session.ts';
import { Panel } from '../shell/page.tsx';
import { IconButton } from '../ui/button.tsx';
import { StatusBadge, StatusIcon } from '../ui/status.tsx';
import table from '../ui/table.module.css';
import { tellFailure } from '../ui/tell.ts';
import styles from './reconcile.module.css';
import { ScheduleDialog } from './schedule-dialog.tsx';

const runningMs = 1000;
/** What is due may wait for another comparison of the flow. */
const waitingMs = 10_000;

/** Comparisons that repeat themselves: when next, what the last one found, change, pause, run now, delete. Nothing where there are none. */
export function ScheduleList({
  flow,
  loaded,
  nameOf,
  onChanged,
}: {
  flow: string;
  loaded: Loaded<ShownSchedule[]>;
  nameOf: (node: string) => string;
  onChanged: () => void;
}) {
  const { data, loading, reload } = loaded;
  const [changing, setChanging] = useState<ShownSchedule>();
  const isRunning = data?.some(({ running }) => running) ?? false;
  const ends = data?.map(({ progress }) => progress.last?.endedAt ?? 0).join();
  useEffect(() => {
    if (loading || data === undefined || data.length === 0) return;
    const timer = setTimeout(reload, isRunning ? runningMs : waitingMs);
    return () => clearTimeout(timer);
  }, [data, loading, isRunning, reload]);
  // The list of comparisons has one more when a schedule has begun one, and its result when it has ended.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only beginnings and ends are reasons.
  useEffect(() => onChanged(), [isRunning, ends]);

  if (data === undefined || data.length === 0) return null;
  return (
    <Panel title="Repeated" label="Repeated comparisons">
      <table className={table.table}>
        <thead>
          <tr>
            <th scope="col" className={styles.repeated}>
              Comparison
            </th>
            <th scope="col" className={styles.repeated}>
              When
            </th>
            <th scope="col" className={styles.next}>
              Next
            </th>
            <th scope="col">Last result</th>
            <th scope="col" className={styles.actions}>
              <span className="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {data.map((schedule) => (
            <Row
              key={schedule.id}
              flow={flow}
              schedule={schedule}
              place={nameOf(schedule.what.node)}
              reload={reload}
              onChange={() => setChanging(schedule)}
            />
          ))}
        </tbody>
      </table>
      {changing && (
        <ScheduleDialog schedule={changing} place={nameOf(changing.what.node)} onClose={() => setChanging(undefined)} onSaved={reload} />
      )}
    </Panel>
  );
}

function Row({
  flow,
  schedule,
  place,
  reload,
  onChange,
}: {
  flow: string;
  schedule: ShownSchedule;
  place: string;
  reload: () => void;
  onChange: () => void;
}) {
  const now = useNow();
  const isAnalyst = useMay('analyst');
  const isDeveloper = useMay('developer');
  const may = schedule.what.kind === 'sink' ? isAnalyst : isDeveloper;
  const { id, name, times, zone, period, paused, next, running, createdBy, createdAt, changedBy, changedAt } = schedule;
  const made = `added by ${createdBy}, ${fullTime(createdAt)}`;
  const changed = changedAt === undefined ? '' : `; changed by ${changedBy}, ${fullTime(changedAt)}`;
  const then = (work: Promise<unknown>, what: string): void => {
    work.then(reload, (error: unknown) => tellFailure(what, error));
  };
  return (
    <tr>
      <td>
        <div className={[table.strong, table.cut].join(' ')} title={`${name}: ${made}${changed}`}>
          {name}
        </div>
        <div className={[table.second, table.cut].join(' ')}>{place}</div>
      </td>
      <td>
        <div className={table.cut} title={`${timesWords(times)}, ${zone}`}>
          {`${timesWords(times)}, ${zone}`}
        </div>
        <div className={[table.second, table.cut].join(' ')}>{`Things of ${periodWords(period)}`}</div>
      </td>
      <td title={paused ? '' : fullTime(next)}>
        {running ? (
          <StatusBadge level="info">Running</StatusBadge>
        ) : paused ? (
          <StatusBadge level="off">Paused</StatusBadge>
        ) : next <= now ? (
          'Now'
        ) : (
          `in ${duration(next - now)}`
        )}
      </td>
      <td>
        <LastResult schedule={schedule} place={place} now={now} />
      </td>
      <td className={styles.actions}>
        {may && (
          <>
            <IconButton
              size="small"
              label={`Run ${name} now`}
              title="Run now"
              disabled={running}
              onClick={() => then(api.runSchedule(flow, id), 'The comparison was not started')}
            >
              <RefreshCw size={16} />
            </IconButton>
            <IconButton
              size="small"
              label={paused ? `Let ${name} go on` : `Pause ${name}`}
              title={paused ? 'Let it go on' : 'Pause'}
              onClick={() => then(api.pauseSchedule(flow, id, !paused), 'The schedule was not changed')}
            >
              {paused ? <Play size={16} /> : <Pause size={16} />}
            </IconButton>
            <IconButton size="small" label={`Change ${name}`} title="Change" onClick={onChange}>
              <Pencil size={16} />
            </IconButton>
            <IconButton
              size="small"
              label={`Delete ${name}`}
              title="Delete; what it found stays"
              onClick={() => then(api.deleteSchedule(flow, id), 'The schedule was not deleted')}
            >
              <Trash2 size={16} />
            </IconButton>
          </>
        )}
      </td>
    </tr>
  );
}

function LastResult({ schedule, place, now }: { schedule: ShownSchedule; place: string; now: number }) {
  const { result, what } = schedule;
  const { last } = schedule.progress;
  if (last === undefined) return <span className={table.second}>Not yet</span>;
  const report = last.state === 'done' ? result : undefined;
  const words =
    report !== undefined ? verdict(report, place) : last.state === 'failed' ? (last.reason ?? 'It failed.') : 'Stopped before its end.';
  const level = report === undefined ? (last.state === 'failed' ? 'error' : 'off') : (report.counts.missing ?? 0) > 0 ? 'warning' : 'ok';
  return (
    <>
      <div className={styles.result}>
        <StatusIcon level={level} />
        {last.report === undefined ? (
          <span className={table.cut} title={words}>
            {words}
          </span>
        ) : (
          <Link
            to={`?${new URLSearchParams({ ...(what.kind === 'sink' && { side: 'sink' }), report: last.report }).toString()}`}
            className={table.cut}
            title={words}
          >
            {words}
          </Link>
        )}
      </div>
      <div className={table.second} title={fullTime(last.endedAt)}>
        {ago(last.endedAt, now)}
      </div>
    </>
  );
}
