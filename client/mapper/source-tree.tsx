import { TriangleAlert, Variable } from 'lucide-react';
import { type DragEvent, type KeyboardEvent, memo, useCallback, useEffect, useMemo, useRef } from 'react';
import { pathCode } from '#shared/mapping/code.ts';
import { type SourceNode, sourceKey } from '#shared/mapping/rows/source.ts';
import type { Row } from '#shared/mapping/rows/tree.ts';
import { useMapper, useMapperState } from './context.ts';
import { draggedField } from './dragged.ts';
import { fold, pick, selectField } from './gestures.ts';
import { factsOf, kindOf, share } from './kinds.ts';
import { rowHeight, scrollTo, windowOf } from './line-geometry.ts';
import { actionFor, performIn } from './mapper-actions.ts';
import { modelOf } from './model.ts';
import { heldAt, heldText, heldWhole, holds } from './sample-value.ts';
import styles from './source-tree.module.css';
import { Twisty } from './twisty.tsx';
import { useTypeAhead } from './type-ahead.ts';
import { useWindow } from './viewport.ts';

/** The message's fields, each with the current sample's value, and the mapping's variables. One tab stop; arrows move. */
export function SourceTree() {
  const mapper = useMapper();
  const model = useMapperState((state) => modelOf(mapper, state));
  const { rows, at } = model.source;
  const field = useMapperState((state) => state.field);
  const picked = useMapperState((state) => state.picked);
  const sample = useMapperState((state) => state.samples[state.current]?.value);
  const hasSample = useMapperState((state) => state.samples.length > 0);
  const items = useMapperState((state) => state.items);
  const shown = useMapperState((state) => state.shown);
  const scroller = useRef<HTMLDivElement>(null);
  const { scroll, height } = useWindow('source', scroller);
  const { start, end } = windowOf(rows.length, scroll, height);
  const active = (field === undefined ? undefined : at.get(sourceKey(field))) ?? 0;

  // The item whose rows the results show is the item whose values stand here.
  const itemOf = useMemo(() => {
    const chosen = new Map<string, number>();
    for (const line of shown?.lines ?? [])
      if (line.role === 'loop' && items.has(line.row)) chosen.set(sourceKey(line.path), items.get(line.row) ?? 0);
    return (list: readonly string[]) => chosen.get(sourceKey(list)) ?? 0;
  }, [shown, items]);

  useEffect(() => {
    const list = scroller.current;
    if (field === undefined || list === null) return;
    list.scrollTop = scrollTo(active, list.scrollTop, list.clientHeight);
    if (list.contains(document.activeElement)) list.querySelector<HTMLElement>('[tabindex="0"]')?.focus({ preventScroll: true });
  }, [field, active]);

  const go = useCallback(
    (index: number) => {
      const row = modelOf(mapper).source.rows[index];
      if (row !== undefined) selectField(mapper, row.node.path);
    },
    [mapper],
  );
  const find = useTypeAhead((text) => {
    const all = modelOf(mapper).source.rows;
    const found = [...all.slice(active + 1), ...all.slice(0, active + 1)].find(({ node }) => node.label.toLowerCase().startsWith(text));
    if (found !== undefined) selectField(mapper, found.node.path);
  });
  const press = (event: KeyboardEvent): void => {
    const row = rows[active];
    if (row === undefined) return;
    const done = arrowKeys(event, row, active, rows.length, height, {
      go,
      fold: (open) => fold(mapper, 'source', row.node.key, open),
      up: () => {
        const parent = modelOf(mapper).source.parents.get(row.node.key);
        if (parent !== undefined) go(at.get(parent) ?? active);
      },
    });
    if (!done) {
      if (event.key === 'Enter' && row.node.kind === 'variables') fold(mapper, 'source', row.node.key);
      else {
        if (field === undefined) selectField(mapper, row.node.path);
        const action = actionFor(event.nativeEvent, 'source');
        if (action === undefined ? !find(event.nativeEvent) : !performIn(mapper, action)) return;
      }
    }
    event.preventDefault();
  };
  const visible: number[] = [];
  for (let index = start; index < end; index++) visible.push(index);
  if (active < start || active >= end) visible.push(active);
  return (
    <div ref={scroller} className={styles.scroll}>
      <div
        role="tree"
        aria-label="Source fields"
        className={styles.tree}
        style={{ height: rows.length * rowHeight }}
        onKeyDown={press}
        onMouseLeave={() => mapper.set({ hover: undefined })}
      >
        {visible.map((index) => {
          const row = rows[index];
          if (row === undefined) return null;
          const held = hasSample && holds(row.node) ? heldAt(sample, row.node.path, itemOf) : undefined;
          return (
            <SourceRow
              key={row.node.key}
              row={row}
              index={index}
              active={index === active}
              selected={field !== undefined && index === active}
              picked={picked !== undefined && sourceKey(picked) === row.node.key}
              value={held === undefined ? '' : heldText(held)}
              whole={held === undefined ? '' : heldWhole(held)}
            />
          );
        })}
      </div>
    </div>
  );
}

