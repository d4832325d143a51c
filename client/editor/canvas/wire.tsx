import { memo } from 'react';
import { BaseEdge, EdgeLabelRenderer, type EdgeProps, getSmoothStepPath } from 'reactflow';
import { errorPort } from '#shared/node-type.ts';
import { exact, perMinute, plural } from '../../format.ts';
import { useFlowStatus, useRate } from '../../live.ts';
import { nodeOut } from '../../rates.ts';
import { TryWireCount } from '../../try/card-line.tsx';
import { useEditor, useEditorState } from '../context.ts';
import { stageOf } from '../describe.ts';
import { openMessages } from '../gestures.ts';
import type { Wire } from './projection.ts';
import styles from './wire.module.css';

/** A line between two cards, with the rate that runs over it and what waits at its end. */
export const WireView = memo(function WireView({
  data,
  selected,
  sourceX,
  sourceY,
  targetX,
  targetY,
  sourcePosition,
  targetPosition,
  markerEnd,
}: EdgeProps<Wire>) {
  const failed = data?.edge.from.port === errorPort.id;
  const forward = targetX > sourceX + 40;
  const [path] = getSmoothStepPath({
    sourceX,
    sourceY,
    targetX: targetX - 2,
    targetY,
    sourcePosition,
    targetPosition,
    borderRadius: 10,
    ...(data?.track !== undefined && forward ? { centerX: Math.min(sourceX + data.track, targetX - 16) } : {}),
  });
  const className = [styles.line, selected ? styles.selected : data?.near ? styles.near : '', failed ? styles.failed : ''].join(' ');
  return (
    <>
      <BaseEdge path={path} className={className} {...(markerEnd === undefined ? {} : { markerEnd })} interactionWidth={24} />
      {data && (
        <WireLabel
          data={data}
          x={Math.max(targetX - (data.track === undefined ? 42 : 34), (sourceX + targetX) / 2)}
          y={targetY}
          wide={targetX - sourceX}
        />
      )}
    </>
  );
});

function WireLabel({ data, x, y, wide }: { data: NonNullable<Wire['data']>; x: number; y: number; wide: number }) {
  const editor = useEditor();
  const flow = useEditorState((state) => state.record.flow.id);
  const period = useEditorState((state) => state.period);
  const status = useFlowStatus(flow);
  const trying = useEditorState((state) => state.trying !== undefined);
  const { from, to } = data.edge;
  const deployed = status?.version !== undefined && status.nodes[from.node] !== undefined;
  const rate = useRate(flow, period, nodeOut(from.node, from.port));
  const waiting = stageOf(status, to.node)?.lag ?? 0;
  if (trying) {
    return (
      <EdgeLabelRenderer>
        <button
          type="button"
          tabIndex={-1}
          className={[styles.label, styles.tried].join(' ')}
          style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }}
          title="Samples that ran over this line; click for the messages"
          onClick={() => openMessages(editor, data.edge)}
        >
          <TryWireCount edge={data.edge.id} />
        </button>
      </EdgeLabelRenderer>
    );
  }
  if (!deployed || (!data.labelled && waiting === 0) || wide < 60) return null;
  const text = rate === undefined ? '' : perMinute(rate.perMinute);
  return (
    <EdgeLabelRenderer>
      <button
        type="button"
        tabIndex={-1}
        className={styles.label}
        style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }}
        title={
          rate === undefined
            ? 'Show the last messages'
            : `${exact(Math.round(rate.perMinute))} messages a minute; click for the last messages`
        }
        onClick={() => {
          editor.select({ nodes: [], edge: data.edge.id });
          openMessages(editor, data.edge);
        }}
      >
        <span className={styles.rate}>{data.labelled ? text : ''}</span>
        <span className={styles.waiting}>{waiting > 0 ? `${plural(waiting, 'waiting', 'waiting')}` : ''}</span>
      </button>
    </EdgeLabelRenderer>
  );
}
