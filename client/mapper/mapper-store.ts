import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Choice, DropSource, DropTarget } from '#shared/mapping/drop.ts';
import type { Edited } from '#shared/mapping/edit/edit.ts';
import type { RowCount, RowOutcome } from '#shared/mapping/preview/report.ts';
import type { MessageOutcome } from '#shared/mapping/preview.ts';
import type { TargetPath } from '#shared/mapping/target.ts';
import { type OpenView, type View, viewOf } from '#shared/mapping/view.ts';
import type { MappingProblem } from '#shared/shape/checks/row.ts';
import { type Shape, unknownShape } from '#shared/shape/shape.ts';
import type { TargetOrigin } from '#shared/target-shape.ts';
import { findNode, setConfig } from '../editor/document.ts';
import type { Editor } from '../editor/store.ts';

/** A message as it comes to the mapping: a sample taken through the nodes before it. */
export interface MapperSample {
  /** The sample's id in the workspace, and which of its messages at this node this is. */
  id: string;
  name: string;
  /** Decoded JSON, with ExactNumber where digits matter. */
  value: unknown;
  key: string | null;
  headers: Record<string, string>;
  timestamp: number;
  /** `topic/partition/offset` where it entered; empty for pasted ones. */
  origin: string;
}

/** What is known of one side, and how: `loading`, `failed` (with the reason) or `ready`; `from` says where it comes from, for people. */
export interface Side {
  state: 'loading' | 'ready' | 'failed';
  shape: Shape;
  from: string;
  reason?: string;
  /** Of the target: what it was made of, and when and by whom it was laid down; without that it is a guess that nobody has taken. */
  origin?: TargetOrigin;
  saved?: { at: string; by: string };
}

/** The result of one row on one sample; `cut` where only the beginning of a long value is given, `items` how many a list has. */
export type RowResult = RowOutcome;

/** What the engine made of the mapping. All texts of values keep every digit. */
export interface Preview {
  /** The text it is of; another text than the mapper's means that it is stale. */
  text: string;
  state: 'none' | 'running' | 'done' | 'stopped';
  /** The whole result on the current sample as JSON text; absent when it gave nothing. */
  result?: string;
  /**
   * On the current sample, by rule id: one result, or inside a loop one for each item of the innermost loop, for the items of
   * the outer loops that `items` chooses. An empty list says that the row was not reached (a branch not taken, no items).
   */
  rows: ReadonlyMap<string, readonly RowResult[]>;
  /** Over all samples, by rule id. */
  counts: ReadonlyMap<string, RowCount>;
  /** How many samples passed without a failing row, of how many. */
  passed: number;
  looked: number;
  /** How each sample fared, in their order, as far as they are counted. */
  outcomes: readonly MessageOutcome[];
  /** What the current sample took, in ms. */
  ms: number;
}

export const noPreview: Preview = {
  text: '',
  state: 'none',
  rows: new Map(),
  counts: new Map(),
  passed: 0,
  looked: 0,
  outcomes: [],
  ms: 0,
};

export type MapperMode = 'rows' | 'split' | 'code';
export type RowFilter = 'all' | 'unmapped' | 'mapped' | 'required' | 'problems';

