import { ArrowLeft, History, Radio, RotateCw } from 'lucide-react';
import { useMemo, useState } from 'react';
import { Link, useParams, useSearchParams } from 'react-router';
import type { FlowRecord } from '#shared/api.ts';
import { type Moment, minuteOf, type Timeline, withinTimeline } from '#shared/moment.ts';
import { nodeNames } from '#shared/node-name.ts';
import type { Catalog } from '#shared/node-type.ts';
import { api } from '../api.ts';
import { useNow } from '../clock.ts';
import type { TypeIndex } from '../editor/document.ts';
import { ago, fullTime, plural, timeOfDay, when } from '../format.ts';
import { ChangeList, changesInWords } from '../history/change-list.tsx';
import { useChanges } from '../history/documents.ts';
import { useLoad } from '../load.ts';
import { replayPath } from '../replay/choice.ts';
import { Page, PageHeader, Panel } from '../shell/page.tsx';
import { tracePath } from '../trace/trace-path.ts';
import { Button } from '../ui/button.tsx';
import { Segments } from '../ui/segments.tsx';
import { describeError, EmptyState, ErrorState, Skeleton, SkeletonRows } from '../ui/states.tsx';
import { Notice, StatusBadge } from '../ui/status.tsx';
import { EventIcon } from './event-looks.tsx';
import { FlowPicture } from './flow-picture.tsx';
import { MessageAtNode } from './message-at-node.tsx';
import { MessagesPanel } from './moment-messages.tsx';
import { momentInWords, numbersOf } from './numbers.ts';
import { TimeAxis } from './time-axis.tsx';
import styles from './time-page.module.css';
import { useMoment, useMomentMessages } from './use-moment.ts';
import { litBy } from './way-lit.ts';

const hourMs = 3_600_000;
const periods = { '1h': 1, '6h': 6, '24h': 24, '7d': 168, '30d': 720 } as const;
type Period = keyof typeof periods;

function readPeriod(text: string | null): Period | undefined {
  return (Object.keys(periods) as Period[]).find((one) => one === text);
}

/** The piece of time on the axis: up to now, or about the moment where that lies further back. */
export function axisOf(period: Period, at: number | undefined, now: number): { since: number; until: number } {
  const length = periods[period] * hourMs;
  const end = minuteOf(now) + 60_000;
  if (at === undefined || at >= end - length) return { since: end - length, until: end };
  const since = minuteOf(at - length / 2);
  return { since, until: since + length };
}

/** `/flows/:id/time`: the flow as it was, at any minute that is kept. */
export function TimePage() {
  const { id = '' } = useParams();
  const loaded = useLoad(() => Promise.all([api.flow(id), api.nodeTypes()] as const), id);
  const [record, catalog] = loaded.data ?? [];
  return (
    <Page>
      <PageHeader
        title={`${record?.flow.name ?? id} in time`}
        sentence="The flow as it was at any minute: version, numbers, messages, errors. Looking changes nothing."
        actions={
          <Link to={`/flows/${encodeURIComponent(id)}`} className={styles.back}>
            <ArrowLeft size={16} aria-hidden="true" />
            To the flow as it is
          </Link>
        }
      />
      {record === undefined && loaded.error !== undefined && (
        <Panel label="Time">
          <ErrorState what="The flow could not be loaded" error={loaded.error} onRetry={loaded.reload} />
        </Panel>
      )}
      {record === undefined && loaded.error === undefined && (
        <Panel label="Time">
          <SkeletonRows rows={4} height={64} label="Loading the flow" />
        </Panel>
      )}
      {record !== undefined && catalog !== undefined && <Travel key={id} record={record} catalog={catalog} />}
    </Page>
  );
}

function Travel({ record, catalog }: { record: FlowRecord; catalog: Catalog }) {
  const { id } = record.flow;
  const [query, setQuery] = useSearchParams();
  const [opened, setOpened] = useState(Date.now);
  const asked = /^\d{1,14}$/.test(query.get('at') ?? '') ? minuteOf(Number(query.get('at'))) : undefined;
  const period = readPeriod(query.get('span')) ?? '6h';
  // The axis stays while the moment moves along it.
  const [anchor, setAnchor] = useState(asked);
  const axis = axisOf(period, anchor, opened);
  const outside = asked !== undefined && (asked < axis.since || asked >= axis.until);
  if (outside && asked !== anchor) setAnchor(asked);
  const at = withinTimeline(asked ?? axis.until - 1, axis);
  const set = (change: Record<string, string | undefined>): void =>
    setQuery(
      (before) => {
        const next = new URLSearchParams(before);
        for (const [name, value] of Object.entries(change)) {
          if (value === undefined) next.delete(name);
          else next.set(name, value);
        }
        return next;
      },
      { replace: true, preventScrollReset: true },
    );
  const timeline = useLoad(() => api.timeline(id, axis.since, axis.until), `${id} ${axis.since} ${axis.until}`);
  const now = useNow();
  return (
    <>
      <Panel label="Axis of time">
        <div className={styles.tools}>
          <Segments
            label="Length of the axis"
            value={period}
            onChange={(span) => {
              setAnchor(at);
              set({ span: span === '6h' ? undefined : span });
            }}
            options={(Object.keys(periods) as Period[]).map((value) => ({ value, label: value.replace('h', ' h').replace('d', ' days') }))}
          />
          <span className={styles.read} title={fullTime(opened)}>
            up to {ago(opened, now)}
          </span>
          <Button
            size="small"
            icon={<RotateCw size={14} />}
            onClick={() => {
              setOpened(Date.now());
              setAnchor(undefined);
              timeline.reload();
              set({ at: undefined, m: undefined });
            }}
          >
            To now
          </Button>
        </div>
        {timeline.data === undefined && timeline.error === undefined && (
          <div className={styles.wait}>
            <Skeleton height={150} radius={6} />
          </div>
        )}
        {timeline.data === undefined && timeline.error !== undefined && (
          <ErrorState what="What happened could not be loaded" error={timeline.error} onRetry={timeline.reload} />
        )}
        {timeline.data !== undefined && (
          <TimeAxis timeline={timeline.data} at={at} onChange={(next) => set({ at: String(next), m: undefined })} />
        )}
      </Panel>
      <Past
        record={record}
        catalog={catalog}
        at={at}
        message={query.get('m') ?? undefined}
        node={query.get('node') ?? undefined}
        set={set}
        timeline={timeline.data}
      />
    </>
  );
}

