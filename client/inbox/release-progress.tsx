import type { ReleaseRun } from '#shared/parked.ts';
import { ago, exact, fullTime, plural } from '../format.ts';
import { Button } from '../ui/button.tsx';
import styles from './parked-section.module.css';

/** How far the release of all keys of a sink is, and Stop while it runs; afterwards what came of it. */
export function ReleaseProgress({ run, now, onStop }: { run: ReleaseRun; now: number; onStop: (() => void) | undefined }) {
  const { sinkName, state, keys, through, failed, reason, startedBy, startedAt, endedAt } = run;
  const words = `${exact(through)} of ${plural(keys, 'key')} released${failed === 0 ? '' : `, ${exact(failed)} failed again`}`;
  return (
    <div className={styles.run} role="status" aria-label={`Release at ${sinkName}`}>
      <span className={styles.words}>
        <strong>{sinkName}</strong>: {words}
        {reason !== undefined && `. ${reason}`}
      </span>
      {state === 'running' ? (
        <>
          <progress className={styles.bar} max={Math.max(keys, 1)} value={through + failed} aria-label={`Keys released at ${sinkName}`} />
          <Button size="small" disabled={onStop === undefined} onClick={onStop}>
            Stop
          </Button>
        </>
      ) : (
        <span className={styles.when} title={fullTime(endedAt ?? startedAt)}>
          by {startedBy}, {ago(endedAt ?? startedAt, now)}
        </span>
      )}
    </div>
  );
}
