import { ChevronLeft, ChevronRight, Ellipsis, Hash, OctagonAlert, Plus, StickyNote, TriangleAlert } from 'lucide-react';
import { type DragEvent, type HTMLAttributes, type MouseEvent, memo, useMemo, useState } from 'react';
import { piecesOf, piecesText } from '#shared/mapping/pieces.ts';
import { sourceKey } from '#shared/mapping/rows/source.ts';
import type { TargetNode } from '#shared/mapping/rows/target.ts';
import type { Row } from '#shared/mapping/rows/tree.ts';
import type { MappingProblem } from '#shared/shape/checks/row.ts';
import { ChipLine, RuleChips } from '../mapping-chips/chips.tsx';
import { useMapper, useMapperState } from './context.ts';
import { draggedField, droppedField } from './dragged.ts';
import { addNamed, fold, mapField, openRow } from './gestures.ts';
import { factsOf, kindOf } from './kinds.ts';
import { rowHeight } from './line-geometry.ts';
import { focusSide } from './mapper-actions.ts';
import type { RowResult } from './mapper-store.ts';
import { modelOf } from './model.ts';
import { type Shown, shownOf } from './results.ts';
import styles from './target-grid.module.css';
import { Twisty } from './twisty.tsx';

/** A row of the target: field, kind, rule, result. */
export const TargetRow = memo(function TargetRow({
  row,
  index,
  active,
  selected,
  naming,
  problems,
  onClick,
  onMenu,
}: {
  row: Row<TargetNode>;
  index: number;
  active: boolean;
  selected: boolean;
  naming: boolean;
  problems: readonly MappingProblem[] | undefined;
  onClick: (key: string) => void;
  onMenu: (key: string, event: MouseEvent) => void;
}) {
  const mapper = useMapper();
  const { node, level, position, size, open } = row;
  const preview = useMapperState((state) => state.preview);
  const items = useMapperState((state) => state.items);
  const text = useMapperState((state) => state.shown?.text ?? '');
  const lit = useMapperState((state) => state.hover?.rule !== undefined && state.hover.rule === node.rule?.id);
  const shown = useMemo(() => shownOf({ preview, items }, node), [preview, items, node]);
  const [over, setOver] = useState(false);
  const plain = node.kind !== 'add' && node.kind !== 'variables';
  const failed = shown.result?.kind === 'failed';
  const worst = problems?.some(({ level: of }) => of === 'error') ? 'error' : problems === undefined ? undefined : 'warning';
  const label = useMemo(() => (plain ? spoken(node, text, shown, problems) : node.label), [plain, node, text, shown, problems]);
  const drop = (event: DragEvent): void => {
    setOver(false);
    const path = droppedField(event.dataTransfer);
    const field = path && modelOf(mapper).source.nodes.get(sourceKey(path));
    if (field === undefined) return;
    event.preventDefault();
    mapField(mapper, field, node);
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the grid.
    // biome-ignore lint/a11y/useSemanticElements: a table row cannot be placed by itself, as a long list needs.
    <div
      role="row"
      aria-level={level}
      aria-posinset={position}
      aria-setsize={size}
      aria-rowindex={index + 1}
      aria-expanded={open}
      aria-selected={selected}
      aria-label={label}
      tabIndex={active ? 0 : -1}
      data-row={node.key}
      className={[
        styles.row,
        open !== undefined && plain && node.opened ? styles.group : '',
        node.kind === 'variables' ? styles.heading : '',
        node.kind === 'add' ? styles.add : '',
        failed ? styles.failed : '',
        selected ? styles.selected : '',
        lit ? styles.lit : '',
        over ? styles.over : '',
      ].join(' ')}
      style={{ top: index * rowHeight }}
      onClick={() => onClick(node.key)}
      onDoubleClick={() => node.kind !== 'add' && openRow(mapper, node)}
      onContextMenu={(event) => plain && onMenu(node.key, event)}
      onMouseEnter={() => mapper.set({ hover: node.rule ? { rule: node.rule.id } : undefined })}
      onDragOver={(event) => {
        if (node.kind === 'variables' || !event.dataTransfer.types.includes(draggedField)) return;
        event.preventDefault();
        event.dataTransfer.dropEffect = 'copy';
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <Cell className={styles.field} style={{ paddingLeft: 8 + (level - 1) * 16 }}>
        <Twisty open={open} onFold={() => fold(mapper, 'target', node.key)} />
        {node.kind === 'add' ? (
          naming ? (
            <NameInput node={node} />
          ) : (
            <span className={styles.adding}>
              <Plus size={14} aria-hidden="true" />
              {node.label}
            </span>
          )
        ) : (
          <FieldName node={node} text={text} />
        )}
      </Cell>
      {plain && (
        <>
          <Cell className={styles.kind} title={factsOf(node.shape).join('\n')}>
            {node.shape === undefined ? markOf(shown.result) : kindOf(node.shape).mark}
          </Cell>
          <Cell className={styles.rule} data-rule={node.key}>
            {node.rule !== undefined ? (
              <RuleChips rule={node.rule} text={text} />
            ) : (
              <span className={styles.hint}>
                {node.inherited ? 'comes with the row above' : node.required ? 'required, no rule yet' : ''}
              </span>
            )}
          </Cell>
          <Cell className={styles.result}>
            <Problems problems={problems} worst={failed ? undefined : worst} />
            <Result result={shown.result} shown={shown} grouped={open !== undefined && node.opened} />
            <button
              type="button"
              tabIndex={-1}
              aria-label={`Actions for ${node.label}`}
              className={styles.more}
              onClick={(event) => {
                event.stopPropagation();
                onMenu(node.key, event);
              }}
            >
              <Ellipsis size={16} />
            </button>
          </Cell>
        </>
      )}
    </div>
  );
});

/** A cell of the grid; the keyboard stays on the row. */
function Cell(props: HTMLAttributes<HTMLDivElement> & { 'data-rule'?: string }) {
  // biome-ignore lint/a11y/useSemanticElements: its row is no table row.
  // biome-ignore lint/a11y/useFocusableInteractive: the row has the focus.
  return <div role="gridcell" {...props} />;
}

/** The kind of what came out, where nobody said what should. */
function markOf(result: RowResult | undefined): string {
  if (result?.kind !== 'value') return '';
  const first = result.json[0] ?? '';
  if (first === '{') return '{ }';
  if (first === '[') return '[ ]';
  if (first === '"') return 'abc';
  return first === 't' || first === 'f' ? 'y/n' : first === 'n' ? 'null' : '123';
}

function FieldName({ node, text }: { node: TargetNode; text: string }) {
  const dim =
    node.kind === 'branch' || node.kind === 'otherwise' || node.kind === 'stand-in' || node.kind === 'part' || node.kind === 'items';
  return (
    <>
      <span className={[styles.name, dim ? styles.dim : ''].join(' ')} title={[node.label, ...factsOf(node.shape)].join('\n')}>
        {node.label}
      </span>
      {node.required && (
        <span className={styles.star} title="Required" aria-hidden="true">
          *
        </span>
      )}
      {node.condition && <ChipLine chip={node.condition} text={text} />}
      {node.notes.length > 0 && (
        <span className={styles.note} title={node.notes.join('\n')}>
          <StickyNote size={12} aria-hidden="true" />
        </span>
      )}
    </>
  );
}

function Problems({ problems, worst }: { problems: readonly MappingProblem[] | undefined; worst: 'error' | 'warning' | undefined }) {
  if (problems === undefined || worst === undefined) return null;
  const Icon = worst === 'error' ? OctagonAlert : TriangleAlert;
  return (
    <span className={worst === 'error' ? styles.error : styles.warning} title={problems.map(({ message }) => message).join('\n')}>
      <Icon size={14} aria-hidden="true" />
      <span className="visually-hidden">{problems.map(({ message }) => message).join(' ')}</span>
    </span>
  );
}

function Result({ result, shown, grouped }: { result: RowResult | undefined; shown: Shown; grouped: boolean }) {
  if (result === undefined) return <span className={styles.value} />;
  if (result.kind === 'nothing') return <span className={[styles.value, styles.none].join(' ')}>nothing</span>;
  if (result.kind === 'failed') {
    return (
      <span className={[styles.value, styles.failure].join(' ')} title={result.message}>
        <OctagonAlert size={14} aria-hidden="true" />
        <span>{result.message}</span>
      </span>
    );
  }
  if (shown.items !== undefined) return <Items items={shown.items} json={result.json} />;
  if (grouped && result.json.startsWith('{')) return <span className={styles.value} title={result.json} />;
  return (
    <span className={styles.value} title={result.json}>
      {result.items === undefined ? result.json : `${result.items === 1 ? '1 item' : `${result.items} items`} ${result.json}`}
    </span>
  );
}

/** How many items a loop made, and which of them the rows below show. */
function Items({ items, json }: { items: NonNullable<Shown['items']>; json: string }) {
  const mapper = useMapper();
  const step = (by: number) => (event: MouseEvent) => {
    event.stopPropagation();
    mapper.set({ items: new Map(mapper.getState().items).set(items.rule, items.at + by) });
  };
  return (
    <span className={[styles.value, styles.items].join(' ')} title={json}>
      {items.count === 1 ? '1 item' : `${items.count} items`}
      {items.count > 1 && (
        <span className={styles.steps}>
          <button type="button" tabIndex={-1} aria-label="Results of the item before" disabled={items.at === 0} onClick={step(-1)}>
            <ChevronLeft size={14} />
          </button>
          <span title="The rows below show this item">
            <Hash size={10} aria-hidden="true" />
            {items.at + 1}
          </span>
          <button
            type="button"
            tabIndex={-1}
            aria-label="Results of the next item"
            disabled={items.at + 1 >= items.count}
            onClick={step(1)}
          >
            <ChevronRight size={14} />
          </button>
        </span>
      )}
    </span>
  );
}

/** The name of a new field. Enter adds it, Esc leaves it. */
function NameInput({ node }: { node: TargetNode }) {
  const mapper = useMapper();
  const [name, setName] = useState('');
  const leave = () => mapper.set({ naming: undefined });
  return (
    <input
      // biome-ignore lint/a11y/noAutofocus: the field was asked for to type its name.
      autoFocus
      className={styles.naming}
      aria-label={node.label}
      placeholder={node.label === 'New variable' ? 'Name, such as vat' : 'Name of the field'}
      value={name}
      spellCheck={false}
      onChange={(event) => setName(event.target.value)}
      onClick={(event) => event.stopPropagation()}
      onBlur={leave}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== 'Escape') return;
        event.preventDefault();
        event.stopPropagation();
        if (event.key === 'Enter') addNamed(mapper, node, name);
        else leave();
        focusSide('target');
      }}
    />
  );
}

/** A row in words: "orderNo, text, required, from id, result 7, no problems". */
function spoken(node: TargetNode, text: string, { result }: Shown, problems: readonly MappingProblem[] | undefined): string {
  const rule = node.rule === undefined ? '' : piecesText(piecesOf(node.rule, text));
  const made =
    result === undefined
      ? ''
      : result.kind === 'value'
        ? `result ${result.json.slice(0, 80)}`
        : result.kind === 'nothing'
          ? 'result nothing'
          : `fails: ${result.message}`;
  return [
    node.label,
    kindOf(node.shape).word,
    node.required ? 'required' : '',
    node.rule === undefined
      ? node.inherited
        ? 'comes with the row above'
        : 'not mapped'
      : node.rule.kind === 'copy'
        ? `from ${rule}`
        : rule,
    made,
    problems === undefined ? 'no problems' : problems.map(({ message }) => message).join(' '),
  ]
    .filter((part) => part !== '')
    .join(', ');
}
