import type { FlowNode } from '#shared/flow.ts';
import type { NodeTypeInfo } from '#shared/node-type.ts';
import { duration, exact, perMinute, short } from '../../format.ts';
import { useFlowStatus, useRate } from '../../live.ts';
import { nodeDead, nodeDelivered, nodeIn, nodeOut, type Rate, type RateWindow } from '../../rates.ts';
import { useEditorState } from '../context.ts';
import { stageOf } from '../describe.ts';
import styles from './inspector.module.css';

const periodWords: Record<RateWindow, string> = { '1m': '1 min', '5m': '5 min', deploy: 'since deploy' };

/** The deployed node's numbers in the period that is set over the canvas. */
export function Metrics({ node, type }: { node: FlowNode; type: NodeTypeInfo | undefined }) {
  const flow = useEditorState((state) => state.record.flow.id);
  const period = useEditorState((state) => state.period);
  const status = useFlowStatus(flow);
  const totals = status?.nodes[node.id];
  const kind = type?.kind ?? 'transform';
  const into = useRate(flow, period, kind === 'source' ? nodeOut(node.id) : nodeIn(node.id));
  const out = useRate(
    flow,
    period,
    kind === 'sink' ? (totals?.delivered === undefined ? nodeIn(node.id) : nodeDelivered(node.id)) : nodeOut(node.id),
  );
  const failed = useRate(flow, period, nodeDead(node.id));
  const stage = stageOf(status, node.id);
  if (status?.version === undefined || totals === undefined)
    return (
      <p className={styles.noMetrics}>
        No numbers yet: {status?.version === undefined ? 'this flow is not deployed.' : 'the deployed version does not have this node.'}
      </p>
    );
  const words = periodWords[period];
  return (
    <dl className={styles.metrics}>
      {kind !== 'source' && <Cell label={`In, ${words}`} rate={into} />}
      <Cell label={`${kind === 'sink' ? 'Delivered' : 'Out'}, ${words}`} rate={out} />
      {stage !== undefined && (
        <div>
          <dt>Waiting</dt>
          <dd title={stage.behindMs === undefined ? undefined : `The oldest has waited ${duration(stage.behindMs)}`}>
            {stage.lag === undefined ? '–' : short(stage.lag)}
          </dd>
        </div>
      )}
      <div>
        <dt>Failed, {words}</dt>
        <dd
          className={failed !== undefined && failed.count > 0 ? styles.bad : ''}
          title={failed && `${exact(failed.count)} in ${duration(failed.overMs)}`}
        >
          {failed === undefined ? '–' : short(failed.count)}
        </dd>
      </div>
    </dl>
  );
}

function Cell({ label, rate }: { label: string; rate: Rate | undefined }) {
  const [amount = '–', unit] = rate === undefined ? [] : perMinute(rate.perMinute).split('/');
  return (
    <div>
      <dt>{label}</dt>
      <dd title={rate && `${exact(rate.count)} messages in ${duration(rate.overMs)}`}>
        {amount}
        {unit && <small>/{unit}</small>}
      </dd>
    </div>
  );
}
