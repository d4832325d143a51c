import { type Comparison, classWords, differenceClasses, type MessageClass } from '#shared/comparison.ts';
import { exact, percent } from '../format.ts';
import { barClass, ClassIcon } from './classes.tsx';
import styles from './share-bar.module.css';

/** How many messages fall in which class: a bar, and the same as words with icons below it. */
export function ShareBar({ counts, done }: Pick<Comparison, 'counts' | 'done'>) {
  const order: MessageClass[] = ['same', ...differenceClasses];
  const parts = order.flatMap((name) => {
    const count = counts[name] ?? 0;
    return count > 0 ? [{ name, count }] : [];
  });
  return (
    <div className={styles.share}>
      <div className={styles.bar} aria-hidden="true">
        {parts.map(({ name, count }) => (
          <span key={name} className={barClass(name)} style={{ flexGrow: count }} />
        ))}
      </div>
      <ul className={styles.legend} aria-label="Share of messages">
        {parts.map(({ name, count }) => (
          <li key={name} title={`${exact(count)} of ${exact(done)} messages`}>
            <ClassIcon of={name} size={14} />
            <strong>{percent(count, done)}</strong>
            <span>{classWords[name].counted}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
