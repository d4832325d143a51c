import { createStore, type StoreApi } from 'zustand/vanilla';
import type { FlowRecord } from '#shared/api.ts';
import type { Flow } from '#shared/flow.ts';
import type { FlowChange } from '#shared/flow-diff/change.ts';
import type { Catalog } from '#shared/node-type.ts';
import type { Problem } from '#shared/problem.ts';
import type { RateWindow } from '../rates.ts';
import type { Point, TypeIndex } from './document.ts';
import { begin, type History, noSelection, record, redo, type Selection, select, undo } from './history.ts';
import { laidOut } from './tidy.ts';
import type { End } from './wiring.ts';

/** How the draft stands with the server. */
export type SaveState =
  | { kind: 'saved'; at: number }
  | { kind: 'waiting' }
  | { kind: 'saving' }
  | { kind: 'failed'; reason: string }
  /** Somebody else changed the same since `base`; nothing of ours is written until a person chooses. */
  | { kind: 'conflict'; base: Flow; theirs: FlowRecord };

/** A list that is open over the canvas: of node types to add, or of nodes to lead a line to. */
export type Picker =
  | { kind: 'add'; after?: { node: string; port?: string }; before?: string; edge?: string; at?: Point; screen?: Point }
  | { kind: 'connect'; from: string; port?: string };

/** What stands open under the canvas: samples, what the Try shows of a node, or the last messages of a port. */
export type Drawer = ({ kind: 'messages' } & End) | { kind: 'samples' } | { kind: 'try' } | { kind: 'tests' };

export type Panel = 'add' | 'outline' | 'problems';

/** A version on the canvas instead of the draft: it is only read. */
export interface VersionShown {
  version: number;
  /** What it is compared with, in words: `version 11`. */
  compared: string | undefined;
  changes: readonly FlowChange[];
  /** How the nodes differ from that, by node; a node that is gone has no card. */
  marks: ReadonlyMap<string, 'added' | 'changed'>;
}

/** Where the keyboard is on the canvas. */
export interface Focus {
  kind: 'node' | 'edge';
  id: string;
}

/** What the canvas does for the rest of the editor; set while it is mounted. Points are canvas pixels. */
export interface CanvasView {
  fit(ids?: readonly string[]): void;
  zoomBy(factor: number): void;
  zoomTo(zoom: number): void;
  /** Brings a node into view if it is not. */
  reveal(id: string): void;
  centre(): Point;
  /** Where the mouse last was over the canvas. */
  pointer(): Point | undefined;
  /** Puts the keyboard on the canvas. */
  takeFocus(): void;
}

export interface EditorState {
  catalog: Catalog;
  types: TypeIndex;
  /** What the server said last: revision, versions. Its `flow` is the document as saved. */
  record: FlowRecord;
  /** The logic that is deployed, to count the draft's changes. */
  deployed: Flow | undefined;
  history: History;
  save: SaveState;
  problems: readonly Problem[];
  /** The same by node; a node's list stays the same object while it says the same. */
  problemsOf: ReadonlyMap<string, readonly Problem[]>;
  /** Why this person cannot edit, for people; undefined when they can. */
  readOnly: string | undefined;
  /** The version on screen; undefined while it is the draft. */
  shown: VersionShown | undefined;

  focus: Focus | undefined;
  inspector: boolean;
  panel: Panel;
  period: RateWindow;
  picker: Picker | undefined;
  drawer: Drawer | undefined;
  shortcuts: boolean;
  /** Set while the canvas is in Try; a new `turn` asks for another run. */
  trying: { turn: number } | undefined;
  /** Saves without waiting for the hands to rest; set by autosave. */
  saveNow: () => void;
  /** Config field that the inspector should put the keyboard on; `turn` makes a repeat count. */
  wanted: { node: string; field: string; turn: number } | undefined;
  /** The node and field that stand open in the mapper, in place of the canvas. */
  mapping: { node: string; field: string } | undefined;
  /** Last thing worth saying to a screen reader and in the strip under the canvas. */
  said: { text: string; tone: 'plain' | 'refused'; turn: number };
  view: CanvasView | undefined;
}

/** One flow's editor: its state and the few ways to change it. */
export interface Editor extends StoreApi<EditorState> {
  /** The document as it stands. */
  flow(): Flow;
  selection(): Selection;
  /**
   * Makes one gesture: one undo entry, at most. `change` is pure; giving back the same document makes no entry.
   * Does nothing but say why when the person may not edit.
   */
  edit(label: string, change: (flow: Flow) => Flow, options?: { merge?: string; selection?: Selection; say?: string }): boolean;
  select(selection: Selection, focus?: Focus): void;
  undo(): void;
  redo(): void;
  say(text: string, tone?: 'plain' | 'refused'): void;
  set(change: Partial<EditorState>): void;
}

