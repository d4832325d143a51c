import { type KeyboardEvent, type MouseEvent, useCallback, useEffect, useRef, useState } from 'react';
import { useMapper, useMapperState } from './context.ts';
import { fold, mapField, openRow, pickedField, select } from './gestures.ts';
import { rowHeight, scrollTo, windowOf } from './line-geometry.ts';
import { actionFor, performIn } from './mapper-actions.ts';
import { modelOf } from './model.ts';
import { RowMenu } from './row-menu.tsx';
import { arrowKeys } from './source-tree.tsx';
import styles from './target-grid.module.css';
import { TargetRow } from './target-row.tsx';
import { useTypeAhead } from './type-ahead.ts';
import { useWindow } from './viewport.ts';

/** The fields of the result: each with its rule as chips and what the rule makes of the current sample. One tab stop; arrows move. */
export function TargetGrid() {
  const mapper = useMapper();
  const model = useMapperState((state) => modelOf(mapper, state));
  const { rows, at } = model.target;
  const selected = useMapperState((state) => state.row);
  const naming = useMapperState((state) => state.naming);
  const picking = useMapperState((state) => state.picked !== undefined);
  const scroller = useRef<HTMLDivElement>(null);
  const { scroll, height } = useWindow('target', scroller);
  const { start, end } = windowOf(rows.length, scroll, height);
  const active = (selected === undefined ? undefined : at.get(selected)) ?? 0;
  const [menu, setMenu] = useState<{ x: number; y: number }>();

  useEffect(() => {
    const list = scroller.current;
    if (selected === undefined || list === null) return;
    list.scrollTop = scrollTo(active, list.scrollTop, list.clientHeight);
    if (list.contains(document.activeElement) && !(document.activeElement instanceof HTMLInputElement))
      list.querySelector<HTMLElement>('[tabindex="0"]')?.focus({ preventScroll: true });
  }, [selected, active]);

  const go = useCallback(
    (index: number) => {
      const row = modelOf(mapper).target.rows[index];
      if (row !== undefined) select(mapper, row.node.key);
    },
    [mapper],
  );
  const find = useTypeAhead((text) => {
    const all = modelOf(mapper).target.rows;
    const found = [...all.slice(active + 1), ...all.slice(0, active + 1)].find(({ node }) => node.label.toLowerCase().startsWith(text));
    if (found !== undefined) select(mapper, found.node.key);
  });
  const press = (event: KeyboardEvent): void => {
    const row = rows[active];
    if (row === undefined || event.target instanceof HTMLInputElement) return;
    const done = arrowKeys(event, row, active, rows.length, height, {
      go,
      fold: (open) => fold(mapper, 'target', row.node.key, open),
      up: () => {
        const parent = modelOf(mapper).target.parents.get(row.node.key);
        if (parent !== undefined) go(at.get(parent) ?? active);
      },
    });
    if (!done) {
      if (mapper.getState().row === undefined) select(mapper, row.node.key);
      const action = actionFor(event.nativeEvent, 'target');
      if (action === undefined ? !find(event.nativeEvent) : !performIn(mapper, action)) return;
    }
    event.preventDefault();
  };
  const openMenu = useCallback(
    (key: string, event: MouseEvent) => {
      event.preventDefault();
      select(mapper, key);
      const box = event.currentTarget.getBoundingClientRect();
      // The menu key gives no place.
      setMenu(event.clientX === 0 && event.clientY === 0 ? { x: box.left + 40, y: box.bottom } : { x: event.clientX, y: event.clientY });
    },
    [mapper],
  );
  const click = useCallback(
    (key: string) => {
      const node = modelOf(mapper).target.nodes.get(key);
      const field = pickedField(mapper);
      if (node === undefined) return;
      if (field !== undefined && node.kind !== 'variables') mapField(mapper, field, node);
      else if (node.kind === 'variables') fold(mapper, 'target', key);
      else {
        select(mapper, key);
        if (node.kind === 'add') openRow(mapper, node);
      }
    },
    [mapper],
  );
  const visible: number[] = [];
  for (let index = start; index < end; index++) visible.push(index);
  if (rows.length > 0 && (active < start || active >= end)) visible.push(active);
  return (
    <>
      <div ref={scroller} className={styles.scroll}>
        <div
          role="treegrid"
          aria-label="Target fields and their rules"
          aria-rowcount={rows.length}
          className={[styles.grid, picking ? styles.picking : ''].join(' ')}
          style={{ height: rows.length * rowHeight }}
          onKeyDown={press}
          onMouseLeave={() => mapper.set({ hover: undefined })}
        >
          {visible.map((index) => {
            const row = rows[index];
            return row === undefined ? null : (
              <TargetRow
                key={row.node.key}
                row={row}
                index={index}
                active={index === active}
                selected={row.node.key === selected}
                naming={row.node.key === naming}
                problems={model.problems.get(row.node.key)}
                onClick={click}
                onMenu={openMenu}
              />
            );
          })}
        </div>
      </div>
      {menu && <RowMenu at={menu} onClose={() => setMenu(undefined)} />}
    </>
  );
}
