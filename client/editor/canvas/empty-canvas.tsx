import { Button } from '../../ui/button.tsx';
import { useEditor, useEditorState } from '../context.ts';
import { NodeTile } from '../icons.tsx';
import styles from './canvas.module.css';

/** A canvas with nothing on it: the shape of every flow, and the first step. */
export function EmptyCanvas() {
  const editor = useEditor();
  const readOnly = useEditorState((state) => state.readOnly);
  const add = () => editor.set({ picker: { kind: 'add' } });
  return (
    <div className={styles.empty}>
      <div className={styles.ghosts}>
        <button type="button" className={styles.ghost} onClick={add} disabled={readOnly !== undefined}>
          <NodeTile look="source" icon="webhook" />
          <span>
            <strong>Source</strong>
            <small>where messages come from</small>
          </span>
        </button>
        <span className={styles.arrow} aria-hidden="true" />
        <span className={styles.ghost}>
          <NodeTile look="map" icon="map" />
          <span>
            <strong>Map</strong>
            <small>what they become</small>
          </span>
        </span>
        <span className={styles.arrow} aria-hidden="true" />
        <span className={styles.ghost}>
          <NodeTile look="sink" icon="arrow-right-left" />
          <span>
            <strong>Sink</strong>
            <small>where they go</small>
          </span>
        </span>
      </div>
      <div className={styles.emptyText}>
        <h2>{readOnly === undefined ? 'Start with a source' : 'This flow is empty'}</h2>
        {readOnly ?? 'Drag one from the left, or pick one here; then draw a line to what comes next.'}
      </div>
      {readOnly === undefined && <Button onClick={add}>Add a source</Button>}
    </div>
  );
}
