import { Search } from 'lucide-react';
import { useEffect, useId, useMemo, useRef, useState } from 'react';
import type { SourceNode } from '#shared/mapping/rows/source.ts';
import type { TargetNode } from '#shared/mapping/rows/target.ts';
import { targetText } from '#shared/mapping/target.ts';
import styles from '../editor/picker.module.css';
import { useMapper, useMapperState } from './context.ts';
import { mapField, nameOfRow } from './gestures.ts';
import { kindOf } from './kinds.ts';
import own from './map-from.module.css';
import { focusSide, rowHere } from './mapper-actions.ts';
import type { Mapper } from './mapper-store.ts';
import { modelOf } from './model.ts';
import { rankFields } from './rank-fields.ts';
import { heldAt, heldText } from './sample-value.ts';

/** The list of fields from which a row can be mapped: the keyboard's way of dragging. Typing filters, the likeliest stand first. */
export function MapFrom() {
  const open = useMapperState((state) => (state.open?.kind === 'map-from' ? state.open : undefined));
  const mapper = useMapper();
  if (open === undefined) return null;
  const { nodes } = modelOf(mapper).target;
  const here = rowHere(mapper);
  const row =
    here !== undefined && targetText(here.path) === targetText(open.target)
      ? here
      : [...nodes.values()].find((node) =>
          open.rule === undefined ? targetText(node.path) === targetText(open.target) : node.rule?.id === open.rule,
        );
  return row === undefined ? null : <List key={row.key} mapper={mapper} row={row} />;
}

function List({ mapper, row }: { mapper: Mapper; row: TargetNode }) {
  const [query, setQuery] = useState('');
  const [at, setAt] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  const sample = useMapperState((state) => state.samples[state.current]?.value);
  const sourceShape = useMapperState((state) => state.source.shape);
  const targetShape = useMapperState((state) => state.target.shape);
  const fields = useMemo(() => [...modelOf(mapper).source.nodes.values()].filter(({ kind }) => kind !== 'variables'), [mapper]);
  const ranked = useMemo(() => rankFields(fields, row, sourceShape, targetShape), [fields, row, sourceShape, targetShape]);
  const words = query.trim().toLowerCase();
  const shown = useMemo(() => ranked.filter((field) => field.path.join('.').toLowerCase().includes(words)).slice(0, 200), [ranked, words]);
  const close = () => {
    mapper.set({ open: undefined });
    focusSide('target');
  };
  const take = (field: SourceNode | undefined) => {
    if (field === undefined) return;
    close();
    mapField(mapper, field, row);
  };
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  });
  const cell = document.querySelector(`[data-side="target"] [data-row="${CSS.escape(row.key)}"]`)?.getBoundingClientRect();
  const place = {
    left: Math.max(8, Math.min((cell?.left ?? 0) + (cell?.width ?? 0) * 0.3, innerWidth - 392)),
    top: Math.max(56, Math.min((cell?.bottom ?? 200) + 4, innerHeight - 400)),
  };
  const label = `Map ${nameOfRow(row)} from`;
  return (
    <>
      <div className={styles.behind} onPointerDown={close} aria-hidden="true" />
      <div className={[styles.picker, own.wide].join(' ')} style={place} role="dialog" aria-label={label}>
        <div className={styles.field}>
          <Search size={16} aria-hidden="true" />
          <input
            // biome-ignore lint/a11y/noAutofocus: the list was opened to type into it.
            autoFocus
            role="combobox"
            aria-label={label}
            aria-expanded="true"
            aria-controls={`${id}-list`}
            aria-activedescendant={shown[at] ? `${id}-${at}` : undefined}
            placeholder={`${label}…`}
            value={query}
            onChange={(event) => {
              setQuery(event.target.value);
              setAt(0);
            }}
            onKeyDown={(event) => {
              if (event.key === 'ArrowDown') setAt(Math.min(at + 1, shown.length - 1));
              else if (event.key === 'ArrowUp') setAt(Math.max(at - 1, 0));
              else if (event.key === 'Enter') take(shown[at]);
              else if (event.key === 'Escape' || event.key === 'Tab') close();
              else return;
              event.preventDefault();
              event.stopPropagation();
            }}
          />
        </div>
        <div ref={list} id={`${id}-list`} role="listbox" aria-label={label} className={styles.list}>
          {shown.map((field, index) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the field above.
            <div
              key={field.key}
              id={`${id}-${index}`}
              role="option"
              tabIndex={-1}
              aria-selected={index === at}
              className={[own.choice, index === at ? styles.active : ''].join(' ')}
              onPointerMove={() => setAt(index)}
              onClick={() => take(field)}
            >
              <span className={own.kind}>{kindOf(field.shape).mark}</span>
              <span className={own.path}>
                <span className={own.parents}>{field.path.slice(0, -1).map((name) => `${name}.`)}</span>
                {field.path.at(-1) ?? field.label}
              </span>
              <span className={own.value}>
                {sample === undefined || field.kind === 'variable' ? '' : heldText(heldAt(sample, field.path))}
              </span>
            </div>
          ))}
          {shown.length === 0 && (
            <p className={styles.none}>
              {fields.length === 0 ? 'No field is known yet: take a few messages first.' : `No field matches “${query}”.`}
            </p>
          )}
        </div>
      </div>
    </>
  );
}
