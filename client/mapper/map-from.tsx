import { useMemo, useState } from 'react';
import type { SourceNode } from '#shared/mapping/rows/source.ts';
import type { TargetNode } from '#shared/mapping/rows/target.ts';
import { targetText } from '#shared/mapping/target.ts';
import { PickList } from '../ui/pick-list.tsx';
import { useMapper, useMapperState } from './context.ts';
import { mapField, nameOfRow } from './gestures.ts';
import { kindOf } from './kinds.ts';
import styles from './map-from.module.css';
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
  const sample = useMapperState((state) => state.samples[state.current]?.value);
  const sourceShape = useMapperState((state) => state.source.shape);
  const targetShape = useMapperState((state) => state.target.shape);
  // Messages that were taken only now bring fields, also while the list is open.
  const { nodes } = modelOf(mapper).source;
  const fields = useMemo(() => [...nodes.values()].filter(({ kind }) => kind !== 'variables'), [nodes]);
  const ranked = useMemo(() => rankFields(fields, row, sourceShape, targetShape), [fields, row, sourceShape, targetShape]);
  const words = query.trim().toLowerCase();
  const shown = useMemo(() => ranked.filter((field) => field.path.join('.').toLowerCase().includes(words)).slice(0, 200), [ranked, words]);
  const close = () => {
    mapper.set({ open: undefined });
    focusSide('target');
  };
  const take = (field: SourceNode) => {
    close();
    mapField(mapper, field, row);
  };
  const cell = document.querySelector(`[data-side="target"] [data-row="${CSS.escape(row.key)}"]`)?.getBoundingClientRect();
  const label = `Map ${nameOfRow(row)} from`;
  return (
    <PickList
      label={label}
      placeholder={`${label}…`}
      query={query}
      onQuery={setQuery}
      choices={shown}
      keyOf={(field) => field.key}
      empty={fields.length === 0 ? 'No field is known yet: take a few messages first.' : `No field matches “${query}”.`}
      place={{ left: (cell?.left ?? 0) + (cell?.width ?? 0) * 0.3, top: (cell?.bottom ?? 200) + 4 }}
      width={384}
      className={styles.choice}
      onTake={take}
      onClose={close}
    >
      {(field) => (
        <>
          <span className={styles.kind}>{kindOf(field.shape).mark}</span>
          <span className={styles.path}>
            <span className={styles.parents}>{field.path.slice(0, -1).map((name) => `${name}.`)}</span>
            {field.path.at(-1) ?? field.label}
          </span>
          <span className={styles.value}>
            {sample === undefined || field.kind === 'variable' ? '' : heldText(heldAt(sample, field.path))}
          </span>
        </>
      )}
    </PickList>
  );
}
