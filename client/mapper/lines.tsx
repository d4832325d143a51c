import { useEffect, useMemo, useRef, useState } from 'react';
import { sourceKey } from '#shared/mapping/rows/source.ts';
import { useMapper, useMapperState } from './context.ts';
import { draggedField } from './dragged.ts';
import { repoint, select, selectField } from './gestures.ts';
import { type DrawnLine, drawLine, endOf, type Frame, mostLines, type Strand, strandsOf } from './line-geometry.ts';
import styles from './lines.module.css';
import { modelOf, shownRow } from './model.ts';
import { useViewports } from './viewport.ts';

/** The lines between both trees: one drawing in the gutter, whose ends follow from the number of the row and the scroll. */
export function Lines() {
  const mapper = useMapper();
  const model = useMapperState((state) => modelOf(mapper, state));
  const row = useMapperState((state) => state.row);
  const field = useMapperState((state) => state.field);
  const hover = useMapperState((state) => state.hover);
  const strands = useMemo(() => strandsOf(model), [model]);
  const svg = useRef<SVGSVGElement>(null);
  const frame = useFrame(svg);
  const [dragged, setDragged] = useState<{ strand: Strand; end: 'source' | 'target'; x: number; y: number }>();

  const lit = useMemo(() => {
    const target = row === undefined ? undefined : shownRow(model.target, row);
    const source = field === undefined ? undefined : shownRow(model.source, sourceKey(field));
    return new Set(strands.filter((strand) => strand.target === target || strand.source === source).map(({ id }) => id));
  }, [strands, model, row, field]);
  const warm = useMemo(() => {
    const home = hover?.rule === undefined ? undefined : model.homes.get(hover.rule);
    const target = home === undefined ? undefined : shownRow(model.target, home);
    const source = hover?.field === undefined ? undefined : shownRow(model.source, sourceKey(hover.field));
    return new Set(strands.filter((strand) => strand.target === target || strand.source === source).map(({ id }) => id));
  }, [strands, model, hover]);

  if (frame === undefined) return <svg ref={svg} className={styles.lines} aria-hidden="true" />;
  const few = strands.length <= mostLines;
  const drawn = strands.flatMap((strand): { strand: Strand; line: DrawnLine; state: 'lit' | 'warm' | 'calm' }[] => {
    const state = lit.has(strand.id) ? 'lit' : warm.has(strand.id) ? 'warm' : 'calm';
    const line = few || state !== 'calm' ? drawLine(strand, frame) : undefined;
    return line === undefined ? [] : [{ strand, line, state }];
  });
  const order = { calm: 0, warm: 1, lit: 2 };
  drawn.sort((a, b) => order[a.state] - order[b.state]);
  const choose = (strand: Strand): void => {
    const [join] = strand.joins;
    const node = join && model.source.nodes.get(join.source);
    if (join === undefined) return;
    select(mapper, model.target.rows[strand.target]?.node.key);
    if (node !== undefined) selectField(mapper, node.path);
  };
  return (
    <svg
      ref={svg}
      className={styles.lines}
      aria-hidden="true"
      onPointerMove={(event) => {
        const box = svg.current?.getBoundingClientRect();
        if (dragged !== undefined && box !== undefined) setDragged({ ...dragged, x: event.clientX - box.left, y: event.clientY - box.top });
      }}
      onPointerUp={(event) => {
        if (dragged === undefined) return;
        setDragged(undefined);
        const under = document.elementsFromPoint(event.clientX, event.clientY).find((element) => element.closest('[data-side] [data-row]'));
        const key = under?.closest<HTMLElement>('[data-row]')?.dataset.row;
        const side = under?.closest<HTMLElement>('[data-side]')?.dataset.side;
        if (key !== undefined && side === dragged.end) repoint(mapper, dragged.strand.joins, dragged.end, key);
      }}
      onPointerCancel={() => setDragged(undefined)}
    >
      {drawn.map(({ strand, line, state }) => (
        <g key={strand.id} className={[styles[state], strand.loop ? styles.loop : '', line.away ? styles.away : ''].join(' ')}>
          <path
            className={styles.line}
            d={line.path}
            data-line={strand.id}
            data-folded={[strand.folded.source ? 'source' : '', strand.folded.target ? 'target' : ''].join(' ').trim()}
          />
          {/* biome-ignore lint/a11y/noStaticElementInteractions: the keyboard walks along lines by Alt and arrows. */}
          <path
            className={styles.touch}
            d={line.path}
            onClick={() => choose(strand)}
            onPointerEnter={() => warmUp(strand)}
            onPointerLeave={() => mapper.set({ hover: undefined })}
          />
          {strand.joins.length > 1 && (strand.folded.source || strand.folded.target) && <Count line={line} strand={strand} />}
        </g>
      ))}
      {drawn.map(({ strand, line, state }) =>
        state === 'lit'
          ? (['source', 'target'] as const).map((end) => (
              <circle
                key={`${strand.id} ${end}`}
                className={styles.end}
                cx={end === 'source' ? line.x1 + 5 : line.x2 - 5}
                cy={end === 'source' ? line.y1 : line.y2}
                r={4}
                onPointerDown={(event) => {
                  event.preventDefault();
                  svg.current?.setPointerCapture(event.pointerId);
                  setDragged({ strand, end, x: end === 'source' ? line.x1 : line.x2, y: end === 'source' ? line.y1 : line.y2 });
                }}
              />
            ))
          : null,
      )}
      <CarriedLine frame={frame} svg={svg} />
      {dragged !== undefined && <DraggedLine dragged={dragged} frame={frame} />}
    </svg>
  );

  function warmUp({ joins: [join] }: Strand): void {
    if (join !== undefined) mapper.set({ hover: { rule: join.rule } });
  }
}

