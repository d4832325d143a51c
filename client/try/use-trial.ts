import { useEffect, useState } from 'react';
import type { TrialRequest, TrialResult } from '#shared/trial.ts';
import { api } from '../api.ts';
import type { Editor } from '../editor/store.ts';
import { workspaceOf } from '../samples/workspace.ts';
import { createTrial, type Trial } from './trial-store.ts';

/** The Try of an editor; it follows the editor while the component is there. */
export function useNewTrial(editor: Editor): Trial {
  const [trial] = useState(() => createTrial({ editor, workspace: workspaceOf(editor.flow().id), run }));
  useEffect(() => trial.attach(), [trial]);
  return trial;
}

function run(flow: string, request: TrialRequest, signal: AbortSignal): Promise<TrialResult> {
  return api.tryFlow(flow, request, { signal });
}
