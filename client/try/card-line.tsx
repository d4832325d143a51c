import { CircleDashed, CircleX, Filter, Hourglass } from 'lucide-react';
import styles from './card-line.module.css';
import { portKey } from './outcome.ts';
import { useTrialState } from './trial-store.ts';
import { countsInWords } from './words.ts';

/** The line of a node's card in Try: what came in and went out, what was filtered, failed, or waits in it. */
export function TryLine({ node, sink }: { node: string; sink: boolean }) {
  const counts = useTrialState((state) => state.tried?.counts.nodes.get(node));
  const ran = useTrialState((state) => state.tried !== undefined);
  const stale = useTrialState((state) => state.stale);
  if (!ran) return <span className={styles.none}>not tried yet</span>;
  if (counts === undefined || counts.in === 0) {
    return (
      <span className={[styles.line, styles.none, stale ? styles.stale : ''].join(' ')}>
        <CircleDashed size={12} aria-hidden="true" />
        no sample comes here
      </span>
    );
  }
  const { in: came, out, filtered, failed, kept } = counts;
  const words = countsInWords(counts, sink);
  return (
    <span
      className={[styles.line, stale ? styles.stale : ''].join(' ')}
      title={words}
      data-counts={`${came} ${out} ${filtered} ${failed} ${kept}`}
    >
      <span>
        {came} → {out}
      </span>
      {filtered > 0 && (
        <span className={[styles.part, styles.filtered].join(' ')}>
          <Filter size={11} aria-hidden="true" />
          {filtered} filtered
        </span>
      )}
      {failed > 0 && (
        <span className={[styles.part, styles.failed].join(' ')}>
          <CircleX size={12} aria-hidden="true" />
          {failed} failed
        </span>
      )}
      {kept > 0 && (
        <span className={[styles.part, styles.kept].join(' ')}>
          <Hourglass size={11} aria-hidden="true" />
          {kept} waiting
        </span>
      )}
    </span>
  );
}

/** How many records took a branch, in the branch's row of the card. */
export function TryCase({ node, port }: { node: string; port: string }) {
  const count = useTrialState((state) => state.tried?.counts.ports.get(portKey(node, port)));
  const stale = useTrialState((state) => state.stale);
  if (count === undefined) return null;
  return (
    <span className={[styles.port, count === 0 ? styles.none : '', stale ? styles.stale : ''].join(' ')}>
      {count === 0 ? 'never used' : count}
    </span>
  );
}

/** How many records ran over a line, as its label. */
export function TryWireCount({ edge }: { edge: string }) {
  const count = useTrialState((state) => state.tried?.counts.edges.get(edge));
  const stale = useTrialState((state) => state.stale);
  if (count === undefined) return null;
  return <span className={[styles.wire, count === 0 ? styles.idle : '', stale ? styles.stale : ''].join(' ')}>{count}</span>;
}
