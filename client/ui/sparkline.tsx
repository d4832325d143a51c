import styles from './sparkline.module.css';
import type { Level } from './status.tsx';

const width = 104;
const height = 24;

/**
 * A small line of a rate over time, oldest on the left; `null` = not known. The end point takes the colour of the
 * level. `label` says in words what the line shows.
 */
export function Sparkline({ values, level = 'ok', label }: { values: readonly (number | null)[]; level?: Level; label: string }) {
  const known = values.filter((value): value is number => value !== null);
  const top = Math.max(1, ...known) * 1.15;
  const points: { x: number; y: number }[] = [];
  values.forEach((value, index) => {
    if (value === null) return;
    points.push({ x: (index / Math.max(1, values.length - 1)) * (width - 6) + 2, y: height - 2 - (value / top) * (height - 6) });
  });
  const line = points.map((point) => `${point.x.toFixed(1)},${point.y.toFixed(1)}`).join(' ');
  const [first] = points;
  const last = points.at(-1);
  return (
    <svg className={styles.line} viewBox={`0 0 ${width} ${height}`} width={width} height={height} role="img" aria-label={label}>
      {first === undefined || last === undefined ? (
        <line x1={2} x2={width - 4} y1={height - 2} y2={height - 2} className={styles.unknown} />
      ) : (
        <>
          {first.x > 8 && <line x1={2} x2={first.x - 3} y1={height - 2} y2={height - 2} className={styles.unknown} />}
          <polygon points={`${first.x.toFixed(1)},${height - 1} ${line} ${last.x.toFixed(1)},${height - 1}`} className={styles.area} />
          <polyline points={line} className={styles.stroke} />
          <circle
            cx={last.x}
            cy={last.y}
            r={2}
            className={[styles.end, level === 'warning' || level === 'error' ? styles[level] : ''].join(' ')}
          />
        </>
      )}
    </svg>
  );
}
