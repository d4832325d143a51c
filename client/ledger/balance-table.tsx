import { ChevronDown, ChevronRight } from 'lucide-react';
import { Fragment, type ReactNode, useState } from 'react';
import { Link } from 'react-router';
import type { LedgerReport } from '#shared/ledger-report.ts';
import { api } from '../api.ts';
import { exact, percent, plural } from '../format.ts';
import { useLoad } from '../load.ts';
import { Panel } from '../shell/page.tsx';
import table from '../ui/table.module.css';
import styles from './balance-table.module.css';
import { ReasonSamples } from './reason-samples.tsx';

/** The balance, line by line: what came in above, what became of it below, and both sides add up. */
export function BalanceTable({ report, now }: { report: LedgerReport; now: number }) {
  const { balance, sinks, filtered, dead, names, flow } = report;
  const name = (node: string) => names[node] ?? node;
  const made = balance.in + balance.copies + balance.resent;
  const [open, setOpen] = useState<string>();
  const samples = useLoad(() => api.filteredSamples(flow), flow);
  const nowWaiting = balance.waiting > 0 ? 'waiting at the end' : 'less waiting than before';
  return (
    <Panel title="What became of them" label="What became of them" aside={<span className={styles.aside}>{plural(made, 'message')}</span>}>
      <div className={styles.scroll}>
        <table className={`${table.table} ${table.dense} ${styles.table}`}>
          <thead>
            <tr>
              <th className={styles.what}>What</th>
              <th>Where and why</th>
              <th className={`${table.number} ${styles.count}`}>Messages</th>
              <th className={`${table.number} ${styles.share}`}>Share</th>
            </tr>
          </thead>
          <tbody>
            <Line what="Came in" count={balance.in} strong />
            {balance.copies !== 0 && (
              <Line what="Made more" where="by splitting lists and by ways to several sinks" count={balance.copies} sign="+" />
            )}
            {balance.resent !== 0 && <Line what="Sent again" where="by replays and retries" count={balance.resent} sign="+" />}
            {sinks.map(({ sink, delivered }) => (
              <Line key={sink} what="Delivered" where={name(sink)} count={delivered} of={made} />
            ))}
            {filtered.map(({ node, reason, count }) => {
              const id = `${node}\n${reason}`;
              const shown = open === id;
              return (
                <Fragment key={id}>
                  <Line
                    what="Filtered"
                    where={
                      <button type="button" className={styles.open} aria-expanded={shown} onClick={() => setOpen(shown ? undefined : id)}>
                        {shown ? <ChevronDown size={14} aria-hidden="true" /> : <ChevronRight size={14} aria-hidden="true" />}
                        {name(node)}: {reason}
                      </button>
                    }
                    count={count}
                    of={made}
                  />
                  {shown && (
                    <tr className={styles.samples}>
                      <td colSpan={4}>
                        <ReasonSamples
                          flow={flow}
                          loaded={samples}
                          node={node}
                          reason={reason}
                          now={now}
                          title={`Samples of what “${name(node)}” dropped: ${reason}`}
                        />
                      </td>
                    </tr>
                  )}
                </Fragment>
              );
            })}
            {dead.map(({ node, reason, count }) => (
              <Line
                key={`${node}\n${reason}`}
                what="Dead letters"
                where={
                  <Link to={`/dead-letters/${encodeURIComponent(flow)}`} className={styles.link}>
                    {name(node)}: {reason}
                  </Link>
                }
                count={count}
                of={made}
              />
            ))}
            {sinks
              .filter(({ parked }) => parked !== 0)
              .map(({ sink, parked }) => (
                <Line key={sink} what={parked > 0 ? 'Parked' : 'Parked before'} where={name(sink)} count={parked} of={made} />
              ))}
            {sinks
              .filter(({ waiting }) => waiting !== 0)
              .map(({ sink, waiting }) => (
                <Line key={sink} what="In flight" where={`${name(sink)}, ${nowWaiting}`} count={waiting} of={made} />
              ))}
            <Line
              what="Unexplained"
              where="by the entries of the ledger"
              count={balance.unexplained}
              strong
              alarm={balance.unexplained !== 0}
            />
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

function Line({
  what,
  where = '',
  count,
  of,
  sign = '',
  strong = false,
  alarm = false,
}: {
  what: string;
  where?: ReactNode;
  count: number;
  of?: number;
  sign?: string;
  strong?: boolean;
  alarm?: boolean;
}) {
  return (
    <tr className={[strong ? styles.strong : '', alarm ? styles.alarm : ''].join(' ')}>
      <td>{what}</td>
      <td title={typeof where === 'string' ? where : undefined}>{where}</td>
      <td className={table.number}>
        {sign}
        {exact(count)}
      </td>
      <td className={`${table.number} ${table.second}`}>{of === undefined || of === 0 || count < 0 ? '' : percent(count, of)}</td>
    </tr>
  );
}
