import type { TraceWay } from '#shared/trace.ts';
import { DifferenceTable } from '../try/difference-table.tsx';
import { messageRows } from '../try/message-rows.ts';
import styles from './time-page.module.css';
import { atNode } from './way-lit.ts';

/** What one message was before and behind a node, recomputed by the version that was live then. */
export function MessageAtNode({ way, node, name }: { way: TraceWay; node: string; name: string }) {
  const { before, after, filtered, failed } = atNode(way, node);
  if (before === undefined && after.length === 0) return <p className={styles.gone}>This message did not come to {name}.</p>;
  const pairs = after.length === 0 ? [undefined] : after.slice(0, 5);
  return (
    <div className={styles.pairs}>
      {filtered !== undefined && <p className={styles.gone}>It ended here: {filtered}</p>}
      {failed !== undefined && (
        <p className={styles.gone}>
          It failed here: {failed.message} <code>{failed.code}</code>
        </p>
      )}
      {pairs.map((out, index) => {
        const rows = messageRows(before, out);
        const changed = rows.filter(({ kind }) => kind !== 'same');
        return (
          <DifferenceTable
            // biome-ignore lint/suspicious/noArrayIndexKey: an output is its place among the outputs.
            key={index}
            rows={out === undefined || before === undefined ? rows.map((row) => ({ ...row, kind: 'same' as const })) : changed}
            all={rows.length}
          />
        );
      })}
      {after.length > 5 && <p className={styles.gone}>and {after.length - 5} more outputs</p>}
    </div>
  );
}
