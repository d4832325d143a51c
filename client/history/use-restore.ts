import { useEffect } from 'react';
import { useLocation, useNavigate } from 'react-router';
import { useEditor } from '../editor/context.ts';
import { documentOf } from './documents.ts';

/** Makes a version the draft when the editor was opened for that: one step, which undo takes back, and saved as any other. */
export function useRestore(): void {
  const editor = useEditor();
  const navigate = useNavigate();
  const { state } = useLocation() as { state: unknown };
  const version = restoreIn(state);
  useEffect(() => {
    if (version === undefined) return;
    let current = true;
    const { id } = editor.flow();
    documentOf(id, version).then(
      (flow) => {
        if (!current) return;
        editor.edit(`restore version ${version}`, () => flow, {
          say: `The draft is version ${version} again. Undo brings back what it was.`,
        });
        editor.getState().view?.fit();
        // A page that is loaded again must not restore again.
        void navigate(`/flows/${id}`, { replace: true, state: null });
      },
      (error: unknown) =>
        current && editor.say(`Version ${version} was not restored: ${error instanceof Error ? error.message : String(error)}`, 'refused'),
    );
    return () => {
      current = false;
    };
  }, [editor, version, navigate]);
}

function restoreIn(state: unknown): number | undefined {
  if (typeof state !== 'object' || state === null || !('restore' in state)) return undefined;
  return typeof state.restore === 'number' ? state.restore : undefined;
}
