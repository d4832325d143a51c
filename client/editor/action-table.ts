import { type Point, toggleMode } from './document.ts';
import type { Direction } from './geometry.ts';
import {
  anyNode,
  anything,
  chosen,
  copyText,
  count,
  deleteChosen,
  edgeInFocus,
  focused,
  go,
  goToProblem,
  mappedNode,
  nudge,
  openMapper,
  openSettings,
  pasteText,
  peek,
  stepOut,
  toClipboard,
  walkEdges,
} from './gestures.ts';
import { group, ungroup } from './groups.ts';
import { nextPane } from './panes.ts';
import type { Editor } from './store.ts';
import { tidy } from './tidy.ts';
import { viewActions } from './view-actions.ts';

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
    label: 'Open: a map in the mapper, else the settings',
    icon: 'sliders',
    keys: ['Enter'],
    scope: 'canvas',
    group: 'Change',
    edits: false,
    when: (editor) => focused(editor) !== undefined,
    perform: (editor) => {
      if (mappedNode(editor) === undefined) openSettings(editor);
      else openMapper(editor);
    },
  },
  {
    id: 'settings',
    label: 'Open settings',
    icon: 'sliders',
    keys: ['Shift+Enter'],
    scope: 'canvas',
    group: 'Change',
    edits: false,
    when: (editor) => focused(editor) !== undefined,
    perform: openSettings,
  },
  {
    id: 'map',
    label: 'Open the mapper',
    icon: 'map',
    keys: ['Shift+M'],
    scope: 'canvas',
    group: 'Change',
    edits: false,
    when: (editor) => mappedNode(editor) !== undefined,
    perform: openMapper,
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
    id: 'group',
    label: 'Group, a frame around the nodes',
    icon: 'group',
    keys: ['G'],
    scope: 'canvas',
    group: 'Change',
    edits: true,
    when: (editor) => chosen(editor).length > 1,
    perform: (editor) =>
      void editor.edit(`group ${count(chosen(editor), editor)}`, (flow) => group(flow, chosen(editor)), {
        say: 'Grouped; a double click on the title renames it.',
      }),
  },
  {
    id: 'ungroup',
    label: 'Ungroup',
    icon: 'group',
    keys: ['Shift+G'],
    scope: 'canvas',
    group: 'Change',
    edits: true,
    when: anyNode,
    perform: (editor) => void editor.edit('ungroup', (flow) => ungroup(flow, chosen(editor)), { say: 'Ungrouped.' }),
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
  ...([1, -1] as const).map(
    (step): Action => ({
      id: step === 1 ? 'part-next' : 'part-previous',
      label: `To the ${step === 1 ? 'next' : 'previous'} part of the page`,
      keys: [step === 1 ? 'F6' : 'Shift+F6'],
      scope: 'always',
      group: 'Move about',
      edits: false,
      when: (editor) => editor.getState().picker === undefined,
      perform: () => nextPane(step),
    }),
  ),
  ...viewActions,
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
    id: 'try',
    label: 'Try with samples',
    icon: 'flask',
    keys: ['Mod+Enter'],
    scope: 'page',
    group: 'Whole flow',
    edits: true,
    when: (editor) => editor.flow().nodes.length > 0 && editor.getState().shown === undefined,
    perform: (editor) => editor.set({ trying: { turn: (editor.getState().trying?.turn ?? 0) + 1 }, mapping: undefined }),
  },
  {
    id: 'save',
    label: 'Save now (it saves by itself)',
    keys: ['Mod+S'],
    scope: 'always',
    group: 'Whole flow',
    edits: true,
    when: always,
    perform: (editor) => editor.getState().saveNow(),
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
