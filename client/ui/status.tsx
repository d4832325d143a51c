import { CircleAlert, CircleCheck, CircleDashed, CircleDot, OctagonAlert, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import styles from './status.module.css';

/** How serious something is. `off` means not running, `info` means under way. */
export type Level = 'ok' | 'warning' | 'error' | 'info' | 'off';

const icons = { ok: CircleCheck, warning: TriangleAlert, error: OctagonAlert, info: CircleDot, off: CircleDashed };

/** The icon of a level, in its colour. Always put a word beside it. */
export function StatusIcon({ level, size = 16 }: { level: Level; size?: number }) {
  const Icon = icons[level];
  return <Icon size={size} className={styles[level]} aria-hidden="true" />;
}

/** A state as icon, word and colour; `soft` gives it the tinted chip behind. */
export function StatusBadge({
  level,
  children,
  soft = false,
  icon,
}: {
  level: Level;
  children: ReactNode;
  soft?: boolean;
  icon?: ReactNode;
}) {
  return (
    <span className={[styles.badge, styles[level], soft ? styles.soft : ''].join(' ')}>
      {icon ?? <StatusIcon level={level} size={14} />}
      <span>{children}</span>
    </span>
  );
}

/** A tinted square with the icon of a level, 32 px, for the start of a row; ok and off have no tint, so that only trouble is loud. */
export function StatusTile({ level, icon }: { level: Level; icon?: ReactNode }) {
  return (
    <span className={[styles.tile, styles[level]].join(' ')} aria-hidden="true">
      {icon ?? <StatusIcon level={level} />}
    </span>
  );
}

/** A sentence across a panel, with icon and tint; for verdicts and warnings that concern the whole of it. */
export function Notice({ level, title, children, action }: { level: Level; title: ReactNode; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className={[styles.notice, styles[level]].join(' ')} role={level === 'error' ? 'alert' : 'status'}>
      {level === 'error' ? <CircleAlert size={20} aria-hidden="true" /> : <StatusIcon level={level} size={20} />}
      <div className={styles.words}>
        <div className={styles.title}>{title}</div>
        {children !== undefined && <div className={styles.detail}>{children}</div>}
      </div>
      {action}
    </div>
  );
}
