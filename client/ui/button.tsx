import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react';
import styles from './button.module.css';

export type ButtonLook = 'filled' | 'default' | 'quiet' | 'danger';

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** `filled` only once per view, for the action that the view is for; `danger` only in dialogs that confirm. */
  look?: ButtonLook;
  size?: 'small' | 'medium' | 'main';
  icon?: ReactNode;
  /** Keeps its width and is not pressable while true. */
  busy?: boolean;
  ref?: Ref<HTMLButtonElement>;
}

/** A button with a word. Heights: small 28, medium 32, main 40 px. */
export function Button({
  look = 'default',
  size = 'medium',
  icon,
  busy = false,
  className,
  children,
  disabled,
  type = 'button',
  ...rest
}: ButtonProps) {
  return (
    <button
      {...rest}
      type={type}
      disabled={disabled === true || busy}
      data-look={look}
      aria-busy={busy || undefined}
      className={[styles.button, styles[look], styles[size], className].filter(Boolean).join(' ')}
    >
      {busy ? <span className={styles.spinner} aria-hidden="true" /> : icon}
      <span className={styles.label}>{children}</span>
    </button>
  );
}

export interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** What it does: the accessible name. Wrap it in a Tooltip with the same words. */
  label: string;
  size?: 'small' | 'medium';
  children: ReactNode;
  ref?: Ref<HTMLButtonElement>;
}

/** A square button with an icon only; 28 or 32 px. */
export function IconButton({ label, size = 'medium', className, children, ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      aria-label={label}
      className={[styles.button, styles.quiet, styles.icon, styles[size], className].filter(Boolean).join(' ')}
    >
      {children}
    </button>
  );
}
