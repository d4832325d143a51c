import type { OpenView } from '../view.ts';
import { type Edited, splicesBetween } from './edit.ts';

/** Several gestures as one; the first that is refused refuses them all. Without any, nothing changes. */
export function chained(view: OpenView, gestures: readonly ((view: OpenView) => Edited)[]): Edited {
  let edit: Edited = { ok: true, text: view.text, splices: [], view };
  for (const gesture of gestures) {
    edit = gesture(edit.view);
    if (!edit.ok) return edit;
  }
  return gestures.length < 2 ? edit : { ...edit, splices: splicesBetween(view.text, edit.text) };
}