/** An editor for a flow as the server gave it. */
export function createEditor(record_: FlowRecord, catalog: Catalog, readOnly?: string): Editor {
  const types = new Map(catalog.types.map((type) => [type.type, type]));
  const store = createStore<EditorState>(() => ({
    catalog,
    types,
    record: record_,
    deployed: undefined,
    history: begin(laidOut(record_.flow, types)),
    save: { kind: 'saved', at: Date.parse(record_.updatedAt) },
    problems: [],
    problemsOf: new Map(),
    readOnly,
    shown: undefined,
    focus: undefined,
    inspector: false,
    panel: 'add',
    period: '5m',
    picker: undefined,
    drawer: undefined,
    shortcuts: false,
    trying: undefined,
    saveNow: () => undefined,
    wanted: undefined,
    mapping: undefined,
    said: { text: '', tone: 'plain', turn: 0 },
    view: undefined,
  }));
  const { getState, setState } = store;

  const say = (text: string, tone: 'plain' | 'refused' = 'plain') =>
    setState((state) => ({ said: { text, tone, turn: state.said.turn + 1 } }));
  const travel = (to: History, text: string) => {
    const { history, focus } = getState();
    if (to === history) return;
    const alive = focus && exists(to.present.flow, focus) ? focus : focusOf(to.present.selection);
    setState({ history: to, focus: alive, picker: undefined });
    say(text);
  };

  return {
    ...store,
    flow: () => getState().history.present.flow,
    selection: () => getState().history.present.selection,
    edit(label, change, options = {}) {
      const { history, readOnly: reason, focus } = getState();
      if (reason !== undefined) {
        say(reason, 'refused');
        return false;
      }
      const flow = change(history.present.flow);
      const changed = flow !== history.present.flow;
      const selection = alive(flow, options.selection ?? history.present.selection);
      const next = record(history, { flow, selection }, label, options.merge === undefined ? {} : { merge: options.merge });
      const picked = options.selection && focusOf(options.selection);
      const kept = picked ?? (focus && exists(flow, focus) ? focus : undefined);
      setState({ history: next, focus: kept });
      if (options.say !== undefined && changed) say(options.say);
      return changed;
    },
    select(selection, focus) {
      const state = getState();
      setState({ history: select(state.history, selection), focus: focus ?? focusOf(selection) ?? state.focus });
    },
    undo() {
      const { history, readOnly: reason } = getState();
      const last = history.past.at(-1);
      if (reason !== undefined) say(reason, 'refused');
      else if (last === undefined) say('Nothing to undo.');
      else travel(undo(history), `Undone: ${last.label}.`);
    },
    redo() {
      const { history } = getState();
      const next = history.future[0];
      if (next === undefined) say('Nothing to redo.');
      else travel(redo(history), `Redone: ${next.label}.`);
    },
    say,
    set: (change) => setState(change),
  };
}

function focusOf(selection: Selection): Focus | undefined {
  const last = selection.nodes.at(-1);
  if (last !== undefined) return { kind: 'node', id: last };
  return selection.edge === undefined ? undefined : { kind: 'edge', id: selection.edge };
}

function exists(flow: Flow, focus: Focus): boolean {
  return (focus.kind === 'node' ? flow.nodes : flow.edges).some((part) => part.id === focus.id);
}

function alive(flow: Flow, selection: Selection): Selection {
  const nodes = selection.nodes.filter((id) => exists(flow, { kind: 'node', id }));
  const edge = selection.edge !== undefined && exists(flow, { kind: 'edge', id: selection.edge }) ? selection.edge : undefined;
  if (nodes.length === selection.nodes.length && edge === selection.edge) return selection;
  return nodes.length === 0 && edge === undefined ? noSelection : { nodes, edge };
}

/** Problems by node, keeping the lists of `before` that say the same, so that only cards whose problems changed draw again. */
export function groupProblems(
  problems: readonly Problem[],
  before: ReadonlyMap<string, readonly Problem[]>,
): ReadonlyMap<string, readonly Problem[]> {
  const groups = new Map<string, Problem[]>();
  for (const problem of problems) {
    if (problem.node === undefined) continue;
    const group = groups.get(problem.node);
    if (group) group.push(problem);
    else groups.set(problem.node, [problem]);
  }
  const kept = new Map<string, readonly Problem[]>();
  for (const [node, group] of groups) {
    const old = before.get(node);
    kept.set(node, old && JSON.stringify(old) === JSON.stringify(group) ? old : group);
  }
  return kept;
}
