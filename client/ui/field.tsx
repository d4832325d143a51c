import { type InputHTMLAttributes, type ReactNode, type Ref, type SelectHTMLAttributes, type TextareaHTMLAttributes, useId } from 'react';
import styles from './field.module.css';

interface Around {
  label: string;
  help?: ReactNode;
  error?: string | undefined;
}

function Frame({ label, help, error, id, children }: Around & { id: string; children: ReactNode }) {
  return (
    <div className={styles.field}>
      <label htmlFor={id} className={styles.label}>
        {label}
      </label>
      {children}
      {error !== undefined ? (
        <div id={`${id}-note`} className={styles.error} role="alert">
          {error}
        </div>
      ) : (
        help !== undefined && (
          <div id={`${id}-note`} className={styles.help}>
            {help}
          </div>
        )
      )}
    </div>
  );
}

const noteOf = (id: string, { help, error }: Around): string | undefined =>
  help !== undefined || error !== undefined ? `${id}-note` : undefined;

/** A line of text with its label, help and error. */
export function TextField({
  label,
  help,
  error,
  mono = false,
  ...rest
}: Around & { mono?: boolean; ref?: Ref<HTMLInputElement> } & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId();
  const around: Around = { label, help, error };
  return (
    <Frame {...around} id={id}>
      <input
        {...rest}
        id={id}
        aria-invalid={error !== undefined}
        aria-describedby={noteOf(id, around)}
        className={[styles.input, mono ? styles.mono : ''].join(' ')}
      />
    </Frame>
  );
}

/** Several lines of text with label, help and error. */
export function TextAreaField({
  label,
  help,
  error,
  mono = false,
  ...rest
}: Around & { mono?: boolean } & TextareaHTMLAttributes<HTMLTextAreaElement>) {
  const id = useId();
  const around: Around = { label, help, error };
  return (
    <Frame {...around} id={id}>
      <textarea
        {...rest}
        id={id}
        aria-invalid={error !== undefined}
        aria-describedby={noteOf(id, around)}
        className={[styles.input, styles.area, mono ? styles.mono : ''].join(' ')}
      />
    </Frame>
  );
}

/** One of a few, by the system's own list. */
export function SelectField({ label, help, error, children, ...rest }: Around & SelectHTMLAttributes<HTMLSelectElement>) {
  const id = useId();
  const around: Around = { label, help, error };
  return (
    <Frame {...around} id={id}>
      <select {...rest} id={id} aria-describedby={noteOf(id, around)} className={[styles.input, styles.select].join(' ')}>
        {children}
      </select>
    </Frame>
  );
}