/** What the arrows and their like do in either tree. Gives whether the key was one of them. */
export function arrowKeys(
  event: KeyboardEvent,
  row: Row<unknown>,
  index: number,
  count: number,
  height: number,
  does: { go(index: number): void; fold(open: boolean): void; up(): void },
): boolean {
  if (event.altKey || event.ctrlKey || event.metaKey) return false;
  const page = Math.max(1, Math.floor(height / rowHeight) - 1);
  const to = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: count - 1, PageDown: index + page, PageUp: index - page }[event.key];
  if (to !== undefined) does.go(Math.max(0, Math.min(count - 1, to)));
  else if (event.key === 'ArrowRight') {
    if (row.open === false) does.fold(true);
    else if (row.open) does.go(index + 1);
  } else if (event.key === 'ArrowLeft') {
    if (row.open) does.fold(false);
    else does.up();
  } else return false;
  return true;
}

const SourceRow = memo(function SourceRow({
  row,
  index,
  active,
  selected,
  picked,
  value,
  whole,
}: {
  row: Row<SourceNode>;
  index: number;
  active: boolean;
  selected: boolean;
  picked: boolean;
  value: string;
  whole: string;
}) {
  const mapper = useMapper();
  const { node, level, position, size, open } = row;
  const kind = node.kind === 'variable' ? { mark: '', word: 'variable' } : kindOf(node.shape);
  const heading = node.kind === 'variables';
  const facts = factsOf(node.shape, node.seen);
  const spoken = [
    node.label,
    kind.word,
    node.seen === undefined ? '' : `seen in ${share(node.seen)}`,
    value === '' ? '' : `value ${value}`,
    node.ghost ? 'no message is known to have it' : '',
    picked ? 'picked' : '',
  ];
  const drag = (event: DragEvent): void => {
    event.dataTransfer.setData(draggedField, JSON.stringify(node.path));
    event.dataTransfer.setData('text/plain', node.kind === 'variable' ? node.label : pathCode(node.path));
    event.dataTransfer.effectAllowed = 'copyLink';
    mapper.set({ field: node.path, picked: undefined });
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the tree.
    <div
      role="treeitem"
      aria-level={level}
      aria-posinset={position}
      aria-setsize={size}
      aria-expanded={open}
      aria-selected={selected}
      aria-label={spoken.filter((part) => part !== '').join(', ')}
      tabIndex={active ? 0 : -1}
      data-row={node.key}
      className={[
        styles.row,
        selected ? styles.selected : '',
        picked ? styles.picked : '',
        open !== undefined && !heading ? styles.group : '',
        heading ? styles.heading : '',
        node.ghost ? styles.ghost : '',
      ].join(' ')}
      style={{ top: index * rowHeight, paddingLeft: 8 + (level - 1) * 16 }}
      draggable={!heading}
      onDragStart={drag}
      onClick={() => (heading ? fold(mapper, 'source', node.key) : pick(mapper, node))}
      onMouseEnter={() => mapper.set({ hover: heading ? undefined : { field: node.path } })}
    >
      <Twisty open={open} onFold={() => fold(mapper, 'source', node.key)} />
      {!heading && (
        <span className={styles.kind} title={facts.join('\n')}>
          {node.kind === 'variable' ? <Variable size={14} aria-hidden="true" /> : kind.mark}
        </span>
      )}
      <span
        className={styles.name}
        title={node.ghost ? `${node.label}: no message is known to have it` : [node.path.join('.'), ...facts].join('\n')}
      >
        {node.label}
      </span>
      {node.ghost && <TriangleAlert size={14} className={styles.warn} aria-hidden="true" />}
      <span className={styles.value} title={whole}>
        {value}
      </span>
      <span className={styles.seen}>{node.seen === undefined ? '' : share(node.seen)}</span>
    </div>
  );
});
