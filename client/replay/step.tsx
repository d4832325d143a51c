import { Lock } from 'lucide-react';
import type { ReactNode } from 'react';
import styles from './step.module.css';

/** A numbered part of the page; `locked` says what must come first, and then nothing of it is shown. */
export function Step({
  number,
  title,
  aside,
  locked,
  children,
}: {
  number: number;
  title: string;
  aside?: ReactNode;
  locked?: string | undefined;
  children: ReactNode;
}) {
  return (
    <section
      className={[styles.step, locked === undefined ? '' : styles.locked].join(' ')}
      aria-label={title}
      data-locked={locked !== undefined}
    >
      <div className={styles.head}>
        <span className={styles.number} aria-hidden="true">
          {number}
        </span>
        <h2 className={styles.title}>{title}</h2>
        {locked === undefined ? (
          <span className={styles.aside}>{aside}</span>
        ) : (
          <span className={styles.aside}>
            <Lock size={14} aria-hidden="true" />
            {locked}
          </span>
        )}
      </div>
      {locked === undefined && <div className={styles.body}>{children}</div>}
    </section>
  );
}

/** One of several ways, as a card with a title and a sentence; a radio button, so that arrow keys move between them. */
export function Way({
  name,
  checked,
  title,
  children,
  onChoose,
  disabled = false,
}: {
  name: string;
  checked: boolean;
  title: string;
  children: ReactNode;
  onChoose: () => void;
  disabled?: boolean;
}) {
  return (
    <label className={[styles.way, checked ? styles.chosen : '', disabled ? styles.off : ''].join(' ')}>
      <input type="radio" name={name} checked={checked} disabled={disabled} onChange={onChoose} />
      <span className={styles.wayTitle}>{title}</span>
      <span className={styles.wayText}>{children}</span>
    </label>
  );
}

/** A tick with a title and a sentence. */
export function Tick({
  checked,
  title,
  children,
  onChange,
  disabled = false,
}: {
  checked: boolean;
  title: ReactNode;
  children?: ReactNode;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
}) {
  return (
    <label className={styles.tick}>
      <input type="checkbox" checked={checked} disabled={disabled} onChange={(event) => onChange(event.currentTarget.checked)} />
      <span>
        <span className={styles.tickTitle}>{title}</span>
        {children !== undefined && <span className={styles.wayText}>{children}</span>}
      </span>
    </label>
  );
}
