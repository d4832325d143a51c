import { Search } from 'lucide-react';
import { type ReactNode, useId, useLayoutEffect, useRef, useState } from 'react';
import styles from './pick-list.module.css';

/**
 * A list over the page of which one is taken. Typing filters, arrows move, Enter takes, Esc and Tab close it. What is
 * shown for the words typed is the caller's; the first stands ready after each letter.
 */
export function PickList<Choice>({
  label,
  placeholder,
  query,
  onQuery,
  choices,
  keyOf,
  refused,
  children,
  empty,
  place,
  width = 332,
  className = '',
  onTake,
  onClose,
}: {
  label: string;
  placeholder: string;
  query: string;
  onQuery: (query: string) => void;
  choices: readonly Choice[];
  keyOf: (choice: Choice) => string;
  /** Whether a choice cannot be taken; `onTake` is asked nevertheless, to say why. */
  refused?: (choice: Choice) => boolean;
  /** What stands in the row of a choice. */
  children: (choice: Choice) => ReactNode;
  /** The sentence where nothing matches. */
  empty: ReactNode;
  /** px in the window, kept inside of it; in the middle of it without. */
  place: { left: number; top: number } | undefined;
  /** px */
  width?: number;
  /** The look of a row. */
  className?: string | undefined;
  onTake: (choice: Choice) => void;
  onClose: () => void;
}) {
  // By what it is: choices may come and go while the list is open, and what was walked to stays chosen.
  const [walked, setWalked] = useState<string>();
  const at = Math.max(0, walked === undefined ? 0 : choices.findIndex((choice) => keyOf(choice) === walked));
  const walk = (to: number): void => {
    const choice = choices[Math.max(0, Math.min(to, choices.length - 1))];
    setWalked(choice === undefined ? undefined : keyOf(choice));
  };
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  useLayoutEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  });
  const chosen = choices[at];
  const within = place && {
    left: Math.max(8, Math.min(place.left, innerWidth - width - 8)),
    top: Math.max(56, Math.min(place.top, innerHeight - 400)),
  };
  return (
    <>
      <div className={styles.behind} onPointerDown={onClose} aria-hidden="true" />
      <div
        className={[styles.picker, within ? '' : styles.centred].join(' ')}
        style={{ width, ...within }}
        role="dialog"
        aria-label={label}
      >
        <div className={styles.field}>
          <Search size={16} aria-hidden="true" />
          <input
            // biome-ignore lint/a11y/noAutofocus: the list was opened to type into it.
            autoFocus
            role="combobox"
            aria-label={label}
            aria-expanded="true"
            aria-controls={`${id}-list`}
            aria-activedescendant={chosen === undefined ? undefined : `${id}-${at}`}
            placeholder={placeholder}
            value={query}
            onChange={(event) => {
              onQuery(event.target.value);
              setWalked(undefined);
            }}
            onKeyDown={(event) => {
              if (event.key === 'ArrowDown') walk(at + 1);
              else if (event.key === 'ArrowUp') walk(at - 1);
              else if (event.key === 'Enter') {
                if (chosen !== undefined) onTake(chosen);
              } else if (event.key === 'Escape' || event.key === 'Tab') onClose();
              else return;
              event.preventDefault();
              event.stopPropagation();
            }}
          />
        </div>
        <div ref={list} id={`${id}-list`} role="listbox" aria-label={label} className={styles.list}>
          {choices.map((choice, index) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the field above.
            <div
              key={keyOf(choice)}
              id={`${id}-${index}`}
              role="option"
              tabIndex={-1}
              aria-selected={index === at}
              aria-disabled={refused?.(choice)}
              className={[styles.choice, className, index === at ? styles.active : '', refused?.(choice) ? styles.refused : ''].join(' ')}
              onPointerMove={() => setWalked(keyOf(choice))}
              onClick={() => onTake(choice)}
            >
              {children(choice)}
            </div>
          ))}
          {choices.length === 0 && <p className={styles.none}>{empty}</p>}
        </div>
      </div>
    </>
  );
}
