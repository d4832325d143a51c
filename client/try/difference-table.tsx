import { Equal, Minus, PenLine, Plus } from 'lucide-react';
import styles from './difference-table.module.css';
import type { MessageRow } from './message-rows.ts';

const marks = { same: Equal, changed: PenLine, added: Plus, removed: Minus };
const words = { same: 'same', changed: 'changed', added: 'new', removed: 'gone' };

/** The places of a message before and after, one row each. `all` is how many there are when only some are shown. */
export function DifferenceTable({ rows, all }: { rows: readonly MessageRow[]; all: number }) {
  if (rows.length === 0) return <p className={styles.none}>{all === 0 ? 'Both are empty.' : `None of the ${all} places changed.`}</p>;
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th scope="col">Field</th>
          <th scope="col">Before</th>
          <th scope="col">After</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => {
          const Mark = marks[row.kind];
          return (
            <tr key={`${row.of} ${row.path}`} data-kind={row.kind}>
              <th scope="row">
                <span className={[styles.mark, styles[row.kind]].join(' ')} title={words[row.kind]}>
                  <Mark size={12} aria-hidden="true" />
                  <span className="visually-hidden">{words[row.kind]}: </span>
                </span>
                {row.of !== 'value' && <span className={styles.of}>{row.of === 'key' ? 'key' : 'header '}</span>}
                <span className={styles.path} title={row.path}>
                  {row.of === 'key' ? '' : row.path || (row.of === 'value' ? 'whole value' : '')}
                </span>
              </th>
              <td className={row.kind === 'removed' || row.kind === 'changed' ? styles.old : ''}>
                {row.before ?? <span className={styles.none}>–</span>}
              </td>
              <td className={row.kind === 'added' || row.kind === 'changed' ? styles.new : ''}>
                {row.after ?? <span className={styles.none}>–</span>}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
