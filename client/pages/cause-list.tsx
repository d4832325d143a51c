import { Clock } from 'lucide-react';
import { useRef } from 'react';
import { useNow } from '../clock.ts';
import { exact, fullTime, plural, timeOfDay, when } from '../format.ts';
import styles from './cause-list.module.css';
import { type Cause, hourly } from './dead-letter-causes.ts';

/** The causes, newest first; arrow keys move, and the chosen one shows on the right. */
export function CauseList({
  causes,
  current,
  onChoose,
  flowName,
  nodeName,
  foot,
}: {
  causes: readonly Cause[];
  current: string | undefined;
  onChoose: (id: string) => void;
  flowName: (flow: string) => string;
  nodeName: (flow: string, node: string) => string;
  /** When the list was loaded, in words. */
  foot: string;
}) {
  const now = useNow();
  const list = useRef<HTMLUListElement>(null);
  const move = (by: number): void => {
    const index = causes.findIndex((cause) => cause.id === current) + by;
    const next = causes[index];
    if (next === undefined) return;
    onChoose(next.id);
    list.current?.querySelectorAll('button')[index]?.focus();
  };
  return (
    <div className={styles.pane}>
      <ul
        ref={list}
        className={styles.list}
        aria-label="Causes"
        onKeyDown={(event) => {
          if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
          event.preventDefault();
          move(event.key === 'ArrowDown' ? 1 : -1);
        }}
      >
        {causes.map((cause) => (
          <li key={cause.id}>
            <button type="button" className={styles.cause} aria-current={cause.id === current} onClick={() => onChoose(cause.id)}>
              <span className={styles.top}>
                <span className={styles.title}>{cause.title}</span>
                <span className={styles.count} title={plural(cause.letters.length, 'message')}>
                  {exact(cause.letters.length)}
                </span>
              </span>
              <span className={styles.bottom}>
                <span className={styles.where}>
                  <span className={styles.cut}>
                    {flowName(cause.flow)}, {nodeName(cause.flow, cause.node)}
                  </span>
                  <span className={styles.cut} title={`${fullTime(cause.first)} to ${fullTime(cause.last)}`}>
                    {plural(cause.keys, 'key')}, {span(cause, now)}
                  </span>
                </span>
                <Bars values={hourly(cause.letters, now, 24)} />
              </span>
            </button>
          </li>
        ))}
      </ul>
      <p className={styles.foot}>
        <Clock size={14} aria-hidden="true" />
        {foot} <span className={styles.legend}>Bars: one hour each, 24 h.</span>
      </p>
    </div>
  );
}

/** `10:02 to 10:37`, or with the day where it is another one. */
function span(cause: Cause, now: number): string {
  const point = (at: number): string => (when(at, now) === timeOfDay(at) ? timeOfDay(at) : `${when(at, now)} ${timeOfDay(at)}`);
  const first = point(cause.first);
  const last = point(cause.last);
  return first === last ? first : `${first} to ${last}`;
}

function Bars({ values }: { values: readonly number[] }) {
  const top = Math.max(1, ...values);
  const bars = values
    .map((value, hour) => {
      const height = value === 0 ? 0 : Math.max(3, (value / top) * 20);
      return height === 0 ? '' : `M${hour * 5} 21v${-height}h4v${height}z`;
    })
    .join('');
  return (
    <svg className={styles.bars} width={values.length * 5} height={22} aria-hidden="true">
      <line x1={0} x2={values.length * 5} y1={21.5} y2={21.5} className={styles.base} />
      <path d={bars} />
    </svg>
  );
}
