import { CircleAlert, CircleCheck, CircleHelp, Search } from 'lucide-react';
import { useRef } from 'react';
import type { InboxCauseDetail, InboxItem, Verdict } from '#shared/inbox.ts';
import { useNow } from '../clock.ts';
import { ago, exact, fullTime, plural, timeOfDay } from '../format.ts';
import { Button } from '../ui/button.tsx';
import table from '../ui/table.module.css';
import styles from './item-table.module.css';
import { moment, shortPosition } from './words.ts';

/** Which messages are chosen: all that fit the search, or some. */
export type Chosen = 'all' | ReadonlySet<string>;

const verdictWords: Record<Verdict, string> = { passes: 'Passes', fails: 'Fails', unknown: 'Not known' };
const stateWords: Record<InboxItem['state'], string> = { open: 'Open', sent: 'On its way', solved: 'Solved', discarded: 'Discarded' };

/** The messages of a cause: arrows move, Enter shows one above, Space ticks it. Loaded by pages. */
export function ItemTable({
  cause,
  items,
  total,
  current,
  onCurrent,
  chosen,
  onChosen,
  verdicts,
  search,
  onSearch,
  onMore,
  loading,
  discarded,
}: {
  cause: InboxCauseDetail;
  items: readonly InboxItem[];
  total: number;
  current: string | undefined;
  onCurrent: (item: string) => void;
  chosen: Chosen;
  onChosen: (chosen: Chosen) => void;
  verdicts: Readonly<Record<string, Verdict>> | undefined;
  search: string;
  onSearch: (search: string) => void;
  onMore: (() => void) | undefined;
  loading: boolean;
  /** The list of the discarded ones: who and why instead of a verdict. */
  discarded: boolean;
}) {
  const now = useNow();
  const body = useRef<HTMLTableSectionElement>(null);
  const field = cause.rule?.reads[0]?.split('.').at(-1) ?? (cause.place.startsWith('/') ? cause.place.split('/').at(-1) : undefined);
  const isChosen = (item: string): boolean => chosen === 'all' || chosen.has(item);
  const count = chosen === 'all' ? total : chosen.size;
  const toggle = (item: string): void => {
    const next = new Set(chosen === 'all' ? items.map((one) => one.item) : chosen);
    if (!next.delete(item)) next.add(item);
    onChosen(next.size === total ? 'all' : next);
  };
  const move = (index: number): void => {
    const to = items[Math.min(items.length - 1, Math.max(0, index))];
    if (to === undefined) return;
    onCurrent(to.item);
    body.current?.querySelectorAll('tr')[items.indexOf(to)]?.focus();
  };
  const showVerdicts = verdicts !== undefined && !discarded;
  return (
    <section className={styles.panel} aria-label={discarded ? 'Discarded messages' : 'Messages of this cause'}>
      <div className={styles.tools}>
        <h2 className={styles.heading}>{discarded ? 'Discarded messages' : 'Messages'}</h2>
        <label className={styles.search}>
          <Search size={14} aria-hidden="true" />
          <span className="visually-hidden">Only messages whose key or origin holds</span>
          <input
            type="search"
            placeholder="Key or origin"
            value={search}
            spellCheck={false}
            onChange={(event) => onSearch(event.target.value)}
          />
        </label>
      </div>
      <div className={styles.scroll}>
        <table className={[table.table, table.dense, styles.table].join(' ')}>
          <thead>
            <tr>
              <th scope="col" className={styles.tick}>
                <input
                  type="checkbox"
                  aria-label={`All ${exact(total)} messages`}
                  checked={chosen === 'all' && total > 0}
                  ref={(box) => {
                    if (box) box.indeterminate = chosen !== 'all' && chosen.size > 0;
                  }}
                  onChange={() => onChosen(chosen === 'all' ? new Set() : 'all')}
                />
              </th>
              <th scope="col">Key</th>
              <th scope="col" className={styles.time}>
                Failed
              </th>
              <th scope="col">Origin</th>
              {field !== undefined && <th scope="col">{field}</th>}
              <th scope="col" className={styles.tries}>
                Tries
              </th>
              <th scope="col" className={styles.verdict}>
                {discarded ? 'Discarded' : showVerdicts ? 'With draft' : 'State'}
              </th>
            </tr>
          </thead>
          <tbody ref={body}>
            {items.map((item, index) => (
              <tr
                key={item.item}
                tabIndex={item.item === current || (current === undefined && index === 0) ? 0 : -1}
                aria-selected={item.item === current}
                className={item.item === current ? styles.current : ''}
                onClick={() => onCurrent(item.item)}
                onKeyDown={(event) => {
                  if (event.target !== event.currentTarget) return;
                  const to = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: items.length - 1 }[event.key];
                  if (to !== undefined) move(to);
                  else if (event.key === ' ') toggle(item.item);
                  else if (event.key === 'Enter') onCurrent(item.item);
                  else return;
                  event.preventDefault();
                  event.stopPropagation();
                }}
              >
                <td className={styles.tick}>
                  <input
                    type="checkbox"
                    tabIndex={-1}
                    aria-label={`Choose ${item.key ?? 'the message without key'}`}
                    checked={isChosen(item.item)}
                    onClick={(event) => event.stopPropagation()}
                    onChange={() => toggle(item.item)}
                  />
                </td>
                <td className={[table.mono, table.cut].join(' ')} title={item.key ?? undefined}>
                  {item.key ?? <span className={styles.none}>no key</span>}
                </td>
                <td title={fullTime(item.lastAt)}>
                  {now - item.lastAt < 86_400_000 ? timeOfDay(item.lastAt, true) : moment(item.lastAt, now)}
                </td>
                <td className={[table.mono, table.cut].join(' ')} title={item.origin}>
                  {shortPosition(item.origin)}
                </td>
                {field !== undefined && (
                  <td className={[table.mono, table.cut].join(' ')} title={item.value}>
                    {item.value ?? <span className={styles.none}>missing</span>}
                  </td>
                )}
                <td className={styles.tries}>{item.attempt}</td>
                <td
                  className={[styles.verdict, table.cut].join(' ')}
                  title={item.by?.reason ?? (item.by?.replay && `Replay “${item.by.replay.name}” by ${item.by.who}`)}
                >
                  {discarded ? (
                    `${item.by?.who ?? 'somebody'}, ${ago(item.by?.at ?? now, now)}: ${item.by?.reason ?? ''}`
                  ) : showVerdicts && verdicts[item.item] !== undefined ? (
                    <VerdictMark verdict={verdicts[item.item] ?? 'unknown'} />
                  ) : (
                    stateWords[item.state]
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div className={styles.foot}>
        <span aria-live="polite">
          {total === 0
            ? search === ''
              ? 'None is left.'
              : `None holds “${search}”.`
            : `${exact(count)} selected${search === '' ? '' : ` of those with “${search}”`}, ${plural(items.length, 'message')} shown`}
        </span>
        {onMore && (
          <Button size="small" busy={loading} onClick={onMore}>
            Show more of {exact(total)}
          </Button>
        )}
      </div>
    </section>
  );
}

function VerdictMark({ verdict }: { verdict: Verdict }) {
  const Icon = { passes: CircleCheck, fails: CircleAlert, unknown: CircleHelp }[verdict];
  return (
    <span className={[styles.mark, styles[verdict]].join(' ')}>
      <Icon size={14} aria-hidden="true" />
      {verdictWords[verdict]}
    </span>
  );
}