export interface MapperState {
  text: string;
  view: View;
  /** The last view that could be drawn: the rows stay, greyed, while the text does not parse. */
  shown: OpenView | undefined;
  source: Side;
  target: Side;
  samples: readonly MapperSample[];
  samplesState: 'loading' | 'ready' | 'failed';
  samplesReason?: string | undefined;
  /** Index into samples. */
  current: number;
  /** For each loop (by rule id) which item the results show; default the first. */
  items: ReadonlyMap<string, number>;
  preview: Preview;
  problems: readonly MappingProblem[];
  mode: MapperMode;
  filter: RowFilter;
  /** What to look for in either tree. */
  query: { source: string; target: string };
  /** Rows opened or closed by hand, by key; the others are as the rows model has them. */
  sourceFolds: ReadonlyMap<string, boolean>;
  targetFolds: ReadonlyMap<string, boolean>;
  /** Only this row, what is in it and what it is in are shown: its key. */
  only: string | undefined;
  /** The object to which a field is being added by name: the key of its row. */
  naming: string | undefined;
  /** The target row that is selected: the text of its place, see `targetText`; of a branch or stand-in the id of its rule. */
  row: string | undefined;
  /** The source field that is selected: its path, names only. A variable is its name alone, with the dollar sign. */
  field: readonly string[] | undefined;
  /** A source field that was picked by a click and waits for its target. */
  picked: readonly string[] | undefined;
  /** What the mouse is on, in any of the panes: a rule by its id, a field by its path. */
  hover: { rule?: string; field?: readonly string[] } | undefined;
  /** A drop that may mean several things, until one is chosen; `row` is the key of the row it stands at. */
  asking: { source: DropSource; target: DropTarget; choices: readonly Choice[]; row: string } | undefined;
  /** What stands open over the grid: the editor of a row, the review of auto-map, a dialog. */
  open: /** `rule` is the id of the rule where one stands here: a place may have several (branches, a stand-in). */
    | { kind: 'row'; target: TargetPath; rule?: string; as?: RowTool }
    | { kind: 'auto-map'; under?: TargetPath }
    | { kind: 'map-from'; target: TargetPath; rule?: string }
    | { kind: 'target-shape' }
    | { kind: 'sheet' }
    | { kind: 'samples' }
    | undefined;
}

/** How the editor of a row should open: as what the row is, or making it something else. */
export type RowTool = 'constant' | 'function' | 'loop' | 'condition' | 'default' | 'table' | 'code' | 'template' | 'rename';

/** The mapper of one expression of one node. The text stands in the flow's document; its undo is the editor's. */
export interface Mapper extends StoreApi<MapperState> {
  readonly editor: Editor;
  readonly node: string;
  readonly field: string;
  /** Does a gesture: one undo entry. A refused one changes nothing and is said aloud. */
  apply(edit: Edited, label: string, say?: string): boolean;
  /** What was typed in the code pane; typing is one undo entry until the hands rest. */
  type(text: string): void;
  set(change: Partial<MapperState>): void;
  /** Ends following the document. */
  close(): void;
}

const unknown: Side = { state: 'loading', shape: unknownShape, from: '' };

/** A mapper over the editor's document. Opening writes nothing. */
export function createMapper(editor: Editor, node: string, field = 'expression'): Mapper {
  const read = (): string => {
    const value = findNode(editor.flow(), node)?.config[field];
    return typeof value === 'string' ? value : '';
  };
  const first = viewOf(read());
  const store = createStore<MapperState>(() => ({
    text: first.text,
    view: first,
    shown: first.ok ? first : undefined,
    source: unknown,
    target: unknown,
    samples: [],
    samplesState: 'loading',
    current: 0,
    items: new Map(),
    preview: noPreview,
    problems: [],
    mode: 'rows',
    filter: 'all',
    query: { source: '', target: '' },
    sourceFolds: new Map(),
    targetFolds: new Map(),
    only: undefined,
    naming: undefined,
    row: undefined,
    field: undefined,
    picked: undefined,
    hover: undefined,
    asking: undefined,
    open: undefined,
  }));
  const show = (view: View): void =>
    store.setState((state) => ({ text: view.text, view, shown: view.ok ? view : view.text.trim() === '' ? undefined : state.shown }));
  const unsubscribe = editor.subscribe(() => {
    const text = read();
    if (text !== store.getState().text) show(viewOf(text));
  });
  const write = (text: string, label: string, options: { merge?: string; say?: string }): boolean =>
    editor.edit(label, (flow) => setConfig(flow, node, field, text), { selection: { nodes: [node] }, ...options });

  return {
    ...store,
    editor,
    node,
    field,
    apply(edit, label, say) {
      if (!edit.ok) {
        editor.say(edit.refusal.message, 'refused');
        return false;
      }
      return write(edit.text, label, say === undefined ? {} : { say });
    },
    type(text) {
      write(text, 'change the mapping', { merge: `mapping/${node}/${field}` });
    },
    set: (change) => store.setState(change),
    close: unsubscribe,
  };
}
