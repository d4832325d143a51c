import { PauseCircle, RotateCw } from 'lucide-react';
import { useNow } from '../../clock.ts';
import { useFlowStatus, useLiveAge } from '../../live.ts';
import type { RateWindow } from '../../rates.ts';
import { Segments } from '../../ui/segments.tsx';
import { StatusIcon } from '../../ui/status.tsx';
import { useEditor, useEditorState } from '../context.ts';
import styles from './health-strip.module.css';

const periods: { value: RateWindow; label: string }[] = [
  { value: '1m', label: '1 min' },
  { value: '5m', label: '5 min' },
  { value: 'deploy', label: 'Since deploy' },
];

/** Over the canvas: how the flow does in one sentence, of which version, how old the news is, and the period of all rates. */
export function HealthStrip() {
  const editor = useEditor();
  const flow = useEditorState((state) => state.record.flow.id);
  const period = useEditorState((state) => state.period);
  const status = useFlowStatus(flow);
  const deployed = useEditorState((state) => state.record.deployedVersion !== undefined);
  const { fresh, text } = useLiveAge();
  const now = useNow();
  const troubled = status?.stages.find((stage) => stage.state === 'retrying' || stage.state === 'paused');
  const seconds = status === undefined ? 0 : Math.max(1, Math.round((now - status.at) / 1000));
  return (
    <div className={styles.strip}>
      <div className={styles.health} role="status">
        {status === undefined ? (
          <>
            <StatusIcon level="off" />
            <span className={styles.quiet}>{deployed ? text : 'Not deployed. This draft runs nowhere yet.'}</span>
          </>
        ) : (
          <>
            {troubled?.state === 'retrying' ? (
              <RotateCw size={16} className={styles.warning} aria-hidden="true" />
            ) : troubled ? (
              <PauseCircle size={16} className={styles.warning} aria-hidden="true" />
            ) : (
              <StatusIcon level={status.health.level} />
            )}
            <span className={styles.sentence} title={troubled?.reason ?? status.health.sentence}>
              {status.health.sentence}
            </span>
          </>
        )}
      </div>
      {status?.version !== undefined && (
        <span className={fresh ? styles.age : styles.stale}>
          {fresh ? `v${status.version}, as of ${seconds} s ago` : `v${status.version}, ${text.toLowerCase()}`}
        </span>
      )}
      <Segments label="Period of all rates" options={periods} value={period} onChange={(value) => editor.set({ period: value })} />
    </div>
  );
}
