import { KeyHint } from '../ui/chip.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { actions } from './action-table.ts';
import { useEditor, useEditorState } from './context.ts';
import { showChord } from './keys.ts';
import styles from './shortcut-sheet.module.css';

/** Every key of the editor, from the table of actions. */
export function ShortcutSheet() {
  const editor = useEditor();
  const open = useEditorState((state) => state.shortcuts);
  if (!open) return null;
  const groups = [...new Set(actions.map((each) => each.group))];
  return (
    <Dialog title="Keyboard shortcuts" size={820} onClose={() => editor.set({ shortcuts: false })}>
      <div className={styles.columns}>
        {groups.map((group) => (
          <section key={group}>
            <h3 className={styles.title}>{group}</h3>
            <dl className={styles.list}>
              {actions
                .filter((each) => each.group === group)
                .map((each) => (
                  <div key={each.id}>
                    <dt>{each.label}</dt>
                    <dd>
                      {each.keys.map((chord) => (
                        <KeyHint key={chord}>{showChord(chord)}</KeyHint>
                      ))}
                      <span className="visually-hidden">{each.keys.map(showChord).join(' or ')}</span>
                    </dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
      <p className={styles.note}>Single letters work while the canvas has the keyboard; Tab leads to it.</p>
    </Dialog>
  );
}
