import { useMemo, useState } from 'react';
import type { FlowNode } from '#shared/flow.ts';
import { stringifyJson } from '#shared/json.ts';
import { errorPort, type NodeTypeInfo, outputPorts } from '#shared/node-type.ts';
import type { TrialRecord } from '#shared/trial.ts';
import { bytes, plural } from '../format.ts';
import { Button } from '../ui/button.tsx';
import frame from '../ui/drawer-panel.module.css';
import { JsonView } from '../ui/json-view.tsx';
import { Segments } from '../ui/segments.tsx';
import { Notice } from '../ui/status.tsx';
import { DifferenceTable } from './difference-table.tsx';
import { endInWords, messageRows, textOfRecord } from './message-rows.ts';
import { OpenMapper } from './open-mapper.tsx';
import { type Tried, useTrial, useTrialState } from './trial-store.ts';
import styles from './try-panel.module.css';
import { useRowAt } from './use-row.ts';
import type { Hop } from './way.ts';

type Look = 'changed' | 'all' | 'raw';

/** One message before and behind one node; what it became where it became several; why it ended where it ended. */
export function HopDetail({ tried, hop, node, type }: { tried: Tried; hop: Hop; node: FlowNode; type: NodeTypeInfo | undefined }) {
  const { result } = tried;
  const { outcome } = hop;
  const made = outcome.kind === 'passed' || outcome.kind === 'failed' ? outcome.made : [];
  const [chosen, setChosen] = useState(0);
  const source = type?.kind === 'source';
  const sink = type?.kind === 'sink';
  const [look, setLook] = useState<Look>(source || sink ? 'all' : 'changed');
  const before = source ? undefined : result.records[hop.record];
  const id = made[Math.min(chosen, made.length - 1)];
  const after = id === undefined ? undefined : result.records[id];
  const rows = useMemo(() => (after ? messageRows(before, after) : []), [before, after]);
  const row = useRowAt(node, outcome.kind === 'failed' ? outcome.failure.position : undefined);
  const changed = rows.filter(({ kind }) => kind !== 'same').length;
  /** One side is enough: nothing stands before it, nothing changed, or only what leaves counts. */
  const plain = source || before === after || (sink ? look !== 'changed' : changed === 0);
  const dropped = after && result.nodes[node.id]?.filtered.find(({ record }) => record === id && record !== hop.record);
  return (
    <section className={frame.detail} aria-label={`What ${node.label || type?.title || 'the node'} made of this message`}>
      <div className={`${frame.detailHead} ${styles.detailHead}`}>
        {made.length > 1 && <Made tried={tried} made={made} chosen={chosen} node={node} type={type} onChoose={setChosen} />}
        <span className={frame.quiet}>
          {after
            ? outcome.kind === 'failed'
              ? 'what leaves by the error port'
              : summary(changed, rows.length, source, sink, before === after)
            : ''}
        </span>
        <span className={styles.gap} />
        <OpenMapper node={node} row={row} />
        <Segments
          label="What of the message is shown"
          options={[
            ...(source ? [] : [{ value: 'changed' as const, label: 'Changed' }]),
            { value: 'all', label: source || sink ? 'Value' : 'All' },
            { value: 'raw', label: 'Raw' },
          ]}
          value={look}
          onChange={setLook}
        />
      </div>
      <div className={`${frame.detailBody} ${styles.detailBody}`}>
        {outcome.kind === 'failed' && (
          <Notice
            level="error"
            title={outcome.failure.message}
            action={outcome.failure.end === 'unanswered' && <CallReally node={node.id} />}
          >
            {row !== undefined && (
              <>
                In the row <code>{row}</code>.{' '}
              </>
            )}
            {endInWords[outcome.failure.end]} <code>{outcome.failure.code}</code>
          </Notice>
        )}
        {outcome.kind === 'filtered' && <Notice level="off" title={`It ends here: ${outcome.reason}`} />}
        {outcome.kind === 'kept' && (
          <Notice level="info" title="Nothing came of it in this Try: the node waits for more messages, or the Try ended before." />
        )}
        {dropped && <Notice level="off" title={`It ends here: ${dropped.reason}`} />}
        {after?.sends && <Sends sends={after.sends} />}
        {after === undefined && before !== undefined && (
          <Value record={before} look={look === 'raw' ? 'raw' : 'pretty'} title="The message" />
        )}
        {after !== undefined && (look === 'raw' || (plain && after.sends === undefined)) && (
          <div className={styles.sides}>
            {before !== undefined && !plain && <Value record={before} look="raw" title="Before" />}
            <Value
              record={after}
              look={look === 'raw' ? 'raw' : 'pretty'}
              title={sink ? 'Would be written' : plain ? 'The message' : 'After'}
            />
          </div>
        )}
        {after !== undefined && look !== 'raw' && !plain && (
          <DifferenceTable rows={look === 'changed' ? rows.filter(({ kind }) => kind !== 'same') : rows} all={rows.length} />
        )}
      </div>
    </section>
  );
}

function summary(changed: number, all: number, source: boolean, sink: boolean, same: boolean): string {
  if (source) return 'as it enters the flow';
  if (same || changed === 0) return sink ? 'would be written as it came' : 'passes unchanged';
  return `${plural(changed, 'place')} of ${all} changed`;
}

/** The shortest way out of a call without an answer: to make it once, where it only reads. */
function CallReally({ node }: { node: string }) {
  const trial = useTrial();
  const calls = useTrialState((state) => state.calls);
  if (calls[node]?.mode === 'real') return null;
  return (
    <Button
      size="small"
      title="Only a call that just reads is made; its answer is recorded for later"
      onClick={() => trial.set({ calls: { ...calls, [node]: { mode: 'real' } } })}
    >
      Call really
    </Button>
  );
}

function Made({
  tried,
  made,
  chosen,
  node,
  type,
  onChoose,
}: {
  tried: Tried;
  made: readonly number[];
  chosen: number;
  node: FlowNode;
  type: NodeTypeInfo | undefined;
  onChoose: (index: number) => void;
}) {
  const ports = type ? outputPorts(type, node.config) : [];
  return (
    <label className={styles.made}>
      <span>1 became {made.length}:</span>
      <select value={chosen} onChange={(event) => onChoose(Number(event.target.value))} aria-label="Which of the messages it became">
        {made.map((id, index) => {
          const port = tried.result.records[id]?.port;
          const label = port === errorPort.id ? 'error port' : (ports.find((each) => each.id === port)?.label ?? port);
          return (
            <option key={id} value={index}>
              {index + 1} of {made.length}
              {ports.length > 2 ? `, ${label}` : ''}
            </option>
          );
        })}
      </select>
    </label>
  );
}

function Value({ record, look, title }: { record: TrialRecord; look: 'pretty' | 'raw'; title: string }) {
  return (
    <figure className={styles.side}>
      <figcaption>
        {title}
        {record.key !== null && <span> · key {record.key}</span>}
        {record.encoding === 'base64' && <span> · bytes, shown in base64</span>}
        {record.value === null && <span> · delete marker</span>}
        {record.truncated !== undefined && <span> · the beginning of {bytes(record.truncated)}</span>}
      </figcaption>
      <JsonView text={textOfRecord(record)} look={look} label={title} />
    </figure>
  );
}

function Sends({ sends }: { sends: NonNullable<TrialRecord['sends']> }) {
  return (
    <figure className={styles.side}>
      <figcaption>
        Would be written, and was not: <strong>{sends.what}</strong>
      </figcaption>
      <JsonView text={stringifyJson(sends.data) ?? ''} look="pretty" label="What the sink would write" />
    </figure>
  );
}
