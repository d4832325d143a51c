import { Search, TriangleAlert, X } from 'lucide-react';
import { type CSSProperties, type DragEvent, type KeyboardEvent, type PointerEvent, type ReactNode, useRef, useState } from 'react';
import { sourceKey } from '#shared/mapping/rows/source.ts';
import { Button } from '../ui/button.tsx';
import { Segments } from '../ui/segments.tsx';
import { ErrorState, SkeletonRows } from '../ui/states.tsx';
import styles from './columns.module.css';
import { useMapper, useMapperState } from './context.ts';
import { draggedField, droppedField } from './dragged.ts';
import { NoSample, NoTarget } from './empty.tsx';
import { mapField } from './gestures.ts';
import { Lines } from './lines.tsx';
import type { RowFilter } from './mapper-store.ts';
import { modelOf } from './model.ts';
import { SourceTree } from './source-tree.tsx';
import { TargetGrid } from './target-grid.tsx';

/** The widths that can be changed, in px. */
interface Widths {
  source: number;
  gutter: number;
  code: number;
}

const kept = 'millrace.mapper.widths';
const least: Widths = { source: 200, gutter: 56, code: 260 };
const usual: Widths = { source: 360, gutter: 128, code: 440 };

function keptWidths(): Widths {
  const [source, gutter, code] = (localStorage.getItem(kept) ?? '').split(' ').map(Number);
  return { source: source || usual.source, gutter: gutter || usual.gutter, code: code || usual.code };
}

/** Source, lines, target, and the code beside them. */
export function Columns({ code }: { code: ReactNode }) {
  const mode = useMapperState((state) => state.mode);
  const [widths, setWidths] = useState(keptWidths);
  const change = (name: keyof Widths) => (by: number) =>
    setWidths((before) => {
      const next = { ...before, [name]: Math.max(least[name], before[name] + by) };
      localStorage.setItem(kept, `${next.source} ${next.gutter} ${next.code}`);
      return next;
    });
  const style = { '--source': `${widths.source}px`, '--between': `${widths.gutter}px`, '--code': `${widths.code}px` } as CSSProperties;
  return (
    <div className={[styles.columns, styles[mode]].join(' ')} style={style}>
      <section className={styles.column} data-side="source" data-pane aria-label="Source">
        <SourceHead />
        <SourceBody />
      </section>
      {mode !== 'code' && (
        <>
          <div className={styles.gutter}>
            <div className={styles.head} />
            <Lines />
            <Splitter label="Width of the source" edge="left" value={widths.source} onChange={change('source')} />
            <Splitter label="Width between the trees" edge="right" value={widths.gutter} onChange={change('gutter')} />
          </div>
          <section className={styles.column} data-side="target" data-pane aria-label="Target">
            <TargetHead />
            <TargetBody />
          </section>
        </>
      )}
      {mode !== 'rows' && (
        <section className={[styles.column, styles.code].join(' ')} data-pane aria-label="Code">
          {mode === 'split' && (
            <Splitter label="Width of the code" edge="left" value={widths.code} onChange={(by) => change('code')(-by)} />
          )}
          {code}
        </section>
      )}
    </div>
  );
}

function SourceHead() {
  const from = useMapperState((state) => state.source.from);
  return (
    <div className={styles.head}>
      <h3 className={styles.title} title={from}>
        Source{from === '' ? '' : ` · ${from}`}
      </h3>
      <Find side="source" label="Find a source field" />
    </div>
  );
}

function SourceBody() {
  const mapper = useMapper();
  const source = useMapperState((state) => state.source);
  const rows = useMapperState((state) => modelOf(mapper, state).source.rows.length);
  const samplesState = useMapperState((state) => state.samplesState);
  const reason = useMapperState((state) => state.samplesReason);
  const samples = useMapperState((state) => state.samples.length);
  if (source.state === 'loading' && rows === 0) return <SkeletonRows rows={8} height={32} label="Reading what messages look like" />;
  if (rows === 0 && (source.state === 'failed' || samplesState === 'failed'))
    return <ErrorState what="What messages look like could not be read" error={new Error(source.reason ?? reason ?? '')} />;
  if (rows === 0) return <NoSample />;
  return (
    <>
      <SourceTree />
      {samples === 0 && samplesState === 'ready' && <NoSample small />}
    </>
  );
}

const filters: readonly { value: RowFilter; label: string; counted: boolean }[] = [
  { value: 'all', label: 'All', counted: false },
  { value: 'mapped', label: 'Mapped', counted: true },
  { value: 'unmapped', label: 'Unmapped', counted: true },
  { value: 'required', label: 'Required', counted: false },
  { value: 'problems', label: 'Problems', counted: true },
];

