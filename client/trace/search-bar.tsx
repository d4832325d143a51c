import { Search } from 'lucide-react';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { Button } from '../ui/button.tsx';
import styles from './search-bar.module.css';

/** How far back a search looks, as it stands in an address. */
export const periods = {
  hour: { label: 'Last hour', ms: 3_600_000 },
  day: { label: 'Last 24 hours', ms: 86_400_000 },
  week: { label: 'Last 7 days', ms: 7 * 86_400_000 },
  month: { label: 'Last 30 days', ms: 30 * 86_400_000 },
  all: { label: 'All there is', ms: undefined },
} as const;

export type Period = keyof typeof periods;

/** The period that an address names; seven days where it names none. */
export const readPeriod = (text: string | null): Period => (text !== null && text in periods ? (text as Period) : 'week');

/** What somebody looks for. */
export interface Wanted {
  text: string;
  since: Period;
  /** Only in this flow. */
  flow?: string;
}

/** One box for everything that a message can be found by, the time, and the flow. */
export function SearchBar({
  wanted,
  flows,
  said,
  onSearch,
  focus = false,
}: {
  wanted: Wanted;
  flows: readonly { id: string; name: string }[];
  /** How the last search stands. */
  said?: string | undefined;
  onSearch: (wanted: Wanted) => void;
  /** The page is for searching alone: the box has the keyboard. */
  focus?: boolean;
}) {
  const [text, setText] = useState(wanted.text);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => setText(wanted.text), [wanted.text]);
  useEffect(() => {
    if (focus) input.current?.focus();
  }, [focus]);
  useEffect(() => {
    const jump = (event: KeyboardEvent): void => {
      const typing = event.target instanceof HTMLElement && ['INPUT', 'TEXTAREA', 'SELECT'].includes(event.target.tagName);
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || typing) return;
      event.preventDefault();
      input.current?.select();
    };
    document.addEventListener('keydown', jump);
    return () => document.removeEventListener('keydown', jump);
  }, []);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (text.trim() !== '') onSearch({ ...wanted, text: text.trim() });
  };
  const again = (change: Partial<Wanted>): void => {
    const next = { ...wanted, ...change, text: text.trim() };
    if (change.flow === '') delete next.flow;
    onSearch(next);
  };
  return (
    <search>
      <form className={styles.bar} onSubmit={submit}>
        <div className={styles.box}>
          <Search size={16} aria-hidden="true" className={styles.icon} />
          <input
            ref={input}
            type="search"
            name="q"
            aria-label="Find a message"
            aria-keyshortcuts="/"
            aria-describedby="trace-by"
            value={text}
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => setText(event.target.value)}
          />
          <span id="trace-by" className={styles.by}>
            key, id, any text, topic/partition@offset or trace id
          </span>
        </div>
        <select
          className={styles.select}
          aria-label="How far back"
          value={wanted.since}
          onChange={(event) => again({ since: readPeriod(event.target.value) })}
        >
          {Object.entries(periods).map(([id, { label }]) => (
            <option key={id} value={id}>
              {label}
            </option>
          ))}
        </select>
        <select
          className={styles.select}
          aria-label="In which flow"
          value={wanted.flow ?? ''}
          onChange={(event) => again({ flow: event.target.value })}
        >
          <option value="">All flows</option>
          {flows.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
        <Button type="submit" disabled={text.trim() === ''}>
          Find
        </Button>
        <span className={styles.said} role="status">
          {said}
        </span>
      </form>
    </search>
  );
}
