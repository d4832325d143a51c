import { copyNodes, paste, readClip } from './clipboard.ts';
import { findNode, moveBy, nameOf, type Point, remove, toggleMode } from './document.ts';
import { type Direction, nearest } from './geometry.ts';
import { noSelection } from './history.ts';
import type { Editor } from './store.ts';
import { tidy } from './tidy.ts';
import { portsOf, removeAndHeal } from './wiring.ts';

/**
 * Everything a person can do, once. Keyboard, toolbar, context menu and shortcut sheet all read this table, so that no
 * gesture exists in one of them only.
 */
export interface Action {
  id: string;
  label: string;
  /** Name of the icon in toolbars and menus. */
  icon?: string;
  /** Chords; the first one is shown. */
  keys: readonly string[];
  /** `canvas`: only while the canvas has the keyboard. `page`: anywhere but in a text field. `always`: there too. */
  scope: 'canvas' | 'page' | 'always';
  /** Heading of the shortcut sheet. */
  group: 'Add and join' | 'Change' | 'Move about' | 'View' | 'Whole flow';
  /** The browser turns this chord into a clipboard event, which the canvas answers. */
  native?: boolean;
  /** True when it changes the document: greyed for readers. */
  edits: boolean;
  /** Whether it can be done now. */
  when(editor: Editor): boolean;
  perform(editor: Editor): void;
}

const always = () => true;
const chosen = (editor: Editor) => editor.selection().nodes;
const anyNode = (editor: Editor) => chosen(editor).length > 0;
const anything = (editor: Editor) => anyNode(editor) || editor.selection().edge !== undefined;
const focused = (editor: Editor) => {
  const { focus } = editor.getState();
  return focus?.kind === 'node' ? focus.id : chosen(editor).at(-1);
};
const edgeInFocus = (editor: Editor) =>
  editor.selection().edge ?? (editor.getState().focus?.kind === 'edge' ? editor.getState().focus?.id : undefined);
const count = (ids: readonly string[], editor: Editor) => {
  const [first] = ids;
  const node = findNode(editor.flow(), first);
  return ids.length === 1 && node ? nameOf(node, editor.getState().types) : `${ids.length} nodes`;
};

function deleteChosen(editor: Editor, heal: boolean): void {
  const { nodes, edge } = editor.selection();
  const { types } = editor.getState();
  const what = nodes.length > 0 ? count(nodes, editor) : 'line';
  editor.edit(
    `delete ${what}`,
    (flow) => (heal ? removeAndHeal(remove(flow, [], edge ? [edge] : []), types, nodes) : remove(flow, nodes, edge ? [edge] : [])),
    { selection: noSelection, say: heal ? `Deleted ${what}; its neighbours are joined.` : `Deleted ${what}.` },
  );
}

function go(direction: Direction) {
  return (editor: Editor) => {
    const { types, view } = editor.getState();
    const to = nearest(editor.flow(), types, focused(editor), direction);
    if (to === undefined) return;
    editor.select({ nodes: [to] });
    view?.reveal(to);
  };
}

function nudge(by: Point) {
  return (editor: Editor) => {
    editor.edit(`move ${count(chosen(editor), editor)}`, (flow) => moveBy(flow, chosen(editor), by), { merge: 'nudge' });
  };
}

/** The edges of the focused node one after the other: incoming ones first. */
function walkEdges(step: 1 | -1) {
  return (editor: Editor) => {
    const flow = editor.flow();
    const { focus } = editor.getState();
    const edge = focus?.kind === 'edge' ? flow.edges.find((candidate) => candidate.id === focus.id) : undefined;
    const node = edge ? edge.from.node : focused(editor);
    const mine = [...flow.edges.filter((each) => each.to.node === node), ...flow.edges.filter((each) => each.from.node === node)];
    const at = mine.findIndex((each) => each.id === edge?.id);
    const next = mine[(at + step + mine.length) % Math.max(1, mine.length)];
    if (next) editor.select({ nodes: [], edge: next.id }, { kind: 'edge', id: next.id });
  };
}

/** Puts clipboard text on the canvas; says so when it holds no nodes. */
export function pasteText(editor: Editor, text: string, at?: Point): void {
  const clip = readClip(text);
  if (clip === undefined) {
    editor.say('The clipboard holds no nodes of a flow.', 'refused');
    return;
  }
  let nodes: string[] = [];
  editor.edit(`paste ${clip.nodes.length === 1 ? 'a node' : `${clip.nodes.length} nodes`}`, (flow) => {
    const pasted = paste(flow, clip, at);
    nodes = pasted.nodes;
    return pasted.flow;
  });
  editor.select({ nodes });
}

/** Clipboard text of what is selected; undefined when nothing is. */
export function copyText(editor: Editor): string | undefined {
  return anyNode(editor) ? copyNodes(editor.flow(), chosen(editor)) : undefined;
}

