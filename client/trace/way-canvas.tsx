import { CircleCheck, CircleDashed, CircleX, Filter, Hourglass, Lock, RotateCw } from 'lucide-react';
import { createContext, memo, useContext, useEffect, useMemo } from 'react';
import {
  Background,
  BackgroundVariant,
  BaseEdge,
  EdgeLabelRenderer,
  type EdgeProps,
  getSmoothStepPath,
  Handle,
  MarkerType,
  type NodeProps,
  Position,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
} from 'reactflow';
import 'reactflow/dist/style.css';
import type { Flow } from '#shared/flow.ts';
import { nodeName } from '#shared/node-name.ts';
import type { TraceWay } from '#shared/trace.ts';
import { type Card, project, projectEdges, type Wire } from '../editor/canvas/projection.ts';
import { captionOf } from '../editor/describe.ts';
import { grid, type TypeIndex } from '../editor/document.ts';
import { boundsOf } from '../editor/geometry.ts';
import { noSelection } from '../editor/history.ts';
import { NodeTile } from '../editor/icons.tsx';
import styles from './way-canvas.module.css';
import { type CardSaid, cardOf, type EdgeSaid, edgesOf, ordersText, type Step } from './way-model.ts';

/** What the cards and lines of one way need to know. */
interface Shown {
  types: TypeIndex;
  cards: ReadonlyMap<string, CardSaid | undefined>;
  edges: ReadonlyMap<string, EdgeSaid>;
  chosen: string | undefined;
}

const ShownContext = createContext<Shown>({ types: new Map(), cards: new Map(), edges: new Map(), chosen: undefined });
const nodeTypes = { card: memo(WayCard) };
const edgeTypes = { wire: memo(WayWire) };
const fitOptions = { padding: 0.08, maxZoom: 1, minZoom: 0.2 };

/** The flow with the way of a message lit, the rest dimmed. A picture: the list of steps beside it says the same in words. */
export function WayCanvas(props: {
  flow: Flow;
  types: TypeIndex;
  way: TraceWay;
  steps: readonly Step[];
  chosen: string | undefined;
  onChoose: (node: string) => void;
}) {
  return (
    <ReactFlowProvider>
      <Surface {...props} />
    </ReactFlowProvider>
  );
}

function Surface({ flow, types, way, steps, chosen, onChoose }: Parameters<typeof WayCanvas>[0]) {
  const { fitView } = useReactFlow();
  const shown = useMemo<Shown>(
    () => ({
      types,
      cards: new Map(flow.nodes.map(({ id }) => [id, cardOf(flow, types, way, steps, id)])),
      edges: edgesOf(flow, types, way),
      chosen,
    }),
    [flow, types, way, steps, chosen],
  );
  const cards = useMemo(() => project(flow, types, noSelection, []), [flow, types]);
  const wires = useMemo(() => {
    const lit = shown.edges;
    const all = projectEdges(flow, types, noSelection, []).map((wire): Wire => {
      const said = lit.get(wire.id);
      return {
        ...wire,
        className: said === undefined ? (styles.idle ?? '') : '',
        // An arrow grows with the width of its line.
        markerEnd: { type: MarkerType.ArrowClosed, ...(said ? { width: 8, height: 8 } : { width: 16, height: 16 }), color: colourOf(said) },
      };
    });
    // What is lit lies on what is not.
    return all.sort((a, b) => Number(lit.has(a.id)) - Number(lit.has(b.id)));
  }, [flow, types, shown.edges]);
  const bounds = useMemo(() => boundsOf(flow, types), [flow, types]);
  const height = Math.round(Math.min(440, Math.max(196, (bounds?.height ?? 0) * Math.min(1, 1080 / Math.max(1, bounds?.width ?? 1)) + 88)));
  useEffect(() => {
    const again = () => void fitView(fitOptions);
    window.addEventListener('resize', again);
    return () => window.removeEventListener('resize', again);
  }, [fitView]);
  return (
    <ShownContext value={shown}>
      <div className={styles.canvas} style={{ height }} aria-hidden="true">
        <div className={styles.legend}>
          <span>
            <i className={styles.way} /> way of this message
          </span>
          <span>
            <i className={styles.open} /> not there yet
          </span>
          <span>
            <i className={styles.unused} /> not used
          </span>
          <span title="Times without ≈ are those that stand in the log.">≈ measured when run again</span>
        </div>
        <ReactFlow<Card, Wire>
          nodes={cards}
          edges={wires}
          nodeTypes={nodeTypes}
          edgeTypes={edgeTypes}
          onNodeClick={(_event, card) => onChoose(card.id)}
          nodesDraggable={false}
          nodesConnectable={false}
          nodesFocusable={false}
          edgesFocusable={false}
          elementsSelectable={false}
          disableKeyboardA11y
          deleteKeyCode={null}
          panOnDrag
          zoomOnScroll={false}
          zoomOnDoubleClick={false}
          preventScrolling={false}
          minZoom={0.2}
          maxZoom={1.5}
          fitView
          fitViewOptions={fitOptions}
          proOptions={{ hideAttribution: true }}
        >
          <Background variant={BackgroundVariant.Dots} gap={grid} size={1.5} color="var(--dot)" />
        </ReactFlow>
      </div>
    </ShownContext>
  );
}

