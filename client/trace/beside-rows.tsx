import { useMemo } from 'react';
import type { TrialRecord } from '#shared/trial.ts';
import styles from './beside-rows.module.css';
import { type BesideRow, besideRows } from './field-rows.ts';

/** What stands beside the value of what left a node: its key, its headers, of a sink the topic. Each can be asked why it is so. */
export function BesideRows({
  before,
  after,
  field,
  changedOnly,
  onField,
}: {
  before: TrialRecord | undefined;
  after: TrialRecord;
  field: string | undefined;
  changedOnly: boolean;
  onField: (name: string | undefined) => void;
}) {
  const rows = useMemo(() => besideRows(before, after), [before, after]);
  // Millrace writes headers of its own at every sink: who looks for what a node changed is not looking for those.
  const own = (name: string): boolean => name.startsWith('$headers.millrace-');
  const shown = rows.filter(({ change, name }) => !changedOnly || (change !== 'same' && !own(name)) || name === field);
  if (shown.length === 0) return null;
  return (
    <ul className={styles.rows} aria-label="Key, headers and topic">
      {shown.map((row) => (
        <li key={row.name}>
          <button
            type="button"
            className={styles.row}
            aria-pressed={row.name === field}
            title={`Why is ${row.words} what it is?`}
            onClick={() => onField(row.name === field ? undefined : row.name)}
          >
            <span className={styles.name}>{row.words}</span>
            <Values row={row} />
          </button>
        </li>
      ))}
    </ul>
  );
}

function Values({ row: { before, text, change } }: { row: BesideRow }) {
  return (
    <>
      {change === 'changed' && <code className={styles.old}>{before}</code>}
      {text === undefined ? <em>not there any more</em> : <code className={styles.value}>{text}</code>}
    </>
  );
}
