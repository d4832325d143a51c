import { type ClipboardEvent, type DragEvent, type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import {
  applyNodeChanges,
  Background,
  BackgroundVariant,
  type Connection,
  type EdgeChange,
  type FinalConnectionState,
  MiniMap,
  type NodeChange,
  type OnConnectEnd,
  ReactFlow,
  type ReactFlowProps,
  ReactFlowProvider,
  SelectionMode,
  useReactFlow,
} from 'reactflow';
import 'reactflow/dist/style.css';
import { actions } from '../action-table.ts';
import { perform } from '../actions.ts';
import { useEditor, useEditorState, useFlow } from '../context.ts';
import { addNode, grid, place, snap } from '../document.ts';
import { cardSize, edgeAt } from '../geometry.ts';
import { copyText, openMessages, pasteText } from '../gestures.ts';
import { noSelection } from '../history.ts';
import { matches } from '../keys.ts';
import { connect, dropOnEdge, refusal } from '../wiring.ts';
import styles from './canvas.module.css';
import { Controls } from './controls.tsx';
import { draggedType } from './dragged.ts';
import { EmptyCanvas } from './empty-canvas.tsx';
import { Groups } from './groups.tsx';
import { cardId, NodeCard } from './node-card.tsx';
import { type Card, project, projectEdges, type Wire } from './projection.ts';
import { Said } from './said.tsx';
import { useCanvasView } from './view.ts';
import { WireView } from './wire.tsx';

const nodeTypes = { card: NodeCard };
const edgeTypes = { wire: WireView };
const snapGrid: [number, number] = [grid, grid];
const panButtons = [1];
const multiSelect = ['Shift', 'Meta', 'Control'];
const cullAbove = 150;
const farBelow = 0.4;
const fitOptions = { padding: 0.12, maxZoom: 1, minZoom: 0.2 };

/** The canvas: the document drawn by React Flow, and every gesture on it turned into an edit of the document. */
export function Canvas() {
  return (
    <ReactFlowProvider>
      <Surface />
    </ReactFlowProvider>
  );
}

function Surface() {
  const editor = useEditor();
  const flow = useFlow();
  const types = useEditorState((state) => state.types);
  const selection = useEditorState((state) => state.history.present.selection);
  const focus = useEditorState((state) => state.focus);
  const readOnly = useEditorState((state) => state.readOnly) !== undefined;
  const problems = useEditorState((state) => state.problems);
  const { screenToFlowPosition } = useReactFlow<Card, Wire>();
  const frame = useRef<HTMLDivElement>(null);
  const pointer = useRef<{ x: number; y: number }>(undefined);
  const spaced = useRef(false);
  const [hot, setHot] = useState<string>();
  const [far, setFar] = useState(false);

  const [cards, setCards] = useState<Card[]>(() => project(flow, types, selection, []));
  const [wires, setWires] = useState<Wire[]>(() => projectEdges(flow, types, selection, []));
  useEffect(() => {
    setCards((before) => project(flow, types, selection, before));
    setWires((before) => projectEdges(flow, types, selection, before));
  }, [flow, types, selection]);
  const shownWires = useMemo(
    () => (hot === undefined ? wires : wires.map((wire) => (wire.id === hot ? { ...wire, className: 'hot' } : wire))),
    [wires, hot],
  );

  const view = useCanvasView(frame, pointer);

  // The canvas is one tab stop, and the library's credit inside it is a link.
  useEffect(() => frame.current?.querySelector('.react-flow__attribution a')?.setAttribute('tabindex', '-1'), []);

  // The inspector and the drawer take room from the canvas; the node they are about must not end up behind them.
  const inspector = useEditorState((state) => state.inspector);
  const drawer = useEditorState((state) => state.drawer !== undefined);
  // biome-ignore lint/correctness/useExhaustiveDependencies: opening them is what asks for a look.
  useEffect(() => {
    const { focus: here } = editor.getState();
    if (here?.kind !== 'node') return;
    const frameId = requestAnimationFrame(() => view.reveal(here.id));
    return () => cancelAnimationFrame(frameId);
  }, [editor, view, inspector, drawer]);

  const onNodesChange = useCallback(
    (changes: NodeChange<Card>[]) => {
      const moves = changes.filter((change) => change.type === 'position');
      if (moves.length > 0) setCards((before) => applyNodeChanges(moves, before));
      const picks = changes.filter((change) => change.type === 'select');
      if (picks.length === 0) return;
      const chosen = new Set(editor.selection().nodes);
      for (const pick of picks) {
        if (pick.selected) chosen.add(pick.id);
        else chosen.delete(pick.id);
      }
      editor.select({ nodes: [...chosen], edge: chosen.size > 0 ? undefined : editor.selection().edge });
    },
    [editor],
  );
  const onEdgesChange = useCallback(
    (changes: EdgeChange<Wire>[]) => {
      for (const change of changes) {
        if (change.type !== 'select') continue;
        const { nodes, edge } = editor.selection();
        if (change.selected) editor.select({ nodes: [], edge: change.id }, { kind: 'edge', id: change.id });
        else if (edge === change.id) editor.select({ nodes });
      }
    },
    [editor],
  );

  const overEdge = useCallback(
    (card: Card): string | undefined => {
      const document = editor.flow();
      if (document.edges.some((edge) => edge.from.node === card.id || edge.to.node === card.id)) return undefined;
      if (types.get(card.data.node.type)?.kind !== 'transform') return undefined;
      return edgeAt(document, types, { x: card.position.x + cardSize.width / 2, y: card.position.y + cardSize.height / 2 });
    },
    [editor, types],
  );
  const onNodeDrag = useCallback(
    (_event: unknown, card: Card, all: Card[]) => setHot(all.length === 1 ? overEdge(card) : undefined),
    [overEdge],
  );
  const onNodeDragStop = useCallback(
    (_event: unknown, card: Card, all: Card[]) => {
      const places = Object.fromEntries(all.map((each) => [each.id, snap(each.position)]));
      const edge = all.length === 1 ? overEdge(card) : undefined;
      setHot(undefined);
      const moved = editor.edit(
        edge ? 'put a node on a line' : all.length === 1 ? 'move a node' : `move ${all.length} nodes`,
        (document) => {
          const next = place(document, places);
          return edge === undefined ? next : dropOnEdge(next, types, edge, card.id);
        },
      );
      if (!moved) setCards((before) => project(editor.flow(), types, editor.selection(), before));
    },
    [editor, types, overEdge],
  );

  const isValidConnection = useCallback(
    (line: Connection | Wire) =>
      refusal(editor.flow(), types, { node: line.source, port: line.sourceHandle ?? 'out' }, { node: line.target, port: 'in' }) ===
      undefined,
    [editor, types],
  );
  const onConnect = useCallback(
    (line: Connection) => {
      editor.edit(
        'connect',
        (document) =>
          connect(document, types, { node: line.source, port: line.sourceHandle ?? 'out' }, { node: line.target, port: 'in' }).flow,
        { say: 'Connected.' },
      );
    },
    [editor, types],
  );
  const onConnectEnd = useCallback<OnConnectEnd>(
    (event, state: FinalConnectionState) => {
      if (state.fromNode === null || state.fromHandle === null) return;
      const forward = state.fromHandle.type === 'source';
      if (state.isValid === false && state.toNode) {
        const [from, to] = forward ? [state.fromNode.id, state.toNode.id] : [state.toNode.id, state.fromNode.id];
        const port = (forward ? state.fromHandle.id : state.toHandle?.id) ?? 'out';
        editor.say(
          refusal(editor.flow(), types, { node: from, port }, { node: to, port: 'in' }) ?? 'A line leads from an output to an input.',
          'refused',
        );
        return;
      }
      if (state.isValid !== null) return;
      const { readOnly: reason } = editor.getState();
      if (reason !== undefined) {
        editor.say(reason, 'refused');
        return;
      }
      const screen =
        'changedTouches' in event
          ? { x: event.changedTouches[0]?.clientX ?? 0, y: event.changedTouches[0]?.clientY ?? 0 }
          : { x: event.clientX, y: event.clientY };
      const at = screenToFlowPosition(screen);
      if (forward) {
        const port = state.fromHandle.id;
        editor.set({
          picker: {
            kind: 'add',
            after: { node: state.fromNode.id, ...(port ? { port } : {}) },
            at: { x: at.x, y: at.y - cardSize.height / 2 },
            screen,
          },
        });
      } else
        editor.set({
          picker: { kind: 'add', before: state.fromNode.id, at: { x: at.x - cardSize.width, y: at.y - cardSize.height / 2 }, screen },
        });
    },
    [editor, types, screenToFlowPosition],
  );

  const onDragOver = (event: DragEvent) => {
    if (!event.dataTransfer.types.includes(draggedType)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = 'copy';
    setHot(edgeAt(flow, types, screenToFlowPosition({ x: event.clientX, y: event.clientY })));
  };
  const onDrop = (event: DragEvent) => {
    const type = types.get(event.dataTransfer.getData(draggedType));
    setHot(undefined);
    if (!type) return;
    event.preventDefault();
    const at = screenToFlowPosition({ x: event.clientX, y: event.clientY });
    const edge = edgeAt(flow, types, at);
    let node = '';
    editor.edit(
      `add ${type.title}`,
      (document) => {
        const added = addNode(document, type, { x: at.x - cardSize.width / 2, y: at.y - cardSize.height / 2 });
        node = added.node;
        return edge === undefined ? added.flow : dropOnEdge(added.flow, types, edge, added.node);
      },
      { say: `Added ${type.title}.` },
    );
    if (node !== '') editor.select({ nodes: [node] });
    view.takeFocus();
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget) return;
    const found = actions.find(
      (each) => each.scope === 'canvas' && each.native !== true && each.keys.some((chord) => matches(chord, event)),
    );
    if (!found) return;
    event.preventDefault();
    event.stopPropagation();
    if (found.id === 'peek') spaced.current = true;
    else perform(editor, found.id);
  };
  const onKeyUp = (event: KeyboardEvent) => {
    if (event.key !== ' ' || !spaced.current) return;
    spaced.current = false;
    perform(editor, 'peek');
  };
  const onCopy = (cut: boolean) => (event: ClipboardEvent) => {
    const text = copyText(editor);
    if (event.target !== event.currentTarget || text === undefined) return;
    event.preventDefault();
    event.clipboardData.setData('text/plain', text);
    if (cut) perform(editor, 'delete');
    else editor.say('Copied.');
  };
  const onPaste = (event: ClipboardEvent) => {
    if (event.target !== event.currentTarget) return;
    event.preventDefault();
    pasteText(editor, event.clipboardData.getData('text/plain'), view.pointer());
  };

  // Handlers that change with every render would make React Flow draw every card again.
  const handlers = useMemo<ReactFlowProps<Card, Wire>>(
    () => ({
      onSelectionDragStop: (event, all) => all[0] && onNodeDragStop(event, all[0], all),
      onNodeClick: () => editor.selection().nodes.length === 1 && !editor.getState().trying && editor.set({ inspector: true }),
      onNodeDoubleClick: () => perform(editor, 'open'),
      onEdgeClick: (_event, wire) => wire.data && openMessages(editor, wire.data.edge),
      onPaneClick: () => editor.select(noSelection),
      onDoubleClick: (event) => {
        if (!(event.target as HTMLElement).classList.contains('react-flow__pane') || editor.getState().readOnly !== undefined) return;
        const screen = { x: event.clientX, y: event.clientY };
        editor.set({ picker: { kind: 'add', at: screenToFlowPosition(screen), screen } });
      },
      onMove: (_event, viewport) => setFar(viewport.zoom < farBelow),
    }),
    [editor, onNodeDragStop, screenToFlowPosition],
  );
  const broken = useMemo(
    () => new Set(problems.filter((problem) => problem.severity === 'error').map((problem) => problem.node)),
    [problems],
  );
  const colour = useCallback(
    (card: Card) => (broken.has(card.id) ? 'var(--error)' : `var(--kind-${types.get(card.data.node.type)?.look ?? 'custom'})`),
    [broken, types],
  );
  const takeFocus = () => {
    if (!frame.current?.contains(document.activeElement) || document.activeElement?.tagName === 'BUTTON') view.takeFocus();
  };
  const active = focus?.kind === 'node' ? cardId(focus.id) : undefined;
  return (
    <div className={[styles.canvas, far ? 'far' : ''].join(' ')}>
      <ReactFlow<Card, Wire>
        ref={frame}
        tabIndex={0}
        role="application"
        aria-roledescription="flow canvas"
        aria-label={`Flow canvas, ${flow.nodes.length} nodes. Arrows move between nodes, A adds, Enter opens, question mark lists all keys.`}
        aria-activedescendant={active}
        onKeyDown={onKeyDown}
        onKeyUp={onKeyUp}
        onPointerDownCapture={() => {
          spaced.current = false;
          requestAnimationFrame(takeFocus);
        }}
        // The frame may be long in coming; the key after a click is not to be lost meanwhile.
        onPointerUpCapture={takeFocus}
        onPointerMove={(event) => {
          pointer.current = { x: event.clientX, y: event.clientY };
        }}
        onPointerLeave={() => {
          pointer.current = undefined;
        }}
        onCopy={onCopy(false)}
        onCut={onCopy(true)}
        onPaste={onPaste}
        onDragOver={onDragOver}
        onDragLeave={() => setHot(undefined)}
        onDrop={onDrop}
        nodes={cards}
        edges={shownWires}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        onNodesChange={onNodesChange}
        onEdgesChange={onEdgesChange}
        onNodeDrag={onNodeDrag}
        onNodeDragStop={onNodeDragStop}
        {...handlers}
        onConnect={onConnect}
        onConnectEnd={onConnectEnd}
        isValidConnection={isValidConnection}
        nodesDraggable={!readOnly}
        nodesConnectable={!readOnly}
        nodesFocusable={false}
        edgesFocusable={false}
        disableKeyboardA11y
        deleteKeyCode={null}
        multiSelectionKeyCode={multiSelect}
        selectionMode={SelectionMode.Partial}
        selectionOnDrag
        panOnDrag={panButtons}
        panOnScroll
        zoomOnDoubleClick={false}
        snapToGrid
        snapGrid={snapGrid}
        minZoom={0.1}
        maxZoom={2}
        onlyRenderVisibleElements={flow.nodes.length > cullAbove}
        elevateNodesOnSelect={false}
        connectionRadius={24}
        fitView
        fitViewOptions={fitOptions}
        attributionPosition="top-right"
      >
        <Groups />
        <Background variant={BackgroundVariant.Dots} gap={grid} size={1.5} color="var(--dot)" />
        {flow.nodes.length > 0 && !drawer && (
          <MiniMap<Card>
            className={styles.map ?? ''}
            style={{ width: 168, height: 104 }}
            pannable
            zoomable
            ariaLabel="Map of the flow"
            nodeBorderRadius={6}
            nodeColor={colour}
            bgColor="var(--card)"
            maskColor="color-mix(in srgb, var(--canvas) 70%, transparent)"
          />
        )}
      </ReactFlow>
      <Controls />
      <Said />
      {flow.nodes.length === 0 && <EmptyCanvas />}
    </div>
  );
}
