import { createContext, useContext } from 'react';
import { useStore } from 'zustand';
import type { Flow } from '#shared/flow.ts';
import type { Editor, EditorState } from './store.ts';

/** The editor of the flow on screen. */
export const EditorContext = createContext<Editor | undefined>(undefined);

/** The editor around this component; its methods are stable. */
export function useEditor(): Editor {
  const editor = useContext(EditorContext);
  if (editor === undefined) throw new Error('This part belongs inside the flow editor.');
  return editor;
}

/** A part of the editor's state; renders again only when that part changes. Never select a new object. */
export function useEditorState<T>(select: (state: EditorState) => T): T {
  return useStore(useEditor(), select);
}

/** The document. */
export function useFlow(): Flow {
  return useEditorState((state) => state.history.present.flow);
}
