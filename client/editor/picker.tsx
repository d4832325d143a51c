import { useMemo, useState } from 'react';
import { nodeName } from '#shared/node-name.ts';
import type { NodeTypeInfo } from '#shared/node-type.ts';
import { PickList } from '../ui/pick-list.tsx';
import { useEditor, useEditorState } from './context.ts';
import { captionOf } from './describe.ts';
import { addNode, findNode } from './document.ts';
import { cardSize, freePlace } from './geometry.ts';
import { NodeTile } from './icons.tsx';
import styles from './picker.module.css';
import { rankTypes, remember } from './search.ts';
import type { Editor, Picker as PickerState } from './store.ts';
import { addNodeAfter, addNodeBefore, canInsert, connect, insertOnEdge, openPort, portsOf, refusal, targetsFor } from './wiring.ts';

interface Choice {
  id: string;
  title: string;
  detail: string;
  type: NodeTypeInfo | undefined;
  refused?: string | undefined;
  take(): void;
}

/** The list over the canvas that adds a node, or leads a line to one. Typing filters, arrows move, Enter takes, Esc leaves nothing behind. */
export function Picker() {
  const picker = useEditorState((state) => state.picker);
  return picker ? <Open key={JSON.stringify(picker)} picker={picker} /> : null;
}

function Open({ picker }: { picker: PickerState }) {
  const editor = useEditor();
  const [query, setQuery] = useState('');
  const choices = useMemo(
    () => (picker.kind === 'add' ? addChoices(editor, picker, query) : connectChoices(editor, picker, query)),
    [editor, picker, query],
  );
  const close = () => {
    editor.set({ picker: undefined });
    editor.getState().view?.takeFocus();
  };
  const take = (choice: Choice) => {
    if (choice.refused !== undefined) editor.say(choice.refused, 'refused');
    else {
      choice.take();
      close();
    }
  };
  const screen = picker.kind === 'add' ? picker.screen : undefined;
  return (
    <PickList
      label={picker.kind === 'add' ? 'Add a node' : 'Lead a line to'}
      placeholder={picker.kind === 'add' ? 'Search nodes' : 'Search this flow’s nodes'}
      query={query}
      onQuery={setQuery}
      choices={choices}
      keyOf={(choice) => choice.id}
      refused={(choice) => choice.refused !== undefined}
      empty={<>Nothing matches “{query}”. Other words may: a node type is found by its name, synonyms and summary.</>}
      place={screen && { left: screen.x + 8, top: screen.y - 20 }}
      className={styles.choice}
      onTake={take}
      onClose={close}
    >
      {(choice) => (
        <>
          <NodeTile look={choice.type?.look ?? 'custom'} icon={choice.type?.icon ?? 'problem'} size={24} />
          <span className={styles.words}>
            <span className={styles.title}>{choice.title}</span>
            <span className={styles.detail}>{choice.refused ?? choice.detail}</span>
          </span>
        </>
      )}
    </PickList>
  );
}

function addChoices(editor: Editor, picker: Extract<PickerState, { kind: 'add' }>, query: string): Choice[] {
  const { catalog, types } = editor.getState();
  const after = picker.after && findNode(editor.flow(), picker.after.node);
  const afterSink = after && types.get(after.type)?.kind === 'sink';
  const fits = (type: NodeTypeInfo) => {
    if (picker.edge !== undefined) return canInsert(type);
    if (picker.before !== undefined) return type.kind !== 'sink';
    return picker.after?.port === undefined || type.kind !== 'source';
  };
  const first = editor.flow().nodes.length === 0 ? 'source' : after && !afterSink ? 'transform' : undefined;
  return rankTypes(catalog.types.filter(fits), query, first).map((type) => ({
    id: type.type,
    title: type.title,
    detail: type.summary,
    type,
    take: () => {
      remember(type.type);
      addOf(editor, picker, type);
    },
  }));
}

/** Adds a node of a type where the picker was opened for: after a node, before one, on a line, or at a place. */
export function addOf(editor: Editor, picker: Extract<PickerState, { kind: 'add' }>, type: NodeTypeInfo): void {
  const { types, view } = editor.getState();
  let node = '';
  const kept = (result: { flow: ReturnType<Editor['flow']>; node?: string }) => {
    node = result.node ?? '';
    return result.flow;
  };
  const centre = view?.centre() ?? { x: 0, y: 0 };
  editor.edit(
    `add ${type.title}`,
    (flow) => {
      if (picker.edge !== undefined) return kept(insertOnEdge(flow, types, picker.edge, type));
      if (picker.before !== undefined && picker.at) return kept(addNodeBefore(flow, types, picker.before, type, picker.at));
      if (picker.after !== undefined && findNode(flow, picker.after.node)) {
        const { port } = picker.after;
        const options = { ...(port === undefined ? {} : { port }), ...(picker.at ? { at: picker.at } : {}) };
        return kept(addNodeAfter(flow, types, picker.after.node, type, options));
      }
      const at = picker.at ?? freePlace(flow, types, { x: centre.x - cardSize.width / 2, y: centre.y - cardSize.height / 2 });
      return kept(addNode(flow, type, at));
    },
    { say: `Added ${type.title}.` },
  );
  if (node === '') return;
  editor.select({ nodes: [node] });
  // The new card is on the canvas only after the next paint.
  requestAnimationFrame(() => view?.reveal(node));
}

function connectChoices(editor: Editor, picker: Extract<PickerState, { kind: 'connect' }>, query: string): Choice[] {
  const { types } = editor.getState();
  const flow = editor.flow();
  const open = openPort(flow, types, picker.from);
  const ports = portsOf(flow, types, picker.from).filter((port) => picker.port === undefined || port.id === picker.port);
  const words = query.toLowerCase();
  const choices = ports.flatMap((port) =>
    targetsFor(flow, types, { node: picker.from, port: port.id }).map(({ node, refused }): Choice => {
      const target = findNode(flow, node);
      const type = target && types.get(target.type);
      const name = target ? nodeName(target, types) : node;
      return {
        id: `${port.id} ${node}`,
        title: ports.length > 1 ? `${port.label} → ${name}` : name,
        detail: captionOf(type),
        type,
        refused,
        take: () => {
          editor.edit('connect', (doc) => connect(doc, types, { node: picker.from, port: port.id }, { node, port: 'in' }).flow, {
            say: `Connected to ${name}.`,
          });
        },
      };
    }),
  );
  const weight = (choice: Choice) => (choice.refused === undefined ? 0 : 2) + (choice.id.startsWith(`${open ?? ''} `) ? 0 : 1);
  return choices.filter((choice) => choice.title.toLowerCase().includes(words)).sort((a, b) => weight(a) - weight(b));
}

/** Why nothing can be led from this node, for people; undefined when something can. */
export function noTargets(editor: Editor, node: string): string | undefined {
  const { types } = editor.getState();
  const flow = editor.flow();
  const port = openPort(flow, types, node);
  if (port === undefined) return 'Nothing comes out of this node.';
  return flow.nodes.some((other) => refusal(flow, types, { node, port }, { node: other.id, port: 'in' }) === undefined)
    ? undefined
    : 'There is no other node that could take its messages.';
}
