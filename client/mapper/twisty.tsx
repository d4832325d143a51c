import { ChevronRight } from 'lucide-react';
import styles from './twisty.module.css';

/** Folds and unfolds a row by mouse, the keys being those of the rows. `open` is undefined where nothing is below the row. */
export function Twisty({ open, onFold }: { open: boolean | undefined; onFold: () => void }) {
  if (open === undefined) return <span className={styles.twisty} />;
  return (
    <button
      type="button"
      tabIndex={-1}
      aria-hidden="true"
      className={styles.twisty}
      onClick={(event) => {
        event.stopPropagation();
        onFold();
      }}
    >
      <ChevronRight size={14} className={open ? styles.open : ''} />
    </button>
  );
}
