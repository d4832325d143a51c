import type { NodeLook } from '#shared/node-type.ts';
import styles from './look-tile.module.css';

const frames: Record<NodeLook, string> = {
  source: 'M16 2.5a13.5 13.5 0 1 1 0 27a13.5 13.5 0 1 1 0-27z',
  map: 'M8 3h16a5 5 0 0 1 5 5v16a5 5 0 0 1-5 5H8a5 5 0 0 1-5-5V8a5 5 0 0 1 5-5z',
  route: 'M14.2 2.6a2.6 2.6 0 0 1 3.6 0l11.6 11.6a2.6 2.6 0 0 1 0 3.6L17.8 29.4a2.6 2.6 0 0 1-3.6 0L2.6 17.8a2.6 2.6 0 0 1 0-3.6z',
  enrich:
    'M14.5 2.8a3 3 0 0 1 3 0l9.5 5.5a3 3 0 0 1 1.5 2.6v10.2a3 3 0 0 1-1.5 2.6l-9.5 5.5a3 3 0 0 1-3 0L5 23.7a3 3 0 0 1-1.5-2.6V10.9A3 3 0 0 1 5 8.3z',
  sink: 'M16 1.5a12 12 0 1 1 0 24a12 12 0 1 1 0-24z M7 29.5h18',
  custom: 'M8 3h12l9 9v12a5 5 0 0 1-5 5H8a5 5 0 0 1-5-5V8a5 5 0 0 1 5-5z',
};

const marks: Record<NodeLook, string> = {
  source: 'M10 16h12m-5-5l5 5l-5 5',
  map: 'M9.5 11.5h3.2c3.5 0 3.1 9 6.6 9h3.2m-13 0h3.2c3.5 0 3.1-9 6.6-9h3.2m-2.3-2.3l2.3 2.3l-2.3 2.3m0 4.4l2.3 2.3l-2.3 2.3',
  route: 'M9.5 16h4l5-4.5h3.5m-8.5 4.5l5 4.5h3.5m-2.2-6.8l2.2 2.3l-2.2 2.3m0 2.2',
  enrich: 'M16 10.5v11m-5.5-5.5h11',
  sink: 'M16 7.5v11m-4.5-4.5l4.5 4.5l4.5-4.5',
  custom: 'M11 21l10-10m-9.5 1.2a1.3 1.3 0 1 0 2.6 0a1.3 1.3 0 1 0-2.6 0m6.4 7.6a1.3 1.3 0 1 0 2.6 0a1.3 1.3 0 1 0-2.6 0',
};

/** The tile of a node's look, 32 px: its shape tells the kind, colour second. */
export function LookTile({ look, size = 32 }: { look: NodeLook; size?: number }) {
  return (
    <svg className={[styles.tile, styles[look]].join(' ')} width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <path d={frames[look]} className={styles.frame} />
      <path d={marks[look]} className={styles.mark} />
    </svg>
  );
}
