import { Check, Copy } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { ApiError } from '../api.ts';
import { Button } from './button.tsx';
import styles from './states.module.css';
import { StatusIcon } from './status.tsx';

/** Nothing is here, and that is all right: one sentence, one main action, perhaps a second way. */
export function EmptyState({
  icon,
  title,
  children,
  actions,
  heading: Heading = 'h2',
}: {
  icon: ReactNode;
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
  /** `h1` where it is the whole page. */
  heading?: 'h1' | 'h2';
}) {
  return (
    <div className={styles.state}>
      <span className={styles.icon} aria-hidden="true">
        {icon}
      </span>
      <Heading className={styles.title}>{title}</Heading>
      {children !== undefined && <div className={styles.text}>{children}</div>}
      {actions !== undefined && <div className={styles.actions}>{actions}</div>}
    </div>
  );
}

/** A grey bar in the final size of what is being loaded, so that nothing jumps when it comes. */
export function Skeleton({ width = '100%', height = 12, radius = 4 }: { width?: number | string; height?: number; radius?: number }) {
  return <span className={styles.skeleton} style={{ width, height, borderRadius: radius }} aria-hidden="true" />;
}

/** Rows of skeletons for a list that is being loaded, announced once to screen readers; in a dialog the keyboard waits for it. */
export function SkeletonRows({ rows, height, label }: { rows: number; height: number; label: string }) {
  return (
    <div role="status" aria-label={label} data-awaited>
      {Array.from({ length: rows }, (_, index) => index).map((row) => (
        <div key={row} className={styles.row} style={{ height }}>
          <Skeleton width={32} height={32} radius={8} />
          <div className={styles.lines}>
            <Skeleton width={`${22 + ((row * 13) % 18)}%`} />
            <Skeleton width={`${38 + ((row * 29) % 25)}%`} height={10} />
          </div>
        </div>
      ))}
    </div>
  );
}

/** What an error says to people: what happened, what to do next, and for support the exact facts. */
export function describeError(error: unknown): { message: string; details: string } {
  const message = error instanceof Error ? error.message : String(error);
  const facts = [`Message: ${message}`, `Time: ${new Date().toISOString()}`, `Page: ${location.pathname}`];
  if (error instanceof ApiError) {
    facts.push(`Request: ${error.request}`, `Status: ${error.status === 0 ? 'no answer' : error.status}`);
    for (const problem of error.problems) facts.push(`Problem: ${problem.code}: ${problem.message}`);
  }
  return { message, details: facts.join('\n') };
}

/** Puts text on the clipboard and says for two seconds that it did. */
export function CopyButton({
  text,
  children = 'Copy details',
  size = 'small',
}: {
  text: string;
  children?: ReactNode;
  size?: 'small' | 'medium';
}) {
  const [copied, setCopied] = useState<'no' | 'yes' | 'refused'>('no');
  const copy = (): void => {
    navigator.clipboard.writeText(text).then(
      () => setCopied('yes'),
      () => setCopied('refused'),
    );
    setTimeout(() => setCopied('no'), 2000);
  };
  const words = copied === 'yes' ? 'Copied' : copied === 'refused' ? 'Not allowed to copy' : children;
  return (
    <Button size={size} icon={copied === 'yes' ? <Check size={14} /> : <Copy size={14} />} onClick={copy}>
      <span aria-live="polite">{words}</span>
    </Button>
  );
}

/** Loading or doing something failed: what, why, what next, with "Try again" and "Copy details". */
export function ErrorState({ what, error, onRetry }: { what: string; error: unknown; onRetry?: () => void }) {
  const { message, details } = describeError(error);
  return (
    <div className={styles.state} role="alert">
      <StatusIcon level="error" size={24} />
      <h2 className={styles.title}>{what}</h2>
      <div className={styles.text}>{message}</div>
      <div className={styles.actions}>
        {onRetry && (
          <Button size="small" onClick={onRetry}>
            Load again
          </Button>
        )}
        <CopyButton text={details} />
      </div>
    </div>
  );
}
