import { PenLine, Plus } from 'lucide-react';
import { useEditorState } from '../editor/context.ts';
import styles from './version-mark.module.css';

/** On a card of a version that is compared: whether the node is new or another. Icon, word and frame, never colour alone. */
export function VersionMark({ node }: { node: string }) {
  const mark = useEditorState((state) => state.shown?.marks.get(node));
  if (mark === undefined) return null;
  return (
    <span className={[styles.frame, styles[mark]].join(' ')}>
      <span className={styles.word}>
        {mark === 'added' ? <Plus size={12} aria-hidden="true" /> : <PenLine size={12} aria-hidden="true" />}
        {mark === 'added' ? 'New' : 'Changed'}
      </span>
    </span>
  );
}
