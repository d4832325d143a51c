import { type KeyboardEvent, useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { createPortal } from 'react-dom';
import type { SourcePath } from '#shared/mapping/reach.ts';
import { viewOf } from '#shared/mapping/view.ts';
import { useEditing, useFields } from './editing.ts';
import styles from './field-input.module.css';
import { choiceFor, type FieldChoice, searchFields } from './fields.ts';

/** More choices than this are found by typing. */
const most = 200;

export interface FieldInputProps {
  label: string;
  code: string;
  onChange: (code: string, choice?: FieldChoice) => void;
  /** Inside the brackets of this list. */
  within?: SourcePath | undefined;
  /** Which choices fit at all, and which come first. */
  prefer?: (choice: FieldChoice) => boolean;
  placeholder?: string;
  invalid?: boolean;
  describedBy?: string | undefined;
  autoFocus?: boolean;
}

/** Chooses a field: typing searches, arrows move, Enter takes; without typing all fields are there, those proposed first. */
export function FieldInput({
  label,
  code,
  onChange,
  within,
  prefer,
  placeholder = 'Choose a field',
  invalid = false,
  describedBy,
  autoFocus,
}: FieldInputProps) {
  const editing = useEditing();
  const choices = useFields(within);
  const [query, setQuery] = useState<string>();
  const [open, setOpen] = useState(false);
  // By its code: fields come in while the list is open.
  const [walked, setWalked] = useState<string>();
  const input = useRef<HTMLInputElement>(null);
  const id = useId();
  const found = useMemo(() => {
    const all = searchFields(choices, query ?? '');
    return prefer === undefined ? all : [...all.filter(prefer), ...all.filter((one) => !prefer(one))];
  }, [choices, query, prefer]);
  const shown = found.slice(0, most);
  const chosen = choiceFor(choices, code);
  const own = query === undefined ? undefined : pathIn(query);
  const extra = own !== undefined && choiceFor(choices, own) === undefined ? own : undefined;
  const codes = [...shown.map((choice) => choice.code), ...(extra === undefined ? [] : [extra])];
  const active = Math.max(0, walked === undefined ? 0 : codes.indexOf(walked));

  const close = (): void => {
    setOpen(false);
    setQuery(undefined);
  };
  const take = (index: number): void => {
    const choice = shown[index];
    if (choice !== undefined) {
      if (choice.naming !== undefined) editing.name(choice.naming);
      onChange(choice.code, choice);
    } else if (extra !== undefined) onChange(extra);
    close();
  };
  const show = (): void => {
    if (open) return;
    setWalked(code.trim());
    setOpen(true);
  };
  const press = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (!open) show();
      else setWalked(codes[(active + (event.key === 'ArrowDown' ? 1 : codes.length - 1)) % codes.length]);
    } else if (event.key === 'Enter' && open) {
      event.preventDefault();
      take(active);
    } else if (event.key === 'Escape' && open) {
      event.preventDefault();
      close();
    }
  };
  return (
    <span className={[styles.around, chosen === undefined && code !== '' ? styles.unknown : '', invalid ? styles.invalid : ''].join(' ')}>
      <input
        ref={input}
        role="combobox"
        aria-label={label}
        aria-expanded={open}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={open && codes.length > 0 ? `${id}-${active}` : undefined}
        aria-invalid={invalid}
        aria-describedby={describedBy}
        data-autofocus={autoFocus || undefined}
        className={[styles.input, query === undefined && code !== '' ? styles.filled : ''].join(' ')}
        placeholder={placeholder}
        spellCheck={false}
        autoComplete="off"
        value={query ?? textOf(chosen, code)}
        onChange={(event) => {
          setQuery(event.target.value);
          setWalked(undefined);
          setOpen(true);
        }}
        onFocus={(event) => event.currentTarget.select()}
        onClick={show}
        onBlur={close}
        onKeyDown={press}
      />
      {open && (
        <Choices
          id={id}
          anchor={input.current}
          shown={shown}
          more={found.length - shown.length}
          extra={extra}
          active={active}
          take={take}
          empty={choices.length === 0}
        />
      )}
    </span>
  );
}