function colourOf(said: EdgeSaid | undefined): string {
  if (said === undefined) return 'var(--edge)';
  return said.state === 'way' ? 'var(--accent)' : said.state === 'open' ? 'var(--warning)' : 'var(--error)';
}

const icons: Record<Exclude<CardSaid['icon'], 'none'>, typeof Filter> = {
  ok: CircleCheck,
  waiting: Hourglass,
  retrying: RotateCw,
  filtered: Filter,
  failed: CircleX,
  parked: Lock,
  unknown: CircleDashed,
};

/** The icon of what became of a message; its words stand beside it. */
export function SaidIcon({ icon, size = 13 }: { icon: CardSaid['icon']; size?: number }) {
  if (icon === 'none') return null;
  const Icon = icons[icon];
  return <Icon size={size} className={styles[icon]} aria-hidden="true" />;
}

function WayCard({ data }: NodeProps<Card>) {
  const { types, cards, chosen } = useContext(ShownContext);
  const { node } = data;
  const type = types.get(node.type);
  const said = cards.get(node.id);
  const classes = [styles.card, said === undefined ? styles.dim : '', chosen === node.id ? styles.chosen : ''];
  return (
    <>
      <div className={classes.join(' ')} data-node={node.id} data-way={said === undefined ? 'off' : 'on'}>
        <div className={styles.head}>
          <NodeTile look={type?.look ?? 'custom'} icon={type?.icon ?? 'problem'} />
          <div className={styles.words}>
            <div className={styles.caption}>{captionOf(type)}</div>
            <div className={styles.name}>{nodeName(node, types)}</div>
            <div className={[styles.line, said ? styles[`${said.icon}Text`] : ''].join(' ')}>
              {said === undefined ? (
                'not on this way'
              ) : (
                <>
                  <SaidIcon icon={said.icon} />
                  <span>
                    {said.text} {said.strong !== undefined && <strong>{said.strong}</strong>}
                  </span>
                </>
              )}
            </div>
          </div>
        </div>
        {data.cases && (
          <ul className={styles.cases}>
            {data.ports.map(({ port }) => (
              <li key={port.id}>{port.label || 'Unnamed case'}</li>
            ))}
          </ul>
        )}
      </div>
      {data.input && (
        <Handle type="target" id="in" position={Position.Left} className={styles.handle} style={{ top: 36 }} isConnectable={false} />
      )}
      {data.ports.map(({ port, at }) => (
        <Handle
          key={port.id}
          type="source"
          id={port.id}
          position={Position.Right}
          className={styles.handle}
          style={{ top: at.y }}
          isConnectable={false}
        />
      ))}
      {data.error && (
        <Handle
          type="source"
          id="error"
          position={Position.Bottom}
          className={styles.handle}
          style={{ left: data.error.x }}
          isConnectable={false}
        />
      )}
    </>
  );
}

function WayWire({ id, data, sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition, markerEnd }: EdgeProps<Wire>) {
  const { edges } = useContext(ShownContext);
  const said = edges.get(id);
  const forward = targetX > sourceX + 40;
  const [path, labelX, labelY] = getSmoothStepPath({
    sourceX,
    sourceY,
    targetX: targetX - 2,
    targetY,
    sourcePosition,
    targetPosition,
    borderRadius: 10,
    ...(data?.track !== undefined && forward ? { centerX: Math.min(sourceX + data.track, targetX - 16) } : {}),
  });
  const level = Math.abs(sourceY - targetY) < 4;
  const x = level ? labelX : (Math.min(sourceX + (data?.track ?? (targetX - sourceX) / 2), targetX - 16) + targetX) / 2;
  const y = level ? labelY : forward ? targetY : labelY;
  return (
    <>
      <BaseEdge
        path={path}
        className={[styles.wire, said ? styles[`${said.state}Wire`] : ''].join(' ')}
        {...(markerEnd !== undefined && { markerEnd })}
      />
      {said && (
        <EdgeLabelRenderer>
          <div className={styles.label} data-edge={id} style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }}>
            <span className={[styles.order, styles[`${said.state}Order`]].join(' ')}>{ordersText(said.orders)}</span>
            {(said.text !== undefined || said.again) && (
              <span className={[styles.time, styles[`${said.state}Time`]].join(' ')}>
                {said.text !== undefined && (
                  <span className={said.measured ? styles.measured : ''} title={said.title}>
                    {said.text}
                  </span>
                )}
                {said.again?.slice(-2).map((one) => (
                  <span key={one} className={styles.again}>
                    <RotateCw size={10} aria-hidden="true" />
                    {one}
                  </span>
                ))}
              </span>
            )}
          </div>
        </EdgeLabelRenderer>
      )}
    </>
  );
}
