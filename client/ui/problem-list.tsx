import type { Problem } from '#shared/problem.ts';
import styles from './problem-list.module.css';
import { StatusBadge } from './status.tsx';

/** Problems as a list of icon, word and sentence, errors first; with `onOpen` each is a button to its place. */
export function ProblemList({
  problems,
  nameOf,
  onOpen,
}: {
  problems: readonly Problem[];
  /** What people call a node; ids are shown only when there is no name. */
  nameOf?: (node: string) => string | undefined;
  onOpen?: (problem: Problem) => void;
}) {
  const sorted = [...problems].sort((a, b) => Number(a.severity === 'warning') - Number(b.severity === 'warning'));
  return (
    <ul className={styles.list}>
      {sorted.map((problem, index) => {
        const place = problem.node === undefined ? undefined : (nameOf?.(problem.node) ?? problem.node);
        const body = (
          <>
            <span className={styles.badge}>
              <StatusBadge level={problem.severity}>{problem.severity === 'error' ? 'Error' : 'Warning'}</StatusBadge>
            </span>
            <span className={styles.sentence}>
              {place !== undefined && <strong className={styles.place}>{place}: </strong>}
              {problem.message}
            </span>
          </>
        );
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: two problems may be equal in all but their place in the list.
          <li key={`${problem.code} ${problem.node ?? ''} ${problem.field ?? ''} ${index}`}>
            {onOpen ? (
              <button type="button" className={[styles.item, styles.open].join(' ')} onClick={() => onOpen(problem)}>
                {body}
              </button>
            ) : (
              <div className={styles.item}>{body}</div>
            )}
          </li>
        );
      })}
    </ul>
  );
}
