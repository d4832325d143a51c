import type { ReactNode } from 'react';
import styles from './chip.module.css';

/** A small label, 22 px. `field` = name of a data field, `literal` = a constant value, `count` = a number beside a word. */
export function Chip({
  look = 'plain',
  icon,
  children,
  title,
}: {
  look?: 'plain' | 'outline' | 'field' | 'literal' | 'info';
  icon?: ReactNode;
  children: ReactNode;
  title?: string;
}) {
  return (
    <span className={[styles.chip, styles[look]].join(' ')} title={title}>
      {icon}
      <span className={styles.text}>{children}</span>
    </span>
  );
}

/** A key of the keyboard, as in menus and search fields. */
export function KeyHint({ children }: { children: ReactNode }) {
  return (
    <span className={styles.key} aria-hidden="true">
      {children}
    </span>
  );
}
