import { History, Radio } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'react-router';
import type { FlowRecord } from '#shared/api.ts';
import { type Moment, minuteOf } from '#shared/moment.ts';
import type { Catalog } from '#shared/node-type.ts';
import { fullTime, plural, timeOfDay, when } from '../format.ts';
import { ChangeList, changesInWords } from '../history/change-list.tsx';
import { useChanges } from '../history/documents.ts';
import { replayPath } from '../replay/choice.ts';
import { Panel } from '../shell/page.tsx';
import { Button } from '../ui/button.tsx';
import { describeError, Skeleton } from '../ui/states.tsx';
import { StatusBadge } from '../ui/status.tsx';
import { EventIcon } from './event-looks.tsx';
import { momentInWords, type numbersOf } from './numbers.ts';
import styles from './time-page.module.css';

function clockOf(reference: number): (at: number) => string {
  return (at) =>
    new Date(at).toDateString() === new Date(reference).toDateString() ? timeOfDay(at) : `${when(at, reference)} ${timeOfDay(at)}`;
}

/** The moment in words and numbers, and what can be done from it. */
export function Summary({
  moment,
  node,
  nameOf,
  numbers,
}: {
  moment: Moment;
  node: string | undefined;
  nameOf: (node: string) => string;
  numbers: ReturnType<typeof numbersOf>;
}) {
  const level = moment.state === 'failed' ? 'error' : moment.state === 'running' ? 'ok' : 'off';
  const words = { running: 'Running', stopped: 'Stopped', failed: 'Failed', unknown: 'Not deployed' }[moment.state];
  const causes = Object.entries(moment.minute?.dead ?? {}).flatMap(([at, codes]) =>
    Object.entries(codes).map(([code, count]) => ({ at, code, count })),
  );
  const one = node === undefined ? undefined : numbers.get(node);
  return (
    <Panel
      title={moment.version === undefined ? fullTime(moment.at).split(' (')[0] : `Version ${moment.version}`}
      label="That moment"
      aside={
        <StatusBadge level={level} soft>
          {words}
        </StatusBadge>
      }
    >
      <div className={styles.body}>
        <p role="status" title={fullTime(moment.at)}>
          {momentInWords(moment, clockOf(moment.at))}
        </p>
        {causes.length > 0 && (
          <ul className={styles.causes} aria-label="What failed">
            {causes.map(({ at, code, count }) => (
              <li key={`${at} ${code}`}>
                <StatusBadge level="error">{count}</StatusBadge> {nameOf(at)} <code>{code}</code>
              </li>
            ))}
          </ul>
        )}
        {node !== undefined && one !== undefined && (
          <p className={styles.read}>
            {nameOf(node)}: {one.line ?? 'nothing counted at it'}
            {one.dead > 0 && `, ${one.dead} failed`}
            {Object.entries(one.reasons).map(([reason, count]) => `, ${count} ended: ${reason}`)}
          </p>
        )}
        {moment.version !== undefined && (
          <div className={styles.actions}>
            <Link
              to={replayPath(moment.flow, { by: 'time', since: moment.at, until: minuteOf(Date.now()) + 60_000 })}
              className={styles.action}
            >
              <History size={16} aria-hidden="true" />
              Replay from here
            </Link>
            <Link
              to={`/flows/${encodeURIComponent(moment.flow)}/ledger?since=${moment.at}&until=${moment.at + 60_000}`}
              className={styles.action}
            >
              Ledger of this minute
            </Link>
          </div>
        )}
      </div>
    </Panel>
  );
}

/** How the version of then differs from the one that is live now. */
export function Difference({ record, catalog, moment }: { record: FlowRecord; catalog: Catalog; moment: Moment }) {
  const { version, current, flow } = moment;
  const [open, setOpen] = useState(false);
  const same = version === undefined || current === undefined || version === current;
  const { changes, loaded } = useChanges(flow, same ? undefined : version, current ?? 'draft', record.revision, catalog);
  if (version === undefined || current === undefined) return null;
  return (
    <Panel
      title="From then to now"
      label="From then to now"
      aside={
        same ? undefined : (
          <Link to={`/flows/${encodeURIComponent(flow)}/history?show=${current}&with=${version}`} className={styles.read}>
            In the history
          </Link>
        )
      }
    >
      <div className={styles.body}>
        {same && (
          <StatusBadge level="ok" icon={<Radio size={14} aria-hidden="true" />}>
            Version {version} is the deployed one now too
          </StatusBadge>
        )}
        {!same &&
          changes === undefined &&
          (loaded.error === undefined ? <Skeleton height={20} /> : <p>{describeError(loaded.error).message}</p>)}
        {!same && changes !== undefined && (
          <>
            <p>
              Version {version} to version {current}: {changesInWords(changes)}.
            </p>
            {changes.length > 0 && (
              <Button size="small" aria-expanded={open} onClick={() => setOpen(!open)}>
                {open ? 'Hide the changes' : 'Show the changes'}
              </Button>
            )}
          </>
        )}
      </div>
      {open && !same && changes !== undefined && <ChangeList changes={changes} />}
    </Panel>
  );
}

/** What happened to the flow in the hour before. */
export function Happened({ moment }: { moment: Moment }) {
  const clock = clockOf(moment.at);
  return (
    <Panel
      title="Happened in the hour before"
      label="Happened in the hour before"
      aside={<span className={styles.read}>{plural(moment.events.length, 'event')}</span>}
    >
      {moment.events.length === 0 ? (
        <p className={styles.gone}>Nothing but messages.</p>
      ) : (
        <ul className={styles.events}>
          {moment.events.slice(0, 30).map((event) => (
            <li key={`${event.at} ${event.kind} ${event.sentence}`} className={styles.event}>
              <EventIcon kind={event.kind} />
              <span className={styles.at} title={fullTime(event.at)}>
                {clock(event.at)}
              </span>
              <span>{event.link === undefined ? event.sentence : <Link to={event.link}>{event.sentence}</Link>}</span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
