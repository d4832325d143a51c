import { useLayoutEffect, useRef } from 'react';
import type { ReleaseFirst, ShownParkedKey } from '#shared/parked.ts';
import { ago, exact, fullTime, plural } from '../format.ts';
import { Button } from '../ui/button.tsx';
import table from '../ui/table.module.css';
import styles from './parked-section.module.css';

export type ParkedRow = ShownParkedKey & { flow: string };

/** Rows that are drawn at most; more are counted. */
const mostRows = 100;

/** Parked keys, the oldest first. Arrows move between rows; when the row that has the focus goes, the next one gets it. */
export function ParkedTable({
  rows,
  names,
  now,
  may,
  busy,
  onRelease,
}: {
  rows: readonly ParkedRow[];
  /** Names of flows; empty where all are of one flow that the page shows. */
  names: ReadonlyMap<string, string>;
  now: number;
  may: boolean;
  /** Keys whose release is being ordered. */
  busy: ReadonlySet<string>;
  onRelease: (row: ParkedRow, first: ReleaseFirst) => void;
}) {
  const body = useRef<HTMLTableSectionElement>(null);
  const focused = useRef<{ name: string; at: number }>(undefined);
  const shown = rows.slice(0, mostRows);
  const hasPlaces = names.size > 0 || new Set(rows.map(({ sink }) => sink)).size > 1;
  // A row that is released goes away by itself; whoever works down the list by keyboard goes on with the next.
  useLayoutEffect(() => {
    const last = focused.current;
    if (last === undefined || document.activeElement !== document.body || shown.some((row) => nameOf(row) === last.name)) return;
    const buttons = [...(body.current?.querySelectorAll<HTMLButtonElement>('[data-release]') ?? [])];
    buttons[Math.min(last.at, buttons.length - 1)]?.focus();
  });
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard. */}
      <section className={styles.scroll} tabIndex={0} aria-label="List of parked keys">
        <table className={[table.table, table.dense, styles.table].join(' ')}>
          <thead>
            <tr>
              <th scope="col">Key</th>
              {hasPlaces && <th scope="col">At</th>}
              <th scope="col" className={styles.why}>
                Why
              </th>
              <th scope="col" className={styles.since}>
                Waits since
              </th>
              <th scope="col" className={styles.behind}>
                Behind it
              </th>
              <th scope="col" className={styles.release}>
                <span className="visually-hidden">Release</span>
              </th>
            </tr>
          </thead>
          <tbody ref={body}>
            {shown.map((row, at) => {
              const ordered = row.releasing || busy.has(nameOf(row));
              return (
                <tr
                  key={nameOf(row)}
                  onFocus={() => {
                    focused.current = { name: nameOf(row), at };
                  }}
                  onBlur={({ relatedTarget }) => {
                    if (relatedTarget !== null) focused.current = undefined;
                  }}
                  onKeyDown={(event) => {
                    const to = { ArrowDown: at + 1, ArrowUp: at - 1 }[event.key];
                    const next = to === undefined ? undefined : body.current?.querySelectorAll<HTMLButtonElement>('[data-release]')[to];
                    if (next === undefined) return;
                    event.preventDefault();
                    next.focus();
                  }}
                >
                  <td className={[table.mono, table.cut].join(' ')} title={row.key}>
                    {row.key}
                  </td>
                  {hasPlaces && (
                    <td className={table.cut} title={names.get(row.flow)}>
                      {names.size > 0 && `${names.get(row.flow) ?? row.flow}, `}
                      {row.sinkName}
                    </td>
                  )}
                  <td className={table.cut} title={row.message}>
                    {row.message}
                  </td>
                  <td className={table.cut} title={fullTime(row.since)}>
                    {ago(row.since, now)}
                  </td>
                  <td className={table.cut}>{plural(row.count, 'message')}</td>
                  <td className={styles.release}>
                    <Button
                      size="small"
                      data-release
                      aria-label={`Release ${row.key}`}
                      busy={ordered}
                      disabled={!may}
                      title={row.attempts > 1 ? `It was tried ${exact(row.attempts)} times` : undefined}
                      onClick={() => onRelease(row, 'retry')}
                    >
                      Release
                    </Button>
                    <Button
                      size="small"
                      look="quiet"
                      aria-label={`Release ${row.key} without the message that failed`}
                      disabled={!may || ordered}
                      title="Drops the message that failed and lets those behind it go on"
                      onClick={() => onRelease(row, 'discard')}
                    >
                      Without it
                    </Button>
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </section>
      {rows.length > mostRows && (
        <p className={styles.more}>
          The oldest {exact(mostRows)} of {exact(rows.length)} are shown.
        </p>
      )}
    </>
  );
}

/** A key of one sink; masked keys may look alike, so its failed message counts too. */
export function nameOf({ flow, sink, partition, failed }: ParkedRow): string {
  return `${flow}/${sink}/${partition}/${failed}`;
}
