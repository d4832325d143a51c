import { History } from 'lucide-react';
import { useMemo } from 'react';
import { Link } from 'react-router';
import type { FlowRecord } from '#shared/api.ts';
import type { Timeline } from '#shared/moment.ts';
import { nodeNames } from '#shared/node-name.ts';
import type { Catalog } from '#shared/node-type.ts';
import { api } from '../api.ts';
import type { TypeIndex } from '../editor/document.ts';
import { fullTime } from '../format.ts';
import { useLoad } from '../load.ts';
import { Panel } from '../shell/page.tsx';
import { tracePath } from '../trace/trace-path.ts';
import { describeError, EmptyState, ErrorState, SkeletonRows } from '../ui/states.tsx';
import { Notice } from '../ui/status.tsx';
import { FlowPicture } from './flow-picture.tsx';
import { MessageAtNode } from './message-at-node.tsx';
import { MessagesPanel } from './moment-messages.tsx';
import { Difference, Happened, Summary } from './moment-side.tsx';
import { numbersOf } from './numbers.ts';
import type { TimeChoice } from './time-choice.ts';
import styles from './time-page.module.css';
import { useMoment, useMomentMessages } from './use-moment.ts';
import { litBy } from './way-lit.ts';

/** The flow at one moment: its picture with the numbers of the minute, messages of about then, and what surrounds them. */
export function Past({
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
  set: (change: Partial<TimeChoice>) => void;
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
                  {`Recomputed by version ${way.data.version}, which handled it${way.data.recomputed === 'identical' ? ', identical to what was written.' : way.data.recomputed === 'differs' ? ', differs from what was written.' : '.'}`}
                  {' Choose a node above to see it there.'}
                </p>
                {looked !== undefined && <MessageAtNode way={way.data} node={looked} name={nameOf(looked)} />}
              </div>
            )}
          </Panel>
        )}
        <Panel title="Messages of about that moment" label="Messages of about that moment">
          <MessagesPanel flow={id} messages={messages} chosen={message} onChoose={(m) => set({ message: m })} nameOf={nameOf} />
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
