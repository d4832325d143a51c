import { Link } from 'react-router';
import type { FilteredSamples } from '#shared/ledger-report.ts';
import { ago, fullTime } from '../format.ts';
import type { Loaded } from '../load.ts';
import { Button } from '../ui/button.tsx';
import { ErrorState } from '../ui/states.tsx';
import styles from './reason-samples.module.css';

/** What a node has dropped of late for one reason, with the way to each message. */
export function ReasonSamples({
  flow,
  loaded,
  node,
  reason,
  now,
  title,
}: {
  flow: string;
  loaded: Loaded<FilteredSamples[]>;
  node: string;
  reason: string;
  now: number;
  title: string;
}) {
  const group = loaded.data?.find((one) => one.node === node && one.reason === reason);
  if (loaded.data === undefined && loaded.error !== undefined)
    return <ErrorState what="The samples could not be loaded" error={loaded.error} onRetry={loaded.reload} />;
  return (
    <section className={styles.samples} aria-label={title}>
      <div className={styles.head}>
        <span>{loaded.data === undefined ? 'Loading samples' : `Newest ${group?.samples.length ?? 0} seen since the flow started`}</span>
        <Button size="small" look="quiet" busy={loaded.loading} onClick={loaded.reload}>
          Look again
        </Button>
      </div>
      {loaded.data !== undefined && group === undefined && (
        <p className={styles.none}>
          None is kept: the flow does not run, or it was started after the last one.{' '}
          <Link to={`/flows/${flow}/time`}>Look at the messages of a time</Link>
        </p>
      )}
      <ul className={styles.list}>
        {group?.samples.map(({ at, origin, key, value, truncated }) => (
          <li key={origin} className={styles.sample}>
            <Link to={`/traces?q=${encodeURIComponent(origin)}`} className={styles.origin} title={`Follow ${origin} through the flow`}>
              {origin}
            </Link>
            <span className={styles.age} title={fullTime(at)}>
              {ago(at, now)}
            </span>
            <span className={styles.key} title={key === null ? 'No key' : `Key ${key}`}>
              {key === null ? 'no key' : key}
            </span>
            <code className={styles.value} title={value}>
              {value === '' ? 'too long to be shown with masks' : value}
              {truncated && value !== '' ? ' …' : ''}
            </code>
          </li>
        ))}
      </ul>
    </section>
  );
}
