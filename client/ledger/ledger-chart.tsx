import type { LedgerPoint, LedgerReport } from '#shared/ledger-report.ts';
import { exact, fullTime, short, timeOfDay, when } from '../format.ts';
import styles from './ledger-chart.module.css';

const parts = [
  { of: 'delivered', word: 'delivered' },
  { of: 'filtered', word: 'filtered' },
  { of: 'dead', word: 'dead letters' },
] as const;
const height = 120;

/** What became of messages over the period: a bar for each step, and a line for what came in. */
export function LedgerChart({ report }: { report: LedgerReport }) {
  const { points, step, since, until } = report;
  const ended = (point: LedgerPoint) => point.delivered + point.filtered + point.dead;
  const most = Math.max(1, ...points.map((point) => Math.max(point.in, ended(point))));
  const width = 100 / Math.max(1, points.length);
  const y = (count: number) => height - (count / most) * height;
  const sum = (of: 'in' | (typeof parts)[number]['of']) => points.reduce((all, point) => all + point[of], 0);
  const stepWord = step < 3_600_000 ? `${step / 60_000} min` : `${step / 3_600_000} h`;
  const label = `Messages for each ${stepWord}: ${exact(sum('in'))} came in, ${parts.map(({ of, word }) => `${exact(sum(of))} ${word}`).join(', ')}; at most ${exact(most)} in one step.`;
  const line = points.map((point, index) => `${index === 0 ? 'M' : 'L'}${(index + 0.5) * width} ${y(point.in)}`).join(' ');
  return (
    <figure className={styles.figure}>
      <figcaption className={styles.legend}>
        <span className={styles.key}>
          <span className={styles.lineKey} aria-hidden="true" /> came in
        </span>
        {parts.map(({ of, word }) => (
          <span key={of} className={styles.key}>
            <span className={`${styles.box} ${styles[of]}`} aria-hidden="true" /> {word}
          </span>
        ))}
        <span className={styles.scale}>
          up to {short(most)} messages per {stepWord}
        </span>
      </figcaption>
      <svg className={styles.chart} viewBox={`0 0 100 ${height}`} preserveAspectRatio="none" role="img" aria-label={label}>
        {points.map((point, index) => {
          let below = 0;
          return (
            <g key={point.at}>
              <title>{`${fullTime(point.at)}: ${exact(point.in)} came in, ${parts.map(({ of, word }) => `${exact(point[of])} ${word}`).join(', ')}`}</title>
              <rect x={index * width} y={0} width={width} height={height} className={styles.hover} />
              {parts.map(({ of }) => {
                const from = below;
                below += point[of];
                if (point[of] === 0) return null;
                // Few of many must still be seen.
                const tall = Math.max(1.5, y(from) - y(below));
                return (
                  <rect
                    key={of}
                    x={index * width + width * 0.12}
                    y={y(from) - tall}
                    width={width * 0.76}
                    height={tall}
                    className={styles[of]}
                  />
                );
              })}
            </g>
          );
        })}
        <path d={line} className={styles.in} vectorEffect="non-scaling-stroke" />
      </svg>
      <div className={styles.ends}>
        <span title={fullTime(since)}>{until - since > 20 * 3_600_000 ? when(since, until) : timeOfDay(since)}</span>
        <span title={fullTime(until)}>{timeOfDay(until)}</span>
      </div>
    </figure>
  );
}
