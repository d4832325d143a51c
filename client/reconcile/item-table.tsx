import { useEffect, useState } from 'react';
import { type ReconcileItem, type ReconcileReport, type ReconcileState, reconcileStates } from '#shared/reconcile.ts';
import { api } from '../api.ts';
import { Button } from '../ui/button.tsx';
import { Segments } from '../ui/segments.tsx';
import { ErrorState, SkeletonRows } from '../ui/states.tsx';
import { StatusBadge } from '../ui/status.tsx';
import table from '../ui/table.module.css';
import styles from './reconcile.module.css';
import { stateWords } from './words.ts';

const page = 200;

/** What the two sides do not agree on, page by page. */
export function ItemTable({ report }: { report: ReconcileReport }) {
  const [state, setState] = useState<ReconcileState>();
  const [items, setItems] = useState<ReconcileItem[]>();
  const [full, setFull] = useState(true);
  const [error, setError] = useState<unknown>();
  const { flow, id, counts } = report;
  const mark = JSON.stringify(counts);

  // biome-ignore lint/correctness/useExhaustiveDependencies: other counts mean other states of the things.
  useEffect(() => {
    let current = true;
    setError(undefined);
    api.reconcileItems(flow, id, { state, limit: page }).then(
      (found) => {
        if (!current) return;
        setItems(found);
        setFull(found.length === page);
      },
      (cause: unknown) => current && setError(cause),
    );
    return () => {
      current = false;
    };
  }, [flow, id, state, mark]);

  const more = (): void => {
    api.reconcileItems(flow, id, { state, limit: page, after: items?.at(-1)?.ordinal ?? -1 }).then((found) => {
      setItems([...(items ?? []), ...found]);
      setFull(found.length === page);
    }, setError);
  };
  const known = reconcileStates.filter((one) => (counts[one] ?? 0) > 0);
  if (error !== undefined) return <ErrorState what="The list could not be loaded" error={error} />;
  if (items === undefined) return <SkeletonRows rows={4} height={32} label="Loading what does not agree" />;
  return (
    <>
      {known.length > 1 && (
        <div className={styles.verdict}>
          <Segments
            label="Which to show"
            value={state ?? 'all'}
            onChange={(value) => setState(value === 'all' ? undefined : value)}
            options={[
              { value: 'all' as const, label: 'All' },
              ...known.map((value) => ({ value, label: stateWords[value].word, count: counts[value] })),
            ]}
          />
        </div>
      )}
      <table className={[table.table, table.dense].join(' ')}>
        <thead>
          <tr>
            <th scope="col" className={styles.state}>
              State
            </th>
            <th scope="col">Id</th>
            <th scope="col">In the log</th>
            <th scope="col" className={styles.times}>
              Times
            </th>
            <th scope="col">Note</th>
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <tr key={item.ordinal}>
              <td>
                <StatusBadge level={stateWords[item.state].level}>{stateWords[item.state].word}</StatusBadge>
              </td>
              <td className={[table.mono, table.cut].join(' ')} title={item.id}>
                {item.id}
              </td>
              <td className={[table.mono, table.second, table.cut].join(' ')} title={item.position}>
                {item.position ?? '–'}
              </td>
              <td className={table.second}>{item.count ?? '–'}</td>
              <td className={[table.second, table.cut].join(' ')} title={item.note}>
                {item.note === '' ? '–' : item.note}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {full && (
        <div className={styles.more}>
          <Button size="small" onClick={more}>
            Show more
          </Button>
        </div>
      )}
    </>
  );
}