function TargetHead() {
  const mapper = useMapper();
  const from = useMapperState((state) => state.target.from);
  const filter = useMapperState((state) => state.filter);
  const counts = useMapperState((state) => modelOf(mapper, state).counts);
  const only = useMapperState((state) => state.only);
  const [over, setOver] = useState(false);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a whole message is also mapped by the row of the result.
    <div
      className={[styles.head, over ? styles.over : ''].join(' ')}
      onDragOver={(event: DragEvent) => {
        if (!event.dataTransfer.types.includes(draggedField)) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event: DragEvent) => {
        setOver(false);
        const path = droppedField(event.dataTransfer);
        const model = modelOf(mapper);
        const field = path && model.source.nodes.get(sourceKey(path));
        if (field === undefined) return;
        event.preventDefault();
        mapField(mapper, field, model.root);
      }}
    >
      <h3 className={styles.title} title={from}>
        Target{from === '' ? '' : ` · ${from}`}
      </h3>
      {only !== undefined && (
        <Button size="small" icon={<X size={14} aria-hidden="true" />} onClick={() => mapper.set({ only: undefined })}>
          Show all rows
        </Button>
      )}
      <Find side="target" label="Find a target field" />
      <div className={styles.filters}>
        <Segments
          label="Which rows are shown"
          options={filters.map(({ value, label, counted }) => ({ value, label, ...(counted ? { count: counts[value] } : {}) }))}
          value={filter}
          onChange={(value) => mapper.set({ filter: value })}
        />
      </div>
      <select
        className={styles.filterList}
        aria-label="Which rows are shown"
        value={filter}
        onChange={(event) => mapper.set({ filter: event.target.value as RowFilter })}
      >
        {filters.map(({ value, label, counted }) => (
          <option key={value} value={value}>
            {counted ? `${label} ${counts[value]}` : label}
          </option>
        ))}
      </select>
    </div>
  );
}

function TargetBody() {
  const mapper = useMapper();
  const rows = useMapperState((state) => modelOf(mapper, state).target.rows.length);
  const view = useMapperState((state) => state.view);
  const target = useMapperState((state) => state.target);
  const filter = useMapperState((state) => state.filter);
  const query = useMapperState((state) => state.query.target);
  const shown = useMapperState((state) => state.shown);
  const broken = !view.ok && view.text.trim() !== '';
  const empty = view.text.trim() === '' && target.shape.kinds.length === 0;
  return (
    <>
      {broken && (
        <div className={styles.broken} role="alert">
          <TriangleAlert size={16} aria-hidden="true" />
          <span>
            Line {view.problem.line}, column {view.problem.column}: {view.problem.message} The rows show what could be read last.
          </span>
          <Button size="small" onClick={() => mapper.set({ mode: 'split' })}>
            Show the code
          </Button>
        </div>
      )}
      <div className={[styles.body, broken ? styles.stale : '', empty ? styles.empty : ''].join(' ')} inert={broken && shown === undefined}>
        {rows > 0 && <TargetGrid />}
        {rows === 0 && (filter !== 'all' || query !== '') && (
          <p className={styles.none}>{query !== '' ? `No field of the target matches “${query}”.` : 'No row is like that.'}</p>
        )}
        {empty && <NoTarget />}
      </div>
    </>
  );
}

/** The search field of a tree. Esc empties it, then gives the keyboard back to the rows. */
function Find({ side, label }: { side: 'source' | 'target'; label: string }) {
  const mapper = useMapper();
  const query = useMapperState((state) => state.query[side]);
  const input = useRef<HTMLInputElement>(null);
  const write = (text: string) => mapper.set({ query: { ...mapper.getState().query, [side]: text } });
  return (
    <label className={styles.find}>
      <Search size={14} aria-hidden="true" />
      <input
        ref={input}
        type="search"
        data-search={side}
        aria-label={label}
        aria-keyshortcuts="Control+F"
        placeholder="Find"
        spellCheck={false}
        value={query}
        onChange={(event) => write(event.target.value)}
        onKeyDown={(event: KeyboardEvent) => {
          const rows = () => document.querySelector<HTMLElement>(`[data-side="${side}"] [role][tabindex="0"]`)?.focus();
          if (event.key === 'ArrowDown' || event.key === 'Enter') rows();
          else if (event.key === 'Escape' && query !== '') write('');
          else if (event.key === 'Escape') rows();
          else return;
          event.preventDefault();
          event.stopPropagation();
        }}
      />
    </label>
  );
}

/** A border that can be moved, by the mouse or by the arrow keys. */
function Splitter({
  label,
  edge,
  value,
  onChange,
}: {
  label: string;
  edge: 'left' | 'right';
  value: number;
  onChange: (by: number) => void;
}) {
  const last = useRef<number>(undefined);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a rule cannot be moved.
    <div
      role="separator"
      aria-orientation="vertical"
      aria-label={label}
      aria-valuenow={value}
      tabIndex={0}
      className={[styles.splitter, styles[edge]].join(' ')}
      onPointerDown={(event: PointerEvent) => {
        last.current = event.clientX;
        event.currentTarget.setPointerCapture(event.pointerId);
        event.preventDefault();
      }}
      onPointerMove={(event: PointerEvent) => {
        if (last.current === undefined) return;
        onChange(event.clientX - last.current);
        last.current = event.clientX;
      }}
      onPointerUp={() => {
        last.current = undefined;
      }}
      onKeyDown={(event: KeyboardEvent) => {
        if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
        event.preventDefault();
        onChange(event.key === 'ArrowLeft' ? -16 : 16);
      }}
    />
  );
}
