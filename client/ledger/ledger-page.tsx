import { BookCheck, Download, RotateCw } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Link, useParams } from 'react-router';
import { balanceSentence, type LedgerReport } from '#shared/ledger-report.ts';
import { useAddressState } from '../address-state.ts';
import { api, ledgerFile } from '../api.ts';
import { useNow } from '../clock.ts';
import { useFlowList } from '../flow-list.ts';
import { ago, fullTime, when } from '../format.ts';
import { useLoad } from '../load.ts';
import { TimeInput } from '../replay/time-input.tsx';
import { Page, PageHeader, Panel } from '../shell/page.tsx';
import { Button } from '../ui/button.tsx';
import { Segments } from '../ui/segments.tsx';
import { EmptyState, ErrorState, SkeletonRows } from '../ui/states.tsx';
import { Notice } from '../ui/status.tsx';
import { BalanceTable } from './balance-table.tsx';
import { GapList } from './gap-list.tsx';
import { LedgerChart } from './ledger-chart.tsx';
import { periodOf, readLedger, spanNames, spans, writeLedger } from './ledger-choice.ts';
import styles from './ledger-page.module.css';
import { ResendsPanel } from './resends-panel.tsx';

const againEveryMs = 10_000;

/** `/flows/:id/ledger`: what came in, what became of it, and whether anything is unexplained. */
export function LedgerPage() {
  const { id = '' } = useParams();
  const [choice, set] = useAddressState(readLedger, writeLedger);
  const [read, setRead] = useState(Date.now);
  const now = useNow();
  const { flows } = useFlowList();
  const period = periodOf(choice, read);
  const key = `${id} ${choice.span} ${choice.since} ${choice.until}`;
  const loaded = useLoad(async () => {
    // Read anew each time: a period up to now goes on.
    const wanted = periodOf(choice, Date.now());
    return wanted === undefined ? undefined : api.ledger(id, wanted.since, wanted.until);
  }, key);
  const { reload, data: report } = loaded;
  useEffect(() => {
    if (choice.span === 'own') return;
    const timer = setInterval(() => {
      setRead(Date.now());
      reload();
    }, againEveryMs);
    return () => clearInterval(timer);
  }, [choice.span, reload]);
  return (
    <Page>
      <PageHeader
        title={`Ledger of ${report?.flowName ?? flows?.find((flow) => flow.id === id)?.name ?? id}`}
        sentence={
          <span className={styles.balance} data-testid="balance" aria-live="polite">
            {report === undefined ? 'What came in, and what became of it.' : balanceSentence(report)}
          </span>
        }
        actions={
          period !== undefined && (
            <>
              <a className={styles.export} href={ledgerFile(id, period.since, period.until, 'csv')} download>
                <Download size={15} aria-hidden="true" /> CSV
              </a>
              <a className={styles.export} href={ledgerFile(id, period.since, period.until, 'json')} download={`ledger-${id}.json`}>
                <Download size={15} aria-hidden="true" /> JSON
              </a>
            </>
          )
        }
      />
      <Panel label="Period">
        <div className={styles.tools}>
          <Segments
            label="Period"
            value={choice.span}
            onChange={(span) => {
              const base = periodOf(choice, Date.now());
              set(span === 'own' ? { span, since: choice.since ?? base?.since, until: choice.until ?? base?.until } : { span });
            }}
            options={spanNames.map((value) => ({ value, label: spans[value].label }))}
          />
          {choice.span === 'own' && (
            <div className={styles.own}>
              <TimeInput label="From" value={choice.since} onChange={(since) => set({ since })} />
              <TimeInput label="Until" value={choice.until} onChange={(until) => set({ until })} />
            </div>
          )}
          <span className={styles.age}>
            <span className={styles.counted} title={report && fullTime(report.at)}>
              {report && `counted to the minute, ${ago(report.at, now)}`}
            </span>
            <Button
              size="small"
              icon={<RotateCw size={14} />}
              onClick={() => {
                setRead(Date.now());
                reload();
              }}
            >
              Count again
            </Button>
          </span>
        </div>
        {period === undefined && (
          <div className={styles.note}>
            <Notice level="warning" title="Choose a period">
              It needs a beginning and, after that, an end.
            </Notice>
          </div>
        )}
        {period !== undefined && report === undefined && loaded.error === undefined && (
          <SkeletonRows rows={3} height={56} label="Counting" />
        )}
        {report === undefined && loaded.error !== undefined && (
          <ErrorState what="The ledger could not be read" error={loaded.error} onRetry={reload} />
        )}
        {report !== undefined && loaded.error !== undefined && (
          <div className={styles.note}>
            <Notice level="warning" title="These numbers are not of now">
              The ledger could not be read again.
            </Notice>
          </div>
        )}
        {report !== undefined && (isEmpty(report) ? <Nothing report={report} now={now} /> : <LedgerChart report={report} />)}
      </Panel>
      {report !== undefined && <GapList report={report} now={now} onSettled={reload} />}
      {report !== undefined && !isEmpty(report) && <BalanceTable report={report} now={now} />}
      {report !== undefined && !isEmpty(report) && (
        <ResendsPanel flow={id} since={report.since} until={report.until} nodeName={(node) => report.names[node] ?? node} />
      )}
    </Page>
  );
}

function isEmpty({ balance, sinks }: LedgerReport): boolean {
  return balance.in === 0 && balance.delivered === 0 && balance.waiting === 0 && balance.resent === 0 && sinks.length === 0;
}

function Nothing({ report, now }: { report: LedgerReport; now: number }) {
  const { countedSince, flow, since, until } = report;
  const never = countedSince === undefined;
  return (
    <EmptyState
      icon={<BookCheck size={28} />}
      title={never ? 'Nothing has come in yet' : 'Nothing came in in this period'}
      actions={
        <Link to={never ? `/flows/${flow}/deploy` : `/flows/${flow}/time`}>{never ? 'Deploy the flow' : 'Look at another time'}</Link>
      }
    >
      {never
        ? 'The ledger counts every message from the first one on.'
        : `From ${when(since, now)} to ${when(until, now)}. The ledger of this flow begins ${when(countedSince, now)}.`}
    </EmptyState>
  );
}