/** Goes to the next problem in the list, or to the one given: its node in view, its field in the inspector. */
export function goToProblem(editor: Editor, index?: number): void {
  const { problems, wanted, view, focus } = editor.getState();
  if (problems.length === 0) {
    editor.say('No problems in the draft.');
    return;
  }
  const here = problems.findIndex(
    (problem) => problem.node !== undefined && problem.node === focus?.id && (problem.field ?? '') === (wanted?.field ?? ''),
  );
  const problem = problems[index ?? (here + 1) % problems.length];
  if (problem === undefined) return;
  const edge =
    problem.edge !== undefined && editor.flow().edges.some((candidate) => candidate.id === problem.edge) ? problem.edge : undefined;
  if (problem.node !== undefined && findNode(editor.flow(), problem.node)) {
    editor.select({ nodes: [problem.node] });
    editor.set({ inspector: true, wanted: { node: problem.node, field: problem.field ?? '', turn: (wanted?.turn ?? 0) + 1 } });
    view?.reveal(problem.node);
  } else if (edge !== undefined) editor.select({ nodes: [], edge });
  editor.say(problem.message);
}

function stepOut(editor: Editor): void {
  const { picker, drawer, inspector, shortcuts, view } = editor.getState();
  if (shortcuts) editor.set({ shortcuts: false });
  else if (picker) editor.set({ picker: undefined });
  else if (inspector) editor.set({ inspector: false });
  else if (drawer) editor.set({ drawer: undefined });
  else if (anything(editor)) editor.select(noSelection);
  view?.takeFocus();
}

function peek(editor: Editor): void {
  const edge = editor.flow().edges.find((candidate) => candidate.id === edgeInFocus(editor));
  const node = focused(editor);
  const { types } = editor.getState();
  if (edge) editor.set({ drawer: { ...edge.from } });
  else if (node !== undefined) editor.set({ drawer: { node, port: portsOf(editor.flow(), types, node)[0]?.id ?? 'in' } });
}

const arrows: [string, Direction, Point][] = [
  ['ArrowLeft', 'left', { x: -1, y: 0 }],
  ['ArrowRight', 'right', { x: 1, y: 0 }],
  ['ArrowUp', 'up', { x: 0, y: -1 }],
  ['ArrowDown', 'down', { x: 0, y: 1 }],
];