/** What a chosen field is called: as its code, which people can read. */
function textOf(choice: FieldChoice | undefined, code: string): string {
  if (choice === undefined) return code;
  return choice.code === '$' || choice.code === '$$' ? choice.name : choice.code.replaceAll('`', '').replace(/^\$\$\./, '');
}

/** A typed path of plain names that no list knows. */
function pathIn(query: string): string | undefined {
  const text = query.trim();
  const view = text === '' ? undefined : viewOf(text);
  return view?.ok && view.root.kind === 'copy' ? text : undefined;
}

function Choices({
  id,
  anchor,
  shown,
  more,
  extra,
  active,
  take,
  empty,
}: {
  id: string;
  anchor: HTMLElement | null;
  shown: readonly FieldChoice[];
  more: number;
  extra: string | undefined;
  active: number;
  take: (index: number) => void;
  empty: boolean;
}) {
  const list = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState<{ left: number; top?: number; bottom?: number; width: number; maxHeight: number }>();
  useLayoutEffect(() => {
    if (anchor === null) return;
    const move = (): void => {
      const box = anchor.getBoundingClientRect();
      const width = Math.min(Math.max(box.width, 420), window.innerWidth - 16);
      const left = Math.max(8, Math.min(box.left, window.innerWidth - width - 8));
      const below = window.innerHeight - box.bottom - 12;
      const above = box.top - 12;
      if (below >= 240 || below >= above) setPlace({ left, top: box.bottom + 4, width, maxHeight: Math.min(320, below) });
      else setPlace({ left, bottom: window.innerHeight - box.top + 4, width, maxHeight: Math.min(320, above) });
    };
    move();
    window.addEventListener('scroll', move, true);
    window.addEventListener('resize', move);
    return () => {
      window.removeEventListener('scroll', move, true);
      window.removeEventListener('resize', move);
    };
  }, [anchor]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the place is a mark: the list is drawn only when it has one.
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [active, place]);
  if (place === undefined) return null;
  return createPortal(
    <div ref={list} id={`${id}-list`} role="listbox" aria-label="Fields" className={styles.list} style={place} tabIndex={-1}>
      {shown.map((choice, i) => (
        <Choice key={choice.code} id={`${id}-${i}`} choice={choice} active={i === active} take={() => take(i)} />
      ))}
      {extra !== undefined && (
        <div
          id={`${id}-${shown.length}`}
          role="option"
          aria-selected={active === shown.length}
          tabIndex={-1}
          className={[styles.choice, active === shown.length ? styles.active : ''].join(' ')}
          onPointerDown={(event) => {
            event.preventDefault();
            take(shown.length);
          }}
        >
          <span className={styles.name}>{extra}</span>
          <span className={styles.note}>not seen in any sample; use it all the same</span>
        </div>
      )}
      {more > 0 && <div className={styles.end}>{more} more: type to find them.</div>}
      {shown.length === 0 && extra === undefined && (
        <div className={styles.end}>
          {empty ? 'No fields are known yet: take samples first, or write the name.' : 'No field is called so.'}
        </div>
      )}
    </div>,
    document.body,
  );
}

const froms: Readonly<Record<FieldChoice['from'], string>> = {
  item: 'of the item',
  outer: 'of the outer item',
  message: '',
  variable: 'variable',
};

function Choice({ id, choice, active, take }: { id: string; choice: FieldChoice; active: boolean; take: () => void }) {
  return (
    <div
      id={id}
      role="option"
      aria-selected={active}
      tabIndex={-1}
      className={[styles.choice, active ? styles.active : ''].join(' ')}
      onPointerDown={(event) => {
        // The field keeps the keyboard.
        event.preventDefault();
        take();
      }}
    >
      <span className={styles.name}>
        {choice.above !== '' && <span className={styles.above}>{choice.above} › </span>}
        {choice.name}
      </span>
      <span className={styles.example}>{choice.example}</span>
      <span className={styles.note}>
        {[
          choice.type,
          choice.many && !choice.list ? 'many' : '',
          choice.seen === undefined ? '' : `${Math.round(choice.seen * 100)} %`,
          froms[choice.from],
        ]
          .filter((one) => one !== '')
          .join(', ')}
      </span>
      {choice.reason !== undefined && <span className={styles.reason}>Proposed: {choice.reason}</span>}
    </div>
  );
}
