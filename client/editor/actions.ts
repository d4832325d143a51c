import { type Action, actions } from './action-table.ts';
import type { Editor } from './store.ts';

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
