import { RotateCw } from 'lucide-react';
import { useState } from 'react';
import { useParams } from 'react-router';
import type { FlowRecord } from '#shared/api.ts';
import { withinTimeline } from '#shared/moment.ts';
import type { Catalog } from '#shared/node-type.ts';
import { useAddressState } from '../address-state.ts';
import { api } from '../api.ts';
import { useNow } from '../clock.ts';
import { ago, fullTime } from '../format.ts';
import { useLoad } from '../load.ts';
import { Page, PageHeader, Panel } from '../shell/page.tsx';
import { Button } from '../ui/button.tsx';
import { Segments } from '../ui/segments.tsx';
import { ErrorState, Skeleton, SkeletonRows } from '../ui/states.tsx';
import { Past } from './past.tsx';
import { TimeAxis } from './time-axis.tsx';
import { axisOf, periodNames, periods, readTime, writeTime } from './time-choice.ts';
import styles from './time-page.module.css';

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
  const [choice, set] = useAddressState(readTime, writeTime);
  const [opened, setOpened] = useState(Date.now);
  const { at: asked, period } = choice;
  // The axis stays while the moment moves along it.
  const [anchor, setAnchor] = useState(asked);
  const axis = axisOf(period, anchor, opened);
  const outside = asked !== undefined && (asked < axis.since || asked >= axis.until);
  if (outside && asked !== anchor) setAnchor(asked);
  const at = withinTimeline(asked ?? axis.until - 1, axis);
  const timeline = useLoad(() => api.timeline(id, axis.since, axis.until), `${id} ${axis.since} ${axis.until}`);
  const now = useNow();
  return (
    <>
      <Panel label="Axis of time">
        <div className={styles.tools}>
          <Segments
            label="Length of the axis"
            value={period}
            onChange={(next) => {
              setAnchor(at);
              set({ period: next });
            }}
            options={periodNames.map((value) => ({ value, label: periods[value].label }))}
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
              set({ at: undefined, message: undefined });
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
          <TimeAxis timeline={timeline.data} at={at} onChange={(next) => set({ at: next, message: undefined })} />
        )}
      </Panel>
      <Past record={record} catalog={catalog} at={at} message={choice.message} node={choice.node} set={set} timeline={timeline.data} />
    </>
  );
}
