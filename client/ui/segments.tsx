import { type ReactNode, useId } from 'react';
import styles from './segments.module.css';

export interface Segment<T extends string> {
  value: T;
  label: string;
  count?: number | undefined;
}

/** One of a few, side by side; arrow keys move between them. */
export function Segments<T extends string>({
  label,
  options,
  value,
  onChange,
}: {
  label: string;
  options: readonly Segment<T>[];
  value: T;
  onChange: (value: T) => void;
}) {
  const name = useId();
  return (
    <fieldset className={styles.group}>
      <legend className="visually-hidden">{label}</legend>
      {options.map((option) => (
        <label key={option.value} className={styles.segment}>
          <input
            type="radio"
            name={name}
            className={styles.input}
            checked={option.value === value}
            onChange={() => onChange(option.value)}
          />
          <span className={styles.text}>
            {option.label}
            {option.count !== undefined && <Count>{option.count}</Count>}
          </span>
        </label>
      ))}
    </fieldset>
  );
}

function Count({ children }: { children: ReactNode }) {
  return <span className={styles.count}>{children}</span>;
}
