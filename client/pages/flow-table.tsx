import { Clock, Inbox, OctagonAlert, RotateCw } from 'lucide-react';
import { Fragment, type ReactNode } from 'react';
import { Link } from 'react-router';
import type { FlowSummary } from '#shared/api.ts';
import type { FlowStatus } from '#shared/events.ts';
import { IncidentMark } from '../alerts/incident-mark.tsx';
import { useNow } from '../clock.ts';
import { exact, fullTime, initials, short, when } from '../format.ts';
import { useLiveAge, useRate, useTotals } from '../live.ts';
import { flowDead, flowIn, flowOut, type Rate, series } from '../rates.ts';
import { Chip } from '../ui/chip.tsx';
import { Sparkline } from '../ui/sparkline.tsx';
import { type Level, StatusTile } from '../ui/status.tsx';
import { type FlowRow, flowGroups, groupWords, splitSentence } from './flow-groups.ts';
import { type FlowAction, FlowMenu } from './flow-menu.tsx';
import styles from './flow-table.module.css';

/** Five minutes; each point looks back over 15 s. */
const spark = { steps: 60, stepMs: 5000, overMs: 15_000 };

/** The table of flows, in groups; every row leads to its editor. */
export function FlowTable({ rows, onAction }: { rows: readonly FlowRow[]; onAction: (action: FlowAction, flow: FlowSummary) => void }) {
  const { fresh } = useLiveAge();
  return (
    <table className={[styles.table, fresh ? '' : styles.old].join(' ')}>
      <thead>
        <tr>
          <th scope="col">Flow and health</th>
          <th scope="col" className={styles.spark}>
            Out, last 5 min
          </th>
          <th scope="col" className={styles.rate} title="Messages that entered the flow, per minute over the last minute">
            In /min
          </th>
          <th scope="col" className={styles.rate} title="Messages delivered to all sinks, per minute over the last minute">
            Out /min
          </th>
          <th scope="col" className={styles.dead} title="Since the first deploy">
            Dead letters
          </th>
          <th scope="col" className={styles.version}>
            Version
          </th>
          <th scope="col" className={styles.edited}>
            Edited
          </th>
          <th scope="col" className={styles.menu}>
            <span className="visually-hidden">Actions</span>
          </th>
        </tr>
      </thead>
      {flowGroups.map((group) => {
        const members = rows.filter((row) => row.group === group);
        return (
          <Fragment key={group}>
            {members.length > 0 && (
              <tbody>
                <tr className={styles.group}>
                  <th scope="rowgroup">
                    {groupWords[group]} <span className={styles.groupCount}>{members.length}</span>
                  </th>
                </tr>
                {members.map((row) => (
                  <Row key={row.flow.id} row={row} onAction={onAction} />
                ))}
              </tbody>
            )}
          </Fragment>
        );
      })}
    </table>
  );
}

function Row({ row: { flow, status, incident }, onAction }: { row: FlowRow; onAction: (action: FlowAction, flow: FlowSummary) => void }) {
  const now = useNow();
  const totals = useTotals(flow.id);
  const into = useRate(flow.id, '1m', flowIn);
  const out = useRate(flow.id, '1m', flowOut);
  const newDead = useRate(flow.id, '5m', flowDead);
  const level: Level = status.state === 'starting' || status.state === 'draining' ? 'info' : status.health.level;
  const isCalm = level === 'ok' || level === 'off' || level === 'info';
  const deployed = flow.deployedVersion ?? status.version;
  const sentence = splitSentence(status.health);
  return (
    <tr className={styles.row}>
      <td>
        <div className={styles.flow}>
          <StatusTile level={incident !== undefined && isCalm ? incident : level} icon={tileIcon(status)} />
          <div className={styles.words}>
            <div className={styles.nameLine}>
              <Link to={`/flows/${flow.id}`} className={styles.name}>
                {flow.name}
              </Link>
              <IncidentMark flow={flow.id} name={flow.name} />
              {flow.changed && deployed !== undefined && (
                <Chip look="outline" title="The draft differs from the deployed version">
                  Draft differs
                </Chip>
              )}
            </div>
            <div className={styles.sentence} title={status.health.sentence}>
              {sentence.before}
              {sentence.loud !== '' && <span className={styles[level]}>{sentence.loud}</span>}
              {sentence.after}
            </div>
          </div>
        </div>
      </td>
      <td className={styles.spark}>
        <Sparkline
          values={series(totals, flowOut, spark)}
          level={level}
          label={`Messages out per minute, last 5 minutes; now ${out === undefined ? 'not known' : short(Math.round(out.perMinute))}`}
        />
      </td>
      <td className={styles.rate}>{figure(into, deployed)}</td>
      <td className={styles.rate}>{figure(out, deployed)}</td>
      <td className={styles.dead}>
        <DeadCell id={flow.id} dead={status.balance.dead} fresh={newDead?.count ?? 0} deployed={deployed !== undefined} />
      </td>
      <td className={styles.version}>
        {deployed === undefined ? (
          <>
            <div>Draft</div>
            <div className={styles.second}>{flow.nodes === 1 ? '1 node' : `${flow.nodes} nodes`}</div>
          </>
        ) : (
          <>
            <div>v{deployed}</div>
            {status.deployedAt !== undefined && (
              <div className={styles.second} title={fullTime(status.deployedAt)}>
                since {when(status.deployedAt, now)}
              </div>
            )}
          </>
        )}
      </td>
      <td className={styles.edited}>
        <div className={styles.person}>
          <span className={styles.badge} aria-hidden="true">
            {initials(flow.updatedBy)}
          </span>
          <div className={styles.words}>
            <div className={styles.cut} title={flow.updatedBy}>
              {flow.updatedBy}
            </div>
            <div className={styles.second} title={fullTime(flow.updatedAt)}>
              {when(flow.updatedAt, now)}
            </div>
          </div>
        </div>
      </td>
      <td className={styles.menu}>
        <FlowMenu flow={flow} status={status} onAction={(action) => onAction(action, flow)} />
      </td>
    </tr>
  );
}

function figure(rate: Rate | undefined, deployed: number | undefined): ReactNode {
  if (rate === undefined) return <span className={styles.second}>{deployed === undefined ? '–' : '…'}</span>;
  const value = rate.perMinute >= 10 ? Math.round(rate.perMinute) : Math.round(rate.perMinute * 10) / 10;
  return (
    <span className={value === 0 ? styles.second : undefined} title={`${exact(rate.count)} in ${Math.round(rate.overMs / 1000)} s`}>
      {short(value)}
    </span>
  );
}

function DeadCell({ id, dead, fresh, deployed }: { id: string; dead: number; fresh: number; deployed: boolean }) {
  if (dead === 0) return <span className={styles.second}>{deployed ? '0' : '–'}</span>;
  return (
    <>
      <Link to={`/dead-letters/${id}`} className={styles.deadLink} title={`${exact(dead)} since the first deploy`}>
        <Inbox size={14} aria-hidden="true" />
        {short(dead)}
      </Link>
      <div className={styles.second}>{fresh > 0 ? `+${short(fresh)} in 5 min` : 'in total'}</div>
    </>
  );
}

/** The usual icon of the level, except where a closer one says what goes on. */
function tileIcon(status: FlowStatus): ReactNode {
  if (status.state === 'failed') return <OctagonAlert size={16} />;
  if (status.state === 'backing-off' || status.stages.some((stage) => stage.state === 'retrying')) return <RotateCw size={16} />;
  if (status.health.level === 'warning' && /behind/.test(status.health.sentence) && !/dead letter/.test(status.health.sentence))
    return <Clock size={16} />;
  return undefined;
}
