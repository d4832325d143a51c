import type { ReactNode } from 'react';
import styles from './page.module.css';

/** A page's head: its title, ONE plain sentence that gives the verdict with numbers, and its actions. Sets the tab's title. */
export function PageHeader({ title, sentence, actions }: { title: string; sentence: ReactNode; actions?: ReactNode }) {
  return (
    <header className={styles.header}>
      <title>{`${title} · Millrace`}</title>
      <div className={styles.words}>
        <h1 className={styles.title}>{title}</h1>
        <p className={styles.sentence}>{sentence}</p>
      </div>
      {actions !== undefined && <div className={styles.actions}>{actions}</div>}
    </header>
  );
}

/** The page's column: gutters of 24 px, full width, with its head. */
export function Page({ children, fill = false }: { children: ReactNode; fill?: boolean }) {
  return <div className={[styles.page, fill ? styles.fill : ''].join(' ')}>{children}</div>;
}

/** A white panel with a hairline border, radius 12; `title` gives it a head of 40 px. */
export function Panel({ title, aside, children, label }: { title?: ReactNode; aside?: ReactNode; children: ReactNode; label?: string }) {
  return (
    <section className={styles.panel} aria-label={label}>
      {title !== undefined && (
        <div className={styles.head}>
          <h2 className={styles.headTitle}>{title}</h2>
          {aside}
        </div>
      )}
      {children}
    </section>
  );
}
