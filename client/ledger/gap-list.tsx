import { useState } from 'react';
import { Link } from 'react-router';
import type { LedgerGap, LedgerGapKind } from '#shared/ledger-minutes.ts';
import type { LedgerReport } from '#shared/ledger-report.ts';
import { api } from '../api.ts';
import { ago, duration, fullTime, plural, when } from '../format.ts';
import { Panel } from '../shell/page.tsx';
import { ReasonDialog } from '../tests/reason-dialog.tsx';
import { Button } from '../ui/button.tsx';
import { StatusIcon } from '../ui/status.tsx';
import styles from './gap-list.module.css';

const titles: Record<LedgerGapKind, (count: number) => string> = {
  skipped: (count) => `${plural(count, 'message')} skipped`,
  twice: (count) => `${plural(count, 'message')} processed twice`,
  missing: (count) => `${plural(count, 'output')} missing`,
  extra: (count) => `${plural(count, 'output')} too many`,
  entry: (count) => `${plural(count, 'message')} not accounted for`,
};

/** Differences between the ledger and what stands in Kafka, and the way to settle them. */
export function GapList({ report, now, onSettled }: { report: LedgerReport; now: number; onSettled: () => void }) {
  const [settling, setSettling] = useState<LedgerGap>();
  const { gaps } = report;
  const open = gaps.filter(({ settled }) => settled === undefined);
  if (gaps.length === 0) return null;
  return (
    <Panel
      title={open.length === 0 ? 'Differences, all settled' : `${plural(open.length, 'difference')} that nothing explains`}
      label="Differences"
    >
      <ul>
        {gaps.map((gap) => (
          <li key={gap.id} className={styles.gap}>
            <StatusIcon level={gap.settled === undefined ? 'error' : 'ok'} />
            <div className={styles.words}>
              <h3 className={styles.title}>
                {titles[gap.kind](gap.count)}
                <span className={styles.age} title={fullTime(gap.noticedAt)}>
                  noticed {ago(gap.noticedAt, now)}, {duration(Math.max(0, gap.noticedAt - gap.at))} after it happened
                </span>
              </h3>
              <p className={styles.sentence}>{gap.sentence}</p>
              {gap.settled !== undefined && (
                <p className={styles.settled}>
                  Settled by {gap.settled.who} {when(gap.settled.at, now)}: {gap.settled.reason}
                </p>
              )}
              <div className={styles.actions}>
                <Link to={`/traces?q=${encodeURIComponent(`${gap.topic}/${gap.partition}@${gap.from}`)}`}>Look at the first of them</Link>
                <Link to={`/flows/${encodeURIComponent(gap.flow)}/replay`}>Replay</Link>
              </div>
            </div>
            {gap.settled === undefined && (
              <Button size="small" onClick={() => setSettling(gap)}>
                Settle
              </Button>
            )}
          </li>
        ))}
      </ul>
      {settling !== undefined && (
        <ReasonDialog
          title={`Settle: ${titles[settling.kind](settling.count)}`}
          label="Why is it no concern any more?"
          help="It stands beside the difference and in the audit."
          action="Settle the difference"
          least={3}
          onConfirm={async (reason) => {
            await api.settleGap(settling.flow, settling.id, reason);
            onSettled();
          }}
          onClose={() => setSettling(undefined)}
        >
          <p>{settling.sentence}</p>
        </ReasonDialog>
      )}
    </Panel>
  );
}
