import { Clock } from 'lucide-react';
import { type ReactNode, useRef } from 'react';
import type { InboxCause, InboxList } from '#shared/inbox.ts';
import { useNow } from '../clock.ts';
import { NodeTile } from '../editor/icons.tsx';
import { ago, exact, fullTime, plural, timeOfDay } from '../format.ts';
import { useNodeTypes } from './catalog.ts';
import styles from './cause-list.module.css';
import { CauseTitle } from './cause-title.tsx';
import { StateBadge } from './state-badge.tsx';
import { span } from './words.ts';

/** The causes; arrow keys move, Home and End jump, Enter goes to the cause, which shows on the right. */
export function CauseList({
  causes,
  current,
  onChoose,
  onEnter,
  list: { checkedAt, behind, total },
  head,
  empty,
  onMore,
}: {
  causes: readonly InboxCause[];
  current: string | undefined;
  onChoose: (id: string) => void;
  onEnter: (id: string) => void;
  list: Pick<InboxList, 'checkedAt' | 'behind' | 'total'>;
  head: ReactNode;
  empty: ReactNode;
  onMore: () => void;
}) {
  const now = useNow();
  const types = useNodeTypes();
  const list = useRef<HTMLUListElement>(null);
  const at = causes.findIndex((cause) => cause.id === current);
  const move = (to: number): void => {
    const next = causes[Math.min(causes.length - 1, Math.max(0, to))];
    if (next === undefined) return;
    onChoose(next.id);
    list.current?.querySelector<HTMLElement>(`[data-cause="${CSS.escape(next.id)}"]`)?.focus();
  };
  return (
    <div className={styles.pane}>
      {head}
      {causes.length === 0 && empty}
      <ul
        ref={list}
        className={styles.list}
        aria-label="Causes"
        onKeyDown={(event) => {
          // From the cause that has the keyboard: the list may have been sorted anew under the hands.
          const held = event.target instanceof HTMLElement ? event.target.dataset.cause : undefined;
          const from = held === undefined ? at : causes.findIndex((cause) => cause.id === held);
          const to = { ArrowDown: from + 1, ArrowUp: from - 1, Home: 0, End: causes.length - 1 }[event.key];
          if (to !== undefined) {
            event.preventDefault();
            move(to);
          } else if (event.key === 'Enter' && held !== undefined) {
            event.preventDefault();
            onEnter(held);
          }
        }}
      >
        {causes.map((cause) => {
          const type = types.get(cause.nodeType);
          return (
            <li key={cause.id}>
              <button
                type="button"
                data-cause={cause.id}
                className={styles.cause}
                aria-current={cause.id === current}
                tabIndex={cause.id === current || (at < 0 && cause === causes[0]) ? 0 : -1}
                onClick={() => onChoose(cause.id)}
              >
                <span className={styles.top}>
                  <span className={styles.title}>
                    <CauseTitle title={cause.title} />
                  </span>
                  <span className={styles.count} title={plural(cause.messages, 'open message')}>
                    {exact(cause.messages)}
                    <span className="visually-hidden"> open messages</span>
                  </span>
                </span>
                <span className={styles.bottom}>
                  <span className={styles.where}>
                    <span className={styles.node}>
                      <NodeTile look={type?.look ?? 'custom'} icon={type?.icon ?? 'problem'} size={16} />
                      <span className={styles.cut} title={`${cause.flowName}, ${cause.nodeName}`}>
                        {cause.flowName}, {cause.nodeName}
                      </span>
                    </span>
                    <span className={styles.cut} title={`${fullTime(cause.first)} to ${fullTime(cause.last)}`}>
                      {plural(cause.keys, 'key')}, {span(cause, now)}
                    </span>
                    <span className={styles.state}>
                      <StateBadge cause={cause} />
                      {cause.owner !== undefined && <span className={styles.cut}>{cause.owner}</span>}
                    </span>
                  </span>
                  <Bars values={cause.bars} />
                </span>
              </button>
            </li>
          );
        })}
        {causes.length < total && (
          <li className={styles.more}>
            <button type="button" className={styles.moreButton} onClick={onMore}>
              Show more of {exact(total)}
            </button>
          </li>
        )}
      </ul>
      <p className={styles.foot}>
        <Clock size={14} aria-hidden="true" />
        <span>
          {checkedAt === 0 ? 'Kafka has not answered yet.' : `Checked ${timeOfDay(checkedAt, true)}, ${ago(checkedAt, now)}.`}
          {behind && checkedAt > 0 && ' Still reading.'} <span className={styles.legend}>Bars: one hour each.</span>
        </span>
      </p>
    </div>
  );
}

function Bars({ values }: { values: readonly number[] }) {
  const top = Math.max(1, ...values);
  const bars = values
    .map((value, hour) => {
      const height = value === 0 ? 0 : Math.max(3, (value / top) * 20);
      return height === 0 ? '' : `M${hour * 5} 21v${-height}h4v${height}z`;
    })
    .join('');
  const sum = values.reduce((all, value) => all + value, 0);
  return (
    <svg className={styles.bars} width={values.length * 5} height={22} role="img" aria-label={`${plural(sum, 'failure')} in 24 hours`}>
      <line x1={0} x2={values.length * 5} y1={21.5} y2={21.5} className={styles.base} />
      <path d={bars} />
    </svg>
  );
}
