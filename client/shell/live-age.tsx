import { useLiveAge } from '../live.ts';
import styles from './live-age.module.css';

/** How old the live numbers are: "Live, as of 1 s ago", grey and "No news for 12 s" when they are not live any more. */
export function LiveAge() {
  const { fresh, text, connection } = useLiveAge();
  return (
    <span
      className={[styles.age, fresh ? styles.fresh : ''].join(' ')}
      title={connection === 'lost' ? 'The connection is lost; trying again' : undefined}
    >
      <span className={styles.dot} aria-hidden="true" />
      {text}
    </span>
  );
}
