import { useId } from 'react';
import type { SourcePath } from '#shared/mapping/reach.ts';
import { CodeInput } from '../../editor/code-editor/code-input.tsx';
import { useCompletion } from './complete.ts';
import styles from './editors.module.css';
import { FieldInput } from './field-input.tsx';
import { type Value, type ValueKind, valueKinds, valueProblem, withKind } from './value.ts';

export interface ValueFieldProps {
  label: string;
  value: Value;
  onChange: (value: Value) => void;
  /** Which kinds can stand here; all but rows by default. */
  kinds?: readonly ValueKind[];
  within?: SourcePath | undefined;
  /** Whether the sentence about what is wrong is shown already. */
  check?: boolean;
  /** The label is only read aloud. */
  quiet?: boolean;
  help?: string;
  autoFocus?: boolean;
}

const all: readonly ValueKind[] = ['field', 'text', 'number', 'boolean', 'null', 'list', 'code'];

/** A value of any kind: what it is on the left, the field or the fixed value on the right. */
export function ValueField({
  label,
  value,
  onChange,
  kinds = all,
  within,
  check = false,
  quiet = false,
  help,
  autoFocus = false,
}: ValueFieldProps) {
  const id = useId();
  const problem = check ? valueProblem(value) : undefined;
  const note = problem !== undefined || help !== undefined ? `${id}-note` : undefined;
  const offered = kinds.includes(value.kind) ? kinds : [...kinds, value.kind];
  return (
    <div className={styles.value}>
      {!quiet && <span className={styles.label}>{label}</span>}
      <div className={styles.valueLine}>
        <select
          className={styles.kind}
          aria-label={`Kind of ${label.toLowerCase()}`}
          value={value.kind}
          onChange={(event) => onChange(withKind(value, event.target.value as ValueKind))}
        >
          {offered.map((kind) => (
            <option key={kind} value={kind}>
              {valueKinds[kind]}
            </option>
          ))}
        </select>
        <Control label={label} value={value} onChange={onChange} within={within} problem={problem} note={note} autoFocus={autoFocus} />
      </div>
      {problem !== undefined ? (
        <span id={note} className={styles.error} role="alert">
          {problem}
        </span>
      ) : (
        help !== undefined && (
          <span id={note} className={styles.help}>
            {help}
          </span>
        )
      )}
    </div>
  );
}

interface ControlProps {
  label: string;
  value: Value;
  onChange: (value: Value) => void;
  within: SourcePath | undefined;
  problem: string | undefined;
  note: string | undefined;
  autoFocus: boolean;
}

function Control({ label, value, onChange, within, problem, note, autoFocus }: ControlProps) {
  const invalid = problem !== undefined;
  const completion = useCompletion(within);
  switch (value.kind) {
    case 'field':
      return (
        <FieldInput
          label={label}
          code={value.code}
          onChange={(code) => onChange({ kind: 'field', code })}
          within={within}
          invalid={invalid}
          describedBy={note}
          autoFocus={autoFocus}
        />
      );
    case 'text':
    case 'number':
      return (
        <input
          className={[styles.input, value.kind === 'number' ? styles.digits : ''].join(' ')}
          aria-label={label}
          aria-invalid={invalid}
          aria-describedby={note}
          data-autofocus={autoFocus || undefined}
          inputMode={value.kind === 'number' ? 'decimal' : undefined}
          placeholder={value.kind === 'number' ? 'Such as 12.5' : 'Empty text'}
          spellCheck={false}
          value={value.text}
          onChange={(event) => onChange({ ...value, text: event.target.value })}
        />
      );
    case 'boolean':
      return (
        <select
          className={styles.select}
          aria-label={label}
          data-autofocus={autoFocus || undefined}
          value={String(value.value)}
          onChange={(event) => onChange({ kind: 'boolean', value: event.target.value === 'true' })}
        >
          <option value="true">Yes (true)</option>
          <option value="false">No (false)</option>
        </select>
      );
    case 'code':
      return (
        <CodeInput
          label={label}
          value={value.code}
          onChange={(code) => onChange({ kind: 'code', code })}
          more={completion}
          invalid={invalid}
          describedBy={note}
          placeholder="Such as price * qty"
        />
      );
    case 'rows':
      return <span className={styles.rows}>{value.words}, as it stands below</span>;
    default:
      return <span className={styles.rows}>{value.kind === 'null' ? 'null' : 'a list without items'}</span>;
  }
}
