import { useViewport } from 'reactflow';
import { action, perform } from '../actions.ts';
import { useEditor, useEditorState } from '../context.ts';
import { Icon } from '../icons.tsx';
import { showChord } from '../keys.ts';
import styles from './canvas.module.css';

/** Zoom, fit and tidy, at the lower left of the canvas. */
export function Controls() {
  const { zoom } = useViewport();
  return (
    <div className={styles.controls} role="toolbar" aria-label="View">
      <Do id="zoom-out" icon="minus" />
      <Do id="zoom-full" className={styles.zoom}>
        {Math.round(zoom * 100)} %
      </Do>
      <Do id="zoom-in" icon="plus" />
      <Do id="fit" icon="fit" className={styles.apart} />
      <Do id="tidy" icon="tidy" />
    </div>
  );
}

function Do({ id, icon, className, children }: { id: string; icon?: string; className?: string | undefined; children?: React.ReactNode }) {
  const editor = useEditor();
  const { label, keys, edits } = action(id);
  const readOnly = useEditorState((state) => state.readOnly) !== undefined;
  const [chord] = keys;
  return (
    <button
      type="button"
      aria-label={label}
      title={chord ? `${label} (${showChord(chord)})` : label}
      className={className}
      disabled={edits && readOnly}
      onClick={() => perform(editor, id)}
    >
      {icon ? <Icon name={icon} /> : children}
    </button>
  );
}
