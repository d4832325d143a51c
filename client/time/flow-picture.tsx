import { CircleX, Maximize2, Minimize2 } from 'lucide-react';
import { type KeyboardEvent, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { getSmoothStepPath, Position } from 'reactflow';
import type { Flow } from '#shared/flow.ts';
import { nodeName } from '#shared/node-name.ts';
import { errorPort } from '#shared/node-type.ts';
import { captionOf } from '../editor/describe.ts';
import { positionOf, type TypeIndex } from '../editor/document.ts';
import { boundsOf, cardHeight, cardSize, type Direction, nearest, portPoint } from '../editor/geometry.ts';
import { NodeTile } from '../editor/icons.tsx';
import { laidOut } from '../editor/tidy.ts';
import { plural } from '../format.ts';
import { Button } from '../ui/button.tsx';
import { onceDrawn } from '../ui/focus.tsx';
import styles from './flow-picture.module.css';
import type { NodeNumbers } from './numbers.ts';
import { usePan } from './use-pan.ts';

const margin = 24;
/** Below this nobody can read the cards, so what is larger is moved by hand instead. */
const leastScale = 0.6;
/** px */
const tallest = 440;
/** px, below the cards, so that the button lies on none of them. */
const buttonRoom = 32;
const arrows: Record<string, Direction> = { ArrowLeft: 'left', ArrowRight: 'right', ArrowUp: 'up', ArrowDown: 'down' };

/** A version of a flow, only to look at: its cards with the numbers of a minute, and the way of one message lit on it. */
export function FlowPicture({
  document: given,
  types,
  numbers,
  lit,
  chosen,
  onChoose,
}: {
  document: Flow;
  types: TypeIndex;
  numbers: ReadonlyMap<string, NodeNumbers>;
  /** Edges and nodes of a way; the rest is dimmed. */
  lit: { edges: ReadonlySet<string>; nodes: ReadonlySet<string> } | undefined;
  chosen: string | undefined;
  onChoose: (node: string) => void;
}) {
  const frame = useRef<HTMLDivElement>(null);
  const [room, setRoom] = useState(0);
  const [full, setFull] = useState(false);
  const pan = usePan(frame);
  const document = useMemo(() => laidOut(given, types), [given, types]);
  const box = useMemo(() => boundsOf(document, types), [document, types]);
  const isEmpty = box === undefined;
  // Before it is painted, so that it does not jump; anew where there was nothing to draw before.
  useLayoutEffect(() => {
    if (isEmpty || frame.current === null) return;
    setRoom(frame.current.clientWidth);
    const watch = new ResizeObserver(([entry]) => entry && setRoom(entry.contentRect.width));
    watch.observe(frame.current);
    return () => watch.disconnect();
  }, [isEmpty]);
  if (box === undefined) return <p className={styles.empty}>This version has no nodes.</p>;
  const wide = box.width + margin * 2;
  const tall = box.height + margin * 2;
  const fit = room === 0 ? 1 : Math.max(leastScale, Math.min(1, room / wide, tallest / tall));
  const scale = full ? 1 : fit;
  const at = (node: string) => ({ x: positionOf(document, node).x - box.x + margin, y: positionOf(document, node).y - box.y + margin });
  const first = chosen ?? nearest(document, types, undefined, 'right');
  const walk = (event: KeyboardEvent): void => {
    const direction = arrows[event.key];
    if (direction === undefined) return;
    const next = nearest(document, types, (event.target as HTMLElement).dataset.node, direction);
    if (next === undefined) return;
    event.preventDefault();
    frame.current?.querySelector<HTMLElement>(`[data-node="${CSS.escape(next)}"]`)?.focus();
  };
  return (
    <div className={styles.around}>
      <div ref={frame} className={styles.frame} data-pans {...pan}>
        <div style={{ width: wide * scale, height: tall * scale + (fit < 1 ? buttonRoom : 0) }}>
          {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would say "form". */}
          <div
            role="group"
            aria-label={`The flow as it was, ${plural(document.nodes.length, 'node')}. Arrows move between nodes.`}
            className={styles.canvas}
            style={{ width: wide, height: tall, transform: `scale(${scale})` }}
            onKeyDown={walk}
          >
            <svg className={styles.wires} width={wide} height={tall} aria-hidden="true">
              {document.edges.map((edge) => {
                const [from, to] = [
                  document.nodes.find(({ id }) => id === edge.from.node),
                  document.nodes.find(({ id }) => id === edge.to.node),
                ];
                if (from === undefined || to === undefined) return null;
                const failed = edge.from.port === errorPort.id;
                const [a, b] = [at(from.id), at(to.id)];
                const [out, into] = [portPoint(from, types, edge.from.port), portPoint(to, types, 'in')];
                const [path] = getSmoothStepPath({
                  sourceX: a.x + out.x,
                  sourceY: a.y + out.y,
                  targetX: b.x + into.x,
                  targetY: b.y + into.y,
                  sourcePosition: failed ? Position.Bottom : Position.Right,
                  targetPosition: Position.Left,
                  borderRadius: 10,
                });
                const look = lit === undefined ? '' : lit.edges.has(edge.id) ? styles.lit : styles.dim;
                return <path key={edge.id} d={path} className={[styles.wire, failed ? styles.failed : '', look].join(' ')} />;
              })}
            </svg>
            {document.nodes.map((node) => {
              const type = types.get(node.type);
              const told = numbers.get(node.id);
              const dim = lit !== undefined && !lit.nodes.has(node.id);
              const place = at(node.id);
              return (
                <button
                  key={node.id}
                  type="button"
                  data-node={node.id}
                  tabIndex={node.id === first ? 0 : -1}
                  aria-pressed={node.id === chosen}
                  className={[styles.card, node.id === chosen ? styles.chosen : '', dim ? styles.dimCard : ''].join(' ')}
                  style={{ left: place.x, top: place.y, width: cardSize.width, height: cardHeight(node, types) }}
                  onClick={() => onChoose(node.id)}
                >
                  <NodeTile look={type?.look ?? 'custom'} icon={type?.icon ?? 'problem'} />
                  <span className={styles.words}>
                    <span className={styles.caption}>{captionOf(type)}</span>
                    <span className={styles.name} title={nodeName(node, types)}>
                      {nodeName(node, types)}
                    </span>
                    <span className={styles.line}>{told?.line ?? (node.mode === undefined ? '' : node.mode)}</span>
                  </span>
                  {told !== undefined && told.dead > 0 && (
                    <span
                      className={styles.dead}
                      title={Object.entries(told.causes)
                        .map(([code, count]) => `${count} × ${code}`)
                        .join('\n')}
                    >
                      <CircleX size={14} aria-hidden="true" />
                      {told.dead}
                      <span className="visually-hidden"> failed</span>
                    </span>
                  )}
                </button>
              );
            })}
          </div>
        </div>
      </div>
      {fit < 1 && (
        <Button
          size="small"
          className={styles.size}
          icon={full ? <Minimize2 size={14} aria-hidden="true" /> : <Maximize2 size={14} aria-hidden="true" />}
          aria-pressed={full}
          onClick={() => {
            setFull(!full);
            // What is chosen is elsewhere in the other size.
            onceDrawn(() => frame.current?.querySelector('[aria-pressed="true"]')?.scrollIntoView({ block: 'nearest', inline: 'center' }));
          }}
        >
          Full size
        </Button>
      )}
    </div>
  );
}
