import { CircleCheck, OctagonAlert } from 'lucide-react';
import type { Replay } from '#shared/replay.ts';
import { exact } from '../format.ts';
import styles from './balance.module.css';
import { closes } from './words.ts';

/** The balance of a replay as an equation: read = written + filtered + failed + skipped, and whether it closes; with what was gone, range = read + gone. */
export function Balance({
  balance,
  gone = 0,
  written = 'written',
}: {
  balance: Replay['balance'];
  /** Messages of the range that retention took before they were read. */
  gone?: number | undefined;
  written?: string;
}) {
  const closed = closes(balance);
  const parts = [
    { word: written, count: balance.written, title: 'Made at least one output for a chosen sink' },
    { word: 'filtered', count: balance.filtered, title: 'Ended on purpose and made none' },
    { word: 'failed', count: balance.failed, title: 'Became a dead letter' },
    {
      word: 'skipped',
      count: balance.skipped,
      title: 'Not let through by the filter, overtaken, left to a retry, or only for other sinks',
    },
  ];
  const sum = parts.reduce((all, { count }) => all + count, 0);
  return (
    <div className={styles.balance} data-closes={closed}>
      <div className={styles.equation}>
        <Term word="read" count={balance.read} title="Messages of the source that were read" strong />
        <span className={styles.sign}>{closed ? '=' : '≠'}</span>
        {parts.map((part, index) => (
          <span key={part.word} className={styles.pair}>
            {index > 0 && <span className={styles.sign}>+</span>}
            <Term {...part} />
          </span>
        ))}
      </div>
      {gone > 0 && (
        <div className={styles.equation}>
          <Term word="range" count={balance.read + gone} title="Messages that were in the range, as far as the replay has come" strong />
          <span className={styles.sign}>=</span>
          <Term word="read" count={balance.read} title="Messages of the source that were read" />
          <span className={styles.pair}>
            <span className={styles.sign}>+</span>
            <Term word="gone" count={gone} title="Deleted by retention before they were read" />
          </span>
        </div>
      )}
      <p className={[styles.verdict, closed ? styles.ok : styles.error].join(' ')}>
        {closed ? <CircleCheck size={14} aria-hidden="true" /> : <OctagonAlert size={14} aria-hidden="true" />}
        {closed
          ? 'The balance closes.'
          : `${exact(Math.abs(balance.read - sum))} messages are not accounted for. Tell whoever runs this server.`}
      </p>
    </div>
  );
}

function Term({ word, count, title, strong = false }: { word: string; count: number; title: string; strong?: boolean }) {
  return (
    <span className={[styles.term, strong ? styles.strong : '', count === 0 ? styles.none : ''].join(' ')} title={title}>
      <span className={styles.count}>{exact(count)}</span>
      <span className={styles.word}>{word}</span>
    </span>
  );
}