type Set = (change: Record<string, string | undefined>) => void;

function Past({
  record,
  catalog,
  at,
  message,
  node,
  set,
  timeline,
}: {
  record: FlowRecord;
  catalog: Catalog;
  at: number;
  message: string | undefined;
  node: string | undefined;
  set: Set;
  timeline: Timeline | undefined;
}) {
  const { id } = record.flow;
  const { data: moment, current, error } = useMoment(id, at);
  const messages = useMomentMessages(id, at);
  const types: TypeIndex = useMemo(() => new Map(catalog.types.map((type) => [type.type, type])), [catalog]);
  const numbers = useMemo(
    () => (moment?.document === undefined ? new Map() : numbersOf(moment.document, types, moment.minute)),
    [moment, types],
  );
  const way = useLoad(async () => (message === undefined ? undefined : await api.way(id, message)), `${id} ${message ?? ''}`);
  const lit = useMemo(() => (way.data === undefined ? undefined : litBy(way.data)), [way.data]);
  const nameOf = nodeNames(moment?.document?.nodes ?? record.flow.nodes, types);
  if (moment === undefined) {
    return (
      <Panel label="The flow as it was">
        {error === undefined ? (
          <SkeletonRows rows={4} height={64} label="Loading the moment" />
        ) : (
          <ErrorState what="The moment could not be loaded" error={error} />
        )}
      </Panel>
    );
  }
  const failedNode = way.data?.failed[0]?.node;
  const looked = node ?? failedNode ?? way.data?.hops[0]?.to;
  return (
    <div className={[styles.columns, current ? '' : styles.old].join(' ')} aria-busy={!current}>
      <div className={styles.main}>
        <Panel label="The flow as it was">
          {moment.document === undefined ? (
            <EmptyState icon={<History size={24} />} title="Not deployed yet">
              {timeline?.spans[0] === undefined
                ? 'The flow was never deployed up to the end of this axis.'
                : `It was first deployed ${fullTime(timeline.spans[0].from)}.`}
            </EmptyState>
          ) : (
            <FlowPicture
              document={moment.document}
              types={types}
              numbers={numbers}
              lit={lit}
              chosen={node}
              onChoose={(chosen) => set({ node: chosen === node ? undefined : chosen })}
            />
          )}
        </Panel>
        {message !== undefined && (
          <Panel
            title={looked === undefined ? 'The message' : `The message at ${nameOf(looked)}`}
            label="The message at a node"
            aside={<Link to={tracePath(id, message)}>Trace this message</Link>}
          >
            {way.data === undefined && way.error === undefined && (
              <SkeletonRows rows={3} height={32} label="Running the version over the message" />
            )}
            {way.data === undefined && way.error !== undefined && (
              <ErrorState what="Its way could not be recomputed" error={way.error} onRetry={way.reload} />
            )}
            {way.data !== undefined && (
              <div className={styles.body}>
                <p className={styles.read}>
                  {`Recomputed by version ${way.data.version}${way.data.recomputed === 'identical' ? ', identical to what was written.' : way.data.recomputed === 'differs' ? ', differs from what was written.' : '.'}`}
                  {' Choose a node above to see it there.'}
                </p>
                {looked !== undefined && <MessageAtNode way={way.data} node={looked} name={nameOf(looked)} />}
              </div>
            )}
          </Panel>
        )}
        <Panel title="Messages of about that moment" label="Messages of about that moment">
          <MessagesPanel flow={id} messages={messages} chosen={message} onChoose={(m) => set({ m })} nameOf={nameOf} />
        </Panel>
      </div>
      <div className={styles.side}>
        {error !== undefined && (
          <Notice level="warning" title="The moment could not be loaded">
            {describeError(error).message} What is shown is of another one.
          </Notice>
        )}
        <Summary moment={moment} node={node} nameOf={nameOf} numbers={numbers} />
        <Difference record={record} catalog={catalog} moment={moment} />
        <Happened moment={moment} />
      </div>
    </div>
  );
}

function clockOf(reference: number): (at: number) => string {
  return (at) =>
    new Date(at).toDateString() === new Date(reference).toDateString() ? timeOfDay(at) : `${when(at, reference)} ${timeOfDay(at)}`;
}

function Summary({
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
      </div>
    </Panel>
  );
}

/** How the version of then differs from the one that is live now. */
function Difference({ record, catalog, moment }: { record: FlowRecord; catalog: Catalog; moment: Moment }) {
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
            Version {version} is live now too
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

function Happened({ moment }: { moment: Moment }) {
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
