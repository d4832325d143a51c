import { Skeleton } from '../ui/states.tsx';
import styles from './editor-page.module.css';

const cards = [
  { left: 48, top: 160 },
  { left: 352, top: 160 },
  { left: 656, top: 96 },
  { left: 656, top: 240 },
];

/** The editor's shape while the flow is on its way. */
export function EditorSkeleton() {
  return (
    <div className={styles.page} role="status" aria-label="Opening the flow">
      <div className={styles.skeletonBar}>
        <Skeleton width={20} height={20} radius={6} />
        <Skeleton width={180} />
      </div>
      <div className={styles.work}>
        <div className={styles.skeletonSide}>
          {Array.from({ length: 10 }, (_, index) => index).map((line) => (
            <Skeleton key={line} width={`${50 + ((line * 17) % 40)}%`} />
          ))}
        </div>
        <div className={styles.skeletonCanvas}>
          {cards.map((at) => (
            <div key={`${at.left} ${at.top}`} className={styles.skeletonCard} style={at}>
              <Skeleton width={224} height={72} radius={10} />
            </div>
          ))}
        </div>
      </div>
    </div>
  );
}
