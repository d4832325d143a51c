import { ArrowRight, CircleX, Filter, Hourglass, Inbox } from 'lucide-react';
import type { Outcome } from './outcome.ts';
import styles from './try-panel.module.css';

/** What became of a message as icon and word; `quiet` leaves the word of what went well to screen readers. `sink`: passing means that it would be written. */
export function OutcomeMark({ outcome, sink = false, quiet = false }: { outcome: Outcome; sink?: boolean; quiet?: boolean }) {
  switch (outcome.kind) {
    case 'passed':
      return (
        <span className={styles.passed}>
          {sink ? <Inbox size={13} aria-hidden="true" /> : <ArrowRight size={13} aria-hidden="true" />}
          <span className={quiet && (sink || outcome.made.length === 1) ? 'visually-hidden' : ''}>
            {sink ? 'would write' : outcome.made.length === 1 ? 'passed' : `${outcome.made.length} made`}
          </span>
        </span>
      );
    case 'filtered':
      return (
        <span className={styles.filtered}>
          <Filter size={13} aria-hidden="true" />
          filtered
        </span>
      );
    case 'failed':
      return (
        <span className={styles.failed}>
          <CircleX size={13} aria-hidden="true" />
          failed
        </span>
      );
    case 'kept':
      return (
        <span className={styles.filtered}>
          <Hourglass size={13} aria-hidden="true" />
          waits
        </span>
      );
  }
}
