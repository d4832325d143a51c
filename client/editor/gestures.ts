import type { FlowEdge } from '#shared/flow.ts';
import { nodeName } from '#shared/node-name.ts';
import { onceDrawn } from '../ui/focus.tsx';
import { copyNodes, paste, readClip } from './clipboard.ts';
import { findNode, moveBy, type Point, remove } from './document.ts';
import { type Direction, nearest } from './geometry.ts';
import { noSelection } from './history.ts';
import type { Editor } from './store.ts';
import { portsOf, removeAndHeal } from './wiring.ts';

/** What the actions do, one function each. */

/** The chosen nodes. */
export const chosen = (editor: Editor) => editor.selection().nodes;
/** True when a node is chosen. */
export const anyNode = (editor: Editor) => chosen(editor).length > 0;
/** True when a node or a line is chosen. */
export const anything = (editor: Editor) => anyNode(editor) || editor.selection().edge !== undefined;
/** The node that the keyboard is on, else the one chosen last. */
export const focused = (editor: Editor) => {
  const { focus } = editor.getState();
  return focus?.kind === 'node' ? focus.id : chosen(editor).at(-1);
};
/** The line that is chosen or that the keyboard is on. */
export const edgeInFocus = (editor: Editor) =>
  editor.selection().edge ?? (editor.getState().focus?.kind === 'edge' ? editor.getState().focus?.id : undefined);
/** The focused node when it is a map, which opens in the mapper. */
export const mappedNode = (editor: Editor) => {
  const node = findNode(editor.flow(), focused(editor));
  return node?.type === 'map' ? node.id : undefined;
};
/** What the given nodes are called in a sentence: the one's name, or how many they are. */
export const count = (ids: readonly string[], editor: Editor) => {
  const [first] = ids;
  const node = findNode(editor.flow(), first);
  return ids.length === 1 && node ? nodeName(node, editor.getState().types) : `${ids.length} nodes`;
};

/** Deletes what is chosen; `heal` joins what stood before and behind. */
export function deleteChosen(editor: Editor, heal: boolean): void {
  const { nodes, edge } = editor.selection();
  const { types } = editor.getState();
  const what = nodes.length > 0 ? count(nodes, editor) : 'line';
  editor.edit(
    `delete ${what}`,
    (flow) => (heal ? removeAndHeal(remove(flow, [], edge ? [edge] : []), types, nodes) : remove(flow, nodes, edge ? [edge] : [])),
    { selection: noSelection, say: heal ? `Deleted ${what}; its neighbours are joined.` : `Deleted ${what}.` },
  );
}

/** Moves the keyboard to the nearest node in a direction, into view. */
export function go(direction: Direction) {
  return (editor: Editor) => {
    const { types, view } = editor.getState();
    const to = nearest(editor.flow(), types, focused(editor), direction);
    if (to === undefined) return;
    editor.select({ nodes: [to] });
    view?.reveal(to);
  };
}

/** Moves the chosen nodes by a step; steps in a row are one gesture. */
export function nudge(by: Point) {
  return (editor: Editor) => {
    editor.edit(`move ${count(chosen(editor), editor)}`, (flow) => moveBy(flow, chosen(editor), by), { merge: 'nudge' });
  };
}

/** The edges of the focused node one after the other: incoming ones first. */
export function walkEdges(step: 1 | -1) {
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

/** Opens the focused node's settings, with the keyboard on the first. */
export function openSettings(editor: Editor): void {
  const node = focused(editor);
  if (node === undefined) return;
  if (!chosen(editor).includes(node)) editor.select({ nodes: [node] });
  editor.set({ inspector: true, wanted: { node, field: '', turn: (editor.getState().wanted?.turn ?? 0) + 1 } });
}

/** Opens the focused map in the mapper. */
export function openMapper(editor: Editor): void {
  const node = mappedNode(editor);
  if (node !== undefined) editor.set({ mapping: { node, field: 'expression' } });
}

/** Esc: closes what is open, innermost first, and gives the keyboard back to the canvas. */
export function stepOut(editor: Editor): void {
  const { picker, drawer, inspector, shortcuts, trying, view } = editor.getState();
  if (shortcuts) editor.set({ shortcuts: false });
  else if (editor.getState().mapping) editor.set({ mapping: undefined });
  else if (picker) editor.set({ picker: undefined });
  else if (inspector) editor.set({ inspector: false });
  else if (drawer && drawer.kind !== 'try') editor.set({ drawer: trying ? { kind: 'try' } : undefined });
  else if (trying) editor.set({ trying: undefined });
  else if (drawer) editor.set({ drawer: undefined });
  else if (anything(editor)) editor.select(noSelection);
  view?.takeFocus();
}

/** Opens what ran over a line: in Try the messages that came to its end, else the last live ones. */
export function openMessages(editor: Editor, edge: FlowEdge): void {
  if (editor.getState().trying) editor.select({ nodes: [edge.to.node] });
  else editor.set({ drawer: { kind: 'messages', ...edge.from } });
}

/** Opens the last messages of the line or node that the keyboard is on. */
export function peek(editor: Editor): void {
  const edge = editor.flow().edges.find((candidate) => candidate.id === edgeInFocus(editor));
  const node = focused(editor);
  const { types } = editor.getState();
  if (edge) openMessages(editor, edge);
  else if (node !== undefined && editor.getState().trying) {
    editor.set({ drawer: { kind: 'try' } });
    onceDrawn(() => document.querySelector<HTMLElement>('[data-record][tabindex="0"]')?.focus());
  } else if (node !== undefined)
    editor.set({ drawer: { kind: 'messages', node, port: portsOf(editor.flow(), types, node)[0]?.id ?? 'in' } });
}

/** Copies through the browser's clipboard, for menus; Ctrl+C needs no permission and goes by its event. */
export function toClipboard(editor: Editor): void {
  const text = copyText(editor);
  if (text === undefined) return;
  if (navigator.clipboard === undefined) editor.say('This browser only copies by Ctrl+C here.', 'refused');
  else
    navigator.clipboard.writeText(text).then(
      () => editor.say('Copied.'),
      () => editor.say('The browser does not let this page write to the clipboard; press Ctrl+C.', 'refused'),
    );
}