/** How many rows a line stands for, at the end where they are folded. */
function Count({ line, strand }: { line: DrawnLine; strand: Strand }) {
  const atSource = strand.folded.source;
  return (
    <g transform={`translate(${atSource ? line.x1 + 12 : line.x2 - 12} ${atSource ? line.y1 : line.y2})`}>
      <rect className={styles.badge} x={-9} y={-7} width={18} height={14} rx={7} />
      <text className={styles.count} textAnchor="middle" dy="3.5">
        {strand.joins.length}
      </text>
    </g>
  );
}

function DraggedLine({
  dragged: { strand, end, x, y },
  frame,
}: {
  dragged: { strand: Strand; end: 'source' | 'target'; x: number; y: number };
  frame: Frame;
}) {
  const line = drawLine(strand, frame);
  if (line === undefined) return null;
  const [x1, y1] = end === 'source' ? [line.x2, line.y2] : [line.x1, line.y1];
  return <path className={styles.dragged} d={`M${x1} ${y1}L${x} ${y}`} />;
}

/** From the field that is being dragged to the mouse. */
function CarriedLine({ frame, svg }: { frame: Frame; svg: React.RefObject<SVGSVGElement | null> }) {
  const mapper = useMapper();
  const [to, setTo] = useState<{ x: number; y: number }>();
  useEffect(() => {
    const move = (event: globalThis.DragEvent): void => {
      const box = svg.current?.getBoundingClientRect();
      if (box === undefined || !event.dataTransfer?.types.includes(draggedField)) return;
      setTo({ x: event.clientX - box.left, y: event.clientY - box.top });
    };
    const end = () => setTo(undefined);
    document.addEventListener('dragover', move);
    document.addEventListener('dragend', end);
    document.addEventListener('drop', end);
    return () => {
      document.removeEventListener('dragover', move);
      document.removeEventListener('dragend', end);
      document.removeEventListener('drop', end);
    };
  }, [svg]);
  const { field } = mapper.getState();
  const index = field === undefined ? undefined : shownRow(modelOf(mapper).source, sourceKey(field));
  if (to === undefined || index === undefined || to.x < 0) return null;
  const { y } = endOf(index, frame.source, frame.height);
  return <path className={styles.dragged} d={`M0 ${y}C${to.x / 2} ${y} ${to.x / 2} ${to.y} ${to.x} ${to.y}`} />;
}

/** Where the trees stand beside the gutter; a new one once a frame at most, after a scroll or another size. */
function useFrame(svg: React.RefObject<SVGSVGElement | null>): Frame | undefined {
  const viewports = useViewports();
  const [frame, setFrame] = useState<Frame>();
  useEffect(() => {
    const element = svg.current;
    if (element === null) return;
    let width = element.clientWidth;
    const read = (): void => {
      const { source, target } = viewports;
      setFrame((before) => {
        const next = { width, height: target.height, source: source.scroll, target: target.scroll };
        return before !== undefined && (Object.keys(next) as (keyof Frame)[]).every((key) => before[key] === next[key]) ? before : next;
      });
    };
    const observer = new ResizeObserver(() => {
      width = element.clientWidth;
      viewports.changed();
    });
    observer.observe(element);
    read();
    const release = viewports.listen(read);
    return () => {
      observer.disconnect();
      release();
    };
  }, [svg, viewports]);
  return frame;
}
