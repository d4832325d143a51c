import { type KeyboardEvent, useMemo } from 'react';
import type { NodeKind } from '#shared/node-type.ts';
import frame from '../ui/drawer-panel.module.css';
import { textOfRecord } from './message-rows.ts';
import { outcomesOf } from './outcome.ts';
import { OutcomeMark } from './outcome-mark.tsx';
import { type Tried, useTrial, useTrialState } from './trial-store.ts';
import styles from './try-panel.module.css';

/** The messages that came to a node, with what became of each. */
export function MessageList({ tried, node, kind }: { tried: Tried; node: string; kind: NodeKind }) {
  const trial = useTrial();
  const chosen = useTrialState((state) => state.record);
  const { result } = tried;
  const rows = useMemo(() => outcomesOf(result, node), [result, node]);
  const walk = (event: KeyboardEvent<HTMLUListElement>) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const next = rows[rows.findIndex(({ record }) => record === chosen) + step];
    if (next === undefined) return;
    trial.look(node, next.record);
    event.currentTarget.querySelector<HTMLElement>(`[data-record="${next.record}"]`)?.focus();
  };
  return (
    <ul className={frame.list} aria-label="Messages that came to this node" onKeyDown={walk}>
      {rows.map(({ record, outcome }, index) => {
        const message = result.records[record];
        if (message === undefined) return null;
        const why = outcome.kind === 'failed' ? outcome.failure.message : outcome.kind === 'filtered' ? outcome.reason : undefined;
        const current = record === chosen;
        return (
          <li key={record}>
            <button
              type="button"
              data-record={record}
              className={styles.row}
              aria-pressed={current}
              tabIndex={current || (index === 0 && !rows.some((row) => row.record === chosen)) ? 0 : -1}
              title={why ?? textOfRecord(message).slice(0, 500)}
              onClick={() => trial.look(node, record)}
            >
              <OutcomeMark outcome={outcome} sink={kind === 'sink'} />
              <span className={styles.who}>{result.inputs[message.input]?.name ?? `Message ${message.input + 1}`}</span>
              <span className={outcome.kind === 'failed' ? styles.why : styles.value}>{why ?? textOfRecord(message).slice(0, 160)}</span>
            </button>
          </li>
        );
      })}
      {rows.length === 0 && <li className={styles.none}>No sample comes here.</li>}
    </ul>
  );
}