/** The table. Order is the order of menus and of the shortcut sheet; the first match of a key wins. */
export const actions: readonly Action[] = [
  {
    id: 'add',
    label: 'Add a node',
    icon: 'plus',
    keys: ['A'],
    scope: 'canvas',
    group: 'Add and join',
    edits: true,
    when: always,
    perform: (editor) => {
      const after = focused(editor);
      editor.set({ picker: after === undefined ? { kind: 'add' } : { kind: 'add', after: { node: after } } });
    },
  },
  {
    id: 'connect',
    label: 'Lead a line to…',
    icon: 'waypoints',
    keys: ['C'],
    scope: 'canvas',
    group: 'Add and join',
    edits: true,
    when: (editor) => focused(editor) !== undefined,
    perform: (editor) => {
      const from = focused(editor);
      if (from !== undefined) editor.set({ picker: { kind: 'connect', from } });
    },
  },
  {
    id: 'insert',
    label: 'Insert a node on the line',
    icon: 'plus',
    keys: ['I'],
    scope: 'canvas',
    group: 'Add and join',
    edits: true,
    when: (editor) => edgeInFocus(editor) !== undefined,
    perform: (editor) => {
      const edge = edgeInFocus(editor);
      if (edge !== undefined) editor.set({ picker: { kind: 'add', edge } });
    },
  },
  {
    id: 'open',
    label: 'Open settings',
    icon: 'sliders',
    keys: ['Enter'],
    scope: 'canvas',
    group: 'Change',
    edits: false,
    when: (editor) => focused(editor) !== undefined,
    perform: (editor) => {
      const node = focused(editor);
      if (node === undefined) return;
      if (!chosen(editor).includes(node)) editor.select({ nodes: [node] });
      editor.set({ inspector: true, wanted: { node, field: '', turn: (editor.getState().wanted?.turn ?? 0) + 1 } });
    },
  },
  {
    id: 'rename',
    label: 'Rename',
    icon: 'pen',
    keys: ['F2'],
    scope: 'canvas',
    group: 'Change',
    edits: true,
    when: (editor) => focused(editor) !== undefined,
    perform: (editor) => {
      const node = focused(editor);
      if (node !== undefined)
        editor.set({ inspector: true, wanted: { node, field: 'label', turn: (editor.getState().wanted?.turn ?? 0) + 1 } });
    },
  },
  {
    id: 'disable',
    label: 'Disable, messages stop here',
    icon: 'ban',
    keys: ['D'],
    scope: 'canvas',
    group: 'Change',
    edits: true,
    when: anyNode,
    perform: (editor) =>
      void editor.edit(`disable ${count(chosen(editor), editor)}`, (flow) => toggleMode(flow, chosen(editor), 'disabled'), {
        say: 'Disabled or enabled.',
      }),
  },
  {
    id: 'bypass',
    label: 'Bypass, messages pass unchanged',
    icon: 'skip',
    keys: ['B'],
    scope: 'canvas',
    group: 'Change',
    edits: true,
    when: anyNode,
    perform: (editor) =>
      void editor.edit(`bypass ${count(chosen(editor), editor)}`, (flow) => toggleMode(flow, chosen(editor), 'bypassed'), {
        say: 'Bypassed or active again.',
      }),
  },
  {
    id: 'copy',
    label: 'Copy',
    icon: 'copy',
    keys: ['Mod+C'],
    scope: 'canvas',
    group: 'Change',
    native: true,
    edits: false,
    when: anyNode,
    perform: (editor) => void toClipboard(editor),
  },
  {
    id: 'cut',
    label: 'Cut',
    icon: 'scissors',
    keys: ['Mod+X'],
    scope: 'canvas',
    group: 'Change',
    native: true,
    edits: true,
    when: anyNode,
    perform: (editor) => {
      toClipboard(editor);
      deleteChosen(editor, false);
    },
  },
  {
    id: 'paste',
    label: 'Paste',
    icon: 'paste',
    keys: ['Mod+V'],
    scope: 'canvas',
    group: 'Change',
    native: true,
    edits: true,
    when: always,
    perform: (editor) => {
      if (navigator.clipboard === undefined) editor.say('This browser only pastes by Ctrl+V here.', 'refused');
      else
        navigator.clipboard.readText().then(
          (text) => pasteText(editor, text, editor.getState().view?.pointer()),
          () => editor.say('The browser does not let this page read the clipboard; press Ctrl+V.', 'refused'),
        );
    },
  },
  {
    id: 'duplicate',
    label: 'Duplicate',
    icon: 'copy',
    keys: ['Mod+D'],
    scope: 'canvas',
    group: 'Change',
    edits: true,
    when: anyNode,
    perform: (editor) => {
      const text = copyText(editor);
      if (text !== undefined) pasteText(editor, text);
    },
  },
  {
    id: 'delete',
    label: 'Delete',
    icon: 'trash',
    keys: ['Delete', 'Backspace'],
    scope: 'canvas',
    group: 'Change',
    edits: true,
    when: anything,
    perform: (editor) => deleteChosen(editor, false),
  },
  {
    id: 'heal',
    label: 'Delete and join the neighbours',
    icon: 'trash',
    keys: ['Mod+Delete', 'Mod+Backspace'],
    scope: 'canvas',
    group: 'Change',
    edits: true,
    when: anyNode,
    perform: (editor) => deleteChosen(editor, true),
  },
  ...arrows.map(
    ([key, direction]): Action => ({
      id: `go-${direction}`,
      label: `To the nearest node ${direction === 'up' ? 'above' : direction === 'down' ? 'below' : `on the ${direction}`}`,
      keys: [key],
      scope: 'canvas',
      group: 'Move about',
      edits: false,
      when: always,
      perform: go(direction),
    }),
  ),
  ...arrows.map(
    ([key, direction, by]): Action => ({
      id: `move-${direction}`,
      label: `Move ${direction} by 16`,
      keys: [`Mod+${key}`],
      scope: 'canvas',
      group: 'Change',
      edits: true,
      when: anyNode,
      perform: nudge({ x: by.x * 16, y: by.y * 16 }),
    }),
  ),
  ...arrows.map(
    ([key, direction, by]): Action => ({
      id: `leap-${direction}`,
      label: `Move ${direction} by 64`,
      keys: [`Mod+Shift+${key}`],
      scope: 'canvas',
      group: 'Change',
      edits: true,
      when: anyNode,
      perform: nudge({ x: by.x * 64, y: by.y * 64 }),
    }),
  ),
  {
    id: 'edge-next',
    label: 'Next line of the node',
    keys: ['E'],
    scope: 'canvas',
    group: 'Move about',
    edits: false,
    when: always,
    perform: walkEdges(1),
  },
  {
    id: 'edge-previous',
    label: 'Previous line of the node',
    keys: ['Shift+E'],
    scope: 'canvas',
    group: 'Move about',
    edits: false,
    when: always,
    perform: walkEdges(-1),
  },
  {
    id: 'peek',
    label: 'Look at the last messages',
    icon: 'inbox',
    keys: ['Space'],
    scope: 'canvas',
    group: 'Move about',
    edits: false,
    when: (editor) => focused(editor) !== undefined || edgeInFocus(editor) !== undefined,
    perform: peek,
  },
  {
    id: 'select-all',
    label: 'Select all',
    keys: ['Mod+A'],
    scope: 'canvas',
    group: 'Move about',
    edits: false,
    when: always,
    perform: (editor) => editor.select({ nodes: editor.flow().nodes.map((node) => node.id) }),
  },
  {
    id: 'problem',
    label: 'Next problem',
    icon: 'problem',
    keys: ['F8'],
    scope: 'always',
    group: 'Move about',
    edits: false,
    when: always,
    perform: (editor) => goToProblem(editor),
  },
  {
    id: 'fit',
    label: 'Fit all',
    icon: 'fit',
    keys: ['Shift+1'],
    scope: 'canvas',
    group: 'View',
    edits: false,
    when: always,
    perform: (editor) => editor.getState().view?.fit(),
  },
  {
    id: 'fit-selection',
    label: 'Fit the selection',
    keys: ['Shift+2'],
    scope: 'canvas',
    group: 'View',
    edits: false,
    when: anyNode,
    perform: (editor) => editor.getState().view?.fit(chosen(editor)),
  },
  {
    id: 'zoom-in',
    label: 'Zoom in',
    icon: 'plus',
    keys: ['Plus', 'Shift+Plus'],
    scope: 'canvas',
    group: 'View',
    edits: false,
    when: always,
    perform: (editor) => editor.getState().view?.zoomBy(1.25),
  },
  {
    id: 'zoom-out',
    label: 'Zoom out',
    icon: 'minus',
    keys: ['Minus'],
    scope: 'canvas',
    group: 'View',
    edits: false,
    when: always,
    perform: (editor) => editor.getState().view?.zoomBy(0.8),
  },
  {
    id: 'zoom-full',
    label: 'Full size',
    keys: ['Shift+0'],
    scope: 'canvas',
    group: 'View',
    edits: false,
    when: always,
    perform: (editor) => editor.getState().view?.zoomTo(1),
  },
  {
    id: 'tidy',
    label: 'Tidy up',
    icon: 'tidy',
    keys: ['Shift+T'],
    scope: 'canvas',
    group: 'Whole flow',
    edits: true,
    when: (editor) => editor.flow().nodes.length > 1,
    perform: (editor) => {
      const { types, view } = editor.getState();
      const ids = chosen(editor).length > 1 ? chosen(editor) : undefined;
      if (editor.edit('tidy up', (flow) => tidy(flow, types, ids), { say: 'Tidied up.' })) view?.fit();
    },
  },
  {
    id: 'undo',
    label: 'Undo',
    icon: 'undo',
    keys: ['Mod+Z'],
    scope: 'page',
    group: 'Whole flow',
    edits: true,
    when: (editor) => editor.getState().history.past.length > 0,
    perform: (editor) => editor.undo(),
  },
  {
    id: 'redo',
    label: 'Redo',
    icon: 'redo',
    keys: ['Mod+Shift+Z', 'Mod+Y'],
    scope: 'page',
    group: 'Whole flow',
    edits: true,
    when: (editor) => editor.getState().history.future.length > 0,
    perform: (editor) => editor.redo(),
  },
  {
    id: 'shortcuts',
    label: 'Keyboard shortcuts',
    icon: 'keyboard',
    keys: ['?'],
    scope: 'page',
    group: 'Whole flow',
    edits: false,
    when: always,
    perform: (editor) => editor.set({ shortcuts: true }),
  },
  {
    id: 'escape',
    label: 'One level up',
    keys: ['Escape'],
    scope: 'always',
    group: 'Move about',
    edits: false,
    when: always,
    perform: stepOut,
  },
];

function toClipboard(editor: Editor): void {
  const text = copyText(editor);
  if (text === undefined) return;
  if (navigator.clipboard === undefined) editor.say('This browser only copies by Ctrl+C here.', 'refused');
  else
    navigator.clipboard.writeText(text).then(
      () => editor.say('Copied.'),
      () => editor.say('The browser does not let this page write to the clipboard; press Ctrl+C.', 'refused'),
    );
}

/** The action of this id; the ids are those of the table. */
export function action(id: string): Action {
  const found = actions.find((candidate) => candidate.id === id);
  if (found === undefined) throw new Error(`There is no action “${id}”.`);
  return found;
}

/** Does an action if it can be done now, and says why not when a reader tries to edit. Gives whether it was done. */
export function perform(editor: Editor, id: string): boolean {
  const found = action(id);
  const { readOnly } = editor.getState();
  if (found.edits && readOnly !== undefined) {
    editor.say(readOnly, 'refused');
    return false;
  }
  if (!found.when(editor)) return false;
  found.perform(editor);
  return true;
}
